"""`kb audit` and `kb tokens`, run as people run them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.services import PeopleServices, open_people
from app.settings import Settings
from kb.people.chain import Head
from kb.viewer import Viewer
from tests.app.cli.test_main import Place, place

__all__ = ["place"]

ASA = Viewer("a1", "浅井 麻", "admin", frozenset())
LOCAL = {"KB_AUTH": "local"}


def people(place: Place) -> PeopleServices:
    return open_people(Settings(entries=place.entries, data=place.data, auth="local"))


@pytest.fixture
def logged(place: Place) -> Place:
    """A log with three events."""
    opened = people(place)
    opened.audit.note("sign-in", ASA)
    opened.audit.note("entry-saved", ASA, "deals/aoba")
    opened.audit.note("exported", ASA, form="csv", count=3)
    opened.close()
    return place


def test_an_untouched_log_verifies_and_prints_its_head(logged: Place) -> None:
    head = logged.kb("audit", "head").stdout.strip()
    assert head.startswith("3:") and len(head) == 66
    result = logged.kb("audit", "verify", "--kept", head)
    assert (result.exit_code, result.stdout) == (0, f"The audit log is intact. Newest row: {head}\n")


def test_a_changed_row_fails_the_check(logged: Place) -> None:
    with closing(sqlite3.connect(logged.data / "people.sqlite")) as connection, connection:
        connection.execute("UPDATE audit SET name = 'somebody else' WHERE number = 2")
    result = logged.kb("audit", "verify")
    assert (result.exit_code, result.stdout) == (1, "Row 2 was changed.\n")
    found = json.loads(logged.kb("audit", "verify", "--json").stdout)
    assert found["faults"] == [{"number": 2, "message": "Row 2 was changed."}]
    assert "2行目が書き換えられています。" in logged.kb("--lang", "ja", "audit", "verify").stdout


def test_a_kept_head_that_is_not_in_the_log_fails_the_check(logged: Place) -> None:
    assert logged.kb("audit", "verify", "--kept", str(Head(9, "a" * 64))).exit_code == 1
    assert "not what kb audit head prints" in logged.kb("audit", "verify", "--kept", "nonsense").stderr


def test_the_list_shows_the_newest_first_and_can_be_narrowed(logged: Place) -> None:
    lines = logged.kb("audit", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    assert "Entry saved  浅井 麻 (server)" in lines[1] or "Entry saved  浅井 麻" in lines[1]
    assert "deals/aoba" in lines[1]
    assert len(logged.kb("audit", "list", "--event", "sign-in").stdout.splitlines()) == 1
    assert len(logged.kb("audit", "list", "--person", "浅井 麻", "--limit", "2").stdout.splitlines()) == 2
    assert logged.kb("audit", "list", "--until", "2026-01-01").stdout == ""
    assert "There is no event 'nothing'" in logged.kb("audit", "list", "--event", "nothing").stderr
    assert "'soon' is not a day" in logged.kb("audit", "list", "--since", "soon").stderr


def test_an_export_is_json_lines_and_is_logged_itself(logged: Place, tmp_path: Path) -> None:
    result = logged.kb("audit", "export", "-o", str(tmp_path / "log.jsonl"), **LOCAL)
    assert (result.exit_code, result.stderr) == (0, "3 rows of the audit log.\n")
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["sign-in", "entry-saved", "exported", "exported"]
    assert lines[-1]["about"] == "audit"
    assert lines[-1]["way"].startswith("kb audit (")


def test_without_a_log_a_command_says_when_it_begins(place: Place) -> None:
    result = place.kb("audit", "verify")
    assert result.exit_code == 1
    assert "There is no audit log yet" in result.stderr
    assert not (place.data / "people.sqlite").exists()


def test_a_token_is_printed_once_listed_and_revoked(place: Place) -> None:
    opened = people(place)
    person = opened.people.add("asa@example.com", "浅井 麻", "editor", ["sales"])
    opened.close()
    made = place.kb("tokens", "make", "asa@example.com", "nightly export", "--team", "sales", "--days", "30", **LOCAL)
    assert made.exit_code == 0, made.stderr
    secret = made.stdout.strip()
    opened = people(place)
    assert opened.tokens.viewer_of(secret) == Viewer(person.id, "浅井 麻", "reader", frozenset({"sales"}))
    (token,) = opened.tokens.all()
    opened.close()
    listed = place.kb("tokens", "list", "asa@example.com", **LOCAL).stdout
    assert f"{token.id}  浅井 麻  nightly export  read, Sales  valid until" in listed
    assert secret not in listed + made.stderr
    assert json.loads(place.kb("tokens", "list", "--json", **LOCAL).stdout)["teams"] == ["sales"]
    assert place.kb("tokens", "revoke", token.id, **LOCAL).exit_code == 0
    opened = people(place)
    assert opened.tokens.viewer_of(secret) is None
    opened.close()
    events = [json.loads(line)["event"] for line in place.kb("audit", "list", "--json").stdout.splitlines()]
    assert events == ["token-revoked", "token-made"]


@pytest.mark.parametrize(("arguments", "said"), [
    (("make", "nobody@example.com", "x"), "There is no person 'nobody@example.com'"),
    (("revoke", "nothing"), "There is no token 'nothing'"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_sentence(place: Place, arguments: tuple[str, ...], said: str) -> None:
    result = place.kb("tokens", *arguments, **LOCAL)
    assert (result.exit_code, said in result.stderr) == (1, True)


def test_where_nobody_signs_in_there_are_no_tokens(place: Place) -> None:
    result = place.kb("tokens", "make", "asa@example.com", "x")
    assert result.exit_code == 1
    assert "no token is accepted" in result.stderr
