"""The deal of a customer one asks about stands before what only mentions that customer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from app.library import make_library
from app.settings import Settings
from ingest.sync import sync
from kb.search.answer import Answer
from tests.words import WordEmbedder, note, write

DEAL = "青葉精工の話。値段で負けた。"
MENTIONS = {
    "campaigns/visit.md": note(
        "青葉精工の工場見学会", "青葉精工の工場を見学した。青葉精工の現場を見る。", kind="campaign"
    ),
    "talk-tracks/visit.md": note("青葉精工の見学を段取りする", "青葉精工の商談で話す。", kind="talk-track"),
}


def _first(folder: Path, files: Mapping[str, str], question: str) -> str:
    return _answer(folder, files, question).hits[0].entry.id


def _answer(folder: Path, files: Mapping[str, str], question: str) -> Answer:
    for path, text in files.items():
        write(folder / "entries", path, text)
    library = make_library(Settings(entries=folder / "entries", data=folder / "var"), WordEmbedder())
    library.with_index(partial(sync, folder=folder / "entries"))
    library.refresh()
    found = library.search.answer(question)
    library.close()
    return found


@pytest.mark.parametrize("question", ["青葉精工", "青葉", "青葉の件", "青葉精工の商談", "青葉精工に負けたのはなぜ？"])
def test_the_deal_of_the_customer_stands_first(tmp_path: Path, question: str) -> None:
    deal = note("値段で負けた日", DEAL, kind="deal", customer="青葉精工株式会社", outcome="lost")
    assert _first(tmp_path, {**MENTIONS, "deals/loss.md": deal}, question) == "deals/loss"


@pytest.mark.parametrize("question", ["株式会社青葉精工", "青葉精工さん", "青葉精工の商談", "青葉精"])
def test_what_people_call_a_customer_is_as_sure_as_the_name(tmp_path: Path, question: str) -> None:
    deal = note("値段で負けた日", DEAL, kind="deal", customer="青葉精工", outcome="lost")
    answer = _answer(tmp_path, {**MENTIONS, "deals/loss.md": deal}, question)
    assert (answer.hits[0].entry.id, answer.hits[0].band, answer.confidence) == ("deals/loss", "strong", "strong")


def test_a_title_many_deals_share_names_none_of_them(tmp_path: Path) -> None:
    deals = {f"deals/{n}.md": note("新規導入", f"話{n}。", kind="deal", outcome="won") for n in range(11)}
    guide = note("導入の進め方", "新規導入の進め方。新規導入の手順と新規導入の注意。")
    assert _first(tmp_path, {**deals, "notes/guide.md": guide}, "新規導入の進め方") == "notes/guide"
