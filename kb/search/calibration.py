"""Calibrate similarities: which cosines of a model indicate an answer, and which do not.

Each embedding model has its own narrow range of cosines, so thresholds are measured per model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kb.errors import EmbeddingAwayError
from kb.index.embedding import Embedder, Vectors
from kb.index.embedding_cache import EmbeddingCache, text_key
from kb.index.snapshot import Snapshot
from kb.search.answer import Band, Confidence


@dataclass(frozen=True, slots=True)
class Calibration:
    """Cosine thresholds of one model."""

    strong: float  # from here: an answer without shared words
    strong_with_words: float  # from here: an answer if most of the query's idf mass matches
    none: float  # below this, with the query's level and its words taken into account: no answer
    level: float  # usual mean cosine of a query to all passages
    words: float  # what the whole idf mass of a query is worth in cosine
    across: float = 0.0  # by how much cosines between languages lie lower

    def confidence(self, similarity: float, share: float, level: float) -> Confidence:
        """Rate an answer by its best cosine, the share of the query's idf mass its best hit matches, and the level.

        The level of a query is its mean cosine to all passages: some are near to everything, others to nothing.
        """
        if similarity >= self.strong or (similarity >= self.strong_with_words and share >= STRONG_SHARE):
            return "strong"
        if share >= KNOWN_SHARE:
            return "partial"  # its words match, whatever the model thinks: a code, a name
        return "none" if self.above_none(similarity, level) + self.words * share < 0 else "partial"

    def above_none(self, similarity: float, level: float) -> float:
        """Return how far a cosine lies above that of no answer; negative below."""
        return similarity - LEVEL_SHARE * (level - self.level) - self.none

    def in_words(self, cosine: float) -> float:
        """Return the share of a query's idf mass that a difference in cosine is worth."""
        return cosine / max(self.words, LEAST_WORDS)

    def band(self, similarity: float, share: float, level: float) -> Band:
        """Rate one hit in the same way."""
        found: dict[Confidence, Band] = {"strong": "strong", "partial": "good", "none": "weak"}
        return found[self.confidence(similarity, share, level)]


STRONG_SHARE = 0.85
KNOWN_SHARE = 0.7
ASKED = "?\0"  # before a query in the key of its vector: a passage with the same text has another one
LEAST_WORDS = 0.01  # of a model that hardly tells texts apart
LEVEL_SHARE = 0.2  # of a query's own level that is taken away; more calls other subjects likelier

# Measured with the bundled model: queries on their own corpus, the same queries after the entries that answer them were
# left out, and queries of another domain; see docs/measurements.md.
BUNDLED = Calibration(strong=0.90, strong_with_words=0.865, none=0.88, level=0.80, words=0.08, across=0.025)

# Queries without an answer in sales knowledge, to calibrate other models.
UNRELATED = (
    "明日の天気は晴れますか", "カレーをおいしく作るコツは", "猫が夜に鳴くのはなぜ", "富士山の標高は何メートル",
    "ピアノの練習を続けるには", "冬の星座の見つけ方", "赤ちゃんの寝かしつけの方法", "マラソンの前日に食べるもの",
    "桜が咲く仕組み", "江戸時代の暮らし", "ギターの弦を張り替えたい", "虫歯を防ぐ歯みがき",
    "恐竜はなぜ絶滅したのか", "自転車のパンクを直すには", "庭の芝生が枯れてきた", "落語の有名な演目",
    "How do I bake sourdough bread", "Why is the sky blue", "Best time to plant tomatoes", "How do whales sleep",
    "Who wrote the Odyssey", "How to train a puppy", "What causes a solar eclipse", "How to knit a scarf",
    "Rules of offside in football", "How do vaccines work", "Which planet has the most moons", "How to tune a violin",
    "Why do leaves turn red", "How deep is the ocean", "How to remove a wine stain", "What is a haiku",
)  # fmt: skip


def calibrate(
    embedder: Embedder, snapshot: Snapshot, bundled_checksum: str, cache: EmbeddingCache | None = None
) -> Calibration:
    """Return the thresholds of a model: measured ones for the bundled model, else from unrelated queries.

    Their vectors are kept in the cache, so that they are known while a service that embeds is away.
    """
    own = snapshot.rows_of("bodies")
    if embedder.checksum == bundled_checksum or not len(own):
        return BUNDLED
    try:
        queries = _unrelated(embedder, cache)
    except EmbeddingAwayError:  # nothing is compared by meaning now
        return BUNDLED
    found = [snapshot.matrices["bodies"].cosines(query)[own].astype(np.float64) for query in queries]
    return from_unrelated([float(some.max()) for some in found], [float(some.mean()) for some in found])


def _unrelated(embedder: Embedder, cache: EmbeddingCache | None) -> list[Vectors]:
    """Return the vectors of the unrelated queries. Raises EmbeddingAwayError."""
    keys = {query: text_key(embedder.checksum, f"{ASKED}{query}") for query in UNRELATED}
    known = cache.read(keys.values()) if cache else {}
    if len(known) < len(keys):
        known = dict(zip(keys.values(), embedder.embed_queries(UNRELATED), strict=True))
        if cache:
            cache.write(known)
    return [known[key] for key in keys.values()]


def from_unrelated(best: Sequence[float], levels: Sequence[float]) -> Calibration:
    """Derive thresholds from the best and the mean cosines of queries without an answer.

    The quantiles are those of the bundled model's measured thresholds: 83 % of unrelated queries are below "none", 98 %
    below "strong".
    """
    level = float(np.mean(levels))
    low, high, top = np.quantile(np.asarray(best), [0.6, 0.9, 0.98]).tolist()
    none = float(np.quantile(np.asarray(best) - LEVEL_SHARE * (np.asarray(levels) - level), 0.83))
    return Calibration(strong=top, strong_with_words=high, none=none, level=level, words=top - low)
