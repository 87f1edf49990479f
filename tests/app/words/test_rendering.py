"""What an author wrote becomes a page that is safe, keeps to the site and shows everything that can be read."""

from __future__ import annotations

import re

import pytest

from app.words.rendering import Rendered, link_address, marked, render_body, spoken_line

PLACE = "deals/aoba.md"


def _html(body: str, title: str = "") -> str:
    return str(render_body(body, PLACE, title).html).strip()


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("sumire.md", "/entries/deals/sumire"),
        ("../notes/price.md", "/entries/notes/price"),
        ("/notes/price.md", "/entries/notes/price"),
        ("/entries/notes/price.md", "/entries/notes/price"),
        ("/%2Fexample.com/a.md", "/entries/example.com/a"),
        ("../../../etc/x.md", "/entries/etc/x"),
        ("sumire.MD#敗因", "/entries/deals/sumire#s-%E6%95%97%E5%9B%A0"),
        ("#決め手", "#s-%E6%B1%BA%E3%82%81%E6%89%8B"),
        ("/entries/notes/price", "/entries/notes/price"),
        ("offer.pdf", ""),
        ("/scoreboard", ""),
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("//example.com/a", "https://example.com/a"),
        ("mailto:sales@example.com", "mailto:sales@example.com"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("", ""),
    ],
)
def test_a_link_leads_to_an_entry_or_out_and_nowhere_else(written: str, address: str) -> None:
    assert link_address(written, "deals") == address


def test_only_a_link_that_leaves_the_site_opens_beside_it_and_says_nothing_of_where_it_was() -> None:
    out, inside = _html("[外](https://example.com/)"), _html('[中](sumire.md "失注")')
    assert 'target="_blank"' in out and 'rel="noopener noreferrer nofollow"' in out
    assert inside == '<p><a title="失注" href="/entries/deals/sumire">中</a></p>'


@pytest.mark.parametrize("body", ["[表](offer.pdf)", "[x](<data:text/html,x>)", "<javascript:alert(1)>"])
def test_a_link_that_leads_nowhere_keeps_its_words(body: str) -> None:
    shown = _html(body)
    assert "href" not in shown and re.search("表|text/html|alert", shown)


@pytest.mark.parametrize("address", ["https://example.com/tracker.gif", "shop floor.png", "javascript:x"])
def test_a_picture_is_its_description_and_loads_nothing(address: str) -> None:
    shown = _html(f"前 ![現場の写真](<{address}>) 後")
    assert "<img" not in shown and "現場の写真" in shown


def test_a_picture_within_a_link_still_leads_there() -> None:
    assert _html("[![図](a.png)](sumire.md)") == '<p><a href="/entries/deals/sumire">[図]</a></p>'


def test_a_task_list_shows_what_is_done_without_boxes_nobody_can_tick() -> None:
    shown = _html("- [ ] 見積を送る\n- [x] 電話する\n  - [X] 折り返す\n")
    assert re.findall(r"([☐☑])\s*(\w+)", shown) == [("☐", "見積を送る"), ("☑", "電話する"), ("☑", "折り返す")]
    assert "<input" not in shown


@pytest.mark.parametrize(
    "body",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a <b onclick=x>b</b>", "<style>p{}</style>"],
)
def test_html_of_an_author_is_text(body: str) -> None:
    shown = _html(body)
    assert not any(tag in shown for tag in ("<script", "<img", "<b ", "<style")) and "&lt;" in shown


def test_headings_stand_below_the_page_s_own_and_each_has_an_anchor_of_its_own() -> None:
    shown = _html("# 要点\n## 価格 & 納期\n## 価格 & 納期\n###### 深い\n")
    assert [line for line in shown.splitlines() if line] == [
        '<h2 id="s-要点">要点</h2>',
        '<h3 id="s-価格-納期">価格 &amp; 納期</h3>',
        '<h3 id="s-価格-納期-2">価格 &amp; 納期</h3>',
        '<h6 id="s-深い">深い</h6>',
    ]


def test_a_first_heading_that_repeats_the_title_is_left_out_and_no_other_one() -> None:
    assert _html("# 題\n本文", "題") == "<p>本文</p>"
    assert "別の題</h2>" in _html("# 別の題\n本文", "題")
    assert "題</h3>" in _html("## 題\n本文", "題")


def test_a_table_scrolls_keeps_its_columns_level_and_has_no_header_without_words() -> None:
    shown = _html("| | 円 |\n|---|--:|\n| 初年度 | 10 |\n")
    assert shown.startswith('<div class="scroll" tabindex="0"><table>') and shown.endswith("</table></div>")
    assert '<th class="right">円</th>' in shown and '<td class="right">10</td>' in shown
    assert "<td></td>" in shown and "style" not in shown


TRACK = "まえがき\n\n## 話す一文\n> 何と*比べて*の高いでしょうか。\n\n## 使い方\n> 別の引用\n"


def test_the_sentence_to_say_stands_apart_with_its_heading() -> None:
    shown = render_body(TRACK, PLACE, spoken_apart=True)
    assert shown.spoken == spoken_line(TRACK) == "何と比べての高いでしょうか。"
    assert "話す一文" not in shown.html and "高いでしょうか" not in shown.html
    assert "まえがき" in shown.html and "別の引用" in shown.html


def test_the_heading_of_the_sentence_stays_where_more_stands_below_it() -> None:
    shown = render_body("## The line\n> Compared with what?\n\nSay it slowly.\n", PLACE, spoken_apart=True)
    assert shown.spoken == "Compared with what?"
    assert "The line</h3>" in shown.html and "Say it slowly." in shown.html and "Compared" not in shown.html


@pytest.mark.parametrize(
    "body", ["", "> 引用", "## 話す一文\n本文だけ\n", "## 別\n> 引用\n", "## 話す一文\n- > 中の引用\n"]
)
def test_a_text_without_a_sentence_to_say_is_shown_whole(body: str) -> None:
    assert render_body(body, PLACE, spoken_apart=True) == Rendered(render_body(body, PLACE).html, "")
    assert spoken_line(body) == ""


def test_what_was_asked_for_is_marked_and_the_rest_is_text() -> None:
    assert marked("<価格>は高い", [(1, 3), (5, 7)]) == "&lt;<mark>価格</mark>&gt;は<mark>高い</mark>"
    assert marked("<価格>", []) == "&lt;価格&gt;"
