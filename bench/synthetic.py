"""Large synthetic indexes: sentences recombined, vectors mixed and perturbed, nothing embedded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from bench.indexes import Bench, all_vectors, sample_library
from bench.sets import SETS, SHARED, as_entry, documents
from kb.entry import Chunk, Deal, Entry
from kb.index.embedding import Embedder, Vectors
from kb.index.embedding_cache import text_key
from kb.index.index import Draft, Index
from kb.index.searched import text_to_embed
from kb.index.vectors import SEARCHED

CHUNKS_IN_ENTRY = 5  # as in the sample entries
SENTENCES_IN_CHUNK = 6
ENTRIES_AT_ONCE = 2_000
NOISE = 0.02  # standard deviation in each of 384 dimensions: neighbours at a cosine of about 0.93
OUTCOMES = ("won", "lost", "no-decision", "open")
INDUSTRIES = tuple(f"industry-{n:02}" for n in range(10))
TAGS = tuple(f"tag-{n:03}" for n in range(120))
FIRST_DAY = date(2020, 1, 1)
_SENTENCE = re.compile(r"(?<=[。！？\n])|(?<=\. )")


def synthetic_index(bench: Bench, chunks: int, groups: int = 0) -> str:
    """Build an index of that many chunks if needed; return its name. Half of it is for all, the rest for `groups`."""
    name = f"synthetic-{chunks}-{groups}" if groups else f"synthetic-{chunks}"
    index = bench.index(name)
    if not index.is_current:
        bench.console.print(f"building {chunks:,} chunks …")
        _build(bench, index, chunks, groups)
    index.close()
    return name


def _build(bench: Bench, index: Index, chunks: int, groups: int) -> None:
    random = np.random.default_rng(1)
    drafts, real = _drafts(bench, chunks, random, groups), real_vectors(bench)
    with index.writing():
        for group in _groups(drafts, ENTRIES_AT_ONCE):
            _cache_vectors(index, index.embedder, group, real, random)
            _write(index, group)
        index.finish()


def write_again(bench: Bench, index: Index, chunks: int, at_once: int) -> None:
    """Write the same entries as `synthetic_index` into another index, whose embedding cache has their vectors."""
    with index.writing():
        for group in _groups(_drafts(bench, chunks, np.random.default_rng(1), 0), at_once):
            _write(index, group)
        index.finish()


def _write(index: Index, drafts: Sequence[Draft]) -> None:
    embedded, _ = index.write(drafts)
    if embedded:
        raise AssertionError(f"{embedded} texts went through the model instead of the cache")


def _sentences(bench: Bench) -> list[str]:
    """Return real sentences of the sample entries and the available shared sets."""
    library = sample_library(bench)
    texts = [entry.body for entry in library.entries.summaries(library.entries.ids()).values()]
    library.close()
    for name in SETS:
        if (SHARED / name).is_dir():
            texts += [document.body for document in documents(name)]
    return [part.strip() for text in texts for part in _SENTENCE.split(text) if len(part.strip()) > 10]


def real_vectors(bench: Bench) -> tuple[Vectors, Vectors]:
    """Return the vectors of the texts and of the titles of the sample entries."""
    library = sample_library(bench)

    def read(index: Index) -> list[Vectors]:
        return [all_vectors(index, view) for view in SEARCHED]

    found = library.with_index(read)
    library.close()
    return found[0], found[1]


def _drafts(bench: Bench, chunks: int, random: np.random.Generator, groups: int) -> list[Draft]:
    """Return entries with that many chunks: always the same ones from a fresh generator of the same seed."""
    sentences, count = _sentences(bench), chunks // CHUNKS_IN_ENTRY
    return [_draft(number, sentences, random, groups) for number in range(count)]


def _draft(number: int, sentences: Sequence[str], random: np.random.Generator, groups: int) -> Draft:
    entry = _entry(number, sentences, random)
    if groups and number % 4 > 1:  # of both kinds
        entry = replace(entry, visibility=group_name(number // 4 % groups))
    chunks = tuple(_chunk(entry, slot, sentences, random) for slot in range(CHUNKS_IN_ENTRY))
    return Draft(entry, chunks, (), (), "bench")


def group_name(number: int) -> str:
    """Return the name of a group."""
    return f"/groups/{number:02}"


def _entry(number: int, sentences: Sequence[str], random: np.random.Generator) -> Entry:
    """Return an entry with facets for filters that keep 1/2, 1/10 and 1/120."""
    title = f"{sentences[int(random.integers(len(sentences)))][:40]} {number}"
    deal = Deal(outcome=OUTCOMES[number % 4], customer=f"顧客{number}", crm_id=f"S-{number:06}")  # type: ignore[arg-type]
    kind = ("deal", "talk-track")[number % 2]
    return as_entry(
        f"synthetic/{number:06}",
        title,
        "",
        kind=kind,
        deal=deal if kind == "deal" else None,
        date=FIRST_DAY + timedelta(days=number % 2_000),
        industry=(INDUSTRIES[number // 2 % len(INDUSTRIES)],),
        tag=(TAGS[number % len(TAGS)],),
    )


def _chunk(entry: Entry, slot: int, sentences: Sequence[str], random: np.random.Generator) -> Chunk:
    chosen = random.integers(len(sentences), size=SENTENCES_IN_CHUNK + 1)
    heading, *text = (sentences[int(at)] for at in chosen)
    return Chunk(f"{entry.id}#{slot}", entry.id, (heading[:30],), "\n".join(text), 1, 1)


def _cache_vectors(
    index: Index,
    embedder: Embedder,
    drafts: Sequence[Draft],
    real: tuple[Vectors, Vectors],
    random: np.random.Generator,
) -> None:
    """Cache a vector for every text and every sentence, so that writing embeds nothing."""
    keys: list[tuple[str, str]] = []
    for draft in drafts:
        for chunk in draft.chunks:
            texts = (text_to_embed(view, draft.entry, chunk.headings, chunk.text) for view in SEARCHED)
            bodies, heads = (text_key(embedder.checksum, text) for text in texts)
            keys.append((bodies, heads))
    for at, view in enumerate(real):
        vectors = perturbed(view, len(keys), random)
        index.cache.write({pair[at]: vector for pair, vector in zip(keys, vectors, strict=True)})
    sentences = perturbed(real[0], len(keys) * SENTENCES_IN_CHUNK, random).reshape(len(keys), SENTENCES_IN_CHUNK, -1)
    index.cache.write_sentences({body: list(some) for (body, _), some in zip(keys, sentences, strict=True)})


def perturbed(real: Vectors, count: int, random: np.random.Generator) -> Vectors:
    """Return unit vectors, each a mix of two real ones plus noise."""
    share = random.uniform(0.5, 1.0, (count, 1))
    mixed = (
        share * real[random.integers(len(real), size=count)]
        + (1 - share) * real[random.integers(len(real), size=count)]
    )
    mixed += random.normal(0, NOISE, mixed.shape)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def _groups(drafts: Sequence[Draft], size: int) -> Iterator[Sequence[Draft]]:
    return (drafts[at : at + size] for at in range(0, len(drafts), size))
