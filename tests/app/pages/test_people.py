"""The pages for administrators: people, tokens, the audit log; and everybody's own tokens."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.services import Services
from kb.people.audit import Wanted
from kb.people.person import Person
from kb.viewer import Role, Viewer
from tests.app.conftest import MakeClient
from tests.app.signing import as_person
from tests.words import note

PAGE = {"accept": "text/html", "accept-language": "en"}


def services(client: TestClient) -> Services:
    opened: Services = client.app.state.services  # type: ignore[attr-defined]
    return opened


def person(client: TestClient, role: Role, teams: tuple[str, ...] = ("sales",), name: str = "") -> Person:
    address = f"{name or role}@example.com".replace(" ", ".")
    return services(client).people.people.add(address, name or f"The {role}", role, teams)


def events(client: TestClient) -> list[tuple[str, str]]:
    return [(row.event, row.about) for row in services(client).people.audit.rows(Wanted())]


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    """A server where an administrator has signed in."""
    opened = make_client({}, auth="local")
    as_person(opened, person(opened, "admin", ("sales", "marketing")))
    return opened


def test_a_person_is_added_and_the_link_is_shown_once(client: TestClient) -> None:
    sent = {"address": "Sato@example.com", "name": "佐藤 花", "role": "editor", "teams": "sales、marketing"}
    answer = client.post("/people", data=sent, headers=PAGE)
    assert answer.status_code == 200
    assert answer.headers["cache-control"].endswith("no-store")
    link = re.search(r"http://127.0.0.1:8000/link/([\w-]+)", answer.text)
    assert link
    added = services(client).people.links.person_of(link[1])
    assert added
    assert (added.address, added.role, added.teams) == ("sato@example.com", "editor", {"sales", "marketing"})
    assert link[1] not in client.get("/people", headers=PAGE).text
    assert [event for event, _ in events(client)[:2]] == ["link-made", "person-added"]


def test_what_was_typed_stays_in_the_form_if_the_address_is_taken(client: TestClient) -> None:
    sent = {"address": "admin@example.com", "name": "X Y", "role": "reader", "teams": "a"}
    answer = client.post("/people", data=sent, headers=PAGE)
    assert answer.status_code == 422
    assert "already belongs to another person" in answer.text
    assert 'value="X Y"' in answer.text
    rows = services(client).people.audit.rows(Wanted(event="person-added"))
    assert [row.known.get("failed", False) for row in rows] == [True, False]


def test_role_and_teams_are_changed_and_logged_as_before_and_after(client: TestClient) -> None:
    author = person(client, "author")
    sent = {"do": "change", "name": author.name, "role": "reader", "teams": "sales, 大阪"}
    answer = client.post(f"/people/{author.id}", data=sent, headers=PAGE)
    assert answer.status_code == 200
    assert "Saved." in answer.text
    changed = services(client).people.people.get(author.id)
    assert (changed.role, changed.teams) == ("reader", {"sales", "大阪"})
    row = services(client).people.audit.rows(Wanted(event="person-changed"))[0]
    assert (row.about, row.known) == (author.id, {"role": "author → reader", "teams": ["sales", "大阪"]})


@pytest.mark.parametrize("sent", [{"do": "disable"}, {"do": "change", "role": "reader", "teams": "sales", "name": "X"}])
def test_the_last_administrator_stays_one(client: TestClient, sent: dict[str, str]) -> None:
    (admin,) = services(client).people.people.admins()
    answer = client.post(f"/people/{admin.id}", data=sent, headers=PAGE)
    assert answer.status_code == 409
    assert "last administrator" in answer.text
    assert services(client).people.people.get(admin.id) == admin


def test_a_disabled_person_is_marked_and_can_be_enabled(client: TestClient) -> None:
    author = person(client, "author")
    client.post(f"/people/{author.id}", data={"do": "disable"})
    assert services(client).people.people.get(author.id).is_disabled
    assert 'value="enable"' in client.get("/people", headers=PAGE).text
    client.post(f"/people/{author.id}", data={"do": "enable"})
    assert not services(client).people.people.get(author.id).is_disabled


def test_nobody_is_changed_under_an_unknown_id(client: TestClient) -> None:
    assert client.post("/people/nobody", data={"do": "disable"}, headers=PAGE).status_code == 409
    assert client.post("/people/nobody/else", data={"do": "disable"}).status_code == 404


def test_the_audit_page_names_whom_an_event_is_about(client: TestClient) -> None:
    invited = person(client, "reader", name="桜井")
    client.post(f"/people/{invited.id}", data={"do": "link"}, headers=PAGE)
    shown = client.get("/people/audit?event=link-made", headers=PAGE).text
    assert "<td>桜井</td>" in shown and invited.id not in shown.partition("<tbody>")[2]


def test_the_audit_page_filters_and_pages(client: TestClient) -> None:
    audit = services(client).people.audit
    as_person(client, person(client, "admin", ("*",), name="Sees all"))  # also entries whose files are gone
    other = Viewer("b2", "別所 文", "author", frozenset())
    for number in range(60):
        audit.note("entry-saved", other, f"deals/{number}")
    first = client.get("/people/audit?event=entry-saved", headers=PAGE).text
    assert "deals/59" in first
    assert "deals/9<" not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = client.get(older[1].replace("&amp;", "&"), headers=PAGE).text
    assert "deals/9<" in second
    assert 'rel="next"' not in second
    assert "No events" in client.get("/people/audit?event=sign-out", headers=PAGE).text
    assert "is not a day" in client.get("/people/audit?since=soon", headers=PAGE).text
    assert "deals/59" in client.get("/people/audit?person=b2", headers=PAGE).text


def test_an_export_of_the_log_is_itself_in_the_log(client: TestClient) -> None:
    audit = services(client).people.audit
    as_person(client, person(client, "admin", ("*",), name="Sees all"))
    audit.note("entry-saved", Viewer("b2", "別所 文", "author", frozenset()), "deals/aoba")
    answer = client.post("/people/audit/export", data={"person": "b2"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [(line["event"], line["name"], line["facts"]) for line in lines] == [("entry-saved", "別所 文", {})]
    row = audit.rows(Wanted(event="exported"))[0]
    assert row.known == {"count": 1, "filters": ["person=b2"], "form": "jsonl"}


def test_all_tokens_are_listed_and_revoked(client: TestClient) -> None:
    author = person(client, "author")
    token, secret = services(client).people.tokens.make(author, "nightly export")
    page = client.get("/people/tokens", headers=PAGE).text
    assert "nightly export" in page
    assert "The author" in page
    assert secret not in page
    assert client.post(f"/people/tokens/{token.id}", headers=PAGE).status_code == 200
    assert services(client).people.tokens.viewer_of(secret) is None
    assert events(client)[0] == ("token-revoked", token.id)


def test_somebody_makes_a_token_of_their_own_and_revokes_it(client: TestClient) -> None:
    author = person(client, "author", ("sales", "marketing"))
    as_person(client, author)
    sent = {"name": "nightly", "scope": "write", "days": "30", "team": "sales"}
    answer = client.post("/me/tokens", data=sent, headers=PAGE)
    assert answer.status_code == 200
    assert answer.headers["cache-control"].endswith("no-store")
    secret = re.search(r"kb_[\w-]{40,}", answer.text)
    assert secret
    viewer = services(client).people.tokens.viewer_of(secret[0])
    assert viewer == Viewer(author.id, author.name, "author", frozenset({"sales"}))
    assert secret[0] not in client.get("/me/tokens", headers=PAGE).text
    (token,) = services(client).people.tokens.of(author.id)
    client.post(f"/me/tokens/{token.id}")
    assert services(client).people.tokens.viewer_of(secret[0]) is None


def test_nobody_revokes_or_makes_more_than_their_own(client: TestClient) -> None:
    (admin,) = services(client).people.people.admins()
    token, secret = services(client).people.tokens.make(admin, "deploy", "admin")
    as_person(client, person(client, "reader"))
    assert client.post(f"/me/tokens/{token.id}", headers=PAGE).status_code == 404
    assert services(client).people.tokens.viewer_of(secret) is not None
    answer = client.post("/me/tokens", data={"name": "x", "scope": "admin", "days": "30"}, headers=PAGE)
    assert answer.status_code == 422
    assert "a token cannot do more" in answer.text


def test_where_nobody_signs_in_the_pages_say_so(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client({}, data=tmp_path / "var")
    for page in ("/people/audit", "/me/tokens"):
        assert "Nobody signs in on this server" in client.get(page, headers=PAGE).text
    menu = client.get("/", headers=PAGE).text
    assert 'href="/people"' not in menu and 'href="/connections"' in menu


def test_ids_of_entries_that_an_administrator_does_not_see_are_not_in_the_log(make_client: MakeClient) -> None:
    files = {
        "notes/open.md": "---\ntitle: 公開\n---\n話。\n",
        "notes/layoffs.md": "---\ntitle: layoffs\nvisibility: private\nowner: Boss\n---\n秘密の話。\n",
    }
    client = make_client(files, auth="local")
    audit = services(client).people.audit
    for entry in ("notes/open", "notes/layoffs", "notes/deleted"):
        audit.note("entry-saved", Viewer("p", "Boss", "editor", None), entry)
    told = {}
    for teams in (("sales",), ("*",)):
        as_person(client, person(client, "admin", teams, name=f"Admin {len(teams[0])}"))
        page = client.get("/people/audit", headers=PAGE).text
        by_id = client.get("/people/audit?about=notes/layoffs", headers=PAGE).text
        lines = client.post("/people/audit/export", data={"event": "entry-saved"}).text
        rows = [json.loads(line) for line in lines.splitlines()]
        told[teams] = ["notes/layoffs" in page, "notes/deleted" in page, 'href="/entries/' in by_id]
        told[teams] += [[row["about"] for row in rows], bool(rows[0]["hash"])]
        assert "notes/open" in page and ("(an entry you cannot see)" in page) == (teams == ("sales",))
    assert told["sales",] == [False, False, False, ["notes/open", "", ""], False]
    assert told["*",] == [True, True, True, ["notes/open", "notes/layoffs", "notes/deleted"], True]


def test_an_author_reads_who_can_edit_an_entry_of_somebody_else(make_client: MakeClient) -> None:
    client = make_client({"notes/a.md": "---\ntitle: 健の話\nowner: Ken\n---\n話。\n"}, auth="local")
    said = {}
    for role in ("reader", "author", "editor"):
        as_person(client, person(client, role))
        said[role] = "Ask Ken or an editor to change it." in client.get("/entries/notes/a", headers=PAGE).text
    assert said == {"reader": False, "author": True, "editor": False}


def test_who_has_the_owners_name_reads_how_it_becomes_theirs(make_client: MakeClient) -> None:
    deal = "---\ntitle: Kens Deal\nkind: deal\nowner: ken\noutcome: lost\n---\nText.\n"
    client = make_client({"deals/a.md": deal}, auth="local")
    as_person(client, person(client, "author", name="Ken"))
    for address in ("/entries/deals/a", "/edit/deals/a", "/reasons/deals/a"):
        page = client.get(address, headers=PAGE).text
        assert "on the page People" in page and "Ask ken" not in page


def test_a_refusal_of_a_token_names_the_scope_and_of_a_person_the_role(client: TestClient) -> None:
    known = services(client).people
    for role, expected in (
        ("author", "the scope 'read and write' on /me/tokens"),
        ("reader", "the role 'author'"),
    ):
        _, secret = known.tokens.make(person(client, role, name=f"One {role}"), "robot", "read")
        headers = {"authorization": f"Bearer {secret}", "accept": "application/json", "accept-language": "en"}
        answer = client.post("/api/v1/entries", json={"text": "# a\nb"}, headers=headers)
        assert answer.status_code == 403 and expected in answer.json()["error"]["message"]


def test_a_name_in_entries_becomes_a_persons_and_nobodys_again(make_client: MakeClient) -> None:
    opened = make_client({"notes/old.md": note("前の記録", owner="佐藤")}, auth="local")
    as_person(opened, person(opened, "admin", ("sales", "marketing")))
    author = person(opened, "author", name="Hanako")
    opened.get("/", headers=PAGE)  # which makes what the administrator may see
    assert '<option value="佐藤">' in opened.get("/people", headers=PAGE).text
    answer = opened.post(f"/people/{author.id}", data={"do": "name", "entry_name": " 佐藤 "}, headers=PAGE)
    assert "now this person" in answer.text and '<option value="佐藤">' not in answer.text
    assert services(opened).people.names.person_of("佐藤") == author.id
    other = person(opened, "reader", name="Taro")
    for do in ("name", "unname"):
        refused = opened.post(f"/people/{other.id}", data={"do": do, "entry_name": "佐藤"}, headers=PAGE)
        assert refused.status_code == 409 and services(opened).people.names.person_of("佐藤") == author.id
    assert opened.post(f"/people/{author.id}", data={"do": "name", "entry_name": " "}, headers=PAGE).status_code == 409
    opened.post(f"/people/{author.id}", data={"do": "unname", "entry_name": "佐藤"}, headers=PAGE)
    assert services(opened).people.names.person_of("佐藤") == ""
    assert [event for event, _ in events(opened)[:5]].count("name-linked") >= 1
