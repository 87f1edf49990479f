"""`kb people link-name`, `names` and `forget`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.services import open_people
from app.settings import Settings
from kb.people.person import Person
from tests.words import note, write

SATO = "佐藤 花子"


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    write(tmp_path / "entries", "notes/a.md", note("監査", "監査の記録。", owner="佐藤", verified_by=SATO))
    monkeypatch.setenv("KB_ENTRIES", str(tmp_path / "entries"))
    monkeypatch.setenv("KB_DATA", str(tmp_path / "var"))
    people = open_people(Settings())
    person = people.people.add("hanako@example.jp", SATO, "author", [])
    people.close()
    return person


def _run(*words: str, is_well: bool = True) -> str:
    done = CliRunner().invoke(app, ["--lang", "ja", *words])
    assert (done.exit_code == 0) == is_well, done.output
    return done.output


@pytest.mark.model
def test_names_are_linked_listed_and_forgotten(person: Person, tmp_path: Path) -> None:
    _run("sync")
    assert f"{SATO}\t（誰も指していません）" in _run("people", "names")
    for name in ("佐藤", SATO):
        assert "hanako@example.jp" in _run("people", "link-name", name, person.address)
    assert "佐藤\thanako@example.jp" in _run("people", "names")
    said = _run("people", "forget", "hanako@example.jp", "--entries", "--yes")
    assert "notes/a.md" in said
    text = (tmp_path / "entries/notes/a.md").read_text("utf-8")
    assert "佐藤" not in text and text.count("元メンバー") == 2 and "監査の記録。" in text
    assert "hanako" not in _run("people", "names")


def test_who_is_unknown_is_said(person: Person) -> None:
    assert "nobody@example.jp" in _run("people", "forget", "nobody@example.jp", "--yes", is_well=False)
    assert "Traceback" not in _run("people", "link-name", "佐藤", "nobody@example.jp", is_well=False)
