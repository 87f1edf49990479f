"""Nothing gets stuck: neither names, broken files, a busy index nor a slow model keep the rest from being found."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.background import Background
from app.cli.main import app as command_line
from app.data_folder import DataFolderError, prepare
from app.main import create_app
from app.services import Services
from ingest.arrivals import FILES_AT_ONCE, Arrivals
from ingest.backup import back_up, restore, verify
from ingest.check import check, read_playbook
from ingest.chunk import CHUNKING
from ingest.export import read_records, write_zip
from ingest.files import MAX_FILE_BYTES
from ingest.importers.known import known_entries
from ingest.indexing import TEXTS_AT_ONCE
from ingest.sync import kept_playbook, stale, sync, sync_some
from kb.index.embedding import Vectors
from kb.index.index import Index, open_index
from kb.index.vectors import VIEWS
from kb.playbook import Playbook
from tests.waiting import wait_until
from tests.words import WordEmbedder, note, write
from tests.working import opened, working

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8000"
CP932_NAME, SHOWN = "営業/商談.md", "営業 [\\x89c\\x8b\\xc6]"
PLAYBOOK = "angles:\n  - {key: roi, ja: 投資対効果, en: ROI}\n"
NOBODY = 65534


class _Gated(WordEmbedder):
    """Embeds passages only while a gate is open, and remembers them in order."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.is_waiting = threading.Event()
        self.seen: list[str] = []
        self.when_embedding: Callable[[], object] = lambda: None

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text, once the gate is open."""
        self.when_embedding()
        if not self.gate.is_set():
            self.is_waiting.set()
            self.gate.wait()
        self.seen += texts
        return super().embed_passages(texts)


@contextmanager
def _few_rights() -> Iterator[Path]:
    """Act as a user who may not read everything, in a folder that this user may write."""
    before = os.geteuid()
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o777)
        if before == 0:
            os.seteuid(NOBODY)
        try:
            yield Path(place)
        finally:
            os.seteuid(before)


def _titles(services: Services) -> set[str]:
    return {hit.entry.title for hit in services.library.search.answer("", limit=100).hits}


def _found(services: Services, words: str) -> list[str]:
    return [hit.entry.title for hit in services.library.search.answer(words).hits]


def _many(folder: Path, name: str, count: int) -> None:
    for number in range(count):
        write(folder, f"notes/{name}-{number}.md", note(f"{name}の記録{number}", f"{name}の話の{number}番目。"))


# Names


@pytest.fixture
def misnamed(entries: Path) -> Path:
    """Entries beside a folder unpacked from a Japanese Windows and a name with a line break."""
    write(entries, "notes/good.md", note("良い記録"))
    location = entries / os.fsdecode(CP932_NAME.encode("cp932"))
    location.parent.mkdir()
    location.write_text(note("営業の商談"), "utf-8")
    (location.parent / "other.md").write_text("x", "utf-8")
    write(entries, "notes/two\nlines.md", note("二行"))
    return entries


def test_names_that_are_no_text_are_problems_that_say_what_to_rename(misnamed: Path, index: Index) -> None:
    report = sync(index, misnamed)
    assert report.added == ("notes/good",)
    assert [problem.path for problem in report.problems] == ["notes/two\\nlines.md", SHOWN]
    assert all("Rename" in problem.message for problem in report.problems)
    assert check(misnamed) == (1, list(report.problems))
    assert sync(index, misnamed).problems == report.problems
    assert stale(index, misnamed, kept_playbook(index, misnamed)) == []


def test_pages_and_api_list_such_names(misnamed: Path, tmp_path: Path) -> None:
    with opened(tmp_path, WordEmbedder()) as services:
        client = TestClient(create_app(services.settings, services), base_url=ADDRESS)
        assert SHOWN in {problem["path"] for problem in client.get("/api/v1/problems").json()}
        page = client.get("/problems")
        assert page.status_code == 200 and SHOWN in page.text


def test_backup_export_and_import_leave_such_names_out(misnamed: Path, tmp_path: Path) -> None:
    contents = back_up(misnamed, lambda _place: False, tmp_path / "backup.zip")
    assert contents.left_out and all(name.encode("utf-8") and "\n" not in name for name in contents.left_out)
    assert verify(tmp_path / "backup.zip").files == 1
    restore(tmp_path / "backup.zip", tmp_path / "again", tmp_path / "activity.sqlite")
    assert [path.name for path in (tmp_path / "again").rglob("*.md")] == ["good.md"]
    records, problems = read_records(misnamed)
    out = io.BytesIO()
    write_zip(records, misnamed, out)
    assert zipfile.ZipFile(out).namelist() == ["notes/good.md"]
    assert len(problems) == 2
    assert known_entries(misnamed, lambda _done, _total: None) == ({}, [])


def test_commands_print_such_names(misnamed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_ENTRIES", str(misnamed))
    monkeypatch.setenv("KB_DATA", str(tmp_path / "var"))
    outside = tmp_path / os.fsdecode("追加.md".encode("cp932"))
    outside.write_text(note("追加の記録", "新しい本文。"), "utf-8")
    for arguments, code in (
        (["check"], 1),
        (["add", str(outside)], 0),
        (["add", str(tmp_path / os.fsdecode(b"\x89c\n.md"))], 1),
        (["export", "--format", "jsonl", "--output", str(tmp_path / "out.jsonl")], 1),
        (["backup", str(tmp_path / "cli.zip")], 0),
        (["doctor"], 0),
    ):
        result = CliRunner().invoke(command_line, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), arguments
        assert result.exit_code == code or arguments == ["doctor"], (arguments, result.output)
        assert result.output.encode("utf-8")
    assert "追加の記録" in "".join(path.read_text("utf-8") for path in misnamed.glob("notes/*.md"))


def test_a_name_stored_in_another_form_is_found_again_when_its_file_changes(entries: Path, index: Index) -> None:
    decomposed = "notes/か\u3099い.md"
    write(entries, decomposed, note("画"))
    sync(index, entries)
    write(entries, decomposed, note("画の変更"))
    assert sync_some(index, entries, ["notes/がい.md"]).changed == ("notes/がい",)


# The playbook


@pytest.mark.parametrize(
    "broken",
    [None, PLAYBOOK.encode() + b"\x00", b"angles:\n  - {key: ro", b"#" * (MAX_FILE_BYTES + 1)],
    ids=["folder", "nul", "half", "large"],
)
def test_the_last_good_playbook_stays_in_force_while_the_file_is_broken(
    entries: Path, tmp_path: Path, broken: bytes | None
) -> None:
    file = write(entries, "playbook.yaml", PLAYBOOK)
    write(entries, "a.md", note("a", angles="[投資対効果]"))
    with opened(tmp_path, WordEmbedder()) as services:
        file.unlink()
        file.mkdir() if broken is None else file.write_bytes(broken)
        write(entries, "b.md", note("b", angles="[投資対効果]"))
        report = services.intake.index_files()
        assert report and (report.added, report.changed, report.unchanged) == (("b",), (), 1)
        [problem] = report.problems
        assert problem.path == "playbook.yaml" and "the last good version stays in force" in problem.message
        assert services.library.playbook.vocabulary("angle").find("ROI")
        file.rmdir() if broken is None else file.unlink()
        file.write_text(PLAYBOOK.replace("ROI", "Return"), "utf-8")
        report = services.intake.index_files()
        assert report and (len(report.changed), report.problems) == (2, ())
        assert services.library.playbook.vocabulary("angle").find("Return")


def test_a_playbook_that_breaks_and_is_mended_is_noticed_though_no_entry_changes(entries: Path, tmp_path: Path) -> None:
    file = write(entries, "playbook.yaml", PLAYBOOK)
    write(entries, "a.md", note("a"))
    with opened(tmp_path, WordEmbedder()) as services:
        for text, problems in ("angles: [", 1), (PLAYBOOK, 0):
            file.write_text(text, "utf-8")
            assert services.intake.differences() == ["playbook.yaml"]
            services.intake.index_files(["playbook.yaml"])
            assert len(services.library.entries.problems()) == problems
            assert services.intake.differences() == [] and services.library.entries.ids() == ["a"]


def test_the_last_good_playbook_outlives_a_restart_and_a_deleted_file_means_none(entries: Path, tmp_path: Path) -> None:
    file = write(entries, "playbook.yaml", PLAYBOOK)
    write(entries, "a.md", note("a", angles="[投資対効果]"))
    with opened(tmp_path, WordEmbedder()):
        file.write_text("angles: [", "utf-8")
    assert read_playbook(entries)[0] == Playbook()  # without an index nobody remembers
    with opened(tmp_path, WordEmbedder()) as services:
        assert services.library.playbook.vocabulary("angle").find("ROI")
        assert len(services.library.entries.problems()) == 1
        file.unlink()
        services.intake.index_files()
        assert services.library.playbook == Playbook()


# Files and folders that cannot be read for a while


def test_what_cannot_be_read_now_is_a_problem_and_stays_searchable() -> None:
    with _few_rights() as place:
        entries = place / "entries"
        file, hidden = write(entries, "a.md", note("a")), write(entries, "deals/b.md", note("b")).parent
        write(entries, "notes/c.md", note("c", kind="nonsense"))
        index = open_index(place / "index", WordEmbedder(), CHUNKING)
        before = sync(index, entries).problems
        file.chmod(0)
        hidden.chmod(0)
        for report in (sync(index, entries), sync_some(index, entries, ["a.md", "deals/b.md"])):
            assert (report.removed, report.added, report.changed) == ((), (), ())
        assert set(index.catalog.entries()) == {"a", "deals/b", "notes/c"}
        assert {problem.path for problem in sync(index, entries).problems} == {
            *("a.md", "deals", "deals/b.md", "notes/c.md")
        }
        assert stale(index, entries, kept_playbook(index, entries)) == []
        hidden.chmod(0o600)  # its files can be listed, and nothing else
        assert sync(index, entries).removed == ()
        file.chmod(0o600)
        hidden.chmod(0o700)
        assert sync(index, entries).problems == before
        index.close()


def test_an_entries_folder_that_is_away_empties_nothing(entries: Path, index: Index) -> None:
    write(entries, "a.md", note("a"))
    sync(index, entries)
    entries.rename(entries.with_name("elsewhere"))
    report = sync(index, entries)
    assert report.removed == () and [problem.path for problem in report.problems] == ["entries"]
    entries.with_name("elsewhere").rename(entries)
    assert sync(index, entries).problems == ()


def test_the_problem_of_a_file_goes_with_it_though_it_was_never_an_entry(entries: Path, index: Index) -> None:
    file = write(entries, "a.md", b"\x00")
    sync(index, entries)
    assert sync_some(index, entries, ["a.md"]).problems
    file.unlink()
    sync_some(index, entries, ["a.md"])
    assert index.catalog.problems() == []


# Order


@pytest.mark.parametrize("only", [None, ["gone.md", "new.md"]])
def test_what_is_gone_is_removed_and_words_are_written_before_anything_is_embedded(
    tmp_path: Path, entries: Path, only: list[str] | None
) -> None:
    embedder = _Gated()
    index = open_index(tmp_path / "index", embedder, CHUNKING)
    write(entries, "gone.md", note("gone"))
    write(entries, "stays.md", note("stays"))
    sync(index, entries)
    (entries / "gone.md").unlink()
    write(entries, "new.md", note("new", "別の本文。"))
    seen: list[set[str]] = []
    embedder.when_embedding = lambda: seen.append(set(index.catalog.entries()))
    sync(index, entries) if only is None else sync_some(index, entries, only)
    assert seen and all(ids == {"stays", "new"} for ids in seen)
    index.close()


def test_removals_come_before_files_are_parsed(entries: Path, index: Index) -> None:
    write(entries, "gone.md", note("gone"))
    sync(index, entries)
    (entries / "gone.md").unlink()
    write(entries, "new.md", note("new"))
    seen: list[tuple[int, set[str]]] = []
    sync(index, entries, lambda done, _total, _path: seen.append((done, set(index.catalog.entries()))))
    assert seen[0] == (0, set())


def test_a_second_batch_a_removal_and_a_single_file_get_in_while_a_batch_is_embedded(
    entries: Path, tmp_path: Path
) -> None:
    write(entries, "notes/first.md", note("最初の記録", "最初の話。"))
    write(entries, "notes/gone.md", note("消える記録", "消える話。"))
    embedder = _Gated()
    with opened(tmp_path, embedder) as services, working(services):
        embedder.gate.clear()
        try:
            _many(entries, "赤", TEXTS_AT_ONCE * 2)
            assert embedder.is_waiting.wait(timeout=120)
            wait_until(lambda: len(_titles(services)) == TEXTS_AT_ONCE * 2 + 2, "the first batch by its words")
            _many(entries, "青", FILES_AT_ONCE + 1)
            (entries / "notes/gone.md").unlink()
            wait_until(lambda: "消える記録" not in _titles(services), "the removal")
            wait_until(lambda: "青の記録7" in _found(services, "青の記録7"), "the second batch by its words")
            write(entries, "notes/single.md", note("ひとつの記録", "ひとつの話。"))
            wait_until(lambda: "ひとつの記録" in _found(services, "ひとつの記録"), "the single file by its words")
        finally:
            embedder.gate.set()
        index = services.library.with_index(lambda served: served)
        wait_until(lambda: not index.waiting, "the vectors")
        keys = index.catalog.vector_keys()
        assert all(keys[view] <= index.vectors.keys(view) for view in VIEWS)


def test_the_newest_texts_are_embedded_first(tmp_path: Path, entries: Path) -> None:
    embedder = _Gated()
    index = open_index(tmp_path / "index", embedder, CHUNKING)
    write(entries, "a.md", note("a"))
    sync(index, entries)
    _many(entries, "赤", TEXTS_AT_ONCE)
    sync(index, entries, embed_later=True)
    write(entries, "notes/single.md", note("ひとつの記録", "ひとつの話。"))
    sync_some(index, entries, ["notes/single.md"], embed_later=True)
    embedder.seen = []
    index.store(index.embed_some(2))
    assert all("ひとつ" in text for text in embedder.seen)
    index.close()


def test_another_process_writes_while_a_batch_is_embedded(tmp_path: Path, entries: Path) -> None:
    embedder = _Gated()
    index = open_index(tmp_path / "index", embedder, CHUNKING)
    other = open_index(tmp_path / "index", WordEmbedder(), CHUNKING)
    write(entries, "a.md", note("a"))
    sync(index, entries)
    embedder.gate.clear()
    _many(entries, "赤", 3)
    syncing = threading.Thread(target=sync, args=(index, entries))
    syncing.start()
    try:
        assert embedder.is_waiting.wait(timeout=120)
        write(entries, "b.md", note("b", "別の本文。"))
        assert sync_some(other, entries, ["b.md"]).added == ("b",)
    finally:
        embedder.gate.set()
        syncing.join()
    assert "b" in index.catalog.entries()
    other.close()
    index.close()


def test_what_changed_while_another_process_was_writing_is_taken_in_afterwards(entries: Path, tmp_path: Path) -> None:
    write(entries, "notes/first.md", note("最初の記録"))
    with opened(tmp_path, WordEmbedder()) as services, working(services) as background:
        wait_until(lambda: _state(background, "watch"), "the watching to begin")
        other = open_index(services.settings.index_folder, WordEmbedder(), CHUNKING)
        with other.writing():
            runs = _state(background, "index")
            write(entries, "notes/late.md", note("遅れた記録"))
            wait_until(lambda: _state(background, "index") != runs, "an attempt")
            assert "遅れた記録" not in _titles(services)
        wait_until(lambda: "遅れた記録" in _titles(services), "the change")
        other.close()


def _state(background: Background, name: str) -> object:
    return next(job.succeeded for job in background.supervisor.states() if job.name == name)


def test_what_changed_before_the_watching_began_is_taken_in(entries: Path, tmp_path: Path) -> None:
    write(entries, "notes/gone.md", note("消える記録"))
    with opened(tmp_path, WordEmbedder()) as services:
        write(entries, "notes/early.md", note("早い記録"))
        (entries / "notes/gone.md").unlink()
        with working(services):
            wait_until(lambda: _titles(services) == {"早い記録"}, "the change")


def test_gone_files_are_handed_out_first_and_then_the_newest(entries: Path) -> None:
    arrivals = Arrivals(entries)
    old = [f"{number}.md" for number in range(FILES_AT_ONCE)]
    for name in (*old, "new.md"):
        write(entries, name, "x")
        arrivals.add([name])
    arrivals.add(["gone.md"])
    taken = arrivals.take(lambda: [])
    assert next(taken) == ["gone.md"]
    assert "new.md" in (next(taken) or ())
    arrivals.add(["gone-too.md"])
    assert list(taken) == [["gone-too.md"], [old[0]]]


def test_what_could_not_be_indexed_keeps_nothing_else_waiting(entries: Path) -> None:
    arrivals = Arrivals(entries)
    for name in ("good.md", "bad.md"):
        write(entries, name, "x")
    arrivals.add(["bad.md"])
    [bad] = arrivals.take(lambda: [])
    arrivals.put_back(bad)
    arrivals.add([f"{number}.md" for number in range(FILES_AT_ONCE)])  # gone
    arrivals.add(["good.md"])
    assert list(arrivals.take(lambda: []))[1:] == [["good.md", "bad.md"]]


def test_what_differs_is_looked_for_again_after_a_failure(entries: Path) -> None:
    arrivals = Arrivals(entries)
    arrivals.add(None)

    def failing() -> list[str]:
        raise OSError(24, "Too many open files")

    with pytest.raises(OSError, match="Too many"):
        list(arrivals.take(failing))
    assert list(arrivals.take(lambda: ["a.md"])) == [["a.md"], None]


# Clocks and disks


def test_files_that_were_swapped_are_noticed_though_size_and_time_are_the_same(entries: Path, index: Index) -> None:
    first, second = write(entries, "a.md", note("甲")), write(entries, "b.md", note("乙"))
    for file in (first, second):
        os.utime(file, (10**9, 10**9))
    sync(index, entries)
    aside = first.rename(entries / "aside")
    second.rename(first)
    aside.rename(second)
    assert sorted(stale(index, entries, kept_playbook(index, entries))) == ["a.md", "b.md"]
    assert sync(index, entries).changed == ("a", "b")


@pytest.mark.parametrize("moment", [0, 2**33])
def test_a_change_is_noticed_whatever_time_the_file_has(entries: Path, index: Index, moment: int) -> None:
    file = write(entries, "a.md", note("甲"))
    sync(index, entries)
    file.write_text(note("乙"), "utf-8")
    os.utime(file, (moment, moment))
    assert sync(index, entries).changed == ("a",)


def test_a_data_folder_that_cannot_be_written_is_refused_with_a_sentence(tmp_path: Path) -> None:
    write(tmp_path, "file", "x")
    with pytest.raises(DataFolderError, match="cannot be written"):
        prepare(tmp_path / "file" / "var")
    with _few_rights() as place:
        prepare(place / "var")
        (place / "var/index").mkdir()
        (place / "var/index").chmod(0o500)
        with pytest.raises(DataFolderError, match="cannot be written"):
            prepare(place / "var")
        (place / "var/index").chmod(0o700)


def test_a_server_starts_over_entries_that_cannot_be_written() -> None:
    with _few_rights() as place:
        write(place, "entries/a.md", note("甲"))
        (place / "entries").chmod(0o500)
        with opened(place, WordEmbedder()) as services, working(services) as background:
            wait_until(lambda: services.library.search.has_answered, "the server to be ready")
            wait_until(lambda: all(_state(background, name) for name in ("sweep", "watch")), "the first runs")
            assert _titles(services) == {"甲"}
        (place / "entries").chmod(0o700)


@pytest.mark.slow
def test_jobs_survive_a_time_without_file_handles(tmp_path: Path) -> None:
    write(tmp_path, "entries/notes/first.md", note("最初の記録"))
    child = subprocess.run(
        [sys.executable, "-m", "tests.attack.exhausted", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3_000:]
    seen = json.loads(child.stdout)
    assert seen["failed"] and seen["titles"] == ["最初の記録", "後の記録"]
