"""What has a key, a version or an id of its own is no way around what one may see."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.files import decode
from ingest.sync import sync
from tests.app.conftest import MakeClient
from tests.app.signed_in import browser_of, services_behind
from tests.words import note

MEETING = note("会議", "## アクション\n\n- [ ] 送る\n", meeting="2026-W47", visibility="sales")
FILES = {
    "notes/seen.md": note("見える", "価格。"),
    "notes/zqname.md": note("zqtitle", "zqbody", visibility="sales"),
    "notes/meeting-2026-W47.md": MEETING,
}
JA = {"accept": "text/html", "accept-language": "ja"}


@pytest.fixture
def base(make_client: MakeClient) -> TestClient:
    return make_client(FILES, auth="local")


def _editor(base: TestClient, name: str, *teams: str) -> TestClient:
    return browser_of(base, services_behind(base).people.people.add(f"{name}@example.jp", name, "editor", teams))


def _version(base: TestClient, path: str) -> str:
    return str(decode((services_behind(base).settings.entries / path).read_bytes(), path).content_hash)  # type: ignore[union-attr]


def _import(browser: TestClient, *titles: str) -> str:
    texts = [("text", note(title, f"{title}の本文。")) for title in titles]
    fields = [*(("take", str(at)) for at in range(len(titles))), *(("name", f"{one}.md") for one in titles), *texts]
    page = browser.post("/new/files/save", files=[(name, (None, value)) for name, value in fields], headers=JA).text
    return re.findall('name="import" value="([0-9a-f]{16})"', page)[0]


def test_the_key_of_an_import_serves_whoever_made_it_and_shows_nothing_hidden_since(base: TestClient) -> None:
    mine, other = _editor(base, "Mori", "marketing"), _editor(base, "Kato", "marketing")
    key = _import(mine, "取り込み一", "取り込み二")
    folder: Path = services_behind(base).settings.entries
    (hidden,) = folder.rglob("取り込み一*.md")
    hidden.write_text(note("zqlater", "zqbody", visibility="sales"), "utf-8")
    library = services_behind(base).library
    library.with_index(partial(sync, folder=folder))
    library.refresh()
    assert other.post("/new/files/undo", data={"import": key}, headers=JA).status_code == 404
    assert len(list(folder.rglob("取り込み*.md"))) == 2
    undone = mine.post("/new/files/undo", data={"import": key}, headers=JA)
    assert "追加した1件を削除しました" in undone.text and hidden.is_file()
    assert "取り込み一" not in undone.text and "zq" not in undone.text and "そのまま" not in undone.text


@pytest.mark.parametrize("entry_id", ["notes/zqname", "notes/nothing"])
def test_the_version_of_a_hidden_entry_changes_nothing(base: TestClient, entry_id: str) -> None:
    browser, tag = _editor(base, "Mori", "marketing"), _version(base, "notes/zqname.md")
    address, text = f"/api/v1/entries/{entry_id}", note("書き換え", "本文。")
    answers = [
        browser.put(address, json={"text": text, "force": True}, headers={"if-match": f'"{tag}"'}),
        browser.patch(address, json={"text": text}, headers={"if-match": f'"{tag}"', "origin": str(base.base_url)}),
        browser.post(f"{address}/archive", headers={"if-match": f'"{tag}"'}),
        browser.post("/write", data={"do": "save", "id": entry_id, "base": tag, "kind": "note", "title": "新"}),
        browser.post(f"/history/{entry_id}?version={'a' * 40}", data={"base": tag}),
        browser.post(f"/verify/{entry_id}", follow_redirects=False),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 404, 404, 404, 404]
    assert not any("zq" in answer.text.replace(entry_id, "") for answer in answers)
    assert _version(base, "notes/zqname.md") == tag


def test_a_hidden_note_of_a_meeting_is_neither_marked_nor_betrayed(base: TestClient) -> None:
    browser, tag = _editor(base, "Mori", "marketing"), _version(base, "notes/meeting-2026-W47.md")
    sent = {"period": "2026-W48", "task": "送る", "state": "done"}
    for entry_id in ("notes/meeting-2026-W47", "notes/meeting-2026-W46"):
        answer = browser.post("/meeting/mark", data={"note": entry_id, **sent}, headers=JA)
        assert answer.status_code == 404
    assert _version(base, "notes/meeting-2026-W47.md") == tag
    pages = [browser.get(f"/meeting?period={one}{more}", headers=JA).text
             for one in ("2026-W47", "2026-W48") for more in ("", "&saved=1", "&stored=1")]  # fmt: skip
    assert not any("送る" in page or "meeting-2026-W47" in page for page in pages)
    saved = browser.post("/meeting/save", data={"period": "2026-W47"}, headers=JA, follow_redirects=False)
    assert saved.status_code == 303 and _version(base, "notes/meeting-2026-W47.md") == tag
