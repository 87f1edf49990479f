"""Nobody notices on saving a text that a hidden entry has it: it is embedded as if nobody had ever written it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from app.services import Services, open_services
from app.settings import Settings
from ingest.store import EntryStore
from ingest.sync import sync
from kb.index.index import Index
from kb.index.vector_keys import keys_at
from kb.index.vectors import SEARCHED
from kb.viewer import Viewer
from tests.app.conftest import PLAYBOOK
from tests.engines import Engines
from tests.viewing import viewer
from tests.words import WordEmbedder, note, write

PASSAGE = "半額にすると言うと、その場で決まった。次の更新では元の価格に戻す約束を書面に残した。"
SHOWN = {"playbook.yaml": PLAYBOOK, "notes/known.md": note("知られた話", "価格の話。")}
HIDDEN = {"notes/secret.md": note("別の題", PASSAGE, visibility="sales")}
UNMASKED = {"deals/secret.md": note("ある商談", PASSAGE, kind="deal", outcome="won", customer="極秘商事")}
MASKING = "masking:\n  - {what: [customer], teams: [marketing]}\n"
MARKETER = viewer("marketing")
LONG = "\n".join(f"## 節{n}\n{PASSAGE if n == 9 else f'節{n}の話。'}\n" for n in range(40))
Open = Callable[[Mapping[str, str]], Services]


@pytest.fixture
def opened(tmp_path: Path, engines: Engines) -> Iterator[Open]:
    """A maker of services over given files."""
    with ExitStack() as stack:

        def make(files: Mapping[str, str]) -> Services:
            place = tmp_path / str(len([*tmp_path.iterdir()]))
            settings = Settings(entries=place / "entries", data=place / "var", auth="local", **engines.settings())
            for path, text in files.items():
                write(settings.entries, path, text)
            services = open_services(settings, WordEmbedder())
            stack.callback(services.close)
            services.library.with_index(partial(sync, folder=settings.entries))
            services.library.refresh()
            return services

        yield make


def _store(services: Services, who: Viewer = MARKETER) -> EntryStore:
    return services.seen_by(who).store


def _embedder(services: Services) -> WordEmbedder:
    embedder = services.library.with_index(lambda index: index.embedder)
    assert isinstance(embedder, WordEmbedder)
    return embedder


def _ready(services: Services, path: str) -> tuple[int, int, int, int]:
    """Return what is there of an entry: texts, their vectors, passages with sentences; and how much waits."""

    def count(index: Index) -> tuple[int, int, int, int]:
        keys = set(keys_at(index.catalog, path).values())
        vectors = {key for view in SEARCHED for key in index.vectors.rows(view, sorted(keys))[0]}
        return len(keys), len(vectors), len(index.cache.sentences(keys)), index.waiting

    return services.library.with_index(count)


@pytest.mark.parametrize("text", [note("別の題", PASSAGE), note("長い話", LONG)], ids=["short", "long"])
@pytest.mark.parametrize("secret", [HIDDEN, UNMASKED], ids=["hidden", "masked"])
def test_a_text_that_a_hidden_entry_has_is_embedded_like_any_other(
    opened: Open, text: str, secret: Mapping[str, str]
) -> None:
    shown = {**SHOWN, "playbook.yaml": PLAYBOOK + MASKING}
    seen = []
    for services in (opened({**shown, **secret}), opened(shown)):
        store, before = _store(services), _embedder(services).embedded
        saved = store.create(text, force=True)
        seen.append([_embedder(services).embedded - before, _ready(services, saved.path)])
        services.intake.embed_waiting(threading.Event())
        seen[-1] += [_embedder(services).embedded - before, _ready(services, saved.path)]
    assert seen[0] == seen[1]
    texts, vectors, sentences, waiting = seen[0][-1]
    assert (texts, waiting) == (vectors, 0) and sentences


def test_what_a_changed_entry_had_before_is_not_embedded_again(opened: Open) -> None:
    services = opened({**SHOWN, **HIDDEN})
    saved = _store(services).create(note("別の題", f"{PASSAGE}\n\n## 次\n別の節。"), force=True)
    before, keys = _embedder(services).embedded, services.library.with_index(lambda i: keys_at(i.catalog, saved.path))
    _store(services).update(saved.id, note("別の題", f"{PASSAGE}\n\n## 次\n直した節。"), saved.content_hash)
    assert _embedder(services).embedded - before == 1
    assert services.library.with_index(lambda i: keys_at(i.catalog, saved.path))[PASSAGE] == keys[PASSAGE]


def test_who_sees_both_is_told_of_the_duplicate(opened: Open) -> None:
    services = opened({**SHOWN, **HIDDEN})
    saved = _store(services).create(note("別の題", PASSAGE), force=True)
    assert set(services.library.entries.with_passage(PASSAGE)) == {"notes/secret", saved.id}
    assert set(services.seen_by(MARKETER).library.entries.with_passage(PASSAGE)) == {saved.id}
