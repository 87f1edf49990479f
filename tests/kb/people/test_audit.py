"""The audit log: one chain, whatever happens to its rows, its file and its writers."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.clock import Clock
from kb.people.acting import Acting
from kb.people.audit import Audit, Wanted
from kb.people.chain import NOTHING, Head, Row, digest, faults_of
from kb.people.errors import LastAdminError, NotLoggedError
from kb.people.file import PeopleFile
from kb.viewer import Viewer

ASA = Viewer("a1", "浅井 麻", "admin", frozenset())
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
COLUMNS = ("number", "at", "event", "person", "name", "way", "network", "about", "facts", "previous", "hash")


class Days:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.at)


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def audit(tmp_path: Path, days: Days) -> Iterator[Audit]:
    """A log of its own that keeps 30 days."""
    file = PeopleFile(tmp_path / "people.sqlite")
    yield Audit(file, days.clock, keep_days=30)
    file.close()


def chain(length: int) -> list[Row]:
    """Return a chain as the log writes it."""
    rows: list[Row] = []
    for number in range(1, length + 1):
        before = rows[-1].hash if rows else NOTHING
        row = Row(number, f"2026-11-02T09:00:{number:02}", "entry-saved", "a1", "浅井", "session", "::1",
                  f"deals/{number}", "{}", before)  # fmt: skip
        rows.append(replace(row, hash=digest(row)))
    return rows


def head_of(rows: list[Row]) -> Head:
    return Head(rows[-1].number, rows[-1].hash)


def changed(place: Path, statement: str, *values: object) -> None:
    """Change the file behind the program's back."""
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute(statement, values)


def sentences(audit: Audit, *kept: Head) -> list[str]:
    return [str(fault.sentence) for fault in audit.verify(kept)]


def test_an_untouched_chain_has_no_fault() -> None:
    rows = chain(5)
    assert list(faults_of(rows, head_of(rows), [Head(2, rows[1].hash)])) == []


def test_an_empty_log_has_no_fault(audit: Audit) -> None:
    assert (audit.verify(), audit.head(), audit.rows(Wanted())) == ([], None, [])


@given(st.integers(1, 6), st.data())
def test_any_single_change_of_a_row_is_found(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    head, at = head_of(rows), data.draw(st.integers(0, length - 1))
    name = data.draw(st.sampled_from(COLUMNS))
    before = getattr(rows[at], name)
    value = data.draw((st.integers(-3, 9) if name == "number" else st.text(max_size=5)).filter(lambda v: v != before))
    rows[at] = replace(rows[at], **{name: value})
    assert list(faults_of(rows, head))


@given(st.integers(1, 6), st.data())
def test_any_removed_inserted_or_moved_row_is_found(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    head, at = head_of(rows), data.draw(st.integers(0, length - 1))
    do = data.draw(st.sampled_from(["remove", "insert", "swap", "cut"]))
    if do == "remove":
        del rows[at]
    elif do == "cut":
        del rows[at:]
    elif do == "insert":
        forged = replace(rows[at], about="deals/forged", number=rows[at].number + 1, previous=rows[at].hash)
        rows.insert(at + 1, replace(forged, hash=digest(forged)))
    elif (other := data.draw(st.integers(0, length - 1))) != at:
        rows[at], rows[other] = rows[other], rows[at]
    else:
        return
    assert list(faults_of(rows, head))


@given(st.integers(2, 6), st.data())
def test_a_chain_forged_from_a_row_on_is_found_by_a_hash_kept_elsewhere(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    kept = head_of(rows)
    at = data.draw(st.integers(0, length - 1))
    rows[at] = replace(rows[at], about="deals/forged")
    for number in range(at, length):
        linked = replace(rows[number], previous=rows[number - 1].hash if number else NOTHING)
        rows[number] = replace(linked, hash=digest(linked))
    assert list(faults_of(rows, head_of(rows))) == []
    assert [fault.number for fault in faults_of(rows, head_of(rows), [kept])] == [length]


def test_events_say_who_did_what_and_no_more(audit: Audit) -> None:
    audit.note("entry-saved", ASA, "deals/aoba")
    audit.note("exported", ASA, filters=["industry=食品"], count=3, form="csv")
    newest, first = audit.rows(Wanted())
    assert (first.number, first.person, first.name, first.about) == (1, "a1", "浅井 麻", "deals/aoba")
    assert newest.known == {"filters": ["industry=食品"], "count": 3, "form": "csv"}
    assert newest.previous == first.hash
    assert sentences(audit) == []


def test_control_characters_and_long_values_do_not_get_into_the_log(audit: Audit) -> None:
    audit.note("entry-saved", replace(ASA, name="浅井\n2026 admin\x1b[2J"), "x" * 5_000, filters="y" * 5_000)
    (row,) = audit.rows(Wanted())
    assert row.name == "浅井2026 admin[2J"
    assert len(row.about) == len(row.known["filters"]) == 200


def test_what_is_changed_in_the_file_is_named(audit: Audit, tmp_path: Path) -> None:
    for number in range(6):
        audit.note("entry-saved", ASA, f"deals/{number}")
    kept = audit.head()
    assert kept
    changed(tmp_path / "people.sqlite", "UPDATE audit SET about = 'deals/other' WHERE number = 2")
    assert sentences(audit) == ["Row 2 was changed."]
    changed(tmp_path / "people.sqlite", "DELETE FROM audit WHERE number IN (4, 6)")
    assert sentences(audit) == ["Row 2 was changed.", "Row 4 is missing.", "Row 6 is missing."]
    assert sentences(audit, kept)[-1] == "Row 6 is not the one whose hash was kept."


def test_a_cut_end_stays_visible_after_further_events(audit: Audit, tmp_path: Path) -> None:
    for number in range(3):
        audit.note("entry-saved", ASA, f"deals/{number}")
    changed(tmp_path / "people.sqlite", "DELETE FROM audit WHERE number > 1")
    audit.note("entry-saved", ASA, "deals/later")
    assert sentences(audit) == ["Rows 2 to 3 are missing."]


def test_an_end_cut_off_with_its_record_shows_only_beside_a_hash_kept_elsewhere(audit: Audit, tmp_path: Path) -> None:
    audit.note("entry-saved", ASA, "deals/0")
    earlier = audit.head()
    audit.note("entry-saved", ASA, "deals/1")
    kept = audit.head()
    assert earlier and kept
    changed(tmp_path / "people.sqlite", "DELETE FROM audit WHERE number = 2")
    changed(tmp_path / "people.sqlite", "UPDATE audit_head SET number = ?, hash = ?", *earlier)
    assert sentences(audit) == []  # as the documentation says
    assert sentences(audit, kept) == ["Row 2 is not the one whose hash was kept."]


def test_rows_past_their_retention_go_from_the_beginning_and_the_rest_is_still_verifiable(
    audit: Audit, days: Days, tmp_path: Path
) -> None:
    audit.note("entry-saved", ASA, "deals/old")
    early = audit.head()
    days.at += timedelta(days=20)
    audit.note("entry-saved", ASA, "deals/newer")
    assert audit.trim() == 0
    days.at += timedelta(days=11)
    assert audit.trim() == 1
    assert [(row.number, row.event) for row in audit.rows(Wanted())] == [(3, "audit-trimmed"), (2, "entry-saved")]
    assert early and sentences(audit, early) == []
    days.at += timedelta(days=100)
    assert audit.trim() == 2
    assert [(row.number, row.event) for row in audit.rows(Wanted())] == [(4, "audit-trimmed")]
    assert sentences(audit) == []
    changed(tmp_path / "people.sqlite", "DELETE FROM audit WHERE number = 4")
    assert sentences(audit) == ["Rows 1 to 4 are missing."]


def test_a_beginning_removed_by_somebody_else_is_found(audit: Audit, days: Days, tmp_path: Path) -> None:
    for number in range(3):
        audit.note("entry-saved", ASA, f"deals/{number}")
        days.at += timedelta(days=20)
    audit.trim()
    changed(tmp_path / "people.sqlite", "DELETE FROM audit WHERE number = 3")
    assert sentences(audit) == ["Row 3 is missing."]


def test_an_event_that_must_be_logged_is_refused_while_the_file_cannot_be_written(audit: Audit, tmp_path: Path) -> None:
    audit.note("sign-in", ASA)
    with closing(sqlite3.connect(tmp_path / "people.sqlite", isolation_level=None)) as other:
        other.execute("DROP TABLE audit_head")
    audit.note("entry-saved", ASA, "deals/kept")
    with pytest.raises(NotLoggedError, match="Nothing was done"):
        audit.note("exported", ASA, count=3)
    assert (audit.waiting, bool(audit.trouble)) == (1, True)
    assert [row.event for row in audit.rows(Wanted())] == ["sign-in"]
    changed(tmp_path / "people.sqlite", "CREATE TABLE audit_head (number INTEGER PRIMARY KEY, hash VARCHAR NOT NULL)")
    (first,) = audit.rows(Wanted())
    changed(tmp_path / "people.sqlite", "INSERT INTO audit_head VALUES (1, ?)", first.hash)
    audit.retry()
    assert (audit.waiting, audit.trouble) == (0, "")
    assert [row.about for row in audit.rows(Wanted(event="entry-saved"))] == ["deals/kept"]
    assert sentences(audit) == []


def test_a_deed_that_fails_is_logged_as_failed(audit: Audit) -> None:
    with pytest.raises(LastAdminError), audit.deed("person-changed", ASA, "a1", role="reader"):
        raise LastAdminError
    assert [row.known for row in audit.rows(Wanted())] == [{"failed": True, "role": "reader"}, {"role": "reader"}]


def test_refused_requests_are_one_row_a_minute_for_a_person_an_hour_for_a_network(audit: Audit, days: Days) -> None:
    reader, program = (
        Acting(ASA, "session", "192.0.2.1"),
        Acting(Viewer("", "", "reader", frozenset()), "", "192.0.2.9"),
    )
    for _ in range(500):
        audit.denied("GET /people", 403, reader)
        audit.denied("GET /api/v1/search", 401, program)
    audit.retry()
    assert audit.rows(Wanted()) == []
    days.at += timedelta(minutes=1)
    audit.retry()
    assert [row.network for row in audit.rows(Wanted())] == ["192.0.2.1"]
    days.at += timedelta(hours=1)
    audit.retry()
    found = {(row.network, row.known["route"], row.known["status"], row.known["count"]) for row in audit.rows(Wanted())}
    assert found == {("192.0.2.1", "GET /people", 403, 500), ("192.0.2.9", "GET /api/v1/search", 401, 500)}


def test_refusals_from_ever_new_addresses_are_counted_together(audit: Audit) -> None:
    for number in range(3_000):
        audit.denied("GET /", 401, Acting(Viewer("", "", "reader", frozenset()), "", f"2001:db8:{number:x}::1"))
    audit.close()
    assert audit.count(Wanted(event="denied")) == 101
    assert audit.rows(Wanted(), limit=1)[0].known == {"count": 2_900, "route": "others", "status": 401}


def test_nothing_is_logged_where_nobody_signs_in(tmp_path: Path) -> None:
    audit = Audit(PeopleFile(tmp_path / "people.sqlite"), is_kept=False)
    audit.note("sign-in", ASA)
    audit.denied("GET /", 401, Acting())
    audit.close()
    assert not (tmp_path / "people.sqlite").exists()


def test_rows_are_chosen_by_event_person_entry_and_time(audit: Audit, days: Days) -> None:
    other = Viewer("b2", "別所 文", "author", frozenset())
    audit.note("sign-in", ASA)
    audit.note("entry-saved", other, "deals/aoba")
    days.at += timedelta(days=1)
    audit.note("entry-saved", ASA, "deals/aoba")

    def numbers(**wanted: str) -> list[int]:
        return [row.number for row in audit.rows(Wanted(**wanted))]

    assert numbers(event="entry-saved") == numbers(about="deals/aoba") == [3, 2]
    assert numbers(person="b2") == numbers(person="別所 文") == numbers(event="entry-saved", person="b2") == [2]
    assert numbers(since="2026-11-03") == [3]
    assert numbers(until="2026-11-03") == [2, 1]
    assert [row.number for row in audit.rows(Wanted(), before=3, limit=1)] == [2]
    assert [row.number for row in audit.all_rows(Wanted())] == [1, 2, 3]
    assert audit.names() == {"a1": "浅井 麻", "b2": "別所 文"}


def write_events(place: Path, count: int) -> None:
    """Write events as one of several processes."""
    file = PeopleFile(place)
    audit = Audit(file)
    for number in range(count):
        audit.note("entry-saved", ASA, f"deals/{number}")
    audit.close()
    file.close()


def test_two_processes_write_one_chain(audit: Audit, tmp_path: Path) -> None:
    audit.note("server-started", ASA)
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_events, args=(tmp_path / "people.sqlite", 40)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert (audit.count(Wanted()), sentences(audit)) == (81, [])
