"""A saved meeting quotes what nobody found and counts what happened: neither may be found, or pass for an answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bench import sets
from ingest.importers.transcript import read_transcript
from tests.app.conftest import MakeClient, make_client

__all__ = ["make_client"]

SAMPLES = Path(__file__).parents[2] / "entries"
UNANSWERED = ("サポート体制", "解約の手続き", "zzz qqq xxx")
QUESTIONS = [*UNANSWERED, *(question.text for question in sets.typed()[:60])]
SEEN = 5  # hits
NEAR = 0.2  # of the best score; below, entries that match equally badly change places with the frequency of a word
OLD_NOTE = """---
title: 週次会議 2026年第40週
kind: note
date: 2026-10-05
tags: [会議]
meeting: 2026-W40
---
## 決定

- 朝礼を水曜に移す

## アクション

- [ ] 朝礼の席を直す

2026/09/28 – 2026/10/04

## まだ書かれていないこと

- サポート体制 – 見つからない · 3人が5回
- 解約の手続き – 見つからない · 2人が2回

## 保存時の数字

```json
{"meeting": "2026-W40", "version": 1, "closed": 0, "ended": 0}
{"part": "figures", "key": "win-rate", "unit": "rate", "missing": "サポート体制"}
{"part": "review", "count": 0, "items": []}
{"part": "gaps", "count": 1, "items": [{"label": "サポート体制", "entry_id": "", "note": ""}]}
{"part": "broken", "count": 0, "items": []}
```
"""


def _answers(client: TestClient) -> dict[str, object]:
    found = {}
    for question in QUESTIONS:
        answer = client.get("/api/v1/search", params={"q": question}).json()
        hits = answer["hits"][:SEEN]
        found[question] = answer["confidence"], [hit["id"] for hit in hits if hit["score"] >= NEAR * hits[0]["score"]]
    return found


def _samples(make: MakeClient, more: dict[str, str] | None = None) -> TestClient:
    files = {path.relative_to(SAMPLES).as_posix(): path.read_text("utf-8") for path in SAMPLES.rglob("*.*")}
    return make({**files, **(more or {})})


def test_a_saved_meeting_changes_no_answer_to_sixty_questions(make_client: MakeClient) -> None:
    client = _samples(make_client)
    before = _answers(client)
    assert len(before) >= 40
    form = {"period": "2026-W46", "decisions": "朝礼を水曜に移す", "actions": "朝礼の席を直す"}
    assert client.post("/meeting/save", data=form, follow_redirects=False).status_code == 303
    assert client.post("/meeting/save", data={"period": "2026-W45"}, follow_redirects=False).status_code == 303
    client.app.state.services.intake.retry()  # type: ignore[attr-defined]
    assert _answers(client) == before
    decided = client.get("/api/v1/search", params={"q": "朝礼を水曜に移す"}).json()["hits"]
    assert decided[0]["id"] == "notes/meeting-2026-w46"
    source = client.get("/api/v1/entries/notes/meeting-2026-w46/source").text
    assert "サポート体制" not in source and "{" not in source
    stored = client.get("/api/v1/meeting", params={"period": "2026-W46", "stored": "true"}).json()
    assert stored["period"] == "2026-W46" and stored["gaps"]["count"] > 0


def test_an_old_note_with_its_gaps_and_json_is_searched_by_its_decisions_alone(make_client: MakeClient) -> None:
    before = _answers(_samples(make_client))
    client = _samples(make_client, {"notes/meeting-2026-W40.md": OLD_NOTE})
    assert _answers(client) == before
    stored = client.get("/api/v1/meeting", params={"period": "2026-W40", "stored": "true"}).json()
    assert stored["gaps"]["items"][0]["label"] == "サポート体制"
    page = client.get("/entries/notes/meeting-2026-W40").text
    assert "朝礼を水曜に移す" in page and "win-rate" not in page and "保存時の数字" not in page
    listed = client.get("/api/v1/search", params={"kind": "note"}).json()
    assert [hit["id"] for hit in listed["hits"]] == ["notes/meeting-2026-W40"]


def test_a_decision_that_quotes_a_gap_neither_answers_nor_closes_it(make_client: MakeClient) -> None:
    client = make_client({"notes/a.md": "---\ntitle: 値引きの決裁\n---\n部長が決める。\n"})
    client.get("/", params={"q": "サポート体制の説明"})
    form = {"period": "2026-W46", "decisions": "サポート体制の説明を書く", "actions": "サポート体制の説明（佐藤）"}
    client.post("/meeting/save", data=form)
    client.app.state.services.intake.retry()  # type: ignore[attr-defined]
    answer = client.get("/api/v1/search", params={"q": "サポート体制の説明"}).json()
    assert (answer["confidence"], answer["hits"][0]["id"]) == ("none", "notes/meeting-2026-w46")
    assert {hit["band"] for hit in answer["hits"][1:]} == {"weak"}
    gap = client.get("/api/v1/gaps").json()[0]
    assert gap["wording"] == "サポート体制の説明"
    closing = {"query": gap["query"], "do": "close", "entry": "notes/meeting-2026-w46"}
    assert "done=unanswered" in client.post("/gaps", data=closing, follow_redirects=False).headers["location"]


@pytest.mark.parametrize("question", ["00:05:00", "ページ 3", "CRMから取り込んだ商談", "0a1b2c3d4e5f"])
def test_what_a_program_wrote_is_no_answer(make_client: MakeClient, question: str) -> None:
    talk = read_transcript("call.vtt", "WEBVTT\n\n00:05:00.000 --> 00:05:04.000\n佐藤: 導入は春に。\n".encode()).text
    files = {
        "notes/call.md": f"---\ntitle: 通話\nsource: call.vtt\nsource_hash: 0a1b2c3d4e5f\n---\n{talk}\n",
        "notes/slides.md": "---\ntitle: 提案書\n---\n## ページ 3\n\n監査の記録を残す。\n",
        "deals/acme.md": "---\ntitle: 青葉の更新\noutcome: won\n---\nCRMから取り込んだ商談。\n",
    }
    client = make_client(files)
    answer = client.get("/api/v1/search", params={"q": question, "explain": "true"}).json()
    assert not any(hit["why"]["keyword_terms"] for hit in answer["hits"])
    page = client.get("/entries/notes/call").text
    assert "0a1b2c3d4e5f" not in page and "call.vtt" in page
