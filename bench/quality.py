"""Search quality: the product against its parts, on shared sets and on the judgement file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.table import Table

from bench import sets
from bench.indexes import Bench, sample_library, set_library
from bench.measures import HIT_DEPTH, Quality, quality
from bench.rankings import WAYS, Ranker
from bench.report import Figure, publish
from bench.sets import Judged
from kb.library import Library

PARTS = ("keywords only", "meaning only")
Found = Mapping[str, Quality]  # by way


def measure_quality(bench: Bench) -> None:
    """Measure the quality of the search."""
    found: dict[str, Found] = {}
    library = sample_library(bench)
    questions = sets.judgements()
    answerable = [question for question in questions if question.relevant]
    rankings = rank_all(library, answerable)
    found["judgements"] = by_way(rankings, answerable)
    kinds = by_kind(rankings, answerable)
    extra = [*_names(rankings, answerable), *_confidences(library, questions)]
    library.close()
    found |= _shared(bench)
    show(bench, "quality by set", found)
    show(bench, "quality on the judgement file by kind of question", kinds)
    publish(bench.console, bench.folder, "quality", [*_targets(found), *extra], as_details({**found, **kinds}))


def _shared(bench: Bench) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for name in sets.SETS:
        if not (sets.SHARED / name).is_dir():
            bench.console.print(f"[yellow]{sets.SHARED / name} not found: skipping {name}.[/]")
            continue
        library = set_library(bench, name)
        questions = sets.questions(name)
        found[name] = by_way(rank_all(library, questions), questions)
        library.close()
    return found


def rank_all(library: Library, questions: Sequence[Judged]) -> list[dict[str, list[str]]]:
    """Return the rankings of each question by way."""
    ranker = Ranker(library)
    return [ranker.rank(question.text) for question in questions]


def by_way(
    rankings: Sequence[Mapping[str, list[str]]], questions: Sequence[Judged], hit_depth: int = HIT_DEPTH
) -> Found:
    """Return the quality of each way over all questions."""
    relevant = [question.relevant for question in questions]
    return {way: quality([ranking[way] for ranking in rankings], relevant, hit_depth) for way in WAYS}


def by_kind(
    rankings: Sequence[Mapping[str, list[str]]], questions: Sequence[Judged], hit_depth: int = HIT_DEPTH
) -> dict[str, Found]:
    """Return the quality of each way by kind of question."""
    found = {}
    for kind in dict.fromkeys(question.kind for question in questions):
        chosen = [at for at, question in enumerate(questions) if question.kind == kind]
        found[kind] = by_way([rankings[at] for at in chosen], [questions[at] for at in chosen], hit_depth)
    return found


def _names(rankings: Sequence[Mapping[str, list[str]]], questions: Sequence[Judged]) -> list[Figure]:
    """Return how often a search for an exact name ranks its entry first."""
    first = [
        ranking["product"][:1] == [max(question.relevant, key=lambda i: question.relevant[i])]
        or question.relevant.get((ranking["product"] or [""])[0]) == max(question.relevant.values())
        for ranking, question in zip(rankings, questions, strict=True)
        if question.kind == "name"
    ]
    missed = [
        question.text
        for ranking, question in zip(rankings, questions, strict=True)
        if question.kind == "name"
        and question.relevant.get((ranking["product"] or [""])[0], 0) < max(question.relevant.values())
    ]
    return [Figure("exact names at rank 1", sum(first) / max(len(first), 1), "", ">=", 1.0, "; ".join(missed))]


def _confidences(library: Library, questions: Sequence[Judged]) -> list[Figure]:
    """Return the share of each confidence level for questions with and without an answer."""
    figures = []
    for label, wanted in (("no answer exists", False), ("an answer exists", True)):
        chosen = [question for question in questions if bool(question.relevant) is wanted]
        figures += confidences(library, label, chosen)
    return figures


def confidences(library: Library, label: str, questions: Sequence[Judged]) -> list[Figure]:
    """Return the share of each confidence level."""
    counts = Counter(library.search.answer(question.text, limit=1).confidence for question in questions)
    return [
        Figure(f"{label}: confidence {confidence}", counts[confidence] / max(len(questions), 1))
        for confidence in ("none", "partial", "strong")
    ]


def _targets(found: Mapping[str, Found]) -> list[Figure]:
    figures = []
    for name, ways in found.items():
        best = max(PARTS, key=lambda way: ways[way].ndcg)
        note = f"target: {best}"
        figures.append(Figure(f"{name}: nDCG@10", ways["product"].ndcg, "", ">=", round(ways[best].ndcg, 4), note))
    means = {way: sum(ways[way].ndcg for ways in found.values()) / len(found) for way in WAYS}
    target = round(means["plain rank fusion"], 4)
    return [*figures, Figure("mean nDCG@10", means["product"], "", ">=", target, "target: plain rank fusion")]


def as_details(found: Mapping[str, Found]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the qualities as they are stored."""
    return {name: {way: asdict(value) for way, value in ways.items()} for name, ways in found.items()}


def show(bench: Bench, title: str, found: Mapping[str, Found], hit_depth: int = HIT_DEPTH) -> None:
    """Print the qualities, one row each."""
    table = Table(title=f"{title}: nDCG@10 / hit@{hit_depth} / MRR", title_justify="left")
    for column in ("", "queries", *WAYS):
        table.add_column(column, justify="left" if not column else "right")
    for name, ways in found.items():
        cells = [f"{q.ndcg:.3f} / {q.hit:.3f} / {q.mrr:.3f}" for q in (ways[way] for way in WAYS)]
        table.add_row(name, str(ways["product"].queries), *cells)
    bench.console.print(table)
