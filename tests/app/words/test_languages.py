"""Pages speak the reader's language, also about problems and errors; everything else speaks English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from starlette.testclient import TestClient

from app import background
from app.words.catalogue import LOCALES, catalogue_of
from app.words.reader import Reader
from kb.search.answer import Band
from kb.wording import say, together
from tests.app.conftest import FILES, MakeClient

ROOT = Path(__file__).parents[3]
PAGE = {"accept": "text/html"}
ENGLISH_PAGE = {**PAGE, "accept-language": "en"}
BROKEN = """\
---
題名: 青葉精工
結果: 大勝利
決着日: 来週の金曜
理由:
  - {source: buyer}
使った話: [talk-tracks/prise]
---
本文。
"""


def patterns() -> Iterator[str]:
    """Yield the pattern of each sentence the code says."""
    for path in (path for package in ("kb", "ingest", "app") for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                pattern = ast.literal_eval(node.args[0])  # fails where it is not written out
                assert isinstance(pattern, str)
                yield pattern


def keys(locale: str) -> set[str]:
    ids = [message.id for message in catalogue_of(locale)]
    return {key if isinstance(key, str) else key[0] for key in ids} - {""}


def placeholders(pattern: str) -> list[tuple[str, str | None]]:
    return sorted((name, spec) for _, name, spec, _ in Formatter().parse(pattern) if name is not None)


def named_keys() -> Iterator[str]:
    """Yield each key that the code says by its name."""
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "reader", "_reader", "counted",
            ):  # fmt: skip
                asked = node.args[0] if node.args else None
                if isinstance(asked, ast.Constant):
                    yield str(asked.value)


def test_every_key_the_code_names_is_in_both_catalogues() -> None:
    named = set(named_keys())
    assert named - keys("en") == set()
    assert len(named) > 100


def test_every_sentence_has_a_japanese_one_and_no_translation_is_left_over() -> None:
    assert keys("ja") - keys("en") == set(patterns())
    assert keys("en") <= keys("ja")


@pytest.mark.parametrize("pattern", sorted(set(patterns())))
def test_a_translation_has_exactly_the_values_of_its_sentence(pattern: str) -> None:
    message = catalogue_of("ja").get(pattern)
    assert message is not None and isinstance(message.string, str)
    assert message.string
    assert placeholders(message.string) == placeholders(pattern)


def test_sentences_within_a_sentence_are_translated_too() -> None:
    hint = say("Did you mean '{value}'?", value="won")
    sentence = say(
        "{field}: {what}", field="結果", what=together(say("'{value}' is too large a number.", value=9), hint)
    )
    assert (
        Reader.of("ja").say(sentence)
        == "結果: 「9」は桁が多すぎます。数字を確かめてください。「won」ではありませんか？"
    )
    assert Reader.of("en").say(sentence) == sentence


def test_a_plain_text_is_said_as_it_is() -> None:
    assert Reader.of("ja").say("{braces} and 100%") == "{braces} and 100%"


@pytest.fixture(scope="module")
def broken(make_client: MakeClient) -> TestClient:
    return make_client({**FILES, "deals/broken.md": BROKEN})


def test_the_problems_page_speaks_japanese(broken: TestClient) -> None:
    page = broken.get("/problems", headers=PAGE).text
    for sentence in (
        "結果: 「大勝利」は使えません。「won」「lost」「no-decision」「open」のいずれかを書いてください。",
        "決着日: 「来週の金曜」は日付として読めません。2026-09-18、2026/9/18、2026年9月18日 のように書いてください。",
        "理由: どの項目にも code を書いてください。",
        "「talk-tracks/prise」という記録はありません。「talk-tracks/price」ではありませんか？",
    ):
        assert sentence in page
    assert "is not" not in page


def test_the_problems_page_speaks_english_to_who_asks_for_it(broken: TestClient) -> None:
    page = broken.get("/problems", headers=ENGLISH_PAGE).text
    assert "決着日: &#39;来週の金曜&#39; is not a valid date; write for example 2026-09-18" in page


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/entries/deals/none", 404, "「deals/none」という記録はありません。"),
        ("/?kind=deel", 422, "「deel」は kind に指定できません。talk-track, deal, campaign, content, note の"),
        ("/?q=" + "a" * 3000, 422, "質問が3,000文字あります。"),
    ],
)
def test_an_error_page_speaks_japanese(client: TestClient, path: str, status: int, sentence: str) -> None:
    response = client.get(path, headers=PAGE)
    assert response.status_code == status
    assert sentence in response.text


def test_the_page_of_an_unknown_address_has_no_english_words_of_the_framework(client: TestClient) -> None:
    response = client.get("/nothing", headers=PAGE)
    assert response.status_code == 404
    assert "見つかりません" in response.text
    assert "Not Found" not in response.text


def test_a_browser_with_a_foreign_host_reads_why_in_its_language(client: TestClient) -> None:
    japanese = client.get("/", headers={**PAGE, "host": "kb.example"})
    assert (japanese.status_code, japanese.headers["content-type"]) == (403, "text/plain; charset=utf-8")
    assert "「kb.example」というアドレスでは開けません。" in japanese.text
    assert "is not served here" in client.get("/", headers={**ENGLISH_PAGE, "host": "kb.example"}).text


def test_the_api_speaks_english_whatever_the_reader_prefers(broken: TestClient) -> None:
    japanese = {"accept-language": "ja"}
    messages = [problem["message"] for problem in broken.get("/api/v1/problems", headers=japanese).json()]
    assert "結果: '大勝利' is not a valid value; use one of 'won', 'lost', 'no-decision', 'open'." in messages
    error = broken.get("/api/v1/entries/deals/none", headers=japanese).json()["error"]
    assert error["message"] == "No entry has the id 'deals/none'."


@pytest.mark.parametrize("locale", LOCALES)
def test_every_band_and_check_of_the_terminal_has_a_label(locale: str) -> None:
    reader = Reader.of(locale)
    jobs = re.findall(r'Job\("(\w+)"', Path(background.__file__).read_text("utf-8"))
    checks = ("entries", "disk", "model", "index", "activity", "server", "saved", *(f"job_{job}" for job in jobs))
    checks += ("provider",)
    keys = [f"band.{band}" for band in get_args(Band)] + [f"doctor.{check}" for check in checks]
    assert len(jobs) > 10 and [key for key in keys if not reader.has(key)] == []
