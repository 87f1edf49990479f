"""From the log to questions, grades and a measurement; uses are a weaker judgement and change no ranking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from app.services import Services, open_services
from app.settings import Settings
from ingest.sync import sync
from kb.clock import Clock
from kb.loop.activity import Searched
from kb.loop.judging import GRADES, Judging, constants, questions
from kb.loop.quality import Use
from kb.loop.uses import uses_by_question
from tests.engines import Engines
from tests.words import WordEmbedder, note, write

CLOCK = Clock(lambda: datetime(2026, 11, 24, 12, tzinfo=UTC))
PRICE, AUDIT, SECRET = "talk-tracks/price", "notes/audit", "notes/secret"


def _search(number: str, query: str, asker: str = "a", at: str = "09:00:00", total: int = 3) -> Searched:
    return Searched(number, f"2026-11-24T{at}.000+00:00", query, "ja", total=total, asker=asker, confidence="strong")


def _use(search: str, entry: str, how: str, at: str) -> Use:
    return Use(search, entry, how, f"2026-11-24T{at}.000+00:00")


def _opened(place: Path, engines: Engines, visibility: str = "all,sales,marketing") -> Services:
    stored = {"visibility": visibility, **engines.settings(place)}
    settings = Settings(entries=place / "entries", data=place / "var", **stored)
    services = open_services(settings, WordEmbedder(), clock=CLOCK)
    services.library.with_index(partial(sync, folder=settings.entries))
    services.library.refresh()
    return services


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path / "entries", f"{PRICE}.md", note("価格が高い", "何と比べて高いかを聞く。", kind="talk-track"))
    write(tmp_path / "entries", f"{AUDIT}.md", note("監査ログ", "一年残る。価格には入る。"))
    write(tmp_path / "entries", f"{SECRET}.md", note("価格の裏側", "価格が高い理由。", visibility="sales"))
    return tmp_path


@pytest.fixture
def services(place: Path, engines: Engines) -> Iterator[Services]:
    opened = _opened(place, engines)
    yield opened
    opened.close()


@pytest.fixture
def judging(services: Services) -> Judging:
    for search in (
        _search("s1", "監査ログ", "a"),
        _search("s2", "価格が高い", "a", "09:10:00"),
        _search("s3", "価格が高い", "b"),
        _search("s4", "x", "b", "09:20:00"),
    ):
        services.activity.searched(search)
    return services.judging


def _ranked(judging: Judging) -> list[tuple[str, bool]]:
    return [(one.wording, one.is_decided) for one in judging.questions()]


def test_frequent_and_undecided_questions_come_first_and_noise_is_left_out(judging: Judging) -> None:
    assert _ranked(judging) == [("価格が高い", False), ("監査ログ", False)]
    assert judging.grade(judging.questions()[0], {PRICE: GRADES["answers"]}) == 1
    assert _ranked(judging) == [("監査ログ", False), ("価格が高い", True)]


def test_a_query_continued_a_moment_later_is_no_question() -> None:
    typed = [_search("s1", "価格", at="09:00:00"), _search("s2", "価格が高い", at="09:00:20")]
    assert [one.wording for one in questions(typed, {}, {})] == ["価格が高い"]


def test_only_grades_of_the_scale_and_of_entries_that_exist_are_stored(judging: Judging) -> None:
    question = judging.questions()[0]
    assert judging.grade(question, {PRICE: 7, "notes/none": 3}) == 0
    assert judging.grade(question, {PRICE: 3}) == judging.grade(question, {PRICE: 2}) == 1
    assert judging.grades() == {"価格が高い": {PRICE: 2}}


def test_a_measurement_is_recorded_and_the_next_one_compared(services: Services, judging: Judging, place: Path) -> None:
    price, audit = judging.questions()
    judging.grade(price, {AUDIT: GRADES["answers"], PRICE: GRADES["no"]})
    judging.grade(audit, {AUDIT: GRADES["helps"]})
    run = judging.measure()
    assert judging.compared(run) is None and (run.questions, run.hits) == (2, 2) and 0 < run.ndcg < 1
    judging.record(run)
    assert judging.history() == [run]
    write(place / "entries", f"{AUDIT}.md", note("価格が高い 価格が高い", "価格が高い。監査ログ。"))
    services.library.with_index(partial(sync, folder=place / "entries"))
    services.library.refresh()
    compared = judging.compared(replace(judging.measure(), at="2026-11-25"))
    assert compared and [one.query for one in compared.better] == ["価格が高い"]
    assert (compared.worse, compared.differs) == ((), ())


def test_a_question_with_a_new_first_hit_is_to_be_graded_again(judging: Judging) -> None:
    judging.grade(judging.questions()[0], {PRICE: GRADES["answers"]})
    judging.record(judging.measure())  # two more hits that nobody graded
    assert _ranked(judging) == [("監査ログ", False), ("価格が高い", False)]


def test_without_a_good_entry_there_is_nothing_to_measure(judging: Judging) -> None:
    judging.grade(judging.questions()[0], {PRICE: GRADES["no"]})
    run = judging.measure()
    assert (run.questions, run.ndcg, run.figures) == (0, 0.0, ()) and run.interval == (0.0, 1.0)


def test_uses_are_counted_apart_and_are_no_grades(services: Services, judging: Judging) -> None:
    services.activity.opened("s2", PRICE, "copied")
    services.activity.used("s3", PRICE, "deals/a")
    question = judging.questions()[0]
    assert question.uses == {PRICE: Counter({"copied": 1, "deal": 1})} and not question.is_decided
    run = judging.measure()
    assert (run.questions, run.used_questions, run.used_hits, run.figures) == (0, 1, 1, ())


def test_uses_and_grades_change_no_ranking(services: Services, judging: Judging) -> None:
    def ranking() -> Sequence[tuple[str, float]]:
        return [(hit.entry.id, hit.score) for hit in services.library.search.answer("価格が高い").hits]

    before, last = ranking(), services.library.search.answer("価格が高い").hits[-1].entry.id
    for _ in range(50):
        services.activity.opened("s2", last, "copied")
    judging.grade(judging.questions()[0], {last: GRADES["answers"]})
    services.library.refresh()
    assert ranking() == before


@pytest.mark.parametrize(
    ("later", "is_use"),
    [
        ([_use("s1", AUDIT, "page", "09:00:14")], False),  # another entry, seconds later
        ([_use("s1", AUDIT, "page", "09:01:00")], True),
        ([_use("s1", PRICE, "copied", "09:00:14")], True),  # the same entry: read, then copied
        ([], True),
    ],
)
def test_a_page_that_was_left_at_once_is_no_use(later: list[Use], is_use: bool) -> None:
    uses = [_use("s1", PRICE, "page", "09:00:10"), *later]
    found = uses_by_question([_search("s1", "価格")], uses)["価格"]
    assert (found.get(PRICE, Counter())["page"] == 1) is is_use


def test_a_new_search_at_once_says_that_the_page_was_left_but_another_person_says_nothing() -> None:
    opened = [_use("s1", PRICE, "page", "09:00:10")]
    searches = [_search("s1", "価格"), _search("s2", "値段", at="09:00:15")]
    assert uses_by_question(searches, opened) == {}
    other = [_search("s1", "価格"), _search("s2", "値段", "b", at="09:00:15")]
    assert uses_by_question(other, opened) == {"価格": {PRICE: Counter(page=1)}}


def test_what_is_hidden_is_neither_shown_nor_measured(
    services: Services, judging: Judging, place: Path, engines: Engines
) -> None:
    question = judging.questions()[0]
    judging.grade(question, {SECRET: GRADES["answers"], PRICE: GRADES["helps"]})
    services.activity.opened("s2", SECRET, "copied")
    judging.record(judging.measure())
    services.close()
    narrow = _opened(place, engines, "all,marketing")
    try:
        asked = next(one for one in narrow.judging.questions() if one.query == question.query)
        assert asked.grades == {PRICE: 2} and asked.uses == {}
        assert SECRET not in [one.entry.id for one in narrow.judging.to_grade(asked)]
        assert narrow.judging.grade(asked, {SECRET: GRADES["no"]}) == 0
        run = narrow.judging.measure()
        assert run.figures[0].ndcg == 1.0 and run.used_questions == 0
        assert narrow.judging.history() == [] and narrow.judging.compared(run) is None
    finally:
        narrow.close()


def test_the_hash_of_the_constants_is_the_same_each_time() -> None:
    assert constants() == constants() and len(constants()) == 12
