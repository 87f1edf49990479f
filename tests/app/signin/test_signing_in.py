"""Signing in with a password, by a link, and out again."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.services import PeopleServices
from app.signin.interrupted import local_address
from kb.people.attempts import FREE_HERE
from kb.people.person import Person
from tests.app.conftest import ADDRESS, Browser, MakeClient
from tests.app.signin.conftest import PAGE, PASSWORD, As
from tests.hands import Hands

RIGHT = {"address": "Author@example.com", "password": PASSWORD}
pytestmark = pytest.mark.usefixtures("everybody")


def _sign_in(browser: TestClient, **form: str) -> int:
    return browser.post("/sign-in", data={**RIGHT, **form}, headers=PAGE, follow_redirects=False).status_code


def test_a_page_leads_to_the_sign_in_page_and_back(stranger: TestClient) -> None:
    asked = "/?q=%E4%BE%A1%E6%A0%BC&industry=a%26b"
    sent = stranger.get(asked, headers=PAGE, follow_redirects=False)
    assert sent.status_code == 303
    page = stranger.get(sent.headers["location"], headers=PAGE)
    assert page.status_code == 200 and "no-store" in page.headers["cache-control"]
    back = re.search(r'name="next" value="([^"]*)"', page.text)
    assert back is not None
    done = stranger.post("/sign-in", data={**RIGHT, "next": back[1].replace("&amp;", "&")}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, asked)
    assert "Author" in stranger.get(asked, headers=PAGE).text


def test_the_sign_in_page_shows_nothing_of_the_base(stranger: TestClient) -> None:
    text = stranger.get("/sign-in", headers=PAGE).text
    assert "<nav" not in text and 'role="search"' not in text and "tally" not in text
    assert "kb people add" not in text  # there are people
    ready = stranger.get("/readyz").json()
    assert (ready["entries"], ready["jobs"]) == (0, [])


def test_before_anybody_is_added_the_page_says_how(make_client: MakeClient) -> None:
    assert "kb people add" in make_client(indexed=False, auth="local").get("/", headers=PAGE).text


def test_the_api_answers_401_in_our_shape(stranger: TestClient) -> None:
    for path in ("/api/v1/search?q=a", "/api/v1/nothing", "/openapi.json"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["error"]["code"] == "sign_in_needed"
    wrong = stranger.get("/api/v1/search?q=a", headers={"authorization": "Bearer nonsense"})
    assert wrong.status_code == 401


def test_a_wrong_token_is_not_rescued_by_a_session(signed_in: As) -> None:
    assert signed_in("admin").get("/api/v1/search?q=a", headers={"authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize("path", ["/", "/docs", "/new", "/entries/notes/price", "/nothing", "/me", "/static"])
def test_no_page_is_open(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path, headers=PAGE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")
    assert stranger.head(path, headers=PAGE, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/app.css", "/sign-in", "/link/nonsense"])
def test_these_are_open(stranger: TestClient, path: str) -> None:
    assert stranger.get(path, headers=PAGE, follow_redirects=False).status_code in (200, 410, 503)


def test_unknown_people_and_wrong_passwords_get_the_same_answer(
    stranger: TestClient, everybody: dict[str, Person]
) -> None:
    wrong = [
        {"address": "author@example.com", "password": "wrong wrong wrong"},
        {"address": "nobody@example.com", "password": PASSWORD},
        {"address": "reader@example.com", "password": PASSWORD},  # has none
    ]
    answers = [stranger.post("/sign-in", data=form, headers=PAGE) for form in wrong]
    assert [answer.status_code for answer in answers] == [401] * 3
    texts = {answer.text.replace(form["address"], "") for answer, form in zip(answers, wrong, strict=True)}
    assert len(texts) == 1


def test_guessing_is_slowed_down_for_known_and_unknown_alike(stranger: TestClient, hands: Hands) -> None:
    for address in ("author@example.com", "nobody@example.com"):
        tried = [_sign_in(stranger, address=address, password="wrong wrong wrong") for _ in range(FREE_HERE + 1)]
        assert tried == [401] * FREE_HERE + [429]
    assert _sign_in(stranger) == 429  # also with the right one
    hands.forward(seconds=1)
    assert _sign_in(stranger) == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: TestClient) -> None:
    plain = stranger.post("/sign-in", data=RIGHT, follow_redirects=False).headers["set-cookie"]
    assert plain.startswith("session=") and "HttpOnly" in plain and "SameSite=lax" in plain and "Secure" not in plain
    assert isinstance(stranger.app, FastAPI)
    tls = Browser(stranger.app, base_url="https://127.0.0.1:8000", raise_server_exceptions=False)
    headers = {"origin": "https://127.0.0.1:8000"}
    behind = tls.post("/sign-in", data=RIGHT, headers=headers, follow_redirects=False).headers["set-cookie"]
    assert behind.startswith("__Host-session=") and "Secure" in behind and "Path=/" in behind and "Domain" not in behind


def test_signing_in_again_ends_the_session_before(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    _sign_in(stranger)
    first = stranger.cookies["session"]
    _sign_in(stranger)
    assert stranger.cookies["session"] != first
    assert known.sessions.find(first) is None and len(known.sessions.of(everybody["author"].id)) == 1


def test_a_secret_chosen_by_somebody_else_opens_nothing(stranger: TestClient) -> None:
    stranger.cookies.set("session", "fixed")
    _sign_in(stranger)
    assert "fixed" not in [cookie.value for cookie in stranger.cookies.jar if cookie.name == "session"][-1:]


def test_signing_out_ends_the_session_on_the_server_and_empties_the_cache(signed_in: As) -> None:
    browser = signed_in("reader")
    secret = browser.cookies["session"]
    out = browser.post("/sign-out")
    assert out.status_code == 303 and out.headers["clear-site-data"] == '"cache"'
    browser.cookies.set("session", secret)
    assert browser.get("/", headers=PAGE).status_code == 303


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\nb", "/" + "a" * 2000, "/sign-out",
     "/sign-in?next=/x", "/link/abc", "/\t/evil.example", "/a\\b", ""],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(stranger: TestClient, address: str) -> None:
    assert local_address(address) == ""
    done = stranger.post("/sign-in", data={**RIGHT, "next": address}, follow_redirects=False)
    assert done.headers["location"] == "/"


def test_a_link_sets_a_password_once_and_signs_in(
    stranger: TestClient, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    reader = everybody["reader"]
    secret, other = known.links.make(reader.id), known.sessions.begin(reader.id, device="", way="password")
    for _ in range(3):
        page = stranger.get(f"/link/{secret}", headers=PAGE)
        assert page.status_code == 200 and page.headers["referrer-policy"] == "same-origin"
    short = stranger.post(f"/link/{secret}", data={"password": "short"}, headers=PAGE)
    assert short.status_code == 422 and "at least 12" in short.text
    done = stranger.post(f"/link/{secret}", data={"password": PASSWORD}, headers=PAGE, follow_redirects=False)
    assert done.status_code == 303 and "Reader" in stranger.get("/me", headers=PAGE).text
    assert known.sessions.find(other) is None
    again = stranger.post(f"/link/{secret}", data={"password": "another long one"}, headers=PAGE)
    assert again.status_code == 410 and known.passwords.is_right(reader, PASSWORD)


def test_a_form_whose_session_ended_comes_back_after_signing_in(stranger: TestClient) -> None:
    typed = {"kind": "note", "mode": "whole", "id": "", "do": "save", "whole": '# 題\n\n<b>"本文"</b> & 100%\n\n'}
    page = stranger.post("/write", data=typed, headers={"accept": "*/*"})  # as the editor's script does
    assert page.status_code == 401 and 'id="main"' in page.text
    kept = {"to": "/write", "form": urlencode(typed)}
    wrong = stranger.post("/sign-in", data={**RIGHT, "password": "wrong wrong wrong", **kept}, headers=PAGE)
    assert wrong.status_code == 401 and "100%25" in wrong.text
    again = stranger.post("/sign-in", data={**RIGHT, **kept}, headers=PAGE)
    assert again.status_code == 200 and 'action="/write"' in again.text
    fields = dict(re.findall(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', again.text, re.DOTALL))
    assert fields["do"] == "check" and "&lt;b&gt;" in fields["whole"]
    back = stranger.post("/write", data={**typed, "do": "check"}, headers=PAGE)
    assert back.status_code == 200 and "本文" in back.text


def test_files_that_were_sent_too_late_are_said_to_be_lost(stranger: TestClient) -> None:
    page = stranger.post("/new/files", files={"files": ("a.md", b"# a")}, headers=PAGE)
    assert page.status_code == 401 and "were not saved" in page.text


def test_a_script_gets_a_short_answer_instead_of_a_page(stranger: TestClient) -> None:
    fragment = stranger.get("/?q=a", headers={**PAGE, "x-fragment": "results"}, follow_redirects=False)
    assert fragment.status_code == 401 and "<html" not in fragment.text
    picture = stranger.get("/pictures/x", headers={**PAGE, "sec-fetch-mode": "cors"}, follow_redirects=False)
    assert picture.status_code == 401


def test_no_shared_cache_keeps_what_a_person_sees(signed_in: As) -> None:
    browser = signed_in("author")
    for path in ("/", "/api/v1/search?q=a", "/api/v1/entries/notes/price/source", "/openapi.json", "/me"):
        headers = browser.get(path, headers=PAGE).headers
        assert "private" in headers["cache-control"] and {"Cookie", "Authorization"} <= set(headers["vary"].split(", "))
    page = browser.get("/", headers=PAGE)
    assert signed_in("reader").get("/", headers={**PAGE, "if-none-match": page.headers["etag"]}).status_code == 200
    assert "public" in browser.get("/static/app.css").headers["cache-control"]


def test_the_operator_needs_no_account(make_client: MakeClient, tmp_path_factory: pytest.TempPathFactory) -> None:
    from app.main import create_app
    from app.settings import Settings

    place = tmp_path_factory.mktemp("operator")
    (place / "entries").mkdir()
    app = create_app(Settings(entries=place / "entries", data=place / "var", auth="local"), operator_secret="s3cret")
    with TestClient(app, base_url=ADDRESS) as client:
        assert client.get("/readyz", headers={"authorization": "Bearer s3cret"}).json()["jobs"]
        assert client.get("/api/v1/playbook", headers={"authorization": "Bearer s3cret"}).status_code == 200
        assert client.get("/api/v1/playbook", headers={"authorization": "Bearer "}).status_code == 401
