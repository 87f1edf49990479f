"""The questions and documents of the benchmarks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.chunk import chunk_entry
from ingest.markdown import tokens_of
from ingest.parse import detect_language
from kb.entry import Entry
from kb.index.embedding import Embedder
from kb.index.index import Draft

SHARED = Path("../shared/data")  # third-party data, not part of the project
SETS = ("jsquad", "sourcegraph_faq_en", "ami_ja2en", "gitlab_faq_ja")
HANDBOOK = SHARED / "handbook_en"
JUDGEMENTS = Path(__file__).parent / "judgements.jsonl"
TYPED = Path(__file__).parent / "typed_judgements.jsonl"
MISTYPED = Path(__file__).parent / "mistyped_judgements.jsonl"
TITLE_CHARS = 60  # of the text, as the title of a document without one


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with the grades of the entries that answer it."""

    text: str
    kind: str
    relevant: Mapping[str, int]  # entry id → grade; empty: no answer exists


def judgements() -> list[Judged]:
    """Return the questions on the sample entries."""
    return _judged(JUDGEMENTS)


def typed() -> list[Judged]:
    """Return more questions on the sample entries, as people type them: short, messy, mixed, indirect."""
    return _judged(TYPED)


def mistyped() -> list[Judged]:
    """Return questions on the sample entries with slips of the keyboard, other spellings and half-typed words."""
    return _judged(MISTYPED)


def questions(name: str) -> list[Judged]:
    """Return the questions of a shared set."""
    relevant: dict[str, dict[str, int]] = {}
    for line in (SHARED / name / "qrels.tsv").read_text("utf-8").splitlines():
        query, document, grade = line.split("\t")
        relevant.setdefault(query, {})[document] = int(grade)
    rows = _lines(SHARED / name / "queries.jsonl")
    return [Judged(row["text"], name, relevant[row["id"]]) for row in rows if row["id"] in relevant]


def documents(name: str) -> list[Entry]:
    """Return the documents of a shared set, each as an entry."""
    return [as_entry(row["id"], row.get("title") or "", row["text"]) for row in _lines(SHARED / name / "corpus.jsonl")]


def as_entry(entry_id: str, title: str, text: str, **fields: Any) -> Entry:
    """Return a published note."""
    return Entry(
        id=entry_id,
        path=f"{entry_id}.md",
        title=title or text[:TITLE_CHARS].split("\n")[0],
        body=text,
        body_line=1,
        language=detect_language(f"{title}\n{text}"),
        content_hash="",
        **{"kind": "note", **fields},
    )


def draft(entry: Entry, embedder: Embedder) -> Draft:
    """Return an entry ready to be written, chunked as in the product."""
    return Draft(entry, chunk_entry(entry, tokens_of(entry.body), embedder.count_tokens), (), (), "bench")


def _judged(path: Path) -> list[Judged]:
    return [Judged(row["text"], row["kind"], row["relevant"]) for row in _lines(path)]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)
