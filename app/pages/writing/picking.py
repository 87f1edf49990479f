"""Entries picked by their titles: what was typed becomes ids, and an unknown title stays at its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import ImmutableMultiDict

from ingest.fields import entry_id, to_texts
from ingest.form import fields_of
from kb.entry import Problem
from kb.library import Library
from kb.search.query import Filters
from kb.wording import say

PICKED = ("entry", "entries")  # shapes of form fields
MOST_TITLES = 20_000  # looked through for a title that was typed


@dataclass(frozen=True, slots=True)
class Picked:
    """A form with ids instead of titles, and what was not understood."""

    form: ImmutableMultiDict[str, str]
    unknown: Mapping[str, str]  # field → the text typed

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What to show at the fields."""
        return tuple(
            Problem("", 1, say("{field}: {what}", field=name, what=say("No entry is called '{text}'.", text=text)))
            for name, text in self.unknown.items()
        )


def picked(form: ImmutableMultiDict[str, str], library: Library) -> Picked:
    """Return a form whose picked entries are ids. What its file already names stays, also if it is gone."""
    unknown: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for field in fields_of(form.get("kind", "note")):
        if field.shape in PICKED and field.name in form:
            texts = [text for value in form.getlist(field.name) if (text := " ".join(value.split()))]
            found[field.name] = _ids(texts, field.name, form.get("source", ""), library, unknown)
    items = [(name, value) for name, value in form.multi_items() if name not in found]
    items += [(name, value) for name, ids in found.items() for value in ids or [""]]
    return Picked(ImmutableMultiDict(items), unknown)


def _ids(typed: list[str], name: str, source: str, library: Library, unknown: dict[str, str]) -> list[str]:
    known = library.entries.summaries([entry_id(text) for text in typed])
    lacking = [text for text in typed if entry_id(text) not in known]
    titles = {one.title: one.id for one in reversed(library.entries.titles(Filters(), MOST_TITLES))} if lacking else {}
    ids: list[str] = []
    for text in typed:
        if entry_id(text) in known:
            ids.append(entry_id(text))
        elif text in titles:
            ids.append(titles[text])
        elif parts := _listed(text, library):
            ids += parts
        elif text in source:
            ids.append(text)
        else:
            unknown[name] = text
    return list(dict.fromkeys(ids))


def _listed(text: str, library: Library) -> list[str]:
    """Return the ids of a list in one line, as older forms had it; nothing unless all of them are known."""
    ids = [entry_id(part) for part in to_texts(text)]
    return ids if len(ids) > 1 and len(library.entries.summaries(ids)) == len(set(ids)) else []
