"""The page where people grade the hits of questions, and see how well the search does on their grades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import ActivityDep, JudgingDep, ReaderDep
from app.pages.cards import Card, card_of
from app.pages.view import render
from app.words.quality_view import in_words
from app.words.reader import Reader
from app.words.rendering import marked
from kb.loop.judging import GRADES, Judged, Judging, Question

PAGE = "/judge"
LISTED = 50
TRIED = 10  # undecided questions that are searched for one with hits
FIELD = "grade:"  # and the id of the entry
DONE = ("graded", "nothing", "gone", "measured", "unmeasured")

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry to grade."""

    card: Card
    heading: str
    snippet: Markup
    grade: int | None
    uses: str
    is_found: bool


@router.get(PAGE)
def judge_page(request: Request, judging: JudgingDep, activity: ActivityDep, reader: ReaderDep) -> Response:
    """Show one question with its hits, the other questions, and the last measurements."""
    asked = request.query_params
    questions = judging.questions()
    chosen, items = _chosen(questions, asked.get("q", ""), judging)
    history = judging.history()
    last = history[-1] if history else None
    context = {
        "question": chosen,
        "asked": reader(reader.counting("gaps.asked"), people=chosen.people, times=chosen.times) if chosen else "",
        "items": [_item(one, reader) for one in items],
        "skip": _address(following) if (following := _after(questions, chosen)) else "",
        "grades": [(grade, reader(f"judge.{name}"), key) for key, (name, grade) in enumerate(GRADES.items(), start=1)],
        "field": FIELD,
        "listed": [(one, _address(one)) for one in questions[:LISTED]],
        "decided": sum(one.is_decided for one in questions),
        "count": len(questions),
        "quality": in_words(last, judging, reader) if last else None,
        "has_grades": bool(judging.grades()),
        "done": reader(f"judge.done_{said}") if (said := asked.get("done", "")) in DONE else "",
        "trouble": activity.trouble,
    }
    return render(request, "judge.html", context)


@router.post(PAGE)
def grade(judging: JudgingDep, form: Form) -> Response:
    """Store the grades of a question."""
    questions, query = judging.questions(), form.get("q", "")
    question = next((one for one in questions if one.query == query), None)
    if question is None:
        return _back("gone")
    given = {name.removeprefix(FIELD): value for name, value in form.items() if name.startswith(FIELD)}
    stored = judging.grade(question, {entry: int(value) for entry, value in given.items() if value in _VALUES})
    following = _after(questions, question)
    return _back("graded", following) if stored else _back("nothing", question)


@router.post(f"{PAGE}/measure")
def measure(judging: JudgingDep) -> Response:
    """Measure the search on the grades and add the result to the history."""
    if not judging.grades():
        return _back("unmeasured")
    judging.record(judging.measure())
    return _back("measured")


_VALUES = frozenset(map(str, GRADES.values()))


def _back(done: str, question: Question | None = None) -> Response:
    named = {"q": question.query} if question else {}
    return RedirectResponse(f"{PAGE}?{urlencode({**named, 'done': done})}", 303)


def _address(question: Question) -> str:
    return f"{PAGE}?{urlencode({'q': question.query})}"


def _chosen(questions: Sequence[Question], query: str, judging: Judging) -> tuple[Question | None, list[Judged]]:
    """Return the question asked for, else the first undecided one that finds something; and what is to grade."""
    if named := next((one for one in questions if one.query == query), None):
        return named, judging.to_grade(named)
    for one in [one for one in questions if not one.is_decided][:TRIED]:
        if found := judging.to_grade(one):
            return one, found
    return None, []


def _after(questions: Sequence[Question], chosen: Question | None) -> Question | None:
    """Return the next undecided question."""
    at = questions.index(chosen) if chosen else len(questions)
    return next((one for one in questions[at + 1 :] if not one.is_decided), None)


def _item(one: Judged, reader: Reader) -> Item:
    hit = one.hit
    snippet = marked(hit.snippet.text, hit.snippet.highlights) if hit else Markup()
    heading = hit.heading if hit else ""
    return Item(card_of(one.entry, reader), heading, snippet, one.grade, uses_in_words(one.uses, reader), bool(hit))


def uses_in_words(uses: Counter[str], reader: Reader) -> str:
    """Return how an entry was used for a question; empty if it was not."""
    parts: list[Any] = [f"{reader(f'judge.use_{how}')} {reader.number(times)}" for how, times in uses.most_common()]
    return reader("comma").join(parts)
