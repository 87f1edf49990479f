"""Files are written whole or not at all."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import resource
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ingest import atomic
from kb.errors import NotSavedError


def test_a_new_file_is_whole_and_never_replaces_another(tmp_path: Path) -> None:
    place = tmp_path / "deals" / "a.md"
    assert atomic.create(place, "本文\r\n") == hashlib.sha256("本文\r\n".encode()).hexdigest()
    with pytest.raises(FileExistsError):
        atomic.create(place, "別")
    assert place.read_bytes() == "本文\r\n".encode() and [p.name for p in place.parent.iterdir()] == ["a.md"]


def test_a_file_in_place_of_another_keeps_its_rights(tmp_path: Path) -> None:
    place = tmp_path / "a.md"
    atomic.create(place, "一")
    place.chmod(0o640)
    atomic.replace(place, "二")
    assert place.read_text("utf-8") == "二" and place.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["x" * 300 + ".md", "a\x00b.md"])
def test_a_name_that_cannot_be_is_an_error_that_leaves_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises((NotSavedError, ValueError)):
        atomic.create(tmp_path / name, "x")
    assert list(tmp_path.iterdir()) == []


def _save_with_little_room(place: Path, answer: Connection) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        atomic.replace(place, "x" * 5_000)
    except NotSavedError as error:
        answer.send(error.sentence)
    finally:  # what else this process writes at its end is not under test
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_when_there_is_no_room_the_file_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "a.md"
    atomic.create(place, "前")
    mine, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_save_with_little_room, args=(place, theirs))
    child.start()
    theirs.close()  # so that a child that dies without an answer ends the waiting
    assert "larger than this system allows" in mine.recv()
    child.join()
    assert place.read_text("utf-8") == "前" and [p.name for p in tmp_path.iterdir()] == ["a.md"]


def test_a_file_where_a_folder_should_be_is_said_in_words(tmp_path: Path) -> None:
    atomic.create(tmp_path / "deals", "x")
    with pytest.raises(NotSavedError, match="'deals' is a file"):
        atomic.create(tmp_path / "deals" / "a.md", "x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(NotSavedError, match="may not write"):
        atomic.create(tmp_path / "a.md", "x")
    tmp_path.chmod(0o700)


def test_what_a_killed_process_left_is_swept_when_it_is_old(tmp_path: Path) -> None:
    old, new = (tmp_path / f"{atomic.TEMPORARY}{n}" for n in (1, 2))
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (1, 1))
    assert atomic.sweep(tmp_path) == 1 and not old.exists() and new.exists()
