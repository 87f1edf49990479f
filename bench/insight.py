"""Speed of the analyses: similar deals over HTTP, scoreboards over many deals."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial

import numpy as np
from sentence_transformers import SentenceTransformer

from bench.indexes import Bench, sample_library
from bench.report import Figure, publish
from bench.server import Served, serving
from bench.sets import as_entry
from bench.speed import bare_model
from bench.synthetic import perturbed
from bench.timing import seconds, settled_seconds
from kb.entry import Chunk, Deal, Entry
from kb.index.embedding import Vectors
from kb.index.embedding_cache import text_key
from kb.index.index import Draft, Index
from kb.insight.deals import deal_table
from kb.insight.scoreboard import BYS, scoreboard
from kb.playbook import Playbook

DEALS = 10_000
MANY_DEALS = 100_000
DEALS_AT_ONCE = 2_000
QUESTIONS = 40
WARM_UP = 5
RUNS = 5
OUTCOMES = ("won", "lost", "lost", "no-decision", "open")
FIRST_DAY = date(2020, 1, 1)
# Numbers of distinct values, about as in the sample entries.
VARIETY = {"angle": 14, "industry": 6, "product": 3, "competitor": 5, "source": 11, "track": 28, "campaign": 16}


def measure_insight(bench: Bench) -> None:
    """Measure the time of similar deals and scoreboards."""
    texts = _build(bench, "deals")
    model = bare_model(bench)
    with serving(bench, "deals") as served:
        figures = [*_similar(served, model, texts), *_boards(served)]
    publish(bench.console, bench.folder, "insight", [*figures, *_many(bench)])


def synthetic_deals(count: int, texts: Sequence[str] = ()) -> Iterator[Entry]:
    """Return deals with random but reproducible facts."""
    random = np.random.default_rng(2)
    for number in range(count):
        pick = {name: f"{name}-{random.integers(size):02}" for name, size in VARIETY.items()}
        yield as_entry(
            f"deals/{number:06}",
            f"商談 {number}",
            texts[number % len(texts)] if texts else "",
            kind="deal",
            date=FIRST_DAY + timedelta(days=int(random.integers(2_000))),
            industry=(pick["industry"],),
            product=(pick["product"],),
            competitor=(pick["competitor"],),
            angle=(pick["angle"], f"angle-{random.integers(VARIETY['angle']):02}"),
            deal=Deal(
                outcome=OUTCOMES[int(random.integers(len(OUTCOMES)))],  # type: ignore[arg-type]
                customer=f"顧客{number}",
                size=int(10 ** random.uniform(1, 4)),
                amount=int(10 ** random.uniform(5, 8)),
                stage="提案",
                lead_source=pick["source"],
                campaign=f"campaigns/{pick['campaign']}",
                used=(f"talk-tracks/{pick['track']}",),
            ),
        )


def deals_index(bench: Bench) -> str:
    """Build an index of DEALS deals if needed; return its name."""
    _build(bench, "deals")
    return "deals"


def _build(bench: Bench, name: str) -> list[str]:
    """Build an index of DEALS deals if needed; return texts to search with."""
    library = sample_library(bench)
    vectors = library.deals.insights.situations.vectors
    texts = library.with_index(_situations)
    library.close()
    index = bench.index(name)
    if not index.is_current:
        bench.console.print(f"building {DEALS:,} deals …")
        _write(index, list(synthetic_deals(DEALS, texts)), vectors)
    index.close()
    return texts


def _situations(index: Index) -> list[str]:
    catalog = index.catalog
    return list(catalog.situations_of(sorted(catalog.vector_keys()["situations"])).values())


def _write(index: Index, deals: Sequence[Entry], real: Vectors) -> None:
    random = np.random.default_rng(3)
    with index.writing():
        for at in range(0, len(deals), DEALS_AT_ONCE):
            drafts = [_draft(entry) for entry in deals[at : at + DEALS_AT_ONCE]]
            texts = [text for d in drafts for text in (*d.situation, d.entry.title, d.chunks[0].text)]
            keys = [text_key(index.embedder.checksum, text) for text in texts]
            index.cache.write(dict(zip(keys, perturbed(real, len(keys), random), strict=True)))
            index.write(drafts)
        index.finish()


def _draft(entry: Entry) -> Draft:
    text = f"{entry.body} ({entry.title})"  # distinct, so that each has its own vector
    return Draft(entry, (Chunk(f"{entry.id}#", entry.id, (), text, 1, 1),), (), (), "bench", (f"{text} 状況",))


def _similar(served: Served, model: SentenceTransformer, texts: Sequence[str]) -> list[Figure]:
    bare, asked = [], []
    for at, text in enumerate(texts[: QUESTIONS + WARM_UP]):
        embedding = settled_seconds(partial(model.encode_document, text))
        request = settled_seconds(partial(served.client.post, "/api/v1/deals/similar", json={"text": text}))
        if at >= WARM_UP:
            bare.append(embedding)
            asked.append(request)
    ratio = float(np.median(asked) / np.median(bare))
    note = f"{1000 * np.median(asked):.1f} ms; bare {1000 * np.median(bare):.1f} ms"
    return [Figure(f"similar deals among {DEALS:,}, median / bare embedding", ratio, "x", "<=", 2, note)]


def _boards(served: Served) -> list[Figure]:
    slowest, which = 0.0, ""
    for by in BYS:
        for _ in range(RUNS):
            taken = seconds(lambda b=by: served.client.get("/api/v1/scoreboard", params={"by": b}).raise_for_status())  # type: ignore[misc]
        if taken > slowest:
            slowest, which = taken, by
    return [Figure(f"scoreboard over {DEALS:,} deals, HTTP", 1000 * slowest, "ms", "<=", 150, f"slowest: {which}")]


def _many(bench: Bench) -> list[Figure]:
    bench.console.print(f"counting {MANY_DEALS:,} deals …")
    started = time.perf_counter()
    deals = list(enumerate(synthetic_deals(MANY_DEALS)))
    made = time.perf_counter()
    kinds = {f"talk-tracks/track-{n:02}": "talk-track" for n in range(VARIETY["track"])}
    table = deal_table(deals, Playbook(), kinds)
    read = time.perf_counter()
    slowest, which = 0.0, ""
    for by in BYS:
        taken = seconds(partial(scoreboard, table, table.within(None), by))  # type: ignore[arg-type]
        if taken > slowest:
            slowest, which = taken, by
    note = f"slowest: {which}; the table itself {read - made:.1f} s, once after a change"
    bench.console.print(f"[dim]made in {made - started:.1f} s[/]")
    return [Figure(f"scoreboard over {MANY_DEALS:,} deals", slowest, "s", "<=", 1, note)]
