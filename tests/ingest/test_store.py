"""Saving: found at once, never over somebody else's work, never twice."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from app.library import make_library
from app.settings import Settings
from ingest.intake import Intake
from ingest.store import EntryStore
from ingest.stored import acceptable
from ingest.sync import sync
from kb.errors import DuplicateTextError, EntryNotFoundError, RefusedTextError, StaleEditError
from kb.library import Library
from tests.engines import Engines
from tests.words import WordEmbedder, note, write

PRICE = note(
    "価格の切り返し", "何と比べて高いかを先に聞く。\n\n月額ではなく三年の総額で並べて見せる。", kind="talk-track"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "entries", "talk-tracks/price.md", PRICE)
    return tmp_path / "entries"


@pytest.fixture
def library(folder: Path, engines: Engines) -> Iterator[Library]:
    settings = Settings(entries=folder, data=folder.parent / "var", **engines.settings())
    library = make_library(settings, WordEmbedder())
    library.with_index(partial(sync, folder=folder))
    library.refresh()
    yield library
    library.close()


@pytest.fixture
def store(library: Library, folder: Path) -> EntryStore:
    return EntryStore(library, Intake(library, folder), folder, folder.parent / "var/saving.lock")


def test_a_new_entry_is_a_readable_file_that_is_found_at_once(
    store: EntryStore, library: Library, folder: Path
) -> None:
    saved = store.create(note("青葉精工の受注", "試行で決まった。", kind="deal", outcome="won"))
    assert (saved.id, saved.path) == ("deals/青葉精工の受注", "deals/青葉精工の受注.md") and saved.is_findable
    assert (folder / saved.path).read_text("utf-8").startswith("---\ntitle: 青葉精工の受注")
    assert library.search.answer("青葉精工").hits[0].entry.id == saved.id
    assert library.deals.scoreboard("angle").scores.base.counts.won == 1


def test_two_entries_of_one_title_get_two_names(store: EntryStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda n: store.create(note("同じ題", f"本文は{n}番目のもの")), range(8)))
    assert len({one.path for one in saved}) == 8 and saved[0].path.startswith("notes/同じ題")


def test_the_same_key_saves_once(store: EntryStore, folder: Path) -> None:
    text = note("二度押し", "二度押しても一つ。")
    with ThreadPoolExecutor(4) as pool:
        saved = list(pool.map(lambda _: store.create(text, key="k1"), range(4)))
    assert len({one.path for one in saved}) == 1 and len(list((folder / "notes").glob("*.md"))) == 1


def test_the_same_text_is_refused_and_can_be_forced(store: EntryStore) -> None:
    again = PRICE.replace("title: 価格の切り返し", "title: 別の題").replace("。\n\n", "。\n\n\n")
    with pytest.raises(DuplicateTextError) as refused:
        store.create(again)
    assert refused.value.entry_id == "talk-tracks/price"
    assert store.create(again, force=True).path == "talk-tracks/別の題.md"


def test_nearly_the_same_text_is_a_warning_on_edits_as_well(store: EntryStore) -> None:
    near = PRICE.replace("三年の総額", "五年の総額")
    found = store.check(near)
    assert [twin.entry.id for twin in found.near] == ["talk-tracks/price"] and found.same is None
    saved = store.create(near)
    assert [twin.entry.id for twin in store.check(near, entry_id=saved.id).near] == ["talk-tracks/price"]
    assert store.check(note("別の話", "まったく違う本文。")).near == ()


def test_a_text_may_be_saved_as_it_is_although_another_has_the_same(store: EntryStore) -> None:
    saved = store.create(PRICE, force=True)
    assert store.update(saved.id, PRICE, saved.content_hash).content_hash == saved.content_hash


def test_an_edit_from_an_old_version_overwrites_nothing(store: EntryStore, folder: Path) -> None:
    source = store.source("talk-tracks/price")
    other = PRICE.replace("先に聞く", "最初に聞く")
    write(folder, "talk-tracks/price.md", other)
    with pytest.raises(StaleEditError) as stale:
        store.update("talk-tracks/price", PRICE + "追記\n", source.content_hash)
    assert (folder / "talk-tracks/price.md").read_text("utf-8") == other
    merged = store.update("talk-tracks/price", other + "追記\n", stale.value.current_hash)
    assert (folder / merged.path).read_text("utf-8").endswith("追記\n")


def test_one_of_two_edits_at_the_same_time_wins(store: EntryStore, folder: Path) -> None:
    source = store.source("talk-tracks/price")

    def edit(number: int) -> bool:
        try:
            store.update("talk-tracks/price", f"{PRICE}{number}番\n", source.content_hash)
        except StaleEditError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(edit, range(6)))
    assert sum(won) == 1
    assert (folder / "talk-tracks/price.md").read_text("utf-8") == f"{PRICE}{won.index(True)}番\n"


def test_an_archived_entry_is_out_of_every_answer_and_comes_back(store: EntryStore, library: Library) -> None:
    store.set_status("talk-tracks/price", "archived")
    assert library.search.answer("価格").total == 0 and library.entries.get("talk-tracks/price").status == "archived"
    store.set_status("talk-tracks/price", "published")
    assert library.search.answer("価格").total == 1


def test_what_is_wrong_is_said_before_it_is_saved(store: EntryStore) -> None:
    found = store.check("---\ntitle: x\nkind: deal\noutcome: wonn\nused: [talk-tracks/prise]\n---\n本文\n")
    assert [problem.line for problem in found.problems] == [1, 4]
    assert "talk-tracks/prise" in str(found.problems[0]) and "Did you mean 'won'" in str(found.problems[1])


@pytest.mark.parametrize("text", ["", " \n", "a\x00b", "あ" * 700_000])
def test_what_cannot_be_an_entry_is_refused(text: str) -> None:
    with pytest.raises(RefusedTextError):
        acceptable(text)


def test_an_entry_that_is_not_there_cannot_be_changed(store: EntryStore, folder: Path) -> None:
    with pytest.raises(EntryNotFoundError):
        store.update("deals/none", "x", "")
    source = store.source("talk-tracks/price")
    (folder / "talk-tracks/price.md").unlink()
    with pytest.raises(EntryNotFoundError):
        store.update("talk-tracks/price", "x", source.content_hash)


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_each_save_is_one_commit_with_author_and_reason(store: EntryStore, folder: Path) -> None:
    _git(folder, "init", "--quiet")
    write(folder, "other.md", "staged by hand")
    _git(folder, "add", "other.md")
    saved = store.create(note("歴史", "最初の版。"), author="三浦 <x>", reason="展示会のあとで")
    store.update(saved.id, note("歴史", "次の版。"), saved.content_hash, author="佐伯", reason="数字を直した")
    first, second = reversed(store.history.versions(saved.path))
    assert (first.author, first.reason) == ("三浦 x", "展示会のあとで") and second.author == "佐伯"
    assert "最初の版" in (store.history.text_at(saved.path, first.number) or b"").decode()
    assert store.history.text_at(saved.path, "--output=/tmp/x") is None
    assert _git(folder, "diff", "--cached", "--name-only").split() == ["other.md"]


def test_no_history_is_kept_in_a_repository_that_merely_surrounds_the_folder(store: EntryStore, folder: Path) -> None:
    _git(folder.parent, "init", "--quiet")
    saved = store.create(note("静かに", "記録だけ。"))
    assert not store.history.is_kept and store.history.versions(saved.path) == ()
