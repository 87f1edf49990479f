"""A draft between two requests: the file it started from, and the changes since."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import ImmutableMultiDict

from app.words.reader import Reader
from ingest.document import Document
from ingest.form import fields_of, values_of, with_values
from ingest.front_matter import edited, fields_in
from ingest.templates import answers_of, body_of
from kb.entry import PRIVATE


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry being edited."""

    kind: str
    document: Document  # the whole file as it would be saved now
    begun: Document  # the file the form's fields were read from
    entry_id: str = ""  # empty for a new one
    base: str = ""  # hash of the version it started from
    key: str = ""  # idempotency key of a new entry: a double click saves once
    whole: bool = False  # shown as a whole file instead of a form
    author: str = ""
    reason: str = ""
    gap: str = ""  # the gap it is to close
    asked: bool = True  # whether a template's questions may have separate inputs
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)  # the submitted fields
    unknown: Mapping[str, str] = field(default_factory=dict)  # field → a title that no entry has

    @classmethod
    def new(
        cls,
        kind: str,
        text: str,
        reader: Reader,
        *,
        title: str = "",
        gap: str = "",
        owner: str = "",
        team: str = "",
        me: str = "",
    ) -> Draft:
        """Start a new entry from a template, for those the playbook says; a deal closes today.

        `me` owns it where only its owner sees it.
        """
        given = {"closed_on": reader.today.isoformat()} if kind == "deal" and "outcome: open" not in text else {}
        given |= {"title": title} if title else {}
        given |= {name: value for name, value in (("owner", owner), ("team", team)) if value}
        document = Document.of(text)
        visibility = reader.playbook.visibility.get(kind, "")
        if visibility and "visibility" not in fields_in(document):
            given |= {"visibility": visibility}
            given |= {"owner": me} if visibility == PRIVATE and me else {}
        begun = Document.of(edited(document, given)) if given else document
        return cls(kind, begun, begun, key=secrets.token_urlsafe(16), gap=gap)

    @classmethod
    def read(cls, form: ImmutableMultiDict[str, str], reader: Reader, original: str = "", me: str = "") -> Draft:
        """Read the page's form; `original` is the file it started from, whose line breaks a form loses.

        `me`: the owner stays who it is, or becomes this name or nobody; empty: whatever was typed.
        """
        kind, begun = form.get("kind", "note"), Document.of(_as_stored(form.get("source", ""), original))
        whole = form.get("mode") == "whole" or begun.fault is not None
        given = {f.name: form.getlist(f.name) for f in fields_of(kind)}
        if me and not whole and (given.get("owner") or [""])[-1].strip() not in ("", me):
            given["owner"] = [*values_of(begun, kind, reader.playbook)["owner"]]
        if whole:
            text = _as_stored(form.get("whole", begun.text), original)
        else:
            questions = form.getlist("question")
            body = body_of(questions, form.getlist("answer")) if questions else _lines(form.get("body", ""))
            titled = _titled(kind, given, form.get("untitled", ""))
            text = with_values(begun, kind, titled, reader.playbook, body)
        return cls(
            kind=kind,
            document=begun if text == begun.text else Document.of(text),
            begun=begun,
            entry_id=form.get("id", ""),
            base=form.get("base", ""),
            key=form.get("key", "")[:200],
            whole=whole,
            author=form.get("by", "").strip()[:200],
            reason=form.get("reason", "").strip()[:1000],
            gap=form.get("gap", "")[:1000],
            asked=bool(form.getlist("question")),
            given=given,
        )

    @property
    def text(self) -> str:
        """The whole file as it would be saved now."""
        return self.document.text

    @property
    def source(self) -> str:
        """The file the form's fields were read from."""
        return self.begun.text

    @property
    def may_be_form(self) -> bool:
        """Whether the file can be shown as a form: its front matter is YAML or missing."""
        return self.document.fault is None

    @property
    def body(self) -> str:
        """The Markdown below the front matter."""
        return self.document.body

    def answers(self) -> tuple[tuple[str, str], ...]:
        """Return the questions with their answers, if the draft started from a deal template."""
        if not self.asked:
            return ()
        asked = answers_of(self.begun.body)
        given = dict(_sections(self.body))
        return tuple((question, given.get(question, "")) for question, _ in asked) if asked else ()

    def values(self, reader: Reader) -> Mapping[str, Sequence[str]]:
        """Return the values of the form's fields."""
        return values_of(self.document, self.kind, reader.playbook)


def _titled(kind: str, given: Mapping[str, Sequence[str]], pattern: str) -> Mapping[str, Sequence[str]]:
    """Give a deal without a title one: `pattern` holds {customer}."""
    customer = next(iter(given.get("customer", ())), "").strip()
    if kind != "deal" or any(title.strip() for title in given.get("title", ())) or not (customer and pattern):
        return given
    return {**given, "title": [pattern.replace("{customer}", customer)]}


def _sections(body: str) -> list[tuple[str, str]]:
    parts = f"\n{body}".split("\n## ")[1:]
    pairs = (part.partition("\n") for part in parts)
    return [(heading.strip(), answer.strip()) for heading, _, answer in pairs]


def _as_stored(posted: str, original: str) -> str:
    """Return a text with the file's line breaks, which a form makes all the same."""
    text = _lines(posted)
    if text == _lines(original):
        return original
    return text.replace("\n", "\r\n") if "\r\n" in original else text


def _lines(text: str) -> str:
    """Undo the line breaks of a form, which are always CR LF."""
    return text.replace("\r\n", "\n")
