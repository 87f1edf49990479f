"""Each thing that speaks against an entry is a sentence of its own, with its numbers."""

from __future__ import annotations

import datetime
from typing import get_args, get_type_hints

import pytest

from app.words.doubts import sentence_of
from app.words.reader import Reader
from ingest.playbook_file import parse_playbook
from kb.loop.review import Doubt
from tests.app.conftest import PLAYBOOK

DAY = datetime.date(2026, 3, 27)
DOUBTS = {
    "overdue": Doubt("overdue", day=DAY),
    "record": Doubt("record", ("deals/a", "deals/b"), won=1, lost=9),
    "lost": Doubt("lost", ("deals/a", "deals/b", "deals/c")),
    "angle": Doubt("angle", ("deals/a",), angle="total-cost", won=2, lost=17),
    "newer": Doubt("newer", ("notes/b",)),
}


def _reader(locale: str) -> Reader:
    return Reader.of(locale, parse_playbook(PLAYBOOK)[0])


def test_every_kind_of_doubt_is_looked_at_here() -> None:
    assert set(DOUBTS) == set(get_args(get_type_hints(Doubt)["kind"]))


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_no_two_doubts_sound_alike_and_none_is_left_without_words(locale: str) -> None:
    said = [sentence_of(doubt, _reader(locale)) for doubt in DOUBTS.values()]
    assert len(set(said)) == len(said)
    assert not [sentence for sentence in said if "review." in sentence or "{" in sentence]


@pytest.mark.parametrize(
    ("kind", "locale", "told"),
    [
        ("overdue", "ja", ["2026/03/27"]),
        ("overdue", "en", ["Mar 27, 2026"]),
        ("record", "ja", ["1", "9"]),
        ("lost", "ja", ["3"]),
        ("lost", "en", ["3"]),
        ("angle", "ja", ["総保有コスト", "2", "17"]),
        ("angle", "en", ["Total cost", "2", "17"]),
    ],
)
def test_a_doubt_gives_its_evidence_in_the_reader_s_words(kind: str, locale: str, told: list[str]) -> None:
    sentence = sentence_of(DOUBTS[kind], _reader(locale))
    assert [words for words in told if words not in sentence] == []
