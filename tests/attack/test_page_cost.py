"""What a page costs does not grow with what it shows, and what is remembered for the next page is never outdated."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from ingest.history import History
from ingest.sync import sync
from tests.app.conftest import FILES, MakeClient
from tests.words import write

MOST_QUERIES = 25  # of a page, however many entries it shows


@contextmanager
def _queries(client: TestClient) -> Iterator[list[str]]:
    """Collect the queries of the catalogue."""
    engine: Engine = client.app.state.services.library._live.catalog.engine  # type: ignore[attr-defined]
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _resynced(client: TestClient) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    services.library.with_index(partial(sync, folder=services.settings.entries))
    services.library.refresh()


def test_the_queries_of_a_page_do_not_grow_with_its_hits_and_links(make_client: MakeClient) -> None:
    tracks = {f"talk-tracks/t{n}.md": f"---\ntitle: 価格の話 {n}\n---\n価格が高い。\n" for n in range(10)}
    deals = {
        f"deals/d{n}.md": "---\ntitle: 商談\noutcome: won\nclosed_on: 2026-03-01\nused: ["
        + ", ".join(f"talk-tracks/t{m}" for m in range(10))
        + f"]\nderived_from: [talk-tracks/t{n}]\n---\n価格。\n"
        for n in range(10)
    }
    client = make_client({**tracks, **deals})
    for page in ("/?q=価格が高い", "/", "/entries/talk-tracks/t1", "/entries/deals/d1"):
        with _queries(client) as seen:
            assert client.get(page).status_code == 200
        assert 0 < len(seen) <= MOST_QUERIES, (page, len(seen))


def test_similar_entries_and_wins_are_those_of_now(make_client: MakeClient) -> None:
    client = make_client()
    folder: Path = client.app.state.services.settings.entries  # type: ignore[attr-defined]
    assert "切り返し その二" not in client.get("/entries/talk-tracks/price").text
    write(folder, "talk-tracks/second.md", FILES["talk-tracks/price.md"].replace("切り返し", "切り返し その二"))
    write(folder, "deals/more.md", FILES["deals/aoba.md"].replace("D-0108", "D-0109"))
    _resynced(client)
    page = client.get("/entries/talk-tracks/price").text
    assert "切り返し その二" in page
    assert "2勝0敗" in page
    assert "2勝0敗" in client.get("/?q=価格が高い").text
    (folder / "talk-tracks/second.md").unlink()
    _resynced(client)
    assert "切り返し その二" not in client.get("/entries/talk-tracks/price").text


def test_an_edited_text_is_shown_as_it_is_now(make_client: MakeClient) -> None:
    client = make_client()
    folder: Path = client.app.state.services.settings.entries  # type: ignore[attr-defined]
    client.get("/entries/talk-tracks/price")
    client.get("/?q=価格が高い")
    write(folder, "talk-tracks/price.md", FILES["talk-tracks/price.md"].replace("何と比べて", "どこと比べて"))
    _resynced(client)
    assert "どこと比べて" in client.get("/entries/talk-tracks/price").text
    assert "どこと比べて" in client.get("/?q=価格が高い").text


def test_a_history_that_begins_or_ends_later_is_noticed(entries: Path) -> None:
    history = History(entries)
    assert not history.is_kept
    subprocess.run(["git", "init", "--quiet"], cwd=entries, check=True)
    assert history.is_kept
    (entries / ".git").rename(entries.parent / "gone")
    assert not history.is_kept


def test_a_question_of_many_phrases_and_exclusions_reads_the_passages_once(make_client: MakeClient) -> None:
    client = make_client()
    many = " ".join(f'"価{chr(0x3042 + at)}"' for at in range(60)) + " " + " ".join(f"-い{at}" for at in range(60))
    for question in ("価格 " + many, "価格 " + " ".join(f"-い{at}" for at in range(100)), '"の" "を" "に" ' * 30):
        with _queries(client) as seen:
            assert client.get("/api/v1/search", params={"q": question}).status_code == 200
        assert 0 < len(seen) <= MOST_QUERIES, question


def test_more_phrases_than_are_looked_up_by_their_words_all_have_to_occur(make_client: MakeClient) -> None:
    body = "赤い箱と青い箱、白い皿と黒い皿、丸い石と長い板。"
    client = make_client(
        {"notes/all.md": f"# 全部\n\n{body}\n", "notes/less.md": f"# 一部\n\n{body.replace('長い板', '')}\n"}
    )
    phrases = '"赤い箱" "青い箱" "白い皿" "黒い皿" "丸い石" "長い板"'

    def found(question: str) -> list[str]:
        return [hit["id"] for hit in client.get("/api/v1/search", params={"q": question}).json()["hits"]]

    assert found(phrases) == ["notes/all"]
    assert sorted(found(phrases.rpartition(" ")[0])) == ["notes/all", "notes/less"]
    assert found(phrases.rpartition(" ")[0] + " -長い板") == ["notes/less"]
    assert found(phrases + " -赤い箱") == []
