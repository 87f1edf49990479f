"""`kb people`: accounts from the terminal, and the server that refuses to be open by mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from app.cli.running import announce
from app.data_folder import held
from app.services import open_people
from app.settings import Settings


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of entries and one of data."""
    (tmp_path / "entries").mkdir()
    for name, value in (("ENTRIES", "entries"), ("DATA", "var")):
        monkeypatch.setenv(f"KB_{name}", str(tmp_path / value))
    monkeypatch.setenv("KB_AUTH", "local")
    return tmp_path


def kb(*words: str) -> Result:
    return CliRunner().invoke(app, ["--lang", "en", *words])


def test_a_person_is_added_with_a_link_that_works(place: Path) -> None:
    done = kb("people", "add", "Aki@example.com", "--role", "editor", "--team", "sales", "--name", "Aki Ueda")
    assert done.exit_code == 0 and "Aki Ueda (aki@example.com) was added as Editor" in done.output
    found = re.search(r"http://127\.0\.0\.1:8000/link/(\S+)", done.output)
    assert found is not None
    services = open_people(Settings(data=place / "var"))
    person = services.links.person_of(found[1])
    assert person is not None and person.teams == {"sales"}
    services.close()
    assert kb("people", "list").output == "Address\tName\tRole\tTeams\naki@example.com\tAki Ueda\tEditor\tSales\n"


@pytest.mark.parametrize(
    ("chosen", "started_at", "link"),
    [
        ({"HOSTS": "kb.example.com"}, "", "https://kb.example.com/link/"),
        ({"HOSTS": "kb.example.com", "PUBLIC_URL": "https://kb.example.com:8443/"}, "", "kb.example.com:8443/link/"),
        ({"PUBLIC_URL": "https://a.example"}, "https://b.example", "https://a.example/link/"),
        ({"PORT": "8001"}, "https://b.example", "https://b.example/link/"),
        ({"PORT": "8001", "HOST": "0.0.0.0"}, "", "http://127.0.0.1:8001/link/"),
    ],
)
def test_a_link_leads_to_where_people_open_the_pages(
    place: Path, monkeypatch: pytest.MonkeyPatch, chosen: dict[str, str], started_at: str, link: str
) -> None:
    for name, value in chosen.items():
        monkeypatch.setenv(f"KB_{name}", value)
    with held(place / "var"):
        if started_at:
            announce(place / "var", "127.0.0.1", 9, frozenset(), auth="local", public=started_at)
        said = kb("people", "add", "aki@example.com").output
    assert link in said
    assert ("Only this machine can open this link" in said) == ("127.0.0.1" in link)


def test_a_link_is_unused_and_not_logged_only_where_nobody_signs_in(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_AUTH", "none")
    assert "start the server with" in kb("people", "add", "aki@example.com", "--role", "admin").output
    with held(place / "var"):
        announce(place / "var", "127.0.0.1", 9, frozenset(), auth="local", public="http://127.0.0.1:9")
        assert "start the server with" not in kb("people", "link", "aki@example.com").output
        assert "FAIL  sign-in: KB_AUTH is none here, but the running server uses local" in kb("doctor").output
        assert "Person added" not in kb("audit", "list").output and "One-time link made" in kb("audit", "list").output
    assert "start the server with" in kb("people", "link", "aki@example.com").output  # it no longer runs


def test_who_signs_in_elsewhere_gets_a_link_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_AUTH", "oidc")
    said = kb("people", "add", "aki@example.com").output
    assert "No link is needed" in said and "/link/" not in said
    assert "/link/" in kb("people", "link", "aki@example.com").output


def test_a_second_link_ends_the_first_and_a_change_is_said(place: Path) -> None:
    first = re.search(r"/link/(\S+)", kb("people", "add", "aki@example.com").output)
    assert first is not None and "/link/" in kb("people", "link", "AKI@example.com").output
    changed = kb("people", "change", "aki@example.com", "--role", "admin", "--team", "marketing")
    assert "Administrator, teams: Marketing" in changed.output
    assert "teams: -" in kb("people", "change", "aki@example.com", "--no-team").output
    services = open_people(Settings(data=place / "var"))
    assert services.links.person_of(first[1]) is None
    services.close()


def test_what_cannot_be_done_is_one_sentence() -> None:
    kb("people", "add", "aki@example.com", "--role", "admin")
    for words, said in (
        (("add", "aki@example.com"), "already belongs"),
        (("add", "aki"), "not an e-mail address"),
        (("link", "ben@example.com"), "no person 'ben@example.com'"),
        (("disable", "aki@example.com"), "last administrator"),
        (("change", "aki@example.com", "--follow-groups"), "no groups to follow"),
    ):
        done = kb("people", *words)
        assert done.exit_code == 1 and said in done.output and "Traceback" not in done.output


def test_a_disabled_person_can_be_enabled_again() -> None:
    kb("people", "add", "aki@example.com")
    assert "signed out everywhere" in kb("people", "disable", "aki@example.com").output
    assert "(disabled)" in kb("people", "list").output
    kb("people", "change", "aki@example.com", "--enable")
    assert "(disabled)" not in kb("people", "list").output


def test_a_server_without_sign_in_is_not_open_by_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_AUTH", "none")
    done = kb("serve", "--host", "0.0.0.0")
    assert done.exit_code == 1
    assert "kb people add" in done.output and "KB_AUTH_NONE_IS_FINE=yes" in done.output


def test_the_doctor_says_how_people_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "FAIL  sign-in: local, people: 0" in kb("doctor").output
    kb("people", "add", "aki@example.com", "--role", "admin")
    assert "ok    sign-in: local, people: 1, administrators: 1" in kb("doctor").output
    monkeypatch.setenv("KB_AUTH", "none")
    assert "ok    sign-in: none" in kb("doctor").output
    monkeypatch.setenv("KB_HOSTS", "kb.example.com")
    assert "FAIL  sign-in: none, although" in kb("doctor").output
