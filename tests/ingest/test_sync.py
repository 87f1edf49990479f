"""A sync embeds what changed, removes what is gone, reports, and can be repeated at will."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.check import check, read_playbook
from ingest.chunk import CHUNKING
from ingest.indexing import ENTRIES_AT_ONCE, SyncReport
from ingest.sync import problems_of, sync, sync_some
from kb.errors import IndexBusyError
from kb.index.folder_place import current_build
from kb.index.index import Index, open_index
from kb.index.vectors import VIEWS
from tests.words import WordEmbedder, note, write


def _counts(report: SyncReport) -> tuple[int, int, int, int]:
    return len(report.added), len(report.changed), len(report.removed), report.unchanged


def _assert_complete(index: Index) -> None:
    needed = index.catalog.vector_keys()
    assert {view: index.vectors.keys(view) for view in VIEWS} == needed


def test_what_was_added_changed_removed_and_left_is_counted(index: Index, entries: Path) -> None:
    for name in "abc":
        write(entries, f"deals/{name}.md", note(name, f"本文{name}"))
    assert _counts(sync(index, entries)) == (3, 0, 0, 0)
    write(entries, "deals/b.md", note("b", "別の本文"))
    write(entries, "deals/d.md", note("d"))
    (entries / "deals/c.md").unlink()
    report = sync(index, entries)
    assert (report.added, report.changed, report.removed, report.unchanged) == (
        ("deals/d",),
        ("deals/b",),
        ("deals/c",),
        1,
    )
    assert set(index.catalog.entries()) == {"deals/a", "deals/b", "deals/d"}
    _assert_complete(index)


def test_nothing_is_embedded_a_second_time(index: Index, entries: Path, embedder: WordEmbedder) -> None:
    write(entries, "a.md", note("a", "同じ本文"))
    sync(index, entries)
    embedded = embedder.embedded
    assert sync(index, entries).embedded == 0
    (entries / "a.md").rename(entries / "moved.md")
    report = sync(index, entries)
    assert (report.added, report.removed, report.embedded) == (("moved",), ("a",), 0)
    assert embedder.embedded == embedded


def test_of_many_changes_words_come_first_and_vectors_follow(
    index: Index, entries: Path, embedder: WordEmbedder
) -> None:
    write(entries, "a.md", note("a"))
    sync(index, entries)
    embedded = embedder.embedded
    for number in range(ENTRIES_AT_ONCE + 1):
        write(entries, f"{number}.md", note(f"記録{number}", f"本文{number}"))
    report = sync(index, entries, embed_later=True)
    assert len(report.added) == len(index.catalog.entries()) - 1 == ENTRIES_AT_ONCE + 1
    assert (report.embedded, embedder.embedded, index.waiting) == (0, embedded, 2 * (ENTRIES_AT_ONCE + 1))
    generation = index.catalog.meta("generation")
    portion = index.embed_some(10)
    index.store(portion)
    assert portion.embedded == 10
    assert index.catalog.meta("generation") != generation
    assert sync(index, entries).embedded == 2 * (ENTRIES_AT_ONCE + 1) - 10  # waiting or lost by a kill: the rest
    assert index.waiting == 0
    _assert_complete(index)


def test_a_sync_that_is_not_told_to_wait_embeds_many_changes_itself(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a"))
    sync(index, entries)
    paths = [write(entries, f"{n}.md", note(f"記録{n}", f"本文{n}")).name for n in range(ENTRIES_AT_ONCE + 1)]
    assert sync_some(index, entries, paths).embedded == 2 * len(paths)
    _assert_complete(index)


def test_only_the_changed_section_is_embedded(index: Index, entries: Path) -> None:
    body = "".join(f"## 節{n}\n本文{n}\n\n" for n in range(5))
    write(entries, "a.md", body)
    sync(index, entries)
    write(entries, "a.md", body.replace("本文3", "別の文3"))
    assert sync(index, entries).embedded == 1


def test_a_sync_that_changes_nothing_leaves_the_generation_as_it_is(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a"))
    write(entries, "bad.md", b"\x00\x01")
    sync(index, entries)
    before = index.catalog.meta("generation")
    sync(index, entries)
    assert index.catalog.meta("generation") == before


def test_an_unreadable_file_is_reported_while_others_are_indexed(index: Index, entries: Path) -> None:
    write(entries, "good.md", note("good"))
    write(entries, "picture.md", b"\x89PNG\x00")
    write(entries, "big.md", b"x" * 5_000_000)
    report = sync(index, entries)
    assert report.added == ("good",)
    assert [problem.path for problem in report.problems] == ["big.md", "picture.md"]


def test_an_entry_whose_file_became_unreadable_is_removed_and_comes_back(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a"))
    sync(index, entries)
    write(entries, "a.md", b"\x00")
    assert sync(index, entries).removed == ("a",)
    write(entries, "a.md", note("a"))
    report = sync(index, entries)
    assert (report.added, report.embedded, report.problems) == (("a",), 0, ())


def test_problems_go_when_their_file_is_repaired_or_removed(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a", kind="nonsense"))
    write(entries, "b.md", note("b", kind="nonsense"))
    write(entries, "c.md", b"\x00")
    write(entries, "playbook.yaml", "angels: []")
    assert [p.path for p in sync(index, entries).problems] == ["a.md", "b.md", "c.md", "playbook.yaml"]
    write(entries, "a.md", note("a"))
    for name in ("b.md", "c.md", "playbook.yaml"):
        (entries / name).unlink()
    assert sync(index, entries).problems == ()


def test_an_id_that_is_taken_is_a_problem_and_both_entries_stay(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a", id="shared"))
    write(entries, "b.md", note("b", id="shared"))
    report = sync(index, entries)
    assert set(index.catalog.entries()) == {"shared", "b"}
    assert [str(problem) for problem in report.problems] == [
        "b.md:1: The id 'shared' is already used by a.md; this entry gets 'b' until you change it."
    ]


def test_an_id_becomes_free_when_its_owner_leaves(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a", id="shared"))
    write(entries, "b.md", note("b", id="shared"))
    sync(index, entries)
    (entries / "a.md").unlink()
    report = sync(index, entries)
    assert set(index.catalog.entries()) == {"shared"}
    assert report.problems == ()


def test_two_entries_may_exchange_their_ids(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a", id="one"))
    write(entries, "b.md", note("b", id="two"))
    sync(index, entries)
    write(entries, "a.md", note("a", id="two"))
    write(entries, "b.md", note("b", id="one"))
    sync(index, entries)
    report = sync(index, entries)
    assert {entry.path: id for id, entry in index.catalog.entries().items()} == {"a.md": "two", "b.md": "one"}
    assert report.problems == ()
    assert sync(index, entries).unchanged == 2


def test_an_entry_that_takes_the_path_of_another_as_its_id_costs_nobody_an_entry(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a", id="b"))
    write(entries, "b.md", note("b"))
    [problem] = sync(index, entries).problems
    assert {entry.path for entry in index.catalog.entries().values()} == {"a.md", "b.md"}
    assert "gets 'b-2'" in problem.message
    assert sync(index, entries).unchanged == 2


def test_a_changed_playbook_has_every_entry_read_again(index: Index, entries: Path) -> None:
    write(entries, "playbook.yaml", "angles:\n  - {key: roi}\n")
    write(entries, "a.md", note("a", angles="[tco]"))
    assert len(sync(index, entries).problems) == 1
    write(entries, "playbook.yaml", "angles:\n  - {key: roi}\n  - {key: total-cost, aliases: [TCO]}\n")
    report = sync(index, entries)
    assert (_counts(report), report.embedded, report.problems) == ((0, 1, 0, 0), 0, ())
    assert index.catalog.entries()["a"].angle == ("total-cost",)


@pytest.mark.files
def test_another_model_builds_beside_the_old_index_and_is_swapped_in_at_the_end(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a"))
    sync(index, entries)
    other = open_index(index.root, WordEmbedder("words-2"), CHUNKING)
    seen: list[str] = []
    report = sync(other, entries, lambda _done, _total, _path: seen.append(current_build(index.root)))
    assert set(seen) == {index.build.name}
    assert current_build(index.root) == other.build.name
    assert report.embedded > 0
    assert set(index.catalog.entries()) == {"a"}  # whoever still serves the old build can go on
    other.close()


@pytest.mark.files
def test_builds_before_the_last_are_dropped(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a"))
    for checksum in ("1", "2", "3"):
        build = open_index(index.root, WordEmbedder(checksum), CHUNKING)
        sync(build, entries)
        build.close()
    assert len(list(index.root.glob("build-*"))) == 2


@pytest.mark.files
def test_a_rebuild_from_the_cache_embeds_nothing(index: Index, entries: Path) -> None:
    for name in "abc":
        write(entries, f"{name}.md", note(name, name * 9))
    sync(index, entries)
    index.close()
    shutil.rmtree(index.build)
    again = open_index(index.root, WordEmbedder(), CHUNKING)
    report = sync(again, entries)
    assert (len(report.added), report.embedded) == (3, 0)
    assert report.reused > 0
    _assert_complete(again)
    again.close()


@pytest.mark.files
@pytest.mark.parametrize("damage", ["lost", "damaged"])
def test_lost_or_damaged_vectors_are_filled_again_without_embedding(index: Index, entries: Path, damage: str) -> None:
    write(entries, "a.md", note("a"))
    sync(index, entries)
    index.close()
    if damage == "lost":
        shutil.rmtree(index.build / "vectors")
    else:
        (index.build / "vectors/chroma.sqlite3").write_bytes(b"not a database" * 1000)
    again = open_index(index.root, WordEmbedder(), CHUNKING)
    report = sync(again, entries)
    assert (report.unchanged, report.embedded) == (1, 0)
    _assert_complete(again)
    again.close()


def test_a_link_that_leads_nowhere_is_told_with_the_nearest_entry(index: Index, entries: Path) -> None:
    write(entries, "talk-tracks/budget.md", note("budget"))
    write(entries, "a.md", note("a", related="[talk-tracks/budgets, zzz]"))
    write(entries, "b.md", note("b", related="[talk-tracks/budget.md]"))
    messages = [problem.message for problem in sync(index, entries).problems]
    assert messages == [
        "related: there is no entry 'talk-tracks/budgets'. Did you mean 'talk-tracks/budget'?",
        "related: there is no entry 'zzz'. Write the path relative to entries/, without .md.",
    ]
    assert [p.message for p in problems_of(index)] == messages


def test_a_check_without_an_index_finds_the_same_problems(index: Index, entries: Path) -> None:
    write(entries, "a.md", note("a", kind="nonsense", related="[zzz]", id="shared"))
    write(entries, "b.md", note("b", id="shared"))
    write(entries, "c.md", b"\x00")
    write(entries, "playbook.yaml", "angels: []")
    assert check(entries) == (2, list(sync(index, entries).problems))


@pytest.mark.files
def test_only_one_process_may_write(index: Index, entries: Path) -> None:
    other = open_index(index.root, WordEmbedder(), CHUNKING)
    with other.writing(), pytest.raises(IndexBusyError):
        sync(index, entries)
    other.close()


def test_the_progress_counts_up_to_all_files(index: Index, entries: Path) -> None:
    for name in "abc":
        write(entries, f"{name}.md", note(name))
    seen: list[tuple[int, int]] = []
    sync(index, entries, lambda done, total, _path: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (3, 3)


def test_an_empty_folder_gives_an_empty_current_index(index: Index, entries: Path) -> None:
    assert _counts(sync(index, entries)) == (0, 0, 0, 0)
    assert index.is_current


def test_a_playbook_stored_as_shift_jis_is_read(entries: Path) -> None:
    write(entries, "playbook.yaml", "company: ミナモ\n".encode("cp932"))
    playbook, problems, _ = read_playbook(entries)
    assert (playbook.company, len(problems)) == ("ミナモ", 1)
