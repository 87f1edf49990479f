"""What was written is found as people type it, and what stands above it is what they need."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import MakeClient
from tests.words import note

CONFLICT = "<<<<<<< HEAD\n決め手は価格\n=======\n決め手は納期\n>>>>>>> other\n"
COPIES = ("議事 のコピー", "議事 (1)", "議事 (佐藤の競合コピー 2026-09-03)", "議事 (Sato's conflicted copy 2026-09-03)")
FILES = {
    "notes/bold.md": note("強調", "**集荷**装置の音が[気になる](https://example.com)と言われた。導`入`後の話。"),
    "notes/ends.md": note("行末", "現行の測定機器\nでは夜間の巡回が減ら\u00adせない。"),
    "notes/curly.md": note("Quote", "They don’t want a 雛形ＡＢＣ plan."),
    "notes/number.md": note("金額", "見積は1,385万円で出した。"),
    "notes/names.md": note("名前", "髙﨑さん、渡邊さん、斎藤さん、濵田さん。"),
    "notes/radicals.md": note("部首", "⻑期契約の⺠間企業。"),
    "notes/accents.md": note("Accents", "The façade of the Café Müller."),
    "notes/codes.md": note("型番", "TR-88 と HX-452 を勧めた。窓口は 03-5550-0142 である。"),
    "notes/half.md": note("Half", "The procurement asked. 補助金の話。"),
    "notes/old.md": note("単価表", "乾物の単価は九十円。乾物の単価。"),
    "notes/new.md": note("新しい表", "乾物の単価は百二十円。", supersedes="notes/old"),
    "notes/empty.md": "---\ntitle: 坂中運送の商談\n---\n本文。\n",
    "notes/merge.md": note("衝突", CONFLICT, verified_by="sato", verified_on="2026-09-01"),
    "notes/議事.md": note("議事", "竹籠の在庫は四つ。"),
    **{f"notes/{name}.md": note("議事", "竹籠の在庫は四つ。") for name in COPIES},
    **{f"notes/other-{n}.md": note(f"定例 {n}", f"今週の予定を確かめた。次は{n}週後。") for n in range(12)},
}


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> TestClient:
    return make_client(FILES)


def _answer(client: TestClient, question: str) -> dict[str, object]:
    found: dict[str, object] = client.get(f"/api/v1/search?q={quote(question)}").json()
    return found


def _hits(client: TestClient, question: str) -> list[dict[str, object]]:
    hits = _answer(client, question)["hits"]
    assert isinstance(hits, list)
    return hits


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ('"集荷装置"', "bold"),
        ('"音が気になると"', "bold"),
        ('"導入後の話"', "bold"),
        ('"測定機器では夜間"', "ends"),
        ('"減らせない"', "ends"),
        ('"don\'t want"', "curly"),
        ('"don’t want"', "curly"),
        ('"雛形ABC"', "curly"),
        ("1385万円", "number"),
        ("13850000", "number"),
        ("１３８５万", "number"),
        ("13,850,000円", "number"),
        ("高崎", "names"),
        ("渡辺", "names"),
        ("渡邉", "names"),
        ("斉藤", "names"),
        ("齋藤", "names"),
        ("浜田", "names"),
        ('"長期契約"', "radicals"),
        ("民間企業", "radicals"),
        ("facade", "accents"),
        ("cafe muller", "accents"),
        ("TR88", "codes"),
        ("tr-88", "codes"),
        ("HX452", "codes"),
        ("0355500142", "codes"),
        ("procur", "half"),
        ("補", "half"),
    ],
)
def test_it_is_found_by_its_words_in_every_spelling(client: TestClient, question: str, entry: str) -> None:
    url = f"/api/v1/search?explain=true&q={quote(question)}"
    by_words = {hit["why"]["keyword_rank"]: hit for hit in client.get(url).json()["hits"]}
    assert by_words[1]["id"] == f"notes/{entry}"
    assert by_words[1]["band"] in ("strong", "good")
    assert _answer(client, question)["confidence"] != "none"


@pytest.mark.parametrize("question", ["乾物の単価", "単価表", "九十円"])
def test_a_superseded_entry_stands_below_its_successor(client: TestClient, question: str) -> None:
    found = [hit["id"] for hit in _hits(client, question)]
    assert found.index("notes/new") < found.index("notes/old")


@pytest.mark.parametrize("question", ["見", "予定", "analysis", "何を話すか", "本文"])
def test_a_nearly_empty_note_is_never_strong_and_never_first_by_length(client: TestClient, question: str) -> None:
    hits = _hits(client, question)
    assert all(hit["band"] != "strong" for hit in hits if hit["id"] == "notes/empty")
    assert question == "本文" or hits[0]["id"] != "notes/empty"


def test_copies_of_a_file_are_one_hit_that_names_them(client: TestClient) -> None:
    hits = [hit for hit in _hits(client, "竹籠の在庫") if "議事" in str(hit["id"])]
    assert [hit["id"] for hit in hits] == ["notes/議事"]
    assert hits[0]["copies"] and {*hits[0]["copies"]} == {f"notes/{name}" for name in COPIES}  # type: ignore[misc]
    page = client.get("/?q=" + quote("竹籠の在庫"), headers={"accept-language": "ja"}).text
    assert "同じファイルのコピー4件" in page
    problems = client.get("/api/v1/problems").json()
    assert {f"notes/{name}.md" for name in COPIES} <= {problem["path"] for problem in problems}


def test_an_unfinished_merge_is_said_on_the_page_and_is_not_verified(client: TestClient) -> None:
    page = client.get("/entries/notes/merge", headers={"accept-language": "en"}).text
    assert "A merge was not finished" in page
    assert client.get("/api/v1/entries/notes/merge").json().get("trust") != "verified"
    assert "A merge was not finished" not in client.get("/entries/notes/half", headers={"accept-language": "en"}).text


@pytest.mark.parametrize(("question", "words"), [("-定例", "除外した語"), ("単価 ー定例", "「ー定例」は長音記号")])
def test_excluding_alone_and_a_long_vowel_mark_are_explained(client: TestClient, question: str, words: str) -> None:
    assert words in client.get("/?q=" + quote(question), headers={"accept-language": "ja"}).text
