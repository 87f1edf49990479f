"""A phrase is looked for in all that names an entry and in its passages, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.sync import sync
from kb.index.analysis import terms
from kb.index.index import Index
from kb.index.keywords import Weighed
from kb.index.verbatim import entries_with_text
from kb.search.ranking import idf
from tests.kb.index.both import words
from tests.words import note, write


@pytest.mark.parametrize(
    "phrase", ["Ａ社の記録", "notes/asked", "競合比較", "Aoba-Seiko", "d-0108", "要点", "値引きを求められた"]
)
def test_a_phrase_is_found_in_title_id_labels_customer_headings_and_text(
    index: Index, entries: Path, phrase: str
) -> None:
    labels = {"kind": "deal", "outcome": "won", "tags": "[競合比較]", "customer": "Aoba-Seiko", "crm_id": "D-0108"}
    write(entries, "notes/asked.md", note("A社の記録", "値引きを求められた。", **labels))
    write(entries, "notes/other.md", note("ほかの話", "別の本文。", tags="[効果]").replace("要点", "背景"))
    sync(index, entries)
    number = dict(_numbers(index))["notes/asked"]
    assert entries_with_text(index.catalog, phrase, ()) == {number}


def test_a_phrase_stands_in_no_other_field(index: Index, entries: Path) -> None:
    write(entries, "notes/asked.md", note("A社の記録", owner="三浦"))
    sync(index, entries)
    assert entries_with_text(index.catalog, "三浦", ()) == set()
    assert entries_with_text(index.catalog, "published", ()) == set()


@pytest.mark.parametrize(
    "phrase",
    [
        "太字の言葉",
        "導入の手引きを送る",
        "line ends do not matter",
        "行をまたぐ言葉",
        "don't worry",
        "don’t worry",
        "performance review",
        "ＦＵＬＬ幅",
        "跨ぐ",
        "渡邊さん",
        "手引き https",
    ],
)
def test_a_phrase_is_found_across_markup_lines_and_forms(index: Index, entries: Path, phrase: str) -> None:
    body = (
        "**太字**の言葉。[導入の手引き](https://example.com/guide)を送る。line ends\ndo not matter. 行を\nまたぐ言葉。"
        "Don’t worry. per\u00adformance review. full幅。欄を跨ぐ。渡辺さん。"
    )
    write(entries, "notes/asked.md", note("記録", body))
    sync(index, entries)
    expected = set() if phrase == "手引き https" else {dict(_numbers(index))["notes/asked"]}
    assert entries_with_text(index.catalog, phrase, terms(phrase)) == expected


def test_a_phrase_may_begin_and_end_within_a_word(index: Index, entries: Path) -> None:
    write(entries, "notes/asked.md", note("記録", "契約満了の前に聞く。"))
    sync(index, entries)
    number = dict(_numbers(index))["notes/asked"]
    assert entries_with_text(index.catalog, "約満了の前", terms("約満了の前")) == {number}


def test_a_phrase_does_not_reach_from_one_label_into_the_next(index: Index, entries: Path) -> None:
    write(entries, "notes/asked.md", note("記録", tags="[競合, 比較]"))
    sync(index, entries)
    assert entries_with_text(index.catalog, "競合比較", ()) == set()


def _numbers(index: Index) -> list[tuple[str, int]]:
    with index.catalog.engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.exec_driver_sql("SELECT id, number FROM entries")]


@pytest.mark.parametrize("others", [0, 1, 4, 19])
def test_a_word_counts_from_the_first_entry_on(index: Index, entries: Path, others: int) -> None:
    write(entries, "notes/asked.md", note("値引きの返し方", "値引きを求められたら、条件を変える。"))
    for number in range(others):
        write(entries, f"notes/other-{number}.md", note(f"別の話{number}", "値引きは別の本文。"))
    sync(index, entries)
    counts = index.catalog.keywords.counts(("値引き", "条件"))
    total = index.catalog.counts()["chunks"]
    matches = index.catalog.keywords.matches(words({term: idf(count, total) for term, count in counts.items()}), 10)
    with index.catalog.engine.connect() as connection:
        chunk = (
            connection.exec_driver_sql(
                "SELECT chunks.number FROM chunks JOIN entries ON entries.number = chunks.entry"
                " WHERE entries.id = 'notes/asked' ORDER BY chunks.number"
            )
            .scalars()
            .all()
        )
    assert matches[0][0] in chunk
    assert all(score > 0.01 for _, score in matches)


def test_within_a_scope_the_same_passages_have_the_same_scores(index: Index, entries: Path) -> None:
    for number in range(30):
        write(entries, f"notes/{number}.md", note(f"題{number}", f"価格の話{number} {'導入 ' * (number % 4)}解約"))
    sync(index, entries)
    spelled: Weighed = (((("解約",), 0.5),), ((("導入",), 1.0),))
    asked = [*words(["価格", "導入"]), spelled]
    everywhere = index.catalog.keywords.matches(asked, 100)
    among = [number for number, _ in everywhere if number % 3 == 0]
    within = index.catalog.keywords.matches(asked, 5, among)
    assert within == [(number, score) for number, score in everywhere if number in among][:5]
    assert len(everywhere) == 30 and index.catalog.keywords.matches(asked, 5, []) == []
