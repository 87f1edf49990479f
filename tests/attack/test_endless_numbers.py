"""To look for amounts, names and numbers in a text takes time with its length alone, whatever stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from ingest.document import Document
from ingest.masked_deals import masks_of
from ingest.masked_names import names_of
from ingest.parse import entry_of
from ingest.playbook_file import parse_playbook
from kb.insight.said import amount_in, size_in
from tests.attack.processor import at_most
from tests.viewing import viewer

SIZE = 15_000  # characters
MOST = 20  # seconds of this process's own time; a second is usual
RULES = "masking:\n  - {what: [customer, amount, contact], teams: [marketing]}\n"
REPEATED = (
    "1", "1,", "1,,", "1.", "1 ", "1 123", "0-", "03-", "+1", "(0", "1万", "1万 ", "一", "千", "百千", "約", "約 ",
    "- ", "1〜", "1〜1万", "1から", "¥", "¥1", "a.", "a@", "a@a.", "http://", "田中様", "ア", "Mr. ", "カ゛", " ",
    "　 ", "1　", "deals/", "a/", "a b/a", "/a", "%E3",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _limited() -> Iterator[None]:
    with at_most(MOST):
        yield


def _masked(body: str) -> str:
    text = f"---\nkind: deal\ncustomer: 暁光製作所\noutcome: lost\nclosed_on: 2026-09-01\namount: 12円\n---\n{body}\n"
    document, playbook = Document.of(text), parse_playbook(RULES)[0]
    entry = entry_of(document, "deals/a.md", playbook).entry
    masks = masks_of([entry], playbook, viewer("marketing"), date(2026, 9, 2), b"secret")
    assert masks is not None
    found = masks.rewritten(document, entry.path)
    return found.text if found else ""


@pytest.mark.parametrize("part", REPEATED)
def test_a_text_of_any_signs_is_masked(part: str) -> None:
    text = part * (SIZE // len(part))
    assert "暁光" not in _masked(f"{text}\n\n1万{text}\n\n1万{text}人")


@pytest.mark.parametrize("part", [*REPEATED, "従業員1", "staff ", "1 k", "1 +- ", "円1", "1千 "])
@pytest.mark.parametrize("end", ["", "人", "円", " staff", "!"])
def test_notes_that_are_pasted_may_hold_anything(part: str, end: str) -> None:
    text = f"{part * (SIZE // len(part))}{end}\n従業員300名で、見積は1,234万円。"
    assert size_in(text) is not None and amount_in(text) is not None


@pytest.mark.parametrize("digits", [20, 26, 40, 400])
def test_a_long_number_is_masked(digits: int) -> None:
    text = _masked(f"暁光製作所の管理番号は {'1' * digits} で、見積は1,234万円だった。")
    assert "1,234" not in text and "暁光" not in text


@pytest.mark.parametrize("part", REPEATED)
def test_a_customer_may_be_called_anything(part: str) -> None:
    assert names_of(f"a{part * (5_000 // len(part))}b")


@pytest.mark.parametrize(
    "amount",
    [
        "1万 2 3万",
        "1億 2,345万 678円",
        "三千五百六万",
        "1億2千万3,000円",
        "¥3,000 300人",
        "1,,234万",
        "10~12万円",
    ],
)
def test_amounts_of_several_parts_are_hidden(amount: str) -> None:
    text = _masked(f"見積は{amount}と言った。")
    assert "万" not in text and "億" not in text and "¥3" not in text
