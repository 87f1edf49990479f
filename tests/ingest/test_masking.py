"""Deals are rewritten for those who may not read customer, amount or contacts: nothing stays, nothing else changes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Document
from ingest.masked_deals import masks_of
from ingest.masked_letters import squeezed
from ingest.masking import Masks, Rewritten
from ingest.parse import parse_entry
from ingest.playbook_file import parse_playbook
from kb.entry import Entry
from kb.playbook import Playbook
from kb.viewer import OPERATOR, Viewer

TODAY = date(2026, 11, 28)
RULE = "{what: [customer, amount, contact], teams: [marketing]}"
MARKETER = Viewer("p1", "小川", "author", frozenset({"marketing"}), frozenset({"小川"}))
FRONT = "業種: [食品]\n規模: 300名\n結果: 受注\n成約日: 2026-10-01\n"
LABEL = "食品・300名の会社"


def playbook(*rules: str, more: str = "") -> Playbook:
    found, problems = parse_playbook(more + "masking:\n" + "".join(f"  - {rule}\n" for rule in rules or (RULE,)))
    assert problems == ()
    return found


def deal(
    customer: str, body: str = "本文です。", *, front: str = FRONT, path: str = "deals/aoba-2026.md"
) -> tuple[str, str]:
    return path, f"---\ntitle: 点検の話\n種別: 商談\n顧客: {customer}\n{front}---\n{body}\n"


def entries_of(files: list[tuple[str, str]], book: Playbook) -> list[Entry]:
    return [parse_entry(text, path, book).entry for path, text in files]


def masks(*files: tuple[str, str], book: Playbook | None = None, viewer: Viewer = MARKETER) -> Masks:
    book = book or playbook()
    found = masks_of(entries_of([*files], book), book, viewer, TODAY, b"key")
    assert found is not None
    return found


def shown(file: tuple[str, str], *others: tuple[str, str], book: Playbook | None = None) -> Rewritten:
    found = masks(file, *others, book=book).rewritten(Document.of(file[1]), file[0])
    assert found is not None
    return found


def body_of(rewritten: Rewritten) -> str:
    return Document.of(rewritten.text).body.removesuffix("\n")


SPELLINGS = [
    "青葉商事", "株式会社青葉商事", "青葉商事株式会社", "㈱青葉商事", "青葉商事(株)", "青葉商事（株）", "青葉 商事",
    "青葉\n商事", "靑葉商事",
    "**青葉商事**", "青葉**商事**", "青葉&#21830;事",
    "%E9%9D%92%E8%91%89%E5%95%86%E4%BA%8B", "青葉\u200b商事", "青葉\\_商事",
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_customer_is_hidden_in_every_spelling(spelling: str) -> None:
    told = body_of(shown(deal("株式会社青葉商事", f"きのう{spelling}様と話した。")))
    assert squeezed("青葉商事") not in squeezed(told)
    assert told.startswith("きのう") and told.endswith("様と話した。")
    assert LABEL in told and "株" not in told


@pytest.mark.parametrize(
    ("customer", "spelling"),
    [
        ("アオバトレーディング", "ｱｵﾊﾞﾄﾚｰﾃﾞｨﾝｸﾞ"), ("アオバ・トレーディング", "アオバトレーディング"),
        ("キャノピー工業", "キヤノピー工業"), ("あおぞら農園", "アオゾラ農園"), ("青葉商事", "アオバショウジ"),
        ("青葉商事", "aoba-shoji"), ("青葉商事", "AobaShouji"), ("髙橋製作所", "高橋製作所"),
        ("Aoba Trading Co., Ltd.", "AOBA TRADING"), ("Northwind Inc.", "ＮＯＲＴＨＷＩＮＤ"),
        ("Aoba Trading", "Aoba Trading, Inc."),
        ("青葉商事（アオバ）", "アオバ"), ("青葉商事 様", "青葉商事"), ("青葉商事（東京支店）", "青葉商事"),
    ],
)  # fmt: skip
def test_a_customer_is_hidden_as_people_write_it(customer: str, spelling: str) -> None:
    told = body_of(shown(deal(customer, f"明日、{spelling} に行く。")))
    assert told in (f"明日、{LABEL} に行く。", f"明日、{LABEL}に行く。")


def test_a_short_form_is_hidden_in_the_own_notes_and_beside_a_honorific_elsewhere() -> None:
    own = deal("青葉商事", "青葉は迷った。青葉区の店。")
    track = ("talk-tracks/a.md", "---\ntitle: 話\n---\n青葉様に話した。青葉の季節。\n")
    assert body_of(shown(own, track)) == f"{LABEL}は迷った。青葉区の店。"
    assert body_of(shown(track, own)) == f"{LABEL}様に話した。青葉の季節。"


def test_a_usual_word_as_a_name_does_not_spoil_other_texts() -> None:
    own = deal("みらい", "みらいは迷った。")
    other = deal("Target Inc.", path="deals/t.md")
    text = "みらいを考える。みらい社会。on target. 株式会社みらいと Target, Inc. に話した。"
    track = ("talk-tracks/a.md", f"---\ntitle: 話\n---\n{text}\n")
    assert body_of(shown(own, track)) == f"{LABEL}は迷った。"
    assert body_of(shown(track, own, other)) == f"みらいを考える。みらい社会。on target. {LABEL}と {LABEL} に話した。"


def test_a_name_within_another_word_is_none() -> None:
    track = ("talk-tracks/a.md", "---\ntitle: 話\n---\n春日立つ。トヨマタ川、カトヨマ。acmestic ideas. 日立町\n")
    own = [deal(name, path=f"deals/{at}.md") for at, name in enumerate(["トヨマ", "acme"])]
    assert shown(track, *own).text == track[1]


def test_aliases_of_the_deal_and_of_the_playbook_are_hidden() -> None:
    book = playbook(more="synonyms:\n  - [青葉商事, グリーンリーフ]\n  - [点検, 巡回]\n")
    own = deal("青葉商事", "グリーンリーフとアオソーコの話。", front=f"{FRONT}略称: アオソーコ\n")
    assert body_of(shown(own, book=book)) == f"{LABEL}と{LABEL}の話。"
    assert masks(own, book=book).playbook(book).synonyms == (("点検", "巡回"),)


def test_front_matter_links_and_addresses_lead_nowhere() -> None:
    front = f"{FRONT}CRM番号: D-0108\nwebsite: https://aoba.example.jp\n法人番号: 1234567890123\n"
    front += "タグ: [点検, 青葉商事]\nmemo: 青葉商事の件\n"
    body = "https://crm.example.com/D-0108 [会社](https://aoba.example.jp/x) と info@aoba.example.jp、D-0108。"
    found = shown(deal("青葉商事", body, front=front))
    entry = parse_entry(found.text, found.path, Playbook()).entry
    assert entry.deal is not None and entry.deal.customer == LABEL and entry.deal.crm_id == ""
    assert entry.tag == ("点検",) and entry.extra == (("memo", f"{LABEL}の件"),)
    assert body_of(found) == "（リンクは非公開） [会社](#) と （連絡先は非公開）、（番号は非公開）。"
    track = ("notes/a.md", "# 前に話したこと\nhttps://www.aoba.example.jp/y と https://example.org/z と D-0108\n")
    told = shown(track, deal("青葉商事", body, front=front))
    assert told.text == "# 前に話したこと\n（リンクは非公開） と https://example.org/z と （番号は非公開）\n"


def test_ids_paths_and_links_are_others_and_stay_the_same() -> None:
    own, note = deal("青葉商事", path="deals/aobashoji-2026.md"), ("notes/青葉商事-議事録.md", "本文\n")
    text = "---\ntitle: 話\nrelated: [deals/aobashoji-2026, notes/青葉商事-議事録]\n---\n"
    text += "[商談](../deals/aobashoji-2026.md) [[aobashoji-2026]]\n"
    found = masks(own, note, ("talk-tracks/a.md", text))
    ids = [r.path.removesuffix(".md") for path, t in (own, note) if (r := found.rewritten(Document.of(t), path))]
    told = found.rewritten(Document.of(text), "talk-tracks/a.md")
    assert told is not None
    entry = parse_entry(told.text, told.path, Playbook()).entry
    assert list(entry.related) == ids and entry.id == "talk-tracks/a"
    assert entry.body == f"[商談](../{ids[0]}.md) [[{ids[0].removeprefix('deals/')}]]\n"
    assert found.real_path(ids[0]) == own[0] and found.real_path("deals/aobashoji-2026") is None
    again = masks(own, note).rewritten(Document.of(own[1]), own[0])
    assert again is not None and again.path == f"{ids[0]}.md"
    titled = found.rewritten(Document.of(note[1]), note[0])
    assert titled is not None and parse_entry(titled.text, titled.path, Playbook()).entry.title == f"{LABEL}-議事録"


AMOUNTS = [
    "約300万円", "300万", "¥3,000,000", "３００万円程度", "300〜500万円", "2億4,000万円",
    "三百万円", "数百万円", "$48K", "EUR 1.234,50", "1200000円", "△300万円",
]  # fmt: skip


@pytest.mark.parametrize("amount", AMOUNTS)
def test_amounts_are_hidden_in_every_notation(amount: str) -> None:
    own = deal(
        "青葉商事", f"見積は{amount} だった。300名で10万件。", front=f"{FRONT}金額: 1,200万円\n年間予算: 3000000\n"
    )
    found = shown(own, book=playbook("{what: amount, teams: [marketing]}"))
    entry = parse_entry(found.text, found.path, Playbook()).entry
    assert body_of(found) == "見積は（金額は非公開） だった。300名で10万件。"
    assert entry.deal is not None and entry.deal.amount is None and entry.extra == ()
    assert entry.deal.customer == "青葉商事" and found.path == own[0]


def test_amounts_beside_the_customer_are_hidden_elsewhere_too() -> None:
    track = ("notes/a.md", "# 話\n青葉商事は1,200万円。\n\n別の会社は500万円。\n")
    assert shown(track, deal("青葉商事")).text == f"# 話\n{LABEL}は（金額は非公開）。\n\n別の会社は500万円。\n"


def test_contacts_are_hidden() -> None:
    front = f"{FRONT}先方窓口: 田中 太郎 部長、鈴木様\n電話: 03-1234-5678\n"
    own = deal(
        "青葉商事", "田中部長と鈴木さん、佐々木課長。0312345678 と taro@example.com。佐藤さんが担当。", front=front
    )
    book = playbook("{what: 連絡先, roles: [author]}")
    told = "（先方の担当者）部長と（先方の担当者）さん、（先方の担当者）課長。"
    told += "（連絡先は非公開） と （連絡先は非公開）。佐藤さんが担当。"
    assert body_of(shown(own, book=book)) == told
    track = ("notes/a.md", "# 話\n田中太郎さんと田中さん。taro@example.com か info@example.com。\n")
    assert (
        shown(track, own, book=book).text
        == "# 話\n（先方の担当者）さんと田中さん。（連絡先は非公開） か info@example.com。\n"
    )


def test_a_situation_without_industry_or_size_still_names_nobody() -> None:
    assert body_of(shown(deal("青葉商事", "青葉商事", front="結果: 失注\n"))) == "ある会社"
    assert body_of(shown(deal("青葉商事", "青葉商事", front="結果: 失注\n規模: 1200\n"))) == "従業員1,200名の会社"
    english = deal("Aoba Trading", "We met Aoba Trading again.", front="industry: Food\nsize: 300\noutcome: won\n")
    assert body_of(shown((english[0], english[1].replace("点検の話", "Checks")))) == (
        "We met a food company with 300 employees again."
    )


def test_a_deal_whose_customer_nobody_can_know_is_not_shown_at_all() -> None:
    file = deal("''", "凪ロジスティクスの話。")
    assert masks(file).rewritten(Document.of(file[1]), file[0]) is None
    broken = ("deals/b.md", "---\n- 青葉商事\n---\n話\n")
    assert masks(deal("青葉商事"), broken).rewritten(Document.of(broken[1]), broken[0]) is None


def test_another_deal_of_a_masked_customer_is_masked_and_an_own_one_is_not() -> None:
    book = playbook("{what: customer, teams: [marketing], until_days_after_end: 30}")
    new, old = (
        deal("青葉商事", front=f"{FRONT}".replace("2026-10-01", "2026-11-20")),
        deal("㈱青葉商事", path="deals/old.md"),
    )
    assert shown(old, new, book=book).path.startswith("deals/masked-")
    own = deal("青葉商事", "青葉商事の話。", front=f"{FRONT}担当: 小川\n", path="deals/own.md")
    found = masks(new, own, book=book).rewritten(Document.of(own[1]), own[0])
    assert found is not None and (found.path, found.text) == own


def test_nobody_else_is_masked() -> None:
    files = [deal("青葉商事")]
    book = playbook("{what: customer, teams: [marketing], until_days_after_end: 30}")
    entries = entries_of(files, book)
    assert masks_of(entries, book, MARKETER, TODAY, b"key") is None  # it ended 58 days ago
    assert masks_of(entries, playbook(), OPERATOR, TODAY, b"key") is None
    assert masks_of(entries, playbook(), Viewer("p2", "森", "author", frozenset({"sales"})), TODAY, b"key") is None
    assert masks_of(entries, Playbook(), MARKETER, TODAY, b"key") is None


_filler = st.text(alphabet="、。はをのと話した点検現場 \n#*->|ABz7", max_size=12)
_names = st.sampled_from(SPELLINGS)


@given(st.lists(st.tuples(_filler, _names), min_size=1, max_size=6), _filler)
def test_nothing_of_a_name_stays_and_the_rest_is_the_same(parts: list[tuple[str, str]], end: str) -> None:
    """Between any two letters and whatever the markup, and a second masking changes nothing."""
    text = "".join(f"{filler}、{name}。" for filler, name in parts) + end
    track = ("notes/a.md", text)
    found = masks(deal("青葉商事"), track)
    told = found.rewritten(Document.of(text), "notes/a.md")
    assert told is not None
    assert squeezed("青葉商事") not in squeezed(told.text)
    rest = [piece.strip("*") for piece in told.text.split(LABEL)]
    marks = [f"{filler}、" for filler, _ in parts]
    whole = [marks[0], *(f"。{mark}" for mark in marks[1:]), f"。{end}"]
    assert rest == [piece.strip("*") for piece in whole]
    again = found.rewritten(Document.of(told.text), told.path)
    assert again is not None and again.text == told.text


@given(st.text(max_size=80))
def test_a_text_without_names_stays_as_it_is(text: str) -> None:
    track = ("notes/a.md", f"# 話\n{text}")
    found = masks(deal("株式会社青葉商事"), track)
    document = Document.of(track[1])
    told = found.rewritten(document, "notes/a.md")
    assert told is not None and (told.path, told.text) == track
