"""The passages whose sentences have no vectors yet: embedded last, when everything can be found already."""

from __future__ import annotations

from collections.abc import Sequence

from kb.index.catalog import Catalog
from kb.index.embedding import Embedder, Vectors
from kb.index.embedding_cache import EmbeddingCache
from kb.index.sentences import sentences_of

PASSAGES_AT_ONCE = 16  # about a hundred sentences: as much work as a portion of passages


class SentenceBacklog:
    """Embeds the sentences of one index, a few passages at a time. Needs no lock: it writes to the cache alone."""

    def __init__(self, catalog: Catalog, cache: EmbeddingCache, embedder: Embedder) -> None:
        self._catalog = catalog
        self._cache = cache
        self._embedder = embedder
        self._complete = ""  # the generation in which no passage lacked them

    @property
    def is_complete(self) -> bool:
        """Whether no passage lacked sentences when that was last looked up, and nothing has changed since."""
        return self._catalog.meta("generation") == self._complete

    def portions(self) -> list[list[str]]:
        """Return the body keys of the passages that lack sentences, the newest first, in portions for `embed`."""
        generation = self._catalog.meta("generation")
        if generation == self._complete:
            return []
        lacking = self._cache.without_sentences(self._catalog.body_keys())
        if not lacking:
            self._complete = generation
        return [lacking[at : at + PASSAGES_AT_ONCE] for at in range(0, len(lacking), PASSAGES_AT_ONCE)]

    def embed(self, body_keys: Sequence[str]) -> int:
        """Embed the sentences of some passages; return how many were run through the model.

        A passage of one sentence needs no vector: it is the passage itself.
        """
        texts = self._catalog.texts_of("bodies", body_keys)
        sentences = {key: sentences_of(text) for key, (_, _, text) in texts.items()}
        several = {key: some for key, some in sentences.items() if len(some) > 1}
        flat = sorted({one for some in several.values() for one in some}, key=len)
        row_of: dict[str, Vectors] = dict(zip(flat, self._embedder.embed_passages(flat), strict=True)) if flat else {}
        if sentences:
            self._cache.write_sentences({key: [row_of[one] for one in several.get(key, ())] for key in sentences})
        return len(flat)
