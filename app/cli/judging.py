"""The commands `kb judge` and `kb quality`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import fail, opened_services, reader_of, settings_or_fail
from kb.viewer import OPERATOR

if TYPE_CHECKING:
    from app.services import Services
    from app.words.reader import Reader
    from kb.loop.judging import Judged, Judging, Question
    from kb.loop.quality import Run

END = "q"
KEYS = {"1": "answers", "2": "helps", "3": "no"}


def judge(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many questions.")] = 10,
) -> None:
    """Grade the hits of questions people asked, frequent and undecided ones first."""
    reader = reader_of(ctx)
    with opened_services(settings_or_fail(reader)) as services:
        grade_questions(services.seen_by(OPERATOR).judging, limit, reader, lambda text: input(text).strip())


def quality(
    ctx: typer.Context,
    model: Annotated[
        str, typer.Option(help="Try another model (as KB_MODEL) in a temporary index; nothing is recorded.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare with the last run, but do not record.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the search on the grades, and compare it with the last run."""
    reader = reader_of(ctx)
    with opened_services(settings_or_fail(reader)) as services:
        if not services.seen_by(OPERATOR).judging.grades():
            fail(reader("quality.no_grades"))
        run = tried(services, model, reader) if model else services.seen_by(OPERATOR).judging.measure()
        if not model and not dry_run:
            services.seen_by(OPERATOR).judging.record(run)
        show_run(run, services.seen_by(OPERATOR).judging, reader, as_json)


def grade_questions(judging: Judging, limit: int, reader: Reader, ask: Callable[[str], str]) -> None:
    """Ask for a grade of each hit of the first undecided questions; each one is stored at once."""
    waiting = [one for one in judging.questions() if not one.is_decided]
    typer.echo(reader.counted("judge.waiting", len(waiting)) if waiting else reader("judge.all_done"))
    found = ((question, [one for one in judging.to_grade(question) if one.grade is None]) for question in waiting)
    for question, open_ones in islice((pair for pair in found if pair[1]), limit):  # without hits it is a gap
        typer.echo(f"\n{question.wording}  ({reader('gaps.asked', people=question.people, times=question.times)})")
        if not _graded(judging, question, open_ones, reader, ask):
            return


def tried(services: Services, model: str, reader: Reader) -> Run:
    """Measure another model on the same entries and grades, in an index that is thrown away."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from app.cli.progress import sync_with_progress
    from app.embedding import make_embedder
    from app.library import make_index, make_library
    from app.seen import make_judging

    with TemporaryDirectory(prefix="kb-quality-") as folder:
        changed = services.settings.model_copy(update={"model": model})
        embedder = make_embedder(changed)  # the bundled model stays where it is unpacked
        trial = changed.model_copy(update={"data": Path(folder)})
        index = make_index(trial, embedder)
        sync_with_progress(index, trial, reader)
        index.close()
        library = make_library(trial, embedder)
        try:
            return make_judging(library, services.activity, services.clock).measure()
        finally:
            library.close()


def show_run(run: Run, judging: Judging, reader: Reader, as_json: bool) -> None:
    """Print a run and what changed."""
    from app.words.quality_view import in_words

    if as_json:
        typer.echo(json.dumps(_as_json(run, judging), ensure_ascii=False))
        return
    view = in_words(run, judging, reader)
    for line in filter(None, (view.figures, view.used, view.compared, view.differs, view.ungraded)):
        typer.echo(line)
    for change in view.changes:
        typer.echo(f"  {'+' if change.is_better else '−'} {change.wording}: {change.change}")
    typer.echo(f"\n{reader('quality.history')}")
    for row in view.history:
        typer.echo(f"  {row.at}  nDCG@10 {row.ndcg}  {row.hits}  {row.model}  {row.constants}  {row.fingerprint}")


def _graded(
    judging: Judging, question: Question, hits: Sequence[Judged], reader: Reader, ask: Callable[[str], str]
) -> bool:
    """Return whether the person goes on."""
    from kb.loop.judging import GRADES

    for number, one in enumerate(hits, start=1):
        typer.echo(f"\n{number}. {one.entry.title}  [{one.entry.id}]")
        typer.echo(f"   {one.hit.snippet.text if one.hit else reader('judge.no_longer')}")
        try:
            answer = ask(f"   {reader('judge.keys')} ")
        except EOFError:
            return False
        if answer == END:
            return False
        if answer in KEYS:
            judging.grade(question, {one.entry.id: GRADES[KEYS[answer]]})
    return True


def _as_json(run: Run, judging: Judging) -> dict[str, object]:
    compared = judging.compared(run)
    changed = [*compared.worse, *compared.better] if compared else []
    low, high = run.interval
    return {
        **{name: getattr(run, name) for name in ("at", "model", "constants", "fingerprint", "questions", "ndcg")},
        "hit": {"hits": run.hits, "low": low, "high": high},
        "used": {"questions": run.used_questions, "hits": run.used_hits},
        "better": len(compared.better) if compared else None,
        "worse": len(compared.worse) if compared else None,
        "changed": [
            {"question": judging.wording(one.query), "before": one.before.ndcg, "after": one.after.ndcg}
            for one in changed
        ],
    }
