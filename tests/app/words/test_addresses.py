"""Whatever a file is called, the addresses of its entry lead to it: on the pages, in the API, in links of notes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import cast
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from app.words.addresses import api_address, entry_address, file_link
from app.words.rendering import render_body
from tests.app.conftest import ADDRESS, MakeClient
from tests.words import note

ROOT = Path(__file__).parents[3]
NAMES = (
    "C# の始め方", "100% 達成？", "what is it?", "a & b;c=d", "it's \"quoted\"", "[a](b)", "plus+plus", "back\\slash",
    "%2F", "%23", "a..", "~home", "全角　空白", "émile", "絵文字😀", "x:y@z", "trailing ", "<b>", "{x}|y^`",
)  # fmt: skip
JA = {"accept": "text/html", "accept-language": "ja"}
LINK = re.compile(r'(?:href|action)="(/(?:edit|history|helpful|use|verify|archive|lineage)/[^"?]*)"')


def _is_a_name(name: str) -> bool:
    return name == unicodedata.normalize("NFC", name) and "\\x" not in name and len(name.encode()) < 250


def file_names() -> st.SearchStrategy[str]:
    """Names of files that are read as entries, without their ending."""
    letters = st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="/")
    odd = st.text(st.sampled_from("a #?%&+;=:@'\"<>[](){}\\|^`~!$*,.-_日　é"), min_size=1, max_size=12)
    names = st.text(letters, min_size=1, max_size=20) | odd
    return names.filter(lambda name: not name.startswith(".") and name.strip() == name and _is_a_name(name))


def client_with(make_client: MakeClient, names: Iterable[str]) -> tuple[TestClient, list[str]]:
    """Return a client to deals whose files have some names, and their ids."""
    ids = [f"deals/a b#/{name}" for name in names]
    files = {
        f"{i}.md": note("受注の話", kind="deal", outcome="won", industry="食品", derived_from="[notes/x]") for i in ids
    }
    app = make_client({**files, "notes/x.md": note("別の話")}).app

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        """Decode a path once, as a server does; the test client would do it twice."""
        path = unquote(scope["raw_path"].decode("ascii"))
        await cast(ASGIApp, app)({**scope, "path": path}, receive, send)

    return TestClient(served, base_url=ADDRESS), ids


def addresses(client: TestClient, entry_id: str) -> dict[str, str]:
    """Return the address of an entry as each schema gives it."""
    api = api_address(entry_id)
    hits = client.get("/api/v1/entries?limit=100").json()["hits"]
    deals = client.post("/api/v1/deals/similar", json={"industry": "食品", "k": 20}).json()["won"]
    return {
        "entry": client.get(api).json()["url"],
        "hit": next(hit["url"] for hit in hits if hit["id"] == entry_id),
        "lineage": client.get(f"{api}/lineage").json()["entry"]["url"],
        "similar deal": next(deal["url"] for deal in deals if deal["id"] == entry_id),
    }


@pytest.fixture(scope="module")
def odd(make_client: MakeClient) -> TestClient:
    """A client to deals whose names need care."""
    return client_with(make_client, NAMES)[0]


@pytest.mark.slow
@settings(max_examples=3)
@given(st.lists(file_names(), min_size=1, max_size=5, unique_by=str.casefold))
@example(list(NAMES[:10]))
@example(list(NAMES[10:]))
def test_the_address_in_every_schema_leads_to_the_entry(make_client: MakeClient, names: list[str]) -> None:
    client, ids = client_with(make_client, names)
    for entry_id in ids:
        client.cookies.clear()  # as a program has none
        assert client.post(f"{api_address(entry_id)}/restore").json()["url"] == entry_address(entry_id)
        assert client.get(api_address(entry_id)).json()["id"] == entry_id
        for schema, address in addresses(client, entry_id).items():
            page = client.get(address, headers=JA)
            assert page.status_code == 200 and f"entries/{entry_id}.md<" in unescape(page.text), (schema, address)


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_button_of_a_page_leads_to_its_entry(odd: TestClient, name: str) -> None:
    entry_id = f"deals/a b#/{name}"
    page = odd.get(entry_address(entry_id), headers=JA).text.split("<h2>関連")[0]
    found = {unquote(address) for address in map(unescape, LINK.findall(page))}
    assert found == {f"/{action}/{entry_id}" for action in ("helpful", "edit", "archive", "lineage")}
    for action in ("edit", "history", "lineage"):
        assert entry_id in unquote(unescape(odd.get(f"/{action}/{quote(entry_id)}", headers=JA).text)), action
    other = unescape(re.findall(r'id="language" href="([^"]*)"', page)[0])
    assert f"entries/{entry_id}.md<" in unescape(odd.get(other, headers=JA).text)


def test_the_link_to_the_other_language_stays_on_the_host(odd: TestClient) -> None:
    page = odd.get(f"{ADDRESS}//example.com/x", headers=JA).text
    assert 'id="language" href="/example.com/x?lang=' in page


@given(file_names())
def test_a_link_in_a_note_leads_to_the_entry(name: str) -> None:
    body = f"- [話]({file_link(f'deals/a b#/{name}')}) – 続き"
    shown = render_body(body, "notes/meeting.md").html
    assert f'href="{entry_address(f"deals/a b#/{name}")}"' in shown


def test_links_in_notes_stay_readable() -> None:
    assert file_link("deals/青葉精工の受注-2.1") == "../deals/青葉精工の受注-2.1.md"


def test_nothing_else_puts_an_id_into_an_address() -> None:
    made = re.compile(r"""["'/](entries|edit|history|helpful|lineage|archive|restore|use|verify)/\{""")
    places = [*(ROOT / "app").rglob("*.py"), *(ROOT / "app").rglob("*.html"), *(ROOT / "app").rglob("*.js")]
    routes = re.compile(r'@router.*|<code>entries/.*|"(GET|POST|PUT|PATCH|DELETE) /[^"]*"')
    texts = {path.name: routes.sub("", path.read_text("utf-8")) for path in places if path.name != "addresses.py"}
    assert [name for name, text in texts.items() if made.search(text)] == []
