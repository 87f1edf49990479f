"""Names of new files: readable, safe everywhere, never the same twice."""

from __future__ import annotations

import re
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.names import LONGEST, candidates, file_stem


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("価格が高いと言われたときの切り返し", "価格が高いと言われたときの切り返し"),
        ("青葉精工 受注|第2ライン", "青葉精工-受注-第2ライン"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "entry-con"),
        ("lpt1.md", "entry-lpt1.md"),
        ("Ａ社／Ｂ社", "a社-b社"),
        ("😀🎉", "entry"),
        ("...", "entry"),
        ("ガ", "ガ"),
    ],
)
def test_titles_become_names(title: str, stem: str) -> None:
    assert file_stem(title) == stem


@given(st.text(max_size=400))
def test_any_title_makes_a_safe_name(title: str) -> None:
    stem = file_stem(title)
    assert stem and len(stem.encode()) <= LONGEST + 10 and not stem.startswith((".", "-"))
    assert not re.search(r'[/\\:*?"<>|#%\s\x00-\x1f]', stem) and stem == file_stem(stem)


def test_the_folder_is_that_of_the_kind_and_numbers_follow() -> None:
    assert list(islice(candidates("deal", "青葉"), 3)) == ["deals/青葉.md", "deals/青葉-2.md", "deals/青葉-3.md"]
