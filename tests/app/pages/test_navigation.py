"""The navigation: four pages, and a menu with what there is to put in order."""

from __future__ import annotations

import re

from sqlalchemy import Connection
from starlette.testclient import TestClient

from app.services import Services
from tests.app.conftest import MakeClient
from tests.counting import counting

MENU = {
    "/gaps": "足りない知識",
    "/loop": "営業⇄マーケのつながり",
    "/review": "確認待ち",
    "/judge": "検索の採点",
    "/playbook": "プレイブック",
    "/problems": "直すところ",
}
JAPANESE = {"accept-language": "ja"}


def _navigation(client: TestClient, address: str = "/playbook") -> str:
    page = client.get(address, headers=JAPANESE).text
    return page[page.index("<nav") : page.index("</nav>")]


def test_four_pages_stand_in_the_navigation_and_the_rest_in_one_menu(client: TestClient) -> None:
    bar, _, menu = _navigation(client).partition("<details")
    assert re.findall(r'href="([^"]+)"[^>]*>([^<]+)</a>', bar) == [
        ("/", "さがす"), ("/deals/similar", "似た商談"), ("/scoreboard", "勝敗"), ("/meeting", "会議")
    ]  # fmt: skip
    assert "整える" in menu and all(f'href="{address}"' in menu and name in menu for address, name in MENU.items())
    assert all(client.get(address).status_code == 200 for address in MENU)


def test_the_menu_counts_what_waits_and_a_page_asks_no_database_for_it(make_client: MakeClient) -> None:
    late = "---\ntitle: 見学の話\nkind: talk-track\nreview_by: 2020-01-31\ndate: 2020-01-01\n---\n話す。\n"
    client = make_client({"talk-tracks/visit.md": late, "deals/a.md": "---\ntitle: A\nkind: deal\n---\n本文。\n"})
    assert "tally" not in _navigation(client)
    services: Services = client.app.state.services  # type: ignore[attr-defined]
    services.upkeep.count()
    assert services.upkeep.counts["review"] == 1 and services.upkeep.counts["problems"] >= 1
    assert services.upkeep.counts["loop"] == 1
    with counting(statements=Connection.execute) as counted:
        services.upkeep.counts["loop"]
    assert not counted
    assert _navigation(client).count('class="tally"') == 3


def test_gaps_are_counted_once_they_were_looked_for(make_client: MakeClient) -> None:
    client = make_client()
    client.get("/", params={"q": "zzz qqq xxx"})
    assert client.get("/gaps").status_code == 200
    assert re.search(r'href="/gaps"[^>]*>[^<]*\s*<span class="tally">1<', _navigation(client))
