"""Saves under attack: a file that was written is never answered with an error, never doubled, always indexed later."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from httpx2 import Response
from typer.testing import CliRunner

from app.cli.main import app as command_line
from app.library import make_index
from app.main import create_app
from app.services import Services, open_services
from app.settings import Settings
from ingest import atomic
from ingest.adding import add_text
from ingest.sync import sync
from kb.errors import DuplicateTextError, IndexBusyError, KBError, ModelUnavailableError
from kb.index.embedding import Vectors
from kb.index.embedding_cache import EmbeddingCache
from kb.index.index import Index
from kb.index.matrix import ExactRows
from kb.index.neighbours import SMALL, Neighbours
from kb.index.vectors import SEARCHED, VIEWS, EmbeddedVectors, Files
from tests.app.conftest import ADDRESS, Browser
from tests.attack.small_disk import fill, free, small_disk
from tests.engines import Engines
from tests.waiting import wait_until
from tests.words import WordEmbedder, note, write

ROOT = Path(__file__).parents[2]
TIMES = 16
FIRST = note("最初", "最初の話。")
NEW = note("青葉精工", "新しい話をここに書いた。")


class _Model(WordEmbedder):
    """A model that can stop loading."""

    fails = False

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self._load()
        return super().embed_passages(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self._load()
        return super().embed_queries(texts)

    def count_tokens(self, text: str) -> int:
        self._load()
        return super().count_tokens(text)

    def _load(self) -> None:
        if self.fails:
            raise ModelUnavailableError("out of memory")


@dataclass
class _Base:
    """A knowledge base with one entry, and the application over it; nothing runs in the background."""

    place: Path
    model: _Model = field(default_factory=_Model)
    engines: Mapping[str, Any] = field(default_factory=dict)

    def __enter__(self) -> _Base:
        self.settings = Settings(entries=self.place / "entries", data=self.place / "var", **self.engines)
        self.entries = self.settings.entries
        write(self.entries, "notes/first.md", FIRST)
        self.services: Services = open_services(self.settings, self.model)
        self.services.library.with_index(partial(sync, folder=self.entries))
        self.services.library.refresh()
        app = create_app(self.settings, self.services)
        self.client = Browser(app, base_url=ADDRESS, raise_server_exceptions=False)
        return self

    def __exit__(self, *_error: object) -> None:
        self.services.close()

    def post(self, text: str, key: str = "", **more: object) -> Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post("/api/v1/entries", json={"text": text, **more}, headers=headers)

    def put(self, entry_id: str, text: str, version: str, **more: object) -> Response:
        sent = {"text": text, **more}
        return self.client.put(f"/api/v1/entries/{entry_id}", json=sent, headers={"If-Match": f'"{version}"'})

    def page(self, path: str, **form: str) -> Response:
        return self.client.post(path, data=form, follow_redirects=False)

    def write_page(self, text: str, **form: str) -> Response:
        return self.page("/write", kind="note", mode="whole", source="", whole=text, do="save", **form)

    def finds(self, words: str, entry_id: str) -> bool:
        answer = self.client.get("/api/v1/search", params={"q": words})
        assert answer.status_code == 200
        return entry_id in [hit["id"] for hit in answer.json()["hits"]]

    def version(self, entry_id: str) -> str:
        return str(self.client.get(f"/api/v1/entries/{entry_id}/source").headers["etag"].strip('"'))

    def catch_up(self) -> None:
        """Do what the server does in the background."""
        self.services.intake.retry()
        assert not self.services.intake.waiting
        self.services.intake.embed_waiting(threading.Event())

    def files(self) -> dict[str, str]:
        found = self.entries.rglob("*.md")
        return {path.relative_to(self.entries).as_posix(): path.read_text("utf-8") for path in found}

    def leftovers(self) -> list[Path]:
        return list(self.entries.rglob(f"{atomic.TEMPORARY}*"))


@pytest.fixture
def base(tmp_path: Path, engines: Engines) -> Iterator[_Base]:
    with _Base(tmp_path, engines=engines.settings()) as opened:
        yield opened


def _at_once(calls: Sequence[Callable[[], Response]]) -> list[Response]:
    """Call all at the same moment."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Response]) -> Response:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# What can go wrong once the file is written


@contextmanager
def _failing_model(base: _Base) -> Iterator[None]:
    base.model.fails = True
    yield
    base.model.fails = False


@contextmanager
def _data_folder_in_the_way(base: _Base) -> Iterator[None]:
    lock = base.settings.data / "index/writer.lock"
    lock.unlink()
    lock.mkdir()
    yield
    lock.rmdir()


@contextmanager
def _failing_table(base: _Base, which: str = "path > ''") -> Iterator[None]:
    """Refuse entries with an error that names `refused`."""
    engine = base.services.library.with_index(lambda index: index.catalog.engine)
    begin, end = (
        f"CREATE TRIGGER refused BEFORE INSERT ON entries WHEN NEW.{which} BEGIN SELECT RAISE(ABORT, 'refused'); END",
        "DROP TRIGGER refused",
    )
    if engine.dialect.name == "postgresql":
        begin = f"ALTER TABLE entries ADD CONSTRAINT refused CHECK (NOT {which}) NOT VALID"
        end = "ALTER TABLE entries DROP CONSTRAINT refused"
    with engine.begin() as connection:
        connection.exec_driver_sql(begin)
    yield
    with engine.begin() as connection:
        connection.exec_driver_sql(end)


FAULTS = [_failing_model, pytest.param(_data_folder_in_the_way, marks=pytest.mark.files), _failing_table]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_save_that_cannot_be_indexed_is_a_save_and_indexed_later(
    base: _Base, fault: Callable[[_Base], AbstractContextManager[None]]
) -> None:
    version = base.version("notes/first")
    with fault(base):
        created = base.post(NEW)
        updated = base.put("notes/first", FIRST + "追記した一文。\n", version)
        archived = base.client.post("/api/v1/entries/notes/first/archive")
        assert [one.status_code for one in (created, updated, archived)] == [201, 200, 200]
        assert [one.json()["findable"] for one in (created, updated, archived)] == [False] * 3
        again = base.post(NEW)
        assert again.status_code == 409 and created.json()["id"] in again.json()["error"]["message"]
    base.catch_up()
    assert base.finds("青葉精工", "notes/青葉精工") and not base.finds("追記した", "notes/first")
    assert base.client.get("/api/v1/entries/notes/first").json()["status"] == "archived"
    assert set(base.files()) == {"notes/first.md", "notes/青葉精工.md"}


def test_a_running_server_indexes_it_by_itself(base: _Base) -> None:
    with base.client:
        with _failing_table(base):
            assert not base.post(NEW).json()["findable"]
        wait_until(lambda: base.finds("青葉精工", "notes/青葉精工"), "an entry the server indexed by itself")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_pages_say_that_a_save_is_not_searchable_yet(base: _Base, language: str) -> None:
    said = {"ja": "まだ検索には出ません", "en": "not searchable yet"}[language]
    headers = {"accept-language": language}
    with _failing_table(base):
        saved = base.write_page(NEW)
        meeting = base.page("/meeting/save", decisions="進める", actions="")
        archived = base.page("/archive/notes/first")
        restored = base.page("/restore/notes/first")
        for answer in (saved, meeting, archived, restored):
            assert answer.status_code == 303
            assert said in base.client.get(answer.headers["location"], headers=headers).text
        files = base.client.post(
            "/new/files/save",
            data={"name": "neu.md", "text": note("別の題", "まったく違う一枚。"), "take": "0"},
            headers=headers,
        )
        assert files.status_code == 200 and said in files.text
    base.catch_up()
    assert base.finds("違う一枚", "notes/neu") and base.finds("青葉精工", "notes/青葉精工")


@pytest.mark.files  # which another version of the program changed meanwhile
def test_a_gap_that_cannot_be_closed_does_not_fail_the_save(base: _Base) -> None:
    connection = sqlite3.connect(base.settings.activity_file)
    connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)")
    connection.execute("INSERT INTO alembic_version VALUES ('from another world')")
    connection.commit()
    connection.close()
    answer = base.write_page(NEW, gap="青葉精工")
    assert answer.status_code == 303 and base.finds("青葉精工", "notes/青葉精工")


def test_a_git_that_fails_does_not_fail_the_save(base: _Base) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=base.entries, check=True)
    write(base.entries, ".git/refs/heads/main.lock", "another git is running")
    write(base.entries, ".git/index.lock", "and another one")
    answer = base.post(NEW)
    assert answer.status_code == 201 and answer.json()["findable"]


@pytest.mark.parametrize("playbook", [b"\xff\xfe\x00", b"angles: [", b"a: &a [*a]\n" * 9])
def test_a_playbook_that_cannot_be_read_does_not_fail_the_save(base: _Base, playbook: bytes) -> None:
    write(base.entries, "playbook.yaml", playbook)
    assert base.post(NEW).json()["findable"]


def test_a_vector_store_that_was_closed_is_reopened(base: _Base) -> None:
    base.services.library.with_index(lambda index: index.vectors.close())
    answer = base.post(NEW)
    assert answer.json()["findable"] and base.finds("青葉精工", "notes/青葉精工")


def test_one_file_that_fails_does_not_keep_the_others_waiting(base: _Base) -> None:
    with _failing_table(base):
        for number in range(5):
            base.post(note(f"題{number}", f"話の{number}番目。"))
    assert base.services.intake.waiting == 5
    with _failing_table(base, "path = 'notes/題2.md'"):
        with pytest.raises(Exception, match="refused"):
            base.services.intake.retry()
        assert base.services.intake.waiting == 1
        assert base.finds("話の4番目", "notes/題4")
    base.catch_up()
    assert base.finds("話の2番目", "notes/題2")


# Full disks


def test_with_a_full_data_folder_saves_stand_and_are_indexed_when_there_is_space(tmp_path: Path) -> None:
    with small_disk(tmp_path / "var", 12) as data, _Base(tmp_path) as base:
        base.post(note("前", "満杯になる前の話。"))
        fill(data)
        first = base.post(NEW, key="one")
        assert first.status_code == 201 and not first.json()["findable"]
        repeated, again, other = base.post(NEW, key="one"), base.post(NEW), base.post(NEW, key="two")
        assert repeated.status_code == 201 and repeated.json() == first.json()
        assert [one.status_code for one in (again, other)] == [409, 409]
        write(base.entries, "notes/hand.md", note("手書き", "手で書いた話。"))
        (base.entries / "notes/first.md").unlink()
        with pytest.raises(Exception, match="full"):
            base.services.intake.index_files(["notes/hand.md", "notes/first.md"])
        assert base.finds("満杯", "notes/前")
        free(data)
        base.catch_up()
        base.services.intake.index_files(base.services.intake.differences())
        assert base.finds("青葉精工", "notes/青葉精工") and base.finds("手書き", "notes/hand")
        assert base.client.get("/api/v1/entries/notes/first").status_code == 404
        assert set(base.files()) == {"notes/前.md", "notes/青葉精工.md", "notes/hand.md"}
        index = base.services.library.with_index(lambda served: served)
        assert all(index.vectors.keys(view) >= keys for view, keys in index.catalog.vector_keys().items())


def test_a_full_entries_folder_is_a_clear_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with small_disk(tmp_path / "entries", 2) as entries, _Base(tmp_path) as base:
        version = base.version("notes/first")
        fill(entries)
        answers = [base.post(NEW), base.put("notes/first", FIRST + "追記\n" * 2_000, version)]
        assert [answer.status_code for answer in answers] == [507, 507]
        assert "disk is full" in answers[0].json()["error"]["message"]
        assert base.files() == {"notes/first.md": FIRST} and not base.leftovers()
        free(entries)
        assert base.post(NEW).status_code == 201


# The same at the same time


def test_one_text_posted_often_at_once_is_one_entry(base: _Base) -> None:
    answers = _at_once([lambda: base.post(NEW)] * TIMES)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: TIMES - 1}
    assert {a.json()["error"]["message"] for a in answers if a.status_code == 409} == {
        DuplicateTextError("notes/青葉精工").sentence
    }
    assert set(base.files()) == {"notes/first.md", "notes/青葉精工.md"}


def test_one_text_under_many_titles_at_once_is_one_entry(base: _Base) -> None:
    texts = [NEW.replace("青葉精工", f"題{number}").replace("。", "。" + " " * number) for number in range(TIMES)]
    answers = _at_once([partial(base.post, text) for text in texts])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: TIMES - 1}
    assert len(base.files()) == 2


def test_many_texts_of_one_title_at_once_are_many_files(base: _Base) -> None:
    texts = [note("同じ題", f"本文は{number}番目のもの。" * 3) for number in range(TIMES)]
    answers = _at_once([partial(base.post, text, force=True) for text in texts])
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(base.files().values()) == sorted([FIRST, *texts]) and not base.leftovers()


def test_one_of_many_changes_to_one_version_wins(base: _Base) -> None:
    version = base.version("notes/first")
    calls = [partial(base.put, "notes/first", f"{FIRST}{number}番。\n", version) for number in range(TIMES)]
    answers = _at_once(calls)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: TIMES - 1}
    won = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
    assert base.files() == {"notes/first.md": f"{FIRST}{won}番。\n"}


def test_two_entries_changed_to_one_text_at_once_stay_two_texts(base: _Base) -> None:
    second = base.post(note("二つめ", "二つめの話。")).json()
    same = "---\ntitle: {}\n---\nどちらも同じ本文にする。\n"
    answers = _at_once(
        [
            partial(base.put, "notes/first", same.format("最初"), base.version("notes/first")),
            partial(base.put, second["id"], same.format("二つめ"), second["content_hash"]),
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_an_entry_archived_and_changed_at_once_keeps_what_was_acknowledged(base: _Base) -> None:
    version = base.version("notes/first")
    changed, archived = _at_once(
        [
            partial(base.put, "notes/first", FIRST + "追記。\n", version),
            partial(base.client.post, "/api/v1/entries/notes/first/archive"),
        ]
    )
    text = base.files()["notes/first.md"]
    assert {changed.status_code, archived.status_code} <= {200, 412}
    assert 200 in (changed.status_code, archived.status_code)
    assert ("追記。" in text) == (changed.status_code == 200)
    assert ("archived" in text) == (archived.status_code == 200)


def test_one_key_posted_often_at_once_has_one_answer(base: _Base) -> None:
    answers = _at_once([lambda: base.post(NEW, key="k1")] * TIMES)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1 and len(base.files()) == 2


def test_a_text_another_process_has_just_written_is_recognised(base: _Base) -> None:
    write(base.entries, "notes/青葉精工.md", NEW)  # not indexed yet
    answer = base.post(NEW)
    assert answer.status_code == 409 and "'notes/青葉精工'" in answer.json()["error"]["message"]
    assert base.post(NEW, force=True).json()["path"] == "notes/青葉精工-2.md"


def test_files_added_in_the_terminal_at_once_are_one_entry(entries: Path, tmp_path: Path) -> None:
    def add(number: int) -> str:
        try:
            return add_text(entries, NEW, name=f"name-{number}", lock=tmp_path / "saving.lock").path
        except KBError as error:
            assert isinstance(error, DuplicateTextError)
            return ""

    with ThreadPoolExecutor(TIMES) as pool:
        added = list(pool.map(add, range(TIMES)))
    assert len(list(entries.rglob("*.md"))) == 1 and len([path for path in added if path]) == 1


# Other processes


def test_a_save_after_a_rebuild_goes_into_the_new_index(base: _Base) -> None:
    other = make_index(base.settings, WordEmbedder(), fresh=True)
    sync(other, base.entries)
    assert base.post(NEW).json()["findable"] and base.finds("青葉精工", "notes/青葉精工")
    assert other.is_current and "notes/青葉精工.md" in other.catalog.states()
    other.close()


@pytest.mark.files
def test_a_vector_store_another_process_writes_to_is_never_emptied(base: _Base) -> None:
    index: Index = base.services.library.with_index(lambda served: served)
    index.release_vectors()
    write(index.build, "vectors/chroma.sqlite3", b"half written")
    other = make_index(base.settings, WordEmbedder())
    with other.writing(), pytest.raises(IndexBusyError):
        index.vectors.count("bodies")
    other.close()
    assert (index.build / "vectors/chroma.sqlite3").read_bytes() == b"half written"
    assert base.post(NEW).json()["findable"]  # with nobody writing it is damaged, and filled again
    assert {view: index.vectors.keys(view) for view in VIEWS} == index.catalog.vector_keys()


@pytest.mark.parametrize("fault", ["closed", "empty", "behind"])
def test_a_search_that_chroma_cannot_answer_compares_exactly(base: _Base, tmp_path: Path, fault: str) -> None:
    snapshot = base.services.library._live.source().snapshot
    files, total = Files(tmp_path / "chroma"), SMALL + 1
    rng = np.random.default_rng(7)
    matrix = rng.normal(size=(total, 4)).astype(np.float32)
    query = matrix[99]
    cache = EmbeddingCache(tmp_path / "embeddings.sqlite")
    store = EmbeddedVectors(lambda: files, cache)
    if fault == "behind":  # it knows the wrong ones only
        keys = base.services.library.with_index(lambda index: index.vectors.keys("bodies"))
        store.add("bodies", dict.fromkeys(keys, query))
        store.is_behind = True
    elif fault == "closed":
        files.close()
    large = type(snapshot)(
        **{name: getattr(snapshot, name) for name in snapshot.__slots__}
        | {"matrices": dict.fromkeys(SEARCHED, ExactRows(matrix)), "rows": {"bodies": np.arange(total)}}
    )
    for limit in (1, 5):
        exact = Neighbours(large, None, query).nearest("bodies", limit, None)
        assert Neighbours(large, store, query).nearest("bodies", limit, None).tolist() == exact.tolist()
        assert len(exact) == limit
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("work", ["sync", "rebuild"])
def test_saves_and_searches_beside_another_process_that_writes_the_index(base: _Base, work: str) -> None:
    command = [sys.executable, "-m", "tests.attack.syncing_neighbour", str(base.place), work]
    paths: dict[str, str] = {}
    stop = threading.Event()
    failed: list[int] = []

    def read() -> None:
        while not stop.wait(0.01):
            for path in ("/api/v1/search?q=本文", "/api/v1/entries/notes/first", "/notes", "/problems"):
                if (status := base.client.get(path).status_code) >= 500:
                    failed.append(status)

    def poll() -> None:
        while not stop.wait(0.2):
            with suppress(Exception):  # the supervisor does it again
                base.services.intake.retry()
                base.services.intake.notice()

    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
        )
        assert process.stdin and process.stdout
        threads = [threading.Thread(target=work) for work in (read, poll)]
        for thread in threads:
            thread.start()
        try:
            process.stdout.readline()
            for number in range(12):
                print("go", file=process.stdin, flush=True)
                for part in range(3):
                    text = note(f"保存{number}-{part}", f"保存の本文、{number}の{part}。")
                    answer = base.post(text, force=True)
                    assert answer.status_code == 201
                    paths[answer.json()["path"]] = text
                process.stdout.readline()
        finally:
            process.stdin.close()
            stop.set()
            for thread in threads:
                thread.join()
    assert process.returncode == 0 and not failed
    base.catch_up()
    base.services.intake.notice()
    files = base.files()
    assert {path: files[path] for path in paths} == paths
    listed = base.client.get("/api/v1/entries", params={"limit": 1}).json()["total"]
    base.services.intake.index_files()
    assert base.client.get("/api/v1/entries", params={"limit": 1}).json()["total"] == len(files)
    assert listed >= len(paths)
    assert base.finds("保存11-2", "notes/保存11-2")


# Control characters


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x1f", "\x7f", "\x85"])
@pytest.mark.parametrize("name", ["author", "reason"])
def test_control_characters_are_refused_before_anything_is_written(base: _Base, name: str, sign: str) -> None:
    version, value = base.version("notes/first"), f"佐伯{sign}x"
    answers = [
        base.post(NEW, **{name: value}),
        base.put("notes/first", NEW, version, **{name: value}),
        base.client.post(
            "/api/v1/entries",
            params={name: value},
            content=NEW.encode(),
            headers={"content-type": "text/markdown"},
        ),
        base.write_page(NEW, **{"by" if name == "author" else name: value}),
    ]
    assert [answer.status_code for answer in answers] == [422] * 4
    assert answers[0].json()["error"]["message"].startswith("Remove the control characters from ")
    assert base.files() == {"notes/first.md": FIRST}


def test_a_reason_may_have_several_lines(base: _Base) -> None:
    assert base.post(NEW, reason="一つめ\r\n\t二つめ").status_code == 201


def test_control_characters_in_other_places_are_refused(base: _Base, tmp_path: Path) -> None:
    assert base.write_page(NEW, key="k\x00").status_code == 422
    assert base.page("/verify/notes/first", by="佐伯\x00").status_code == 422
    with pytest.raises(KBError, match="control characters"):
        base.services.store.create(NEW, key="k\x07")
    sent = base.client.post("/new/files", files={"files": ("na\x1bme.md", NEW.encode(), "text/markdown")})
    assert sent.status_code == 200 and 'name="take"' not in sent.text
    file = write(tmp_path, "na\x1bme.md", NEW)
    environment = {"KB_ENTRIES": str(base.entries), "KB_DATA": str(base.settings.data)}
    done = CliRunner().invoke(command_line, ["add", str(file)], env=environment)
    assert done.exit_code == 1 and "control characters" in done.output
    assert base.files() == {"notes/first.md": FIRST}


def test_a_stored_name_with_control_characters_keeps_nobody_from_saving(base: _Base) -> None:
    base.client.cookies.set("author", "%00saeki%0a")
    assert base.page("/archive/notes/first").status_code == 303
    assert "archived" in base.files()["notes/first.md"]


def test_a_title_with_control_characters_makes_a_plain_file_name(base: _Base) -> None:
    answer = base.post('---\ntitle: "a\\0b\\ec"\nkind: note\n---\n本文。\n')
    assert answer.status_code == 201 and answer.json()["path"] == "notes/a-b-c.md"
