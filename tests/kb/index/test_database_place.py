"""One index for all servers, in PostgreSQL: builds, turns of writing, and what a process that was held up may do."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from ingest.check import PlaybookFile
from ingest.chunk import CHUNKING
from ingest.sync import stale, sync, sync_some
from kb.entry import VISIBILITIES, owner_key
from kb.errors import BusyError, DatabaseAwayError, IndexBusyError, IndexNotReadyError, IndexTurnLostError
from kb.index.builds import Build
from kb.index.catalog import Catalog
from kb.index.chroma_server import ChromaServer
from kb.index.contents import facets_by_entry
from kb.index.database_place import TURN_SECONDS, DatabasePlace, look
from kb.index.embedding_cache import EmbeddingCache
from kb.index.entries import kinds_by_id, names_used, newest, owned
from kb.index.filters import passing
from kb.index.index import Index, open_index
from kb.index.part import PartialIndex
from kb.index.passages import passages
from kb.index.served_vectors import Namespace
from kb.index.snapshot import take_snapshot
from kb.shared.database import Database
from tests.chroma import RunningChroma
from tests.postgresql import RunningPostgres, running_postgres
from tests.words import WordEmbedder, note, write

LONG = "".join(hashlib.sha256(bytes([at])).hexdigest() for at in range(200))  # one word, which nothing can compress
Open = Callable[..., Index]


@pytest.fixture
def opened(postgres: RunningPostgres, tmp_path: Path) -> Iterator[Open]:
    """What opens one index in a database, each time as another server does."""
    with ExitStack() as stack:
        yield _opening(stack, postgres.empty(), tmp_path)


def _opening(stack: ExitStack, address: str, folder: Path) -> Open:
    def make(name: str = "a", embedder: WordEmbedder | None = None, *, wait: float = 2, **chosen: Any) -> Index:
        database = Database(address, wait=wait)
        stack.callback(database.close)
        index = open_index(folder / name, embedder or WordEmbedder(), CHUNKING, database=database, **chosen)
        stack.callback(index.close)
        return index

    return make


def _database(index: Index) -> Database:
    assert isinstance(index.place, DatabasePlace)
    return index.place.database


def _overtaken(index: Index) -> None:
    """Let the turn of who writes run out, as that of a process that is held up does."""
    with _database(index).engine.begin() as connection:
        connection.execute(text("UPDATE leases SET until = clock_timestamp() - interval '1 second'"))


def test_what_one_server_indexed_another_has_without_embedding_anything(opened: Open, entries: Path) -> None:
    write(entries, "deals/aoba.md", note("青葉精工の受注", outcome="won", customer="青葉精工", closed_on="2026-03-27"))
    write(entries, "notes/a.md", note("値引きの話", used="[deals/aoba]", owner="上田 秋"))
    one = opened("a")
    report = sync(one, entries)
    assert (len(report.added), report.problems) == (2, ())
    embedder = WordEmbedder()
    other = opened("b", embedder)
    assert other.is_current and other.catalog.meta("generation") == one.catalog.meta("generation")
    snapshot = take_snapshot(other.catalog, other.vectors, other.visible)
    assert len(snapshot.numbers) == 2 and all((rows >= 0).all() for rows in snapshot.rows.values())
    again = sync(other, entries)
    assert (again.unchanged, again.embedded, embedder.embedded) == (2, 0, 0)
    assert not list((other.root / other.build.name).rglob("*"))  # neither a catalogue nor vectors


def test_a_server_whose_folder_is_not_mounted_takes_nothing_out_of_the_index_of_all(
    opened: Open, entries: Path, tmp_path: Path
) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    one, other, bare = opened("a"), opened("b"), tmp_path / "mount"
    sync(one, entries)
    bare.mkdir()
    for folder in (bare, tmp_path / "missing"):
        report = sync(other, folder)
        assert report.removed == () and [problem.path for problem in report.problems] == [folder.name]
        assert sync_some(other, folder, ["notes/a.md"]).removed == ()
    sync(other, bare)
    assert stale(other, bare, PlaybookFile(bare)) == []
    write(bare, "playbook.yaml", "goal: {}")
    assert sync(other, bare).removed == ("notes/a",)


def test_a_saved_entry_replaces_the_one_before_under_a_number_never_used(opened: Open, entries: Path) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    index = opened()
    sync(index, entries)
    before = take_snapshot(index.catalog, index.vectors, index.visible)
    write(entries, "notes/a.md", note("値引きの話", "別の本文です。"))
    sync(index, entries)
    after = take_snapshot(index.catalog, index.vectors, index.visible, before)
    assert after.numbers[0] > before.numbers[0] and after.generation > before.generation
    (passage,) = passages(index.catalog, after.numbers.tolist()).values()
    assert "別の本文" in passage.text and {"値引き", "本文"} <= passage.terms


@pytest.mark.parametrize("title", ["NUL \0 の話", "😀𠮷野家", "a" * 9_000, "100%_'\"\\;--", "{x} :y %(z)s"])
def test_any_text_can_be_stored_and_is_what_a_file_holds(title: str, index: Index, opened: Open, entries: Path) -> None:
    write(
        entries,
        "notes/a.md",
        note(json.dumps(title, ensure_ascii=False), owner="上田 秋", tags=f"[{'あ' * 5_000}, b, a]"),
    )
    write(entries, "notes/あ.md", note("値引きの話", body=f"{LONG} {LONG[:3_000]}", used="[notes/a, notes/x]"))
    served = opened()
    assert sync(served, entries).problems == sync(index, entries).problems
    mine = frozenset({owner_key("上田 秋")})
    read: tuple[Callable[[Catalog], object], ...] = (
        Catalog.entries,
        Catalog.states,
        Catalog.links,
        lambda catalog: facets_by_entry(catalog, [1, 2]),
        names_used,
        lambda catalog: kinds_by_id(catalog, VISIBILITIES),
        lambda catalog: catalog.links_of("notes/a"),
        lambda catalog: owned(catalog, mine, VISIBILITIES),
        lambda catalog: newest(catalog, passing((), "2000-01-01", "", VISIBILITIES), 9),
    )
    for one in read:
        assert repr(one(served.catalog)) == repr(one(index.catalog)).replace("\\x00", "\ufffd")


def test_one_process_writes_at_a_time(opened: Open) -> None:
    one, other = opened("a"), opened("b")
    with one.writing():
        with pytest.raises(IndexBusyError), other.writing():
            pass
        with pytest.raises(IndexBusyError), one.writing(0.2):
            pass
    with other.writing():
        other.catalog.touch()


def test_work_that_lost_its_turn_cannot_write_and_may_try_again(opened: Open) -> None:
    one, other = opened("a"), opened("b")
    with pytest.raises(IndexTurnLostError), one.writing():
        one.catalog.withhold("a.md", "1")
        _overtaken(one)
        with other.writing():
            other.catalog.withhold("b.md", "2")
            one.catalog.withhold("a.md", "3")
    assert one.catalog.withheld() == {"a.md": "1", "b.md": "2"}
    with one.writing():
        one.catalog.withhold("a.md", "4")
    assert other.catalog.withheld()["a.md"] == "4"


@pytest.mark.slow
def test_after_a_writer_was_killed_another_takes_over(postgres: RunningPostgres, tmp_path: Path) -> None:
    address = postgres.empty()
    command = [sys.executable, "-m", "tests.kb.index.dying_writer", str(tmp_path / "a"), address]
    assert subprocess.run(command, check=False, timeout=120).returncode == -signal.SIGKILL
    with ExitStack() as stack:
        other = _opening(stack, address, tmp_path)("b")
        with pytest.raises(IndexBusyError), other.writing():
            pass
        with other.writing(3 * TURN_SECONDS):
            assert other.catalog.withheld() == {"a.md": "committed"}


def test_nobody_takes_over_between_the_check_and_the_commit(opened: Open) -> None:
    one, other = opened("a"), opened("b")

    def taking(_connection: Connection) -> None:
        _check(_connection)
        with pytest.raises(IndexBusyError), other.writing():
            pass

    with one.writing():
        _check, one.catalog._check = one.catalog._check, taking
        one.catalog.touch()


def test_a_rebuild_is_served_when_it_is_complete_and_the_one_before_the_last_is_deleted(
    opened: Open, entries: Path
) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    first = opened("a")
    sync(first, entries)
    second = opened("b", fresh=True)
    assert first.is_current and not second.is_current and not first.is_replaced
    sync(second, entries)
    assert first.is_replaced and second.is_current and len(first.catalog.states()) == 1
    third = opened("c", fresh=True)
    sync(third, entries)
    assert third.place.builds() == [second.place.name, third.place.name]


def test_servers_with_two_models_each_keep_their_index(opened: Open, entries: Path) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    one, other = opened("a"), opened("b", WordEmbedder("words-2"))
    for index in (one, other, one):
        sync(index, entries)
        assert index.is_current
    assert one.is_current and other.is_current and not one.is_replaced


def test_a_build_that_a_server_uses_stays_until_it_is_not_used_any_more(opened: Open, entries: Path) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    indexes = []
    for number in range(3):
        indexes.append(opened(str(number), WordEmbedder(f"words-{number}")))
        sync(indexes[-1], entries)
        indexes[-1].place.note_use()
    oldest, middle, last = (index.place.name for index in indexes)
    assert last in indexes[2].place.builds() and len(indexes[2].place.builds()) == 3
    assert indexes[0].catalog.counts()["entries"] == 1
    database = _database(indexes[0])
    assert look(database, "all").others == [Build(middle, is_used=True), Build(oldest, is_used=True)]
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE leases SET until = now() WHERE starts_with(name, 'used-')"))
    indexes[2].place.forget_superseded()
    assert set(indexes[2].place.builds()) == {middle, last}
    assert look(database, "all").others == [Build(middle, is_used=False)]


def test_a_build_stays_used_when_the_server_that_said_so_first_ends(opened: Open) -> None:
    first, later = opened("a"), opened("b")
    first.place.note_use()
    with _database(first).engine.begin() as connection:
        connection.execute(text("UPDATE leases SET until = clock_timestamp() + interval '1 minute'"))
    later.place.note_use()
    with _database(first).engine.connect() as connection:
        assert connection.scalar(text("SELECT until > clock_timestamp() + interval '2 minutes' FROM leases"))


def test_a_part_follows_and_has_nothing_of_the_rest(opened: Open, entries: Path, tmp_path: Path) -> None:
    write(entries, "notes/all.md", note("値引きの話", tags="[価格, 納期]", used="[notes/secret]"))
    write(entries, "notes/secret.md", note("極秘の話", visibility="sales"))
    whole = opened()
    sync(whole, entries)
    part = PartialIndex(whole, tmp_path / "part", frozenset({"all"}))
    assert part.follow() and not part.follow()
    assert list(part.catalog.states()) == ["notes/all.md"]
    assert part.catalog.entries() == whole.catalog.entries(["notes/all"])
    kept = take_snapshot(part.catalog, take_snapshot(whole.catalog, whole.vectors, whole.visible), part.visible)
    assert len(kept.numbers) == 1 and passages(part.catalog, kept.numbers.tolist())
    write(entries, "notes/more.md", note("納期の話"))
    write(entries, "notes/all.md", note("値引きの話", visibility="sales"))
    sync(whole, entries)
    assert part.follow() and list(part.catalog.states()) == ["notes/more.md"]
    part.close()


def test_a_part_of_a_database_that_was_restored_shows_what_is_there_now(
    opened: Open, entries: Path, tmp_path: Path
) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    whole = opened()
    sync(whole, entries)
    part = PartialIndex(whole, tmp_path / "part", frozenset({"all"}))
    part.follow()
    part.close()
    with whole.catalog.writing() as connection:  # another entry under the number and in the generation of before
        connection.execute(text("UPDATE entries SET path = 'notes/b.md', id = 'notes/b', state = 'other'"))
    again = PartialIndex(whole, tmp_path / "part", frozenset({"all"}))
    assert again.follow() and list(again.catalog.states()) == ["notes/b.md"]
    again.catalog.set_meta("followed", "99")  # and the same while the server runs
    with whole.catalog.writing() as connection:
        connection.execute(text("UPDATE entries SET path = 'notes/c.md', id = 'notes/c'"))
    assert again.follow() and list(again.catalog.states()) == ["notes/c.md"]
    again.close()


def test_a_snapshot_takes_over_nothing_of_a_later_one_that_was_restored_away(opened: Open, entries: Path) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    index = opened()
    sync(index, entries)
    before = take_snapshot(index.catalog, index.vectors, index.visible)
    later = replace(before, generation="99")
    read = [take_snapshot(index.catalog, index.vectors, index.visible, one).lineage for one in (before, later)]
    assert read[0] is before.lineage and read[1] is not before.lineage


def test_while_the_database_is_away_or_full_each_use_says_so_and_goes_on_afterwards(
    tmp_path: Path, entries: Path
) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    with running_postgres() as own, ExitStack() as stack:
        index = _opening(stack, own.empty(), tmp_path)(wait=0.1)
        sync(index, entries)
        with ExitStack() as held, pytest.raises(BusyError):
            while True:
                held.enter_context(index.catalog.engine.connect())
        own.kill()
        for use in (index.catalog.counts, index.catalog.touch, lambda: sync(index, entries)):
            with pytest.raises(DatabaseAwayError):
                use()
        with pytest.raises(DatabaseAwayError):
            _opening(stack, own.address(), tmp_path)("b")
        own.start()
        assert sync(index, entries).unchanged == 1


def test_where_the_index_was_deleted_each_use_says_so(opened: Open, entries: Path) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    index = opened()
    sync(index, entries)
    with _database(index).engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA kb_index, {index.place.schema} CASCADE"))
    uses: tuple[Callable[[], object], ...] = (index.catalog.counts, index.place.current, lambda: sync(index, entries))
    for use in uses:
        with pytest.raises(IndexNotReadyError):
            use()


def test_a_cache_is_read_in_any_order_and_written_once(opened: Open) -> None:
    cache = opened().cache
    vectors = dict(zip("abc", WordEmbedder().embed_passages(["一", "二", "三"]), strict=True))
    cache.write(vectors)
    cache.write({"a": vectors["b"]})
    assert isinstance(cache, EmbeddingCache) and cache.known(["a", "x", "c"]) == {"a", "c"}
    keys, rows = cache.rows(["c", "x", "a"])
    assert sorted(keys) == ["a", "c"] and all((rows[at] == vectors[key]).all() for at, key in enumerate(keys))
    cache.write_sentences({"a": [vectors["a"], vectors["b"]], "b": []})
    assert cache.without_sentences(["b", "c", "a"]) == ["c"] and cache.sentences(["a", "c"]).keys() == {"a"}


@pytest.mark.slow
def test_servers_share_the_collections_of_a_chroma_server(opened: Open, entries: Path, tmp_path: Path) -> None:
    write(entries, "notes/a.md", note("値引きの話"))
    server = RunningChroma(tmp_path / "chroma")
    server.start()
    try:
        space = Namespace(ChromaServer(server.url), "t")
        one, embedder = opened("a", space=space), WordEmbedder()
        sync(one, entries)
        other = opened("b", embedder, space=space)
        assert sync(other, entries).unchanged == 1 and embedder.embedded == 0
        assert other.vectors.keys("bodies") == one.vectors.keys("bodies") == one.catalog.vector_keys()["bodies"]
        rebuilt = opened("c", space=space, fresh=True)
        for index in (rebuilt, opened("d", space=space, fresh=True)):
            sync(index, entries)
        assert rebuilt.place.builds()[0] == rebuilt.place.name and rebuilt.vectors.count("bodies") == 1
    finally:
        server.kill()


def test_what_a_killed_server_was_to_embed_another_one_embeds(opened: Open, entries: Path) -> None:
    one, other = opened("a"), opened("b")
    sync(one, entries)
    write(entries, "notes/a.md", note("値引きの話"))
    write(entries, "notes/b.md", note("納期の話"))
    assert sync(one, entries, embed_later=True).embedded == 0 and one.waiting == 3
    other.adopt_waiting()
    portion = other.embed_some(2)
    other.store(portion)
    one.adopt_waiting()
    assert (portion.embedded, other.waiting, one.waiting) == (2, 1, 1)
    other.store(other.embed_some(9))
    one.adopt_waiting()
    assert one.waiting == 0 and all(not keys for keys in one.place.lacking().values())
