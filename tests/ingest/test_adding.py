"""Entries are added without a server: checked by themselves and against the texts that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.adding import add_text, check_text
from kb.errors import DuplicateTextError, NotSavedError, RefusedTextError, UntitledError
from tests.words import note, write

PRICE = note("価格の切り返し", "何と比べて高いかを先に聞く。", kind="talk-track")


def test_a_text_goes_to_the_folder_of_its_kind_by_its_title(entries: Path) -> None:
    added = add_text(entries, PRICE)
    assert (added.path, added.problems) == ("talk-tracks/価格の切り返し.md", ())
    assert (entries / added.path).read_text("utf-8") == PRICE


def test_a_name_goes_before_the_title_and_what_is_there_stays(entries: Path) -> None:
    write(entries, "talk-tracks/price.md", "別の話")
    assert add_text(entries, PRICE, name="price").path == "talk-tracks/price-2.md"
    assert (entries / "talk-tracks/price.md").read_text("utf-8") == "別の話"


def test_the_same_words_are_refused_and_can_be_forced(entries: Path) -> None:
    add_text(entries, PRICE)
    again = PRICE.replace("title: 価格の切り返し", "title: 別の題")
    with pytest.raises(DuplicateTextError) as refused:
        add_text(entries, again)
    assert refused.value.entry_id == "talk-tracks/価格の切り返し"
    assert add_text(entries, again, force=True).path == "talk-tracks/別の題.md"


def test_what_is_wrong_is_known_before_and_after_it_is_written(entries: Path) -> None:
    text = note("受注", "決まった。", kind="deal", outcome="wonn")
    (problem,) = check_text(entries, text)
    assert "'wonn'" in problem.message and list(entries.iterdir()) == []
    assert [found.message for found in add_text(entries, text).problems] == [problem.message]


def test_a_text_that_nothing_names_is_refused(entries: Path) -> None:
    text = "---\ntags: [価格]\n---\n本文だけ。\n"
    assert check_text(entries, text)
    with pytest.raises(UntitledError):
        add_text(entries, text)


def test_what_cannot_be_written_leaves_nothing(entries: Path) -> None:
    write(entries, "talk-tracks", "a file")
    with pytest.raises(NotSavedError):
        add_text(entries, PRICE)
    with pytest.raises(RefusedTextError):
        add_text(entries, " \n")
    assert [path.name for path in entries.iterdir()] == ["talk-tracks"]
