"""Two processes on one data folder: who saved with one reads it from the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from starlette.testclient import TestClient

from app.background import Background
from app.charts.drawings import Funnel, FunnelBars, Stage
from app.http.following import COOKIE, HEADER, Seal
from kb.generation import Generation
from kb.index.snapshot import take_snapshot
from kb.live import LiveIndex
from tests.app.conftest import Browser, MakeClient
from tests.app.signed_in import browser_of, services_behind, signed_in
from tests.counting import counting
from tests.postgresql import RunningPostgres
from tests.waiting import wait_until
from tests.words import note

pytestmark = pytest.mark.slow  # starts a database


@pytest.fixture
def pair(make_client: MakeClient, postgres: RunningPostgres) -> list[Browser]:
    """Two processes that share data folder and database, where people sign in."""
    one = make_client(auth="local", database_url=postgres.empty())
    known = services_behind(one).settings
    shared = {"entries": known.entries, "data": known.data, "database_url": known.database_url}
    other = make_client({}, indexed=False, auth="local", **shared)
    assert isinstance(one, Browser) and isinstance(other, Browser)
    return [one, other]


@contextmanager
def _listening(background: Background) -> Iterator[None]:
    """Let the background work of a process listen, and do nothing else."""
    listening = Thread(target=background._listen)
    listening.start()
    try:
        yield
    finally:
        background.supervisor.stopping.set()
        listening.join()


def _found(client: Browser, words: str) -> list[str]:
    answer = client.get("/api/v1/search", params={"q": words})
    return [hit["title"] for hit in answer.json()["hits"]]


def test_a_browser_that_saved_finds_it_with_the_other_process(pair: list[Browser]) -> None:
    person, here = signed_in(pair[0], "aki@example.com", "上田 秋")
    there = browser_of(pair[1], person)
    assert "納期の交渉" not in _found(there, "納期の交渉")
    saved = here.post("/api/v1/entries", json={"text": note("納期の交渉")})
    cookie = saved.headers["set-cookie"]
    assert saved.status_code == 201 and all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Max-Age=60"))
    assert "納期の交渉" not in _found(there, "納期の交渉")  # which has not heard of it
    there.cookies[COOKIE] = saved.cookies[COOKIE]
    assert "納期の交渉" in _found(there, "納期の交渉")


def test_a_program_brings_the_header_and_what_only_reads_gets_none(pair: list[Browser]) -> None:
    person, here = signed_in(pair[0], "aki@example.com", "上田 秋")
    there = browser_of(pair[1], person)
    saved = here.post("/api/v1/entries", json={"text": note("検収の条件")})
    there.headers[HEADER] = saved.headers[HEADER]
    assert "検収の条件" in _found(there, "検収の条件")
    read = here.get("/api/v1/search", params={"q": "検収"})
    assert HEADER not in read.headers and COOKIE not in read.cookies


def test_an_answer_does_not_tell_whether_the_index_changed(pair: list[Browser]) -> None:
    _, here = signed_in(pair[0], "aki@example.com", "上田 秋")
    nothing = here.post("/api/v1/entries/check", json={"text": note("何か")})
    saved = here.post("/api/v1/entries", json={"text": note("検収の条件")})
    assert nothing.status_code == 200 and len(nothing.headers[HEADER]) == len(saved.headers[HEADER])


def test_a_program_that_keeps_cookies_gets_none_and_can_go_on_saving(pair: list[Browser]) -> None:
    person, _ = signed_in(pair[0], "aki@example.com", "上田 秋")
    _, secret = services_behind(pair[0]).people.tokens.make(person, "script", "write")
    program = TestClient(pair[0].app, base_url=str(pair[0].base_url), headers={"authorization": f"Bearer {secret}"})
    for title in ("納期の交渉", "検収の条件"):
        saved = program.post("/api/v1/entries", json={"text": note(title, f"{title}の話。")})
        assert saved.status_code == 201 and saved.headers[HEADER] and not program.cookies


def test_the_cookie_is_secure_behind_tls(pair: list[Browser]) -> None:
    person, _ = signed_in(pair[0], "aki@example.com", "上田 秋")
    secret = services_behind(pair[0]).people.sessions.begin(person.id, device="test", way="test")
    here = Browser(pair[0].app, base_url="https://127.0.0.1", cookies={"__Host-session": secret})
    saved = here.post("/api/v1/entries", json={"text": note("保守の範囲")}, headers={"origin": "https://127.0.0.1"})
    assert saved.status_code == 201 and "Secure" in saved.headers["set-cookie"]


@pytest.mark.parametrize("build", ["", "build-0000000000000000-0001"])
def test_a_generation_that_is_not_there_is_looked_for_once_and_ignored(pair: list[Browser], build: str) -> None:
    services = services_behind(pair[0])
    shown = services.library.generation
    assert shown
    far = Generation(build or shown.build, shown.number + 1_000_000)
    with counting(looked=LiveIndex.reload_if_changed, loaded=take_snapshot) as counts:
        services.intake.follow(far)
    assert counts == {"looked": 1}
    sealed = Seal(pair[0].app.state.form_key).closed(far)  # type: ignore[attr-defined]
    assert pair[0].get("/healthz", headers={HEADER: sealed}).status_code == 200


@pytest.mark.parametrize("given", ["", "x", "ä", "A" * 100, "A" * 100_000, "build-0:7", "====", "\"'<>"])
def test_what_was_not_sealed_here_is_no_generation(given: str) -> None:
    assert Seal(b"key").opened(given) is None


def test_a_seal_says_nothing_is_another_each_time_and_opens_with_the_same_key_only() -> None:
    generation, seal = Generation("build-0123456789abcdef-0001", 57), Seal(b"key")
    one, other = seal.closed(generation), seal.closed(generation)
    assert one != other and seal.opened(one) == seal.opened(other) == generation
    assert Seal(b"another key").opened(one) is None
    assert len(one) == len(seal.closed(Generation("build-0123456789abcdef-0001", 1_000_000)))
    changed = ("B" if one[-5] == "A" else "A").join((one[:-5], one[-4:]))
    assert seal.opened(changed) is None


def test_without_a_database_nothing_is_said(make_client: MakeClient) -> None:
    client = make_client()
    saved = client.post("/api/v1/entries", json={"text": note("納期の交渉")})
    assert saved.status_code == 201 and HEADER not in saved.headers and COOKIE not in saved.cookies


def test_a_save_is_shown_by_the_other_process_because_it_is_told(pair: list[Browser]) -> None:
    one, other = (services_behind(client) for client in pair)
    background = Background(other)
    woken = background._poll_job.wake
    with _listening(background):
        wait_until(woken.is_set, "the connection that listens")
        woken.clear()
        one.store.create(note("支払いの条件"))
        wait_until(woken.is_set, "word of the save")  # long before the next look
        background._poll()
    assert other.library.generation == one.library.generation
    assert "支払いの条件" in [hit.entry.title for hit in other.library.search.answer("支払いの条件").hits]


def test_what_is_opened_with_the_other_process_counts_for_the_search(pair: list[Browser]) -> None:
    person, here = signed_in(pair[0], "aki@example.com", "上田 秋")
    there, activity = browser_of(pair[1], person), services_behind(pair[0]).activity
    here.get("/", params={"q": "価格"})
    (search,) = activity.searches("")
    there.get("/entries/talk-tracks/price")
    assert activity.opened_of("") == {search.id: ["talk-tracks/price"]}


def test_a_chart_of_a_page_is_there_whichever_process_is_asked_for_it(pair: list[Browser]) -> None:
    _, there = signed_in(pair[1], "aki@example.com", "上田 秋")
    drawing = FunnelBars((Funnel("展示会", (Stage("送付", 1.0, "120"), Stage("受注", 0.025, "3"))),), "ファネル")
    key = services_behind(pair[0]).gallery.frame(drawing).key
    assert "<svg" in there.get(f"/pictures/{key}").text
    assert there.get(f"/pictures/{'0' * 32}").status_code == 404
