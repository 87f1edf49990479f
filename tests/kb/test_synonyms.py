"""The spellings of the playbook are one word to a search, and count once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.library import make_library
from app.settings import Settings
from ingest.playbook_file import STARTER, parse_playbook
from ingest.sync import sync
from kb.library import Library
from kb.playbook import Playbook, Term, Vocabulary
from kb.search.query import Query, parse_query
from kb.search.thesaurus import Thesaurus
from tests.engines import Engines
from tests.words import WordEmbedder, note, write

PLAYBOOK = """
competitors:
  - {name: タスキナ, en: Taskina, aliases: [TSK]}
synonyms:
  - [乗り換え, リプレイス, replacement]
  - [総費用, total cost]
"""


@pytest.fixture
def library(tmp_path: Path, engines: Engines) -> Iterator[Library]:
    folder = tmp_path / "entries"
    write(folder, "playbook.yaml", PLAYBOOK)
    write(folder, "notes/ja.md", note("移行の記録", "旧製品からの乗り換えを三週間で終えた。"))
    write(folder, "notes/both.md", note("両方の記録", "リプレイス、つまり乗り換えの話。"))
    write(folder, "notes/rival.md", note("競合の話", "TSKに負けた。"))
    write(folder, "notes/code.md", note("装置の話", "TR 88 を使う。"))
    for number in range(20):
        write(folder, f"notes/other{number}.md", note(f"別の話{number}", f"関係のない話題その{number}。"))
    library = make_library(Settings(entries=folder, data=tmp_path / "var", **engines.settings()), WordEmbedder())
    library.with_index(partial(sync, folder=folder))
    library.refresh()
    yield library
    library.close()


def _by_words(library: Library, text: str) -> dict[str, float]:
    hits = library.search.answer(text, limit=50, explain=True).hits
    return {hit.entry.id: hit.why.keyword_score for hit in hits if hit.why and hit.why.keyword_rank}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("replacement", {"notes/ja", "notes/both"}),
        ("リプレイスの期間", {"notes/ja", "notes/both"}),
        ("タスキナ", {"notes/rival"}),
        ("Taskina", {"notes/rival"}),
        ("TR-88", {"notes/code"}),
        ("TR88", {"notes/code"}),
    ],
)
def test_an_entry_is_found_by_any_spelling(library: Library, question: str, found: set[str]) -> None:
    assert set(_by_words(library, question)) == found


def test_a_passage_with_two_spellings_counts_once(library: Library) -> None:
    scores = _by_words(library, "乗り換え")
    assert scores["notes/both"] < 1.5 * scores["notes/ja"]


def test_a_code_in_any_spelling_is_a_strong_match(library: Library) -> None:
    assert {library.search.answer(text).hits[0].entry.id for text in ("TR-88", "TR88", "TR 88")} == {"notes/code"}
    assert library.search.answer("TR-88").hits[0].band != "weak"


def test_the_other_spelling_is_highlighted(library: Library) -> None:
    snippet = next(h.snippet for h in library.search.answer("replacement").hits if h.entry.id == "notes/ja")
    assert "乗り換え" in [snippet.text[a:b] for a, b in snippet.highlights]


def test_words_of_several_terms_are_expanded_where_they_follow_one_another() -> None:
    playbook = Playbook(synonyms=(("総費用", "total cost"),))
    assert _spellings(playbook, "total cost of a pilot") == {("総", "費用")}
    assert _spellings(playbook, "cost in total") == set()


def test_a_code_of_the_playbook_finds_what_its_label_says() -> None:
    reasons = {"won": Vocabulary.of([Term("field-adoption", "現場の定着", "Adoption"), Term("late", "遅れ", "Delay")])}
    playbook = Playbook(reasons=reasons)
    assert ("現場", "定着") in _spellings(playbook, "field-adoption")
    assert _spellings(playbook, "late") == set()


def test_a_synonym_of_a_label_joins_all_its_spellings() -> None:
    labels = {"competitor": Vocabulary.of([Term("taskina", "タスキナ", "Taskina")])}
    playbook = Playbook(vocabularies=labels, synonyms=(("taskina", "T社"),))
    assert _spellings(playbook, "タスキナ") == {("taskina",), ("t", "社")}


@pytest.mark.parametrize(
    ("asked", "written"), [("RFP", "提案依頼書"), ("秘密保持契約", "NDA"), ("概念実証", "PoC"), ("エクセル", "Excel")]
)
def test_a_new_base_knows_the_usual_words_of_business(asked: str, written: str) -> None:
    playbook, problems = parse_playbook(STARTER.read_text("utf-8"))
    assert problems == () and Thesaurus.of(playbook).treats_as_one(asked, written)


def _spellings(playbook: Playbook, text: str) -> set[tuple[str, ...]]:
    expanded: Query = Thesaurus.of(playbook).expand(parse_query(text))
    return {spelling for some in expanded.synonyms for spelling in some.spellings}
