"""The libraries of those who see a part: they follow the whole, and share nothing that is hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.library import make_library
from app.settings import Settings
from ingest.sync import sync
from kb.audience import visible_to
from kb.library import Library
from kb.views import FOLDER, Views
from tests.engines import Engines
from tests.viewing import viewer
from tests.words import WordEmbedder, note, write

SALES = visible_to(viewer("sales"))
BOARD = visible_to(viewer("Board"))
NOBODY = visible_to(viewer())


class Base:
    """A small base, and its libraries."""

    def __init__(self, place: Path, files: Mapping[str, str] | None = None, **engines: Any) -> None:
        self.settings = Settings(entries=place / "entries", data=place / "var", **engines)
        self.settings.entries.mkdir(parents=True)
        self.whole = make_library(self.settings, WordEmbedder())
        self.views: Views[Library] = Views(self.whole, lambda part: part, most=2)
        self.change(files or {})

    def change(self, files: Mapping[str, str | None]) -> None:
        """Write and delete files, and index them."""
        for path, text in files.items():
            (self.settings.entries / path).unlink() if text is None else write(self.settings.entries, path, text)
        self.whole.with_index(partial(sync, folder=self.settings.entries))
        self.whole.refresh()

    def close(self) -> None:
        """Close all files."""
        self.views.close()
        self.whole.close()


@pytest.fixture
def base(tmp_path: Path, engines: Engines) -> Iterator[Base]:
    files = {"notes/a.md": note("誰でも"), "notes/s.md": note("営業", visibility="sales")}
    made = Base(tmp_path, files, **engines.settings())
    yield made
    made.close()


def test_a_part_follows_what_may_be_seen_and_nothing_else(base: Base) -> None:
    sales, nobody = base.views.of(SALES), base.views.of(NOBODY)
    assert (sales.entries.ids(), nobody.entries.ids()) == (["notes/a", "notes/s"], ["notes/a"])
    before = nobody.state()
    base.change(
        {"notes/s.md": note("営業の新しい話", visibility="sales"), "notes/t.md": note("別", visibility="sales")}
    )
    assert base.views.of(NOBODY) is nobody and nobody.state() == before  # also its generation, which tags pages
    found = base.views.of(SALES).search.answer("営業の新しい話").hits
    assert found[0].entry.title == "営業の新しい話" and base.views.of(SALES).state().entries == 3
    base.change({"notes/s.md": note("皆に", visibility="all"), "notes/a.md": None})
    assert base.views.of(NOBODY).entries.ids() == ["notes/s"] and nobody.state() != before
    base.change({"notes/s.md": note("皆に", visibility="sales")})
    assert base.views.of(NOBODY).entries.ids() == []


def test_people_who_see_the_same_share_a_library(base: Base) -> None:
    assert base.views.of(visible_to(viewer("Board", person="p2", name="Abe"))) is base.views.of(NOBODY)
    assert base.views.of(visible_to(viewer("sales", "Board"))) is base.views.of(SALES)
    base.change({"notes/b.md": note("取締役会", visibility="Board")})
    assert base.views.of(BOARD) is not base.views.of(NOBODY)


def test_the_sets_in_memory_are_few_and_what_was_dropped_catches_up(base: Base) -> None:
    first = base.views.of(NOBODY)
    base.change({"notes/b.md": note("取締役会", visibility="Board")})
    for visible in (SALES, BOARD):
        base.views.of(visible)
    assert len(base.views.in_use()) == 2 and first not in base.views.in_use()
    base.change({"notes/c.md": note("後から")})
    again = base.views.of(NOBODY)
    assert again is not first and again.entries.ids() == ["notes/a", "notes/c"]
    folders = base.whole.with_index(lambda index: list((index.build / FOLDER).iterdir()))
    assert len(folders) == 3


def test_an_id_that_a_hidden_file_has_is_the_visible_ones(base: Base) -> None:
    hidden = note("隠れた先客", visibility="Board", id="notes/name")
    base.change(
        {"notes/1.md": hidden, "notes/2.md": note("二", id="notes/name"), "notes/3.md": note("三", id="notes/name")}
    )
    seen, whole = base.views.of(NOBODY), base.whole
    assert seen.entries.get("notes/name").title == "二" and whole.entries.get("notes/name").title == "隠れた先客"
    said = [problem.message for problem in seen.entries.problems()]
    assert len(said) == 1 and "notes/2.md" in said[0] and "notes/1.md" not in said[0]
    base.change({"notes/1.md": None})
    assert base.views.of(NOBODY).entries.get("notes/name").title == base.whole.entries.get("notes/name").title == "二"


def test_an_index_built_beside_gets_parts_of_its_own(base: Base) -> None:
    from app.library import make_index

    before = base.views.of(NOBODY)
    beside = make_index(base.settings, WordEmbedder(), fresh=True)
    sync(beside, base.settings.entries)
    beside.close()
    assert base.whole.reload_if_changed()
    after = base.views.of(NOBODY)
    assert after is not before and after.entries.ids() == ["notes/a"]


WORDS = st.sampled_from(("価格", "値引き", "工場", "日報", "更新", "導入", "price", "renewal"))
ENTRY = st.tuples(
    st.lists(WORDS, min_size=1, max_size=4),
    st.sampled_from(("all", "all", "sales", "Board", "[sales, Board]", "joint", "private")),
    st.sampled_from(("", "won", "lost")),
)


@settings(max_examples=12)
@given(st.lists(ENTRY, min_size=1, max_size=8), st.sets(st.sampled_from(("sales", "marketing", "Board"))), WORDS)
def test_every_answer_is_that_of_a_base_that_never_held_the_rest(
    tmp_path_factory: pytest.TempPathFactory,
    entries: list[tuple[list[str], str, str]],
    groups: set[str],
    word: str,
) -> None:
    visible = visible_to(viewer(*groups))
    files = {
        f"{'deals' if outcome else 'notes'}/{n}.md": note(
            " ".join(words), "。".join(words), visibility=visibility, **({"outcome": outcome} if outcome else {})
        )
        for n, (words, visibility, outcome) in enumerate(entries)
    }
    holding = Base(tmp_path_factory.mktemp("holding"), files)
    seen = holding.views.of(visible)
    kept = {path for path in files if path.removesuffix(".md") in seen.entries.ids()}
    without = Base(tmp_path_factory.mktemp("without"), {path: files[path] for path in kept})
    alone = without.views.of(visible)
    try:
        for text in (word, f"{word} 価格", "", f'"{word}"', f"-{word} 工場"):
            one, other = (library.search.answer(text, explain=True, limit=20) for library in (seen, alone))
            assert [(hit.entry.id, hit.score, hit.band) for hit in one.hits] == [
                (hit.entry.id, hit.score, hit.band) for hit in other.hits
            ]
            assert (one.total, one.confidence, one.facets) == (other.total, other.confidence, other.facets)
        assert seen.entries.problems() == alone.entries.problems()
        assert seen.deals.scoreboard("angle") == alone.deals.scoreboard("angle")
        assert seen.loop.to_review() == alone.loop.to_review()
        assert seen.loop.meeting("2026-09") == alone.loop.meeting("2026-09")
    finally:
        holding.close()
        without.close()
