"""Forms and files that no page would send: each is answered, and nothing is lost."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from markdown_it import MarkdownIt
from starlette.testclient import TestClient

from app.pages.writing.exports import MOST_COLUMNS
from app.words.sheet import Section, Sheet, to_docx, to_markdown
from tests.app.conftest import MakeClient

JA = {"accept-language": "ja", "accept": "text/html"}
ODD_TEXTS = (
    "a\n# b", "<script>alert(1)</script>", "*a* _b_ `c` [d](e)", "&lt;a&gt;", "# a", "> a", "- a", "1. a", "1) a",
    "---", "~~a~~", "a\\", "a_b", "3.5%", "-10%", "![a](b)",
)  # fmt: skip


@pytest.mark.parametrize("address", ["http://[/?q=a", "//[?q=a", "http://]/?q=a#[", "?q=%ED%A0%80", "[", "/?q=%00"])
def test_an_address_that_is_none_is_reported_all_the_same(client: TestClient, address: str) -> None:
    answer = client.post("/gaps/report", data={"address": address}, headers=JA, follow_redirects=False)
    assert answer.status_code == 303 and "reported=1" in answer.headers["location"]


@pytest.mark.parametrize("sent", [{"data": {"a": "b"}}, {"data": {"name": "a.md"}}, {"files": {"a": b"b"}}])
def test_saving_no_files_says_so(client: TestClient, sent: dict[str, dict[str, str]]) -> None:
    answer = client.post("/new/files/save", headers=JA, **sent)  # type: ignore[arg-type]
    assert answer.status_code == 200 and "ファイルがありません" in answer.text and "/new/files" in answer.text


@pytest.mark.parametrize("manifest", ["[" * 100_000, '{"a\\u0000b": "x"}', '{"\\ud800": "x"}', '{"a": 1', "[]"])
def test_a_broken_list_of_samples_removes_nothing(make_client: MakeClient, manifest: str) -> None:
    client = make_client({"notes/a.md": "# a\n", ".sample.json": manifest})
    folder: Path = client.app.state.services.settings.entries  # type: ignore[attr-defined]
    assert client.post("/sample", data={"do": "remove"}, headers=JA).status_code == 200
    assert (folder / "notes/a.md").exists() and not (folder / ".sample.json").exists()


def test_a_note_for_word_has_no_sign_that_xml_refuses(client: TestClient) -> None:
    odd = "a\ufffe\uffff\x0b\nb"
    answer = client.post("/deals/similar/memo.docx", data={"text": f"価格 {odd}", "competitor": odd}, headers=JA)
    assert answer.status_code == 200 and Document(BytesIO(answer.content)).paragraphs
    signs = "".join(map(chr, [*range(0x20), *range(0x7F, 0x100), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x10FFFF]))
    assert to_docx(Sheet(signs, (Section(signs, (signs,)),)))


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_a_note_as_markdown_reads_as_it_was_typed(text: str) -> None:
    tokens = MarkdownIt().enable("strikethrough").parse(to_markdown(Sheet(f"t {text}", (Section(text, (text, text)),))))
    kinds = [token.type for token in tokens if token.type.endswith("_open")]
    assert kinds == ["heading_open", "heading_open", "bullet_list_open", *["list_item_open", "paragraph_open"] * 2]
    shown = ["".join(one.content for one in token.children or ()) for token in tokens if token.type == "inline"]
    line = " ".join(text.split())
    assert shown == [f"t {line}", line, line, line]
    assert {one.type for token in tokens for one in token.children or ()} <= {"text", "text_special"}


def test_a_table_of_many_columns_is_not_listed_in_full(client: TestClient) -> None:
    head = ",".join(["商談ID", "商談名", *(f"c{n}" for n in range(2_000))])
    files = [("files", ("deals.csv", f"{head}\nD-1,a\n".encode(), "text/csv"))]
    page = client.post("/new/files", files=files, headers=JA).text
    assert f"c{MOST_COLUMNS - 3}<" in page and f"c{MOST_COLUMNS - 2}<" not in page  # after the two that are used
    assert f"ほか{2_002 - MOST_COLUMNS:,}" in page
