"""The page of similar deals: asked by form or address, corrected, shared, never surprised by what is pasted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from io import BytesIO
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from tests.app.api.test_deals import FILES
from tests.app.conftest import MakeClient

PLAYBOOK = "industries:\n  - {name: 食品, en: Food}\n  - {name: 物流, en: Logistics}\n"


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> Iterator[TestClient]:
    yield make_client({**FILES, "playbook.yaml": PLAYBOOK})


def _page(client: TestClient, address: str, language: str = "ja") -> str:
    answer = client.get(address, headers={"accept": "text/html", "accept-language": language})
    assert answer.status_code == 200
    return answer.text


def test_the_start_page_is_a_form_with_choices_and_examples(client: TestClient) -> None:
    page = _page(client, "/deals/similar")
    assert "似た商談を探す" in page and 'value="食品"' in page and 'value="deals/c"' in page
    assert "冷凍倉庫、競合のほうが安い" in page
    assert "Find similar deals" in _page(client, "/deals/similar", "en")


def test_facts_lead_to_an_address_that_can_be_shared_and_notes_stay_out_of_it(client: TestClient) -> None:
    answer = client.post("/deals/similar", data={"size": "120名"}, follow_redirects=False)
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["location"]).query) == {"size": ["120名"]}
    noted = {"text": "食品工場の紙の記録", "size": "120名", "in_industry": "食品"}
    answer = client.post("/deals/similar", data=noted, headers={"accept-language": "ja"}, follow_redirects=False)
    assert answer.status_code == 200 and "アドレスに含まれず" in answer.text
    assert not re.search(r'(href|action)="[^"]*text=', answer.text)
    assert "似た受注" in answer.text and "似た失注" in answer.text and "メモから読み取り" in answer.text
    assert "条件の近い受注1件と失注1件を比べています。" in answer.text


def test_what_was_read_can_be_corrected(client: TestClient) -> None:
    first = client.post("/deals/similar", data={"text": "食品工場の紙の記録"}).text
    mark = first.split('name="read" value="')[1].split('"')[0]
    corrected = {"text": "食品工場の紙の記録", "industry": "物流", "read": mark}
    again = client.post("/deals/similar", data=corrected).text
    assert "業種: 物流" in again and "メモから読み取り" not in again
    none = client.post("/deals/similar", data={"text": "食品工場の紙の記録", "read": mark}).text
    assert "業種: " not in none


def _form(page: str) -> dict[str, list[str]]:
    """Return what a browser would send of the form."""
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page.split('id="asking"')[1].split("</form>")[0]):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "checkbox" not in tag or " checked" in tag:
            fields.setdefault(said["name"], []).append(unescape(said.get("value", "")))
    return fields


def test_each_thing_understood_can_be_taken_away(client: TestClient) -> None:
    text = "食品工場の紙の記録"
    page = _page(client, f"/deals/similar?text={text}&size=120")
    assert 'name="drop" value="industry:食品"' in page and 'name="drop" value="size:120"' in page
    left = client.post("/deals/similar", data={**_form(page), "text": text, "drop": "industry:食品"})
    assert "業種: 食品" not in left.text and 'value="size:120"' in left.text


def test_what_the_entry_of_a_deal_says_can_be_corrected(client: TestClient) -> None:
    form = _form(_page(client, "/deals/similar?deal=deals/c"))
    assert form["industry"] == ["食品"] and form["size"] == ["120"]
    page = client.post("/deals/similar", data={**form, "deal": "deals/c", "industry": [], "size": "60名"}).text
    assert "業種: " not in page and 'value="size:60"' in page and 'value="deal:"' in page


def test_another_deal_brings_its_own_facts_and_keeps_the_stated_ones(client: TestClient) -> None:
    form = _form(_page(client, "/deals/similar?text=食品工場の紙の記録&lead_source=展示会"))
    assert form["industry"] == ["食品"]
    page = client.post("/deals/similar", data={**form, "text": "物流倉庫の荷待ち"}).text
    assert "業種: 食品" not in page and "業種: 物流" in page and "流入元: 展示会" in page


def test_numbers_are_read_as_people_write_them_or_named_as_unread(client: TestClient) -> None:
    page = _page(client, "/deals/similar?text=紙の記録&amount=420万円&size=100〜300")
    assert 'value="amount:4200000"' in page
    assert "「100〜300」は整数として読めません" in page and 'value="100〜300"' in page and 'value="size:' not in page
    dollars = _page(client, "/deals/similar?text=紙の記録&amount=$48,000")
    assert 'value="amount:USD 48000"' in dollars and 'value="USD 48000"' in dollars and "$48,000" in dollars


def test_a_difference_says_out_of_how_many_and_opens_its_deals(client: TestClient) -> None:
    middle = _page(client, "/deals/similar?deal=deals/c").split('id="difference"')[1].split('aria-labelledby="lost"')[0]
    assert "受注1件中1件・失注1件中0件" in middle and 'href="/entries/deals/a"' in middle


def test_the_page_of_a_deal_is_named_after_it(client: TestClient) -> None:
    page = _page(client, "/deals/similar?deal=deals/c")
    assert "<title>商談: " in page and 'value="deals/c" selected' in page


def test_notes_beyond_the_limit_are_kept_in_the_form_with_a_word(client: TestClient) -> None:
    answer = client.post("/deals/similar", data={"text": "あ" * 20_001})
    assert answer.status_code == 413
    assert "上限は20,000文字" in answer.text and "あ" * 20_001 in answer.text


def test_an_existing_deal_is_compared_and_an_unknown_one_is_not_found(client: TestClient) -> None:
    assert "deals/a" in _page(client, "/deals/similar?deal=deals/c")
    answer = client.get("/deals/similar?deal=deals/none", headers={"accept": "text/html"})
    assert answer.status_code == 404


def test_a_deal_leads_to_its_comparison(client: TestClient) -> None:
    assert "/deals/similar?deal=deals%2Fc" in _page(client, "/entries/deals/c")


def test_what_is_pasted_stays_text(client: TestClient) -> None:
    page = client.post("/deals/similar", data={"text": "</textarea><script>alert(1)</script>"}).text
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_nothing_in_the_page_needs_inline_styles_or_scripts(client: TestClient) -> None:
    page = _page(client, "/deals/similar?text=紙の温度記録")
    assert " style=" not in page and "<script>" not in page and " onclick" not in page


def test_an_address_with_nonsense_is_still_a_page(client: TestClient) -> None:
    assert "似た商談" in _page(client, "/deals/similar?size=abc&amount=-&industry=&k=9&text=%0B")


def test_the_deals_to_compare_with_can_be_narrowed(client: TestClient) -> None:
    asked = {"size": "120", "in_industry": "食品", "date_from": "2020-01-01"}
    address = client.post("/deals/similar", data=asked, follow_redirects=False).headers["location"]
    page = _page(client, address)
    assert "in_industry=" in address and "比べる範囲" in page and re.search(r"業種:\s+食品", page)
    assert "似た受注" in page


def test_a_scope_without_deals_says_so_and_leads_out_of_it(client: TestClient) -> None:
    page = _page(client, "/deals/similar?text=食品工場の紙の記録&date_from=2090-01-01")
    assert "この範囲に、比べられる商談がありません" in page and "すべての商談と比べる" in page
    assert 'id="won"' not in page and 'name="drop" value="within:"' in page
    sent = {**_form(page), "date_from": "2090-01-01", "text": "食品工場の紙の記録", "drop": "within:"}
    assert 'id="won"' in client.post("/deals/similar", data=sent).text
    assert "No deal matches these filters" in _page(client, "/deals/similar?text=x&date_from=2090-01-01", "en")


def test_a_day_that_is_none_narrows_nothing(client: TestClient) -> None:
    assert "似た受注" in _page(client, "/deals/similar?text=食品工場の紙の記録&date_from=soon")


def test_what_to_try_stands_first_with_the_line_to_say_and_the_rate_last(make_client: MakeClient) -> None:
    said = "---\ntitle: 見学の話\nkind: talk-track\n---\n## 話す一文\n> 一度、現場を見ませんか。\n"
    deal = "---\nkind: deal\noutcome: {end}\nindustry: 食品\nsize: 180\nused: [{used}]\n---\n紙の記録が探せない。\n"
    files = {"playbook.yaml": PLAYBOOK, "talk-tracks/visit.md": said}
    files |= {f"deals/w{n}.md": deal.format(end="won", used="talk-tracks/visit") for n in range(7)}
    files |= {f"deals/l{n}.md": deal.format(end="lost", used="") for n in range(3)}
    page = _page(make_client(files), "/deals/similar?text=食品工場、190名、約400万円。紙の記録")
    order = [
        'class="understood"',
        'id="next"',
        'id="won"',
        'id="difference"',
        'id="lost"',
        'class="pairs"',
        'id="rate"',
    ]
    assert [page.index(part) for part in order] == sorted(page.index(part) for part in order)
    first = page.split('class="suggested"')[1].split("</li>")[0]
    assert 'data-copy="一度、現場を見ませんか。"' in first and "似た受注7件のうち7件で使われ、似た失注3件では" in first
    assert "190名" in page and "400万円" in page and page.count("メモから読み取り") >= 3
    assert "受注7件中7件・失注3件中0件" in page and "7件を" not in page.split("条件の近い受注7件と失注3件")[0]
    assert "食品が同じ、規模が近い" in page and "類似度" not in page
    middle = page.split('id="difference"')[1].split('aria-labelledby="lost"')[0]
    assert middle.index("受注に傾くもの") < middle.index("見学の話") < middle.index("失注に傾くもの")


def test_the_proposal_note_is_copied_and_saved_as_markdown_and_word(client: TestClient) -> None:
    form = {"text": "食品工場の紙の記録"}
    markdown = client.post("/deals/similar/memo.md", data=form)
    assert markdown.headers["content-disposition"].endswith('.md"') and "## 似た受注" in markdown.text
    assert markdown.text.startswith("# 提案メモ ") and "業種: 食品" in markdown.text
    assert escape(markdown.text.splitlines()[0]) in client.post("/deals/similar", data=form).text
    word = client.post("/deals/similar/memo.docx", data=form)
    with ZipFile(BytesIO(word.content)) as archive:
        written = archive.read("word/document.xml").decode()
    assert "提案メモ" in written and "業種: 食品" in written
    empty = client.post("/deals/similar/memo.md", data={}, follow_redirects=False)
    assert (empty.status_code, empty.headers["location"]) == (303, "/deals/similar")
    assert client.post("/deals/similar/memo.pdf", data=form).status_code == 422


def test_where_nothing_is_similar_nothing_is_compared(client: TestClient) -> None:
    page = _page(client, "/deals/similar?industry=宇宙")
    assert "よく似た商談は見つかりませんでした" in page
    assert 'class="pairs"' not in page and 'id="difference"' not in page and "を比べています" not in page
    found = client.post("/api/v1/deals/similar", json={"industry": ["宇宙"]}).json()
    assert (found["confidence"], found["contrast"], found["pairs"]) == ("none", [], [])


def _many(count: int, decides: bool) -> dict[str, str]:
    """Return decided deals of two industries; the industry decides, or every second deal of both is won."""
    deal = "---\nkind: deal\noutcome: {end}\nindustry: {industry}\n---\n本文\n"
    ends = ("won", "lost")
    return {
        f"deals/{n:03}.md": deal.format(
            industry=("食品", "物流")[n % 2], end=ends[n % 2 if decides else n // 2 % 2]
        )
        for n in range(count)
    }  # fmt: skip


def _measured(client: TestClient, **asked: str) -> tuple[str, dict[str, object]]:
    services = client.app.state.services  # type: ignore[attr-defined]
    services.library.deals.measure_foretelling(services.settings.strength)
    answer = client.post("/api/v1/deals/similar", json={"industry": "食品", **asked}).json()
    return _page(client, "/deals/similar?industry=食品"), answer["foretelling"]


def test_where_similar_deals_foretell_the_page_begins_with_their_rate(make_client: MakeClient) -> None:
    page, found = _measured(make_client(_many(60, decides=True)))
    assert found["verdict"] == "foretells" and (found["decided"], found["asked"]) == (60, 60)
    assert page.index('id="rate"') < page.index('id="next"') and page.count('id="rate"') == 1
    assert "見通しの目安になります" in page and "受注率の目安" in page


def test_where_they_do_not_the_rate_comes_last_and_says_so(make_client: MakeClient) -> None:
    page, found = _measured(make_client(_many(60, decides=False)))
    assert found["verdict"] == "does-not"
    assert page.index('id="rate"') > page.index('id="next"')
    assert "見通しの目安になりません" in page and "この商談の見通しには使えません" in page


def test_before_it_is_measured_the_page_says_so(make_client: MakeClient) -> None:
    page = _page(make_client(_many(60, decides=True)), "/deals/similar?industry=食品")
    assert "いま確かめています" in page and "見通しには使えません" not in page
    few, found = _measured(make_client(_many(20, decides=True)))
    assert found["verdict"] == "too-early" and "50件になると、過去の商談で試します（いまは20件）" in few


def test_it_is_measured_again_only_when_the_base_has_changed_by_a_tenth(make_client: MakeClient) -> None:
    client = make_client(_many(60, decides=True))
    deals = client.app.state.services.library.deals  # type: ignore[attr-defined]
    assert deals.measure_foretelling() is not None and deals.measure_foretelling() is None
    assert deals.measure_foretelling(strength=4.0) is not None
