"""What the page for writing holds between two requests: the file it began with, and what was changed since."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from starlette.datastructures import ImmutableMultiDict

from ingest.form import fields_of, is_form, values_of, with_values
from ingest.front_matter import cut, edited
from ingest.templates import answers_of, body_of
from kb.playbook import Playbook


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry being written."""

    kind: str
    text: str  # the whole file as it would be saved now
    source: str  # the file the form's fields were read from
    entry_id: str = ""  # empty: a new one
    base: str = ""  # hash of the version it began with
    key: str = ""  # of a new entry: so that a double click saves once
    whole: bool = False  # shown as a whole file instead of a form
    author: str = ""
    reason: str = ""
    gap: str = ""  # the search in vain that it is to answer
    asked: bool = True  # whether the questions of a template may be shown one by one
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)  # the form's fields as they were sent

    @classmethod
    def new(cls, kind: str, text: str, author: str = "", *, title: str = "", gap: str = "") -> Draft:
        """Begin a new entry from a template; a deal ends today."""
        today = {"closed_on": date.today().isoformat()} if "outcome: open" not in text else {}
        begun = edited(text, today) if kind == "deal" else text
        begun = edited(begun, {"title": title}) if title else begun
        return cls(kind, begun, begun, key=secrets.token_urlsafe(16), author=author, gap=gap)

    @classmethod
    def read(cls, form: ImmutableMultiDict[str, str], playbook: Playbook, original: str = "") -> Draft:
        """Read the page's form; `original` is the file it began with, for what a form cannot carry: its line breaks."""
        kind, source = form.get("kind", "note"), _as_stored(form.get("source", ""), original)
        whole = form.get("mode") == "whole" or not is_form(source)
        given = {f.name: form.getlist(f.name) for f in fields_of(kind)}
        if whole:
            text = _as_stored(form.get("whole", source), original)
        else:
            questions = form.getlist("question")
            body = body_of(questions, form.getlist("answer")) if questions else _lines(form.get("body", ""))
            text = with_values(source, kind, _titled(kind, given, playbook, form.get("untitled", "")), playbook, body)
        return cls(
            kind=kind,
            text=text,
            source=source,
            entry_id=form.get("id", ""),
            base=form.get("base", ""),
            key=form.get("key", "")[:200],
            whole=whole,
            author=form.get("author", "").strip()[:200],
            reason=form.get("reason", "").strip()[:1000],
            gap=form.get("gap", "")[:1000],
            asked=bool(form.getlist("question")),
            given=given,
        )

    @property
    def may_be_form(self) -> bool:
        """Whether the file can be shown as a form."""
        return is_form(self.text)

    @property
    def body(self) -> str:
        """The Markdown below the front matter."""
        return cut(self.text).body

    def answers(self, begun: str = "") -> tuple[tuple[str, str], ...]:
        """Return the questions with their answers, where the body is (or `begun` with) a template for deals."""
        if not self.asked:
            return ()
        asked = answers_of(cut(begun or self.source).body)
        given = dict(_sections(self.body))
        return tuple((question, given.get(question, "")) for question, _ in asked) if asked else ()

    def values(self, playbook: Playbook) -> Mapping[str, Sequence[str]]:
        """Return the values of the form's fields."""
        return values_of(self.text, self.kind, playbook)


def _titled(
    kind: str, given: Mapping[str, Sequence[str]], playbook: Playbook, pattern: str
) -> Mapping[str, Sequence[str]]:
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
    """Return a text as it was in the file before a form made all its line breaks the same."""
    text = _lines(posted)
    if text == _lines(original):
        return original
    return text.replace("\n", "\r\n") if "\r\n" in original else text


def _lines(text: str) -> str:
    """Undo the line breaks of a form, which are always CR LF."""
    return text.replace("\r\n", "\n")
