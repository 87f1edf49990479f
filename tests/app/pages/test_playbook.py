"""The page of what both teams have agreed on shows all of it, in the reader's language, however little is filled in."""

from __future__ import annotations

import re

import pytest

from app.words.reader import Reader
from tests.app.conftest import MakeClient

FULL = """\
kgi: {name: 新規契約, en: New contracts, target: 120件, period: 上期, owner: 部長}
kpis:
  - {key: mql, name: 見込み客, en: Leads, target: 月90件, owner: 企画}
lead_stages:
  - {key: MQL, name: 認めた客, en: Qualified, conditions: [業種が合う, 予算がある]}
  - {key: SQL, name: 追う客, conditions: 次の約束がある}
sla:
  - {from: 企画, to: 営業, promise: すぐ渡す, en: Hand over}
angles:
  - {key: total-cost, ja: 総保有コスト, en: Total cost, aliases: [TCO, 総費用]}
reasons:
  lost:
    - {key: price, ja: 価格負け, en: Price}
"""
SHOWN = {
    "ja": ["新規契約", "見込み客", "認めた客", "すぐ渡す", "総保有コスト", "価格負け"],
    "en": ["New contracts", "Leads", "Qualified", "Hand over", "Total cost", "Price"],
}


def _main(make_client: MakeClient, playbook: str | None, locale: str = "ja") -> str:
    client = make_client({} if playbook is None else {"playbook.yaml": playbook}, indexed=False)
    answer = client.get("/playbook", headers={"accept": "text/html", "accept-language": locale})
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", answer.text[answer.text.index("<main") :])


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_part_is_shown_in_the_reader_s_language(make_client: MakeClient, locale: str) -> None:
    page = _main(make_client, FULL, locale)
    numbers = {"ja": ["120件", "月90件"], "en": [">120<", "90 a month"]}[locale]
    for words in [*SHOWN[locale], *numbers, "上期 · 部長", {"ja": "企画 → 営業", "en": "企画 → Sales"}[locale]]:
        assert words in page, words
    other = SHOWN["en" if locale == "ja" else "ja"]
    assert [words for words in other if re.search(rf">\s*{words}\s*<", page)] == []
    assert Reader.of(locale)("playbook.empty") not in page


def test_conditions_are_listed_one_by_one_or_as_the_sentence_they_are(make_client: MakeClient) -> None:
    page = _main(make_client, FULL)
    assert "<li>業種が合う</li><li>予算がある</li>" in page and "<p>次の約束がある</p>" in page


def test_an_angle_leads_to_what_was_written_on_it(make_client: MakeClient) -> None:
    page = _main(make_client, FULL)
    assert '<a href="/?angle=total-cost">総保有コスト</a>' in page and "TCO、総費用" in page


def test_what_has_no_english_wording_is_shown_as_it_was_agreed(make_client: MakeClient) -> None:
    assert "追う客" in _main(make_client, FULL, "en")


def test_what_is_left_open_is_left_empty_and_a_name_falls_back_on_its_key(make_client: MakeClient) -> None:
    parts = ("kgi: {name: 契約}", "kpis: [{key: mql}]", "lead_stages: [{key: SAL}]", "sla: [{promise: 渡す}]")
    page = _main(make_client, "\n".join(parts))
    for words in ("契約", '<th scope="row">mql</th> <td></td><td></td>', "<h3>SAL ", "渡す"):
        assert words in " ".join(page.split()), words
    assert "None" not in page


@pytest.mark.parametrize("playbook", [None, "", "# 準備中\n", "company: 架空\n"])
def test_a_page_with_nothing_to_show_says_so(make_client: MakeClient, playbook: str | None) -> None:
    assert Reader.of("ja")("playbook.empty") in _main(make_client, playbook)


def test_what_an_author_wrote_is_text_and_no_markup(make_client: MakeClient) -> None:
    page = _main(make_client, "kgi: {name: '<script>x</script>', target: '<b>'}\n")
    assert "<script>x" not in page and "&lt;script&gt;x" in page and "<b>" not in page
