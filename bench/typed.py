"""Search quality on questions as people type them; they were graded before any search was run."""

from __future__ import annotations

from bench import sets
from bench.indexes import Bench, sample_library
from bench.quality import as_details, by_kind, by_way, confidences, rank_all, show
from bench.report import Figure, publish

HIT_DEPTH = 3  # what is seen without scrolling


def measure_mistyped(bench: Bench) -> None:
    """Measure the quality of the search on mistyped questions; any of the graded entries will do."""
    questions = sets.mistyped()
    library = sample_library(bench)
    rankings = rank_all(library, questions)
    library.close()
    found = {"all": by_way(rankings, questions, HIT_DEPTH), **by_kind(rankings, questions, HIT_DEPTH)}
    show(bench, "quality on mistyped questions by kind", found, HIT_DEPTH)
    product = found["all"]["product"]
    figures = [Figure(f"hit@{HIT_DEPTH}", product.hit), Figure("MRR", product.mrr)]
    publish(bench.console, bench.folder, "mistyped questions", figures, as_details(found))


def measure_typed(bench: Bench) -> None:
    """Measure the quality of the search on typed questions, and what it says where no entry answers."""
    questions = sets.typed()
    answerable = [question for question in questions if question.relevant]
    library = sample_library(bench)
    rankings = rank_all(library, answerable)
    found = {"all": by_way(rankings, answerable, HIT_DEPTH), **by_kind(rankings, answerable, HIT_DEPTH)}
    figures = confidences(library, "an answer exists", answerable)
    for kind in dict.fromkeys(question.kind for question in questions if not question.relevant):
        figures += confidences(library, kind, [question for question in questions if question.kind == kind])
    library.close()
    show(bench, "quality on typed questions by kind", found, HIT_DEPTH)
    product = found["all"]["product"]
    means = [("nDCG@10", product.ndcg), (f"hit@{HIT_DEPTH}", product.hit), ("MRR", product.mrr)]
    publish(
        bench.console,
        bench.folder,
        "typed questions",
        [*(Figure(name, value) for name, value in means), *figures],
        as_details(found),
    )
