"""Undoing an import: once, only below the entries folder, and again after a fault in the middle."""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from ingest import atomic
from ingest.undo import Imports, Undone, Wrote
from kb.errors import NotSavedError
from tests.app.conftest import MakeClient
from tests.attack.small_disk import fill, free, small_disk
from tests.ingest.importers.tables import DEAL, HEADERS, changed_row, csv_text

JA = {"accept-language": "ja", "accept": "text/html"}
NUMBER = "0" * 16
OLD, NEW = "前の本文\n", "後の本文\n"


def _imported(folder: Path, place: Path, names: str = "ab", old: str = OLD, new: str = NEW) -> tuple[Imports, str]:
    """Change a file for each name, as an import would, and add one."""
    wrote = [Wrote(f"{name}.md", atomic.replace(folder / f"{name}.md", new), old) for name in names]
    wrote.append(Wrote("new.md", atomic.create(folder / "new.md", new)))
    imports = Imports(place)
    return imports, imports.keep(wrote)


def _bodies(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.md")}


@pytest.mark.parametrize(
    "kept",
    [
        b"", b"not json", b"{}", b"null", b"[1]", b"\x80", b"[" * 100_000, b'[{"path": "a.md"}]', b'[{"odd": 1}]',
        b'[{"path": 5, "content_hash": "x"}]', b'[{"path": "a.md", "content_hash": "x", "before": 5}]',
    ],
    ids=lambda raw: ascii(raw[:40]),
)  # fmt: skip
def test_a_damaged_record_of_an_import_undoes_nothing(make_client: MakeClient, kept: bytes) -> None:
    client = make_client({"a.md": OLD})
    settings = client.app.state.services.settings  # type: ignore[attr-defined]
    place = settings.data / "imports"
    place.mkdir()
    (place / f"{NUMBER}.json").write_bytes(kept)
    answer = client.post("/new/files/undo", data={"import": NUMBER}, headers=JA)
    assert answer.status_code == 404 and "もう取り消せません" in answer.text
    assert _bodies(settings.entries) == {"a.md": OLD}


@pytest.mark.parametrize(
    "path", ["../a.md", "/etc/hostname", "", ".git/config", "link.md", "folder", "a" * 300 + ".md"]
)
def test_a_forged_path_is_refused(tmp_path: Path, path: str) -> None:
    folder, place = tmp_path / "entries", tmp_path / "imports"
    (folder / "folder").mkdir(parents=True)
    (tmp_path / "a.md").write_text(NEW, "utf-8")
    (folder / "link.md").symlink_to(tmp_path / "a.md")
    place.mkdir()
    digest = atomic.replace(tmp_path / "same.md", NEW)
    (place / f"{NUMBER}.json").write_text(json.dumps([asdict(Wrote(path, digest))]), "utf-8")
    with pytest.raises(NotSavedError):
        Imports(place).undo(NUMBER, folder, tmp_path / "lock", lambda _path: None)
    assert (tmp_path / "a.md").read_text("utf-8") == NEW and (folder / "link.md").is_symlink()


def test_of_two_clicks_at_once_one_undoes_the_import_and_the_other_finds_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "entries"
    folder.mkdir()
    imports, number = _imported(folder, tmp_path / "imports")
    done: dict[str, Undone | None] = {}

    def click(name: str, commit: Any) -> None:
        done[name] = imports.undo(number, folder, tmp_path / "lock", commit)

    second = threading.Thread(target=click, args=("second", lambda _path: None))

    def commit(_path: str) -> None:
        if second.ident is None:
            second.start()
            second.join(0.2)  # it has to wait until the first one is done

    click("first", commit)
    second.join()
    assert done == {"first": Undone(gone=("new.md",), restored=("a.md", "b.md")), "second": None}


def test_an_undo_that_a_full_disk_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    with small_disk(tmp_path / "entries", 1) as folder:
        imports, number = _imported(folder, tmp_path / "imports", old=OLD * 8_000, new=NEW)
        commits: list[str] = []

        def commit(path: str) -> None:
            commits.append(path)
            if path == "b.md":
                fill(folder)

        with pytest.raises(NotSavedError, match="full"):
            imports.undo(number, folder, tmp_path / "lock", commit)
        assert _bodies(folder) == {"a.md": OLD * 8_000, "b.md": NEW, "new.md": NEW}
        free(folder)
        done = imports.undo(number, folder, tmp_path / "lock", lambda _path: None)
        assert done == Undone(gone=("new.md",), restored=("a.md", "b.md"))
        assert imports.undo(number, folder, tmp_path / "lock", lambda _path: None) is None


def test_an_undo_is_refused_where_nothing_may_be_written_and_from_other_sites(make_client: MakeClient) -> None:
    client = make_client({"a.md": OLD})
    assert (
        client.post("/new/files/undo", data={"import": NUMBER}, headers={"origin": "https://a.example"}).status_code
        == 403
    )
    assert make_client({"a.md": OLD}, readonly=True).post("/new/files/undo", headers=JA).status_code == 403


def test_two_exports_that_write_the_same_files_are_undone_together(make_client: MakeClient) -> None:
    client = make_client({"playbook.yaml": "company: 架空\n"})
    folder: Path = client.app.state.services.settings.entries  # type: ignore[attr-defined]
    later = changed_row(フェーズ="失注", 完了日="2026/4/1")
    fields = [("import", "0"), ("import", "1")]
    for number, row in enumerate((DEAL, later)):
        table = base64.b64encode(csv_text([HEADERS, row]).encode()).decode("ascii")
        fields += [("export", f"{number}.csv"), ("table", table)]
    page = client.post("/new/files/save", files=[(name, (None, value)) for name, value in fields], headers=JA).text
    (deal,) = folder.rglob("*.md")
    assert "outcome: lost" in deal.read_text("utf-8")
    number = re.findall('name="import" value="([0-9a-f]{16})"', page)[0]
    undone = client.post("/new/files/undo", data={"import": number}, headers=JA).text
    assert "追加した1件を削除しました" in undone and not deal.exists()
    assert (folder / "playbook.yaml").read_text("utf-8") == "company: 架空\n"


def test_an_edit_between_two_changes_of_an_import_is_what_undo_returns_to(tmp_path: Path) -> None:
    folder = tmp_path / "entries"
    folder.mkdir()
    first = Wrote("a.md", atomic.replace(folder / "a.md", NEW), OLD)
    edited = NEW + "人が書き足した。\n"
    second = Wrote("a.md", atomic.replace(folder / "a.md", NEW * 2), edited)
    imports = Imports(tmp_path / "imports")
    done = imports.undo(imports.keep([first, second]), folder, tmp_path / "lock", lambda _path: None)
    assert done == Undone(restored=("a.md",)) and _bodies(folder) == {"a.md": edited}
