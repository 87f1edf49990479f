"""Whether the search knows when it has no answer: each question is asked again without the entries that answer it.

What remains is on the same subject, by the same authors: harder to tell than a question of another domain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from bench import sets
from bench.indexes import Bench, sample_library, set_library
from bench.leaving_out import Asker
from bench.measures import auc
from bench.report import Figure, publish
from bench.sets import Judged
from kb.library import Library
from kb.loop.quality import GOOD_GRADE
from kb.search.answer import Answer, Confidence, Why

LEVELS: tuple[Confidence, ...] = ("none", "partial", "strong")
NO_WHY = Why(None, 0.0, (), (), None, 0.0, 0.0, None, 0.0, exact_name=False, adjustments=())


@dataclass(frozen=True, slots=True)
class Asked:
    """Answers to the questions of one set."""

    there: list[Answer]  # the entries that answer it are there
    left_out: list[Answer]  # they are not
    never: list[Answer]  # to questions that no entry ever answered


def measure_confidence(bench: Bench) -> None:
    """Compare what the search says with and without the entries that answer a question."""
    asked = {}
    library = sample_library(bench)
    for name, questions in (("judgements", sets.judgements()), ("typed", sets.typed())):
        asked[name] = ask_all(library, questions)
    library.close()
    for name in sets.SETS:
        if not (sets.SHARED / name).is_dir():
            bench.console.print(f"[yellow]{sets.SHARED / name} not found: skipping {name}.[/]")
            continue
        library = set_library(bench, name)
        asked[name] = ask_all(library, sets.questions(name))
        library.close()
    aucs = {name: _aucs(some.there, some.left_out) for name, some in asked.items()}
    aucs |= {f"{name}, never": _aucs(some.there, some.never) for name, some in asked.items() if some.never}
    _show_aucs(bench, aucs)
    publish(bench.console, bench.folder, "confidence", _shares(asked), aucs)


def ask_all(library: Library, questions: Sequence[Judged]) -> Asked:
    """Ask every question, and those with an answer once more without the entries that help."""
    asker, asked = Asker(library), Asked([], [], [])
    for question in questions:
        vector = asker.vector(question.text)
        answer = asker.ask(question.text, vector)
        (asked.there if question.relevant else asked.never).append(answer)
        if question.relevant:
            asked.left_out.append(asker.ask(question.text, vector, helping(question)))
    return asked


def helping(question: Judged) -> set[str]:
    """Return the entries that answer or help; those of a set whose only grade is 1, too."""
    least = min(GOOD_GRADE, max(question.relevant.values()))
    return {entry for entry, grade in question.relevant.items() if grade >= least}


def figures_of(answer: Answer) -> dict[str, float]:
    """Return what an explained answer says in numbers, the larger the likelier an answer."""
    whys = [hit.why or NO_WHY for hit in answer.hits] or [NO_WHY]
    terms = max(len(answer.query.terms), 1)
    first, scores = whys[0], [hit.score for hit in answer.hits]
    return {
        "confidence": LEVELS.index(answer.confidence),
        "similarity, first": first.similarity,
        "similarity, best": max(why.similarity for why in whys),
        "title similarity, first": first.title_similarity,
        "title similarity, best": max(why.title_similarity for why in whys),
        "keyword score, first": first.keyword_score,
        "keyword score, best": max(why.keyword_score for why in whys),
        "share of terms, first": len(first.keyword_terms) / terms,
        "share of terms, best": max(len(why.keyword_terms) for why in whys) / terms,
        "keyword rank, first": 1 / first.keyword_rank if first.keyword_rank else 0.0,
        "meaning rank, first": 1 / first.meaning_rank if first.meaning_rank else 0.0,
        "exact name": float(first.exact_name),
        "lead in score": scores[0] / scores[1] if len(scores) > 1 else 1.0,
        "entries found": answer.total,
    }


def _aucs(positive: Sequence[Answer], negative: Sequence[Answer]) -> dict[str, float]:
    ours, others = [figures_of(answer) for answer in positive], [figures_of(answer) for answer in negative]
    return {name: auc([row[name] for row in ours], [row[name] for row in others]) for name in ours[0]}


def _shares(asked: dict[str, Asked]) -> list[Figure]:
    figures = []
    for name, some in asked.items():
        cases = {"answer there": some.there, "answer left out": some.left_out, "never an answer": some.never}
        for label, answers in cases.items():
            counts = Counter(answer.confidence for answer in answers)
            figures += [
                Figure(f"{name}, {label}: {level}", counts[level] / len(answers), note=f"{len(answers)} questions")
                for level in reversed(LEVELS)
                if answers
            ]
    return figures


def _show_aucs(bench: Bench, aucs: dict[str, dict[str, float]]) -> None:
    table = Table(title="AUC of an answer there against one left out (never: none exists)", title_justify="left")
    for column in ("", *aucs):
        table.add_column(column, justify="right" if column else "left")
    for figure in next(iter(aucs.values())):
        table.add_row(figure, *(f"{found[figure]:.2f}" for found in aucs.values()))
    bench.console.print(table)
