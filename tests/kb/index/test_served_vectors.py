"""Vectors on a Chroma server: the same answers as with files, and none is lost while it is away."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.library import make_index
from app.services import Services, open_services
from app.settings import Settings
from ingest.chunk import CHUNKING
from ingest.sync import sync
from kb.errors import VectorsAwayError
from kb.index.chroma_server import ChromaServer, Link
from kb.index.embedding_cache import EmbeddingCache
from kb.index.index import Index, open_index
from kb.index.served_vectors import MOST_PENDING, Namespace, ServedVectors
from kb.index.vectors import VIEWS
from tests.chroma import RunningChroma
from tests.words import WordEmbedder, note, write

pytestmark = pytest.mark.slow  # starts processes

ROWS = np.eye(8, dtype=np.float32)
Open = Callable[..., Index]


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningChroma]:
    """A Chroma server that runs."""
    running = RunningChroma(tmp_path_factory.mktemp("chroma") / "data")
    running.start()
    yield running
    running.kill()


@pytest.fixture
def space(chroma: RunningChroma, tmp_path: Path) -> Namespace:
    """A part of the server for one test."""
    return Namespace(ChromaServer(chroma.url), f"t-{tmp_path.name}")


@pytest.fixture
def opened(space: Namespace, tmp_path: Path) -> Iterator[Open]:
    """Open an index over the server; it is closed at the end."""
    indexes: list[Index] = []

    def open_one(embedder: WordEmbedder | None = None, *, name: str = "index", fresh: bool = False) -> Index:
        index = open_index(tmp_path / name, embedder or WordEmbedder(), CHUNKING, space=space, fresh=fresh)
        indexes.append(index)
        return index

    yield open_one
    for index in indexes:
        index.close()


def _names(space: Namespace) -> set[str]:
    with closing(Link(space.server, 10)) as link:
        return {name for name in link.names() if name.startswith(space.beginning)}


def _is_whole(index: Index) -> bool:
    return {view: index.vectors.keys(view) for view in VIEWS} == index.catalog.vector_keys()


@pytest.mark.parametrize(("url", "is_checked"), [("http://127.0.0.1:9", False), ("https://127.0.0.1:9", True)])
def test_certificates_are_checked_where_there_are_any(url: str, is_checked: bool) -> None:
    with closing(Link(ChromaServer(url), 1)) as link:
        context = link.api._session._transport._pool._ssl_context
    assert (context.verify_mode == ssl.CERT_REQUIRED, context.check_hostname) == (is_checked, is_checked)


def test_the_nearest_come_first_and_what_is_removed_is_gone(space: Namespace, tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "embeddings.sqlite")
    needed: dict[str, set[str]] = {view: {f"k{n}" for n in range(8)} for view in VIEWS}
    with closing(cache), closing(ServedVectors(space, "build-1", cache, lambda: needed)) as store:
        store.add("bodies", {f"k{n}": row for n, row in enumerate(ROWS)})
        assert store.nearest("bodies", ROWS[3], 1) == [("k3", pytest.approx(1.0, abs=1e-5))]
        assert store.nearest("heads", ROWS[3], 1) == []
        store.remove("bodies", ["k3", "unknown"])
        assert store.keys("bodies") == needed["bodies"] - {"k3"}
        assert store.rows("bodies", ["k1"])[0] == []  # what no cache holds waits to be embedded
        assert (store.count("bodies"), store.trouble) == (7, "")


def test_the_server_gets_what_was_written_when_others_may_write_again(
    opened: Open, entries: Path, space: Namespace
) -> None:
    write(entries, "notes/a.md", note("値引き", "値引きの話。"))
    index = opened()
    sync(index, entries)
    beginning = replace(space, beginning=f"{space.beginning}-all")
    needed, row = index.catalog.vector_keys, index.embedder.embed_passages(["値引き"])[0]
    with closing(ServedVectors(beginning, index.build.name, index.cache, needed)) as others:
        with index.writing():
            index.vectors.add("bodies", {"k": row})
            assert others.keys("bodies") == needed()["bodies"]
        assert others.keys("bodies") == {*needed()["bodies"], "k"}
        index.vectors.add("bodies", {f"k{n}": row for n in range(MOST_PENDING)})
        assert others.count("bodies") > MOST_PENDING


def test_an_index_keeps_its_vectors_on_the_server_and_none_in_its_folder(
    opened: Open, entries: Path, space: Namespace
) -> None:
    write(entries, "notes/a.md", note("値引き", "値引きの話。"))
    index = opened()
    sync(index, entries)
    assert _is_whole(index) and index.catalog.vector_keys()["bodies"]
    assert not (index.build / "vectors").exists()
    assert _names(space) == {f"{space.beginning}-all-{index.build.name}-{view}" for view in VIEWS}


def test_builds_that_are_gone_leave_nothing_on_the_server(opened: Open, entries: Path, space: Namespace) -> None:
    write(entries, "notes/a.md", note("値引き"))
    with closing(Link(space.server, 10)) as link:
        link.create(f"{space.beginning}x-all-build-1-bodies")  # of another knowledge base
    builds = []
    for fresh in (False, True, True):
        index = opened(fresh=fresh)
        sync(index, entries)
        builds.append(index.build.name)
    ours = {f"{space.beginning}-all-{build}-{view}" for build in builds[-2:] for view in VIEWS}
    assert _names(space) == {*ours, f"{space.beginning}x-all-build-1-bodies"}


def test_what_is_saved_while_the_server_is_away_is_found_at_once_and_reaches_it_later(tmp_path: Path) -> None:
    own = RunningChroma(tmp_path / "chroma")
    own.start()
    services = _services(tmp_path, own.url)
    try:
        own.kill()
        assert _saves(services, "notes/b.md", "納期の交渉")
        assert services.library.vectors_trouble()
        assert _similarity(services, "納期の交渉") > 0.2
        services.intake.catch_up()
        assert services.library.vectors_trouble()  # still away
        own.start()
        services.intake.catch_up()
        assert not services.library.vectors_trouble() and services.library.with_index(_is_whole)
        own.lose()
        own.start()
        assert _saves(services, "notes/c.md", "競合の値下げ")  # meets collections that are gone
        services.intake.catch_up()
        assert services.library.with_index(_is_whole)
    finally:
        services.close()
        own.kill()


def test_a_server_that_is_away_at_the_start_keeps_nothing_from_starting(tmp_path: Path) -> None:
    own = RunningChroma(tmp_path / "chroma")  # not started
    services = _services(tmp_path, own.url)
    try:
        assert _similarity(services, "値引き") > 0.2
        assert services.library.with_index(lambda index: index.waiting) == 0
        own.start()
        services.intake.catch_up()
        assert services.library.with_index(_is_whole)
    finally:
        services.close()
        own.kill()


def test_a_server_is_behind_until_it_has_every_vector(opened: Open, entries: Path) -> None:
    for name in "abc":
        write(entries, f"notes/{name}.md", note(name * 3, name * 3))
    index = opened()
    sync(index, entries)
    lost = sorted(index.vectors.keys("bodies"))[:1]
    index.vectors.remove("bodies", lost)
    assert index.vectors.is_behind  # as after a start: nobody has compared it with the catalogue
    index.refill()
    assert not index.vectors.is_behind and _is_whole(index)


def test_a_server_that_never_answers_is_waited_for_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        server = ChromaServer(url, ask_seconds=0.2, write_seconds=0.2)
        store = ServedVectors(Namespace(server, "t"), "build-1", EmbeddingCache(tmp_path / "e.sqlite"), lambda: {})
        for _ in range(3):
            with pytest.raises(VectorsAwayError, match="timed out"):
                store.nearest("bodies", ROWS[0], 1)
        silent.settimeout(0.2)
        arrived = list(_arrived(silent))
        for connection in arrived:
            connection.close()
        assert len(arrived) == 1


def test_indexes_of_two_data_folders_share_no_collection(chroma: RunningChroma, tmp_path: Path) -> None:
    write(tmp_path / "entries", "notes/a.md", note("値引き"))
    names = []
    for data in ("one", "two"):
        settings = Settings(entries=tmp_path / "entries", data=tmp_path / data, chroma_url=chroma.url)
        with closing(make_index(settings, WordEmbedder())) as index:
            sync(index, settings.entries)
            assert index._space
            names.append(_names(index._space))
    assert len(names[0]) == len(names[1]) == len(VIEWS) and not names[0] & names[1]


def test_headers_are_sent_and_never_shown(chroma: RunningChroma) -> None:
    server = ChromaServer(chroma.url, {"X-Token": "geheim"})
    assert "geheim" not in repr(server) and "geheim" not in repr(Namespace(server, "t"))
    with closing(Link(server, 10)) as link:
        assert link.api.get_request_headers()["x-token"] == "geheim"
        assert replace(server, headers={}).look()[0].startswith("1.")


def _services(place: Path, url: str) -> Services:
    write(place / "entries", "notes/a.md", note("値引き", "値引きの話をした。"))
    settings = Settings(entries=place / "entries", data=place / "var", chroma_url=url)
    services = open_services(settings, WordEmbedder())
    services.library.with_index(partial(sync, folder=settings.entries))
    services.library.refresh()
    return services


def _saves(services: Services, path: str, title: str) -> bool:
    write(services.settings.entries, path, note(title, f"{title}について話した。"))
    report = services.intake.index_files([path])
    services.intake.embed_waiting(threading.Event())
    return report is not None and len(report.added) == 1


def _similarity(services: Services, query: str) -> float:
    """Return the cosine of the best hit, which is 0 without a vector."""
    why = services.library.search.answer(query, explain=True).hits[0].why
    assert why
    return why.similarity


def _arrived(server: socket.socket) -> Iterator[socket.socket]:
    try:
        while True:
            yield server.accept()[0]
    except TimeoutError:
        return
