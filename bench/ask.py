"""Whether quotes come from the entries that answer, and whether nothing is quoted where none does.

What a quote needs (`SURE` in `kb/search/quotes.py`) was chosen on the typed questions, and on those of other subjects
asked of the sample entries; all others are only reported.
A name alone is no question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench import sets
from bench.confidence import helping
from bench.indexes import Bench, sample_library, set_library
from bench.leaving_out import Asker
from bench.report import Figure, publish
from bench.sets import Judged
from bench.speed import WARM_UP
from bench.speed import questions as speed_questions
from bench.synthetic import synthetic_index
from bench.timing import seconds
from kb.library import Library
from kb.search.calibration import UNRELATED
from kb.search.quoted import Quote

CHOSEN_ON = "typed (chosen on these)"
MOST_ANSWERED = 0.05  # of the questions without an answer
MOST_LONGER = 1.05  # a search with quotes
CHUNKS = 10_000
EVERY = 4  # fourth question of a large shared set
Quoted = Sequence[tuple[Judged, Sequence[Quote]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """The quotes for the questions of one set."""

    there: Quoted  # an entry answers
    left_out: Quoted  # the same without the entries that do
    never: Quoted  # no entry ever answered
    foreign: Quoted  # no sales knowledge answers


def measure_ask(bench: Bench) -> None:
    """Measure how often a question is answered with quotes, and how often wrongly."""
    figures: list[Figure] = []
    library = sample_library(bench)
    figures += figures_of(CHOSEN_ON, ask_all(library, sets.typed()))
    figures += figures_of("judgement file", ask_all(library, sets.judgements()), is_aim=True)
    figures.append(_cost("sample", library))
    library.close()
    library = bench.library(synthetic_index(bench, CHUNKS))
    figures.append(_cost(f"{CHUNKS} chunks", library))
    library.close()
    for name in sets.SETS:
        if (sets.SHARED / name).is_dir():
            library = set_library(bench, name)
            figures += figures_of(name, ask_all(library, sets.questions(name)[::EVERY]))
            library.close()
    publish(bench.console, bench.folder, "answers in quotes", figures)


def ask_all(library: Library, questions: Sequence[Judged]) -> Asked:
    """Ask every question, those with an answer once more without it, and some of other subjects."""
    asker, questions = Asker(library), [question for question in questions if question.kind != "name"]

    def quotes(question: Judged, *, without: bool = False) -> tuple[Judged, Sequence[Quote]]:
        left_out = helping(question) if without else ()
        return question, asker.ask(question.text, asker.vector(question.text), left_out, quote=True).quotes

    answerable = [question for question in questions if question.relevant]
    return Asked(
        there=[quotes(question) for question in answerable],
        left_out=[quotes(question, without=True) for question in answerable],
        never=[quotes(question) for question in questions if not question.relevant],
        foreign=[quotes(Judged(text, "foreign", {})) for text in UNRELATED],
    )


def _cost(label: str, library: Library) -> Figure:
    """Return how much longer a search takes with quotes, each question a text of its own, so that none is cached."""
    times: dict[bool, list[float]] = {False: [], True: []}
    for at, question in enumerate(speed_questions()):
        for turn, quote in enumerate((False, True) if at % 2 else (True, False)):
            answered = partial(library.search.answer, question + "。" * (turn + 1), explain=True, quote=quote)
            taken = seconds(answered)
            if at >= WARM_UP:
                times[quote].append(taken)
    without, quoted = float(np.median(times[False])), float(np.median(times[True]))
    note = f"{1000 * without:.1f} and {1000 * quoted:.1f} ms"
    return Figure(f"{label}: search with quotes / without, median", quoted / without, "×", "<=", MOST_LONGER, note)


def figures_of(name: str, asked: Asked, *, is_aim: bool = False) -> list[Figure]:
    """Return the shares of questions."""

    def share(label: str, some: Quoted, holds: Callable[[Judged, Sequence[Quote]], bool]) -> Figure:
        count = sum(holds(question, quotes) for question, quotes in some)
        return Figure(f"{name}: {label}", count / max(len(some), 1), note=f"{count} of {len(some)}")

    figures = [
        share("a quote from an entry that answers", asked.there, _is_right),
        share("the first quote is from one", asked.there, lambda q, quotes: _is_right(q, quotes[:1])),
        share("quotes, but none from one", asked.there, lambda q, quotes: bool(quotes) and not _is_right(q, quotes)),
        share("no quote although an entry answers", asked.there, lambda _, quotes: not quotes),
        share("answer left out: quotes", asked.left_out, lambda _, quotes: bool(quotes)),
    ]
    for label, some in (("no entry answers: quotes", asked.never), ("another subject: quotes", asked.foreign)):
        one = share(label, some, lambda _, quotes: bool(quotes))
        if some:
            figures.append(Figure(one.name, one.value, "", "<=", MOST_ANSWERED, one.note) if is_aim else one)
    return figures


def _is_right(question: Judged, quotes: Sequence[Quote]) -> bool:
    return any(quote.entry.id in helping(question) for quote in quotes)
