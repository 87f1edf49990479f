"""The view of the editor: form, problems, similar entries and preview."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import Request, Response

from app.http.dependencies import reader_of
from app.http.names import author_of
from app.http.who import viewer_of
from app.pages.cards import card_of
from app.pages.view import render
from app.pages.writing.difference import Line
from app.pages.writing.drafts import Draft
from app.pages.writing.form import PICKERS, FieldView, Option, at_field, field_named, field_views, is_unlisted
from app.words.reader import Reader
from app.words.rendering import render_document
from ingest.fields import FieldError, to_entry_ids
from ingest.form import fields_of
from ingest.front_matter import fields_in
from ingest.names import UNNAMED
from ingest.review import Review
from ingest.store import EntryStore
from ingest.templates import NEW
from kb.entry import Entry, Problem
from kb.fields import LISTS
from kb.library import Library
from kb.search.answer import Hit
from kb.search.query import Filters

BEGINS = {"deal": "customer"}  # the focused field of a new entry; else the title
LOST_QUESTIONS = 4  # of a deal that was lost or stopped; a deal that was won has three
REASONED = {1: "reasons.buyer", 2: "reasons.rep"}  # question → the ticks that ask the same
MOST_SUGGESTED = 500  # suggestions while typing


def page(
    request: Request,
    library: Library,
    store: EntryStore,
    draft: Draft,
    review: Review | None,
    *,
    problem: str = "",
    same: str = "",
    conflict: Sequence[Line] = (),
    status: int = 200,
) -> Response:
    """Render the page for a draft; `same` is the id of an entry with the same text."""
    reader = reader_of(request)
    problems = review.problems if review else ()
    may_be_form = draft.may_be_form
    values = draft.values(reader) if may_be_form else {}
    first, after, rest = field_views(draft.kind, values, problems, reader, _titles(values, library), draft.unknown)
    questions = draft.answers()
    asked = REASONED if len(questions) == LOST_QUESTIONS else {}
    reasons = {field.name: field for field in first if field.name in asked.values()}
    context = {
        "draft": replace(draft, whole=draft.whole or not may_be_form),
        "may_be_form": may_be_form,
        "first": [_owned(field, request, reader) for field in first if field.name not in reasons],
        "after": after,
        "rest": [_owned(field, request, reader) for field in rest],
        "answers": [(q, a, reasons.get(asked.get(n, ""))) for n, (q, a) in enumerate(questions)],
        "begins": "" if draft.entry_id else BEGINS.get(draft.kind, "title"),
        "heading": reader("write.change" if draft.entry_id else f"new.{_name(draft, values)}"),
        "untitled": reader(f"write.untitled.{_outcome(values)}") if draft.kind == "deal" else "",
        "problem": reader.say(problem) if problem else "",
        "same": library.entries.summaries([same]).get(same) if same else None,
        "conflict": conflict,
        "keeps_history": store.history.is_kept,
        "unverifies": unverifies(request, library, draft.entry_id),
        "entries": _suggested(library, ("talk-track", "content", "campaign", "note")),
        "sources": _sources(draft, library) if may_be_form else [],
        "campaigns": _suggested(library, ("campaign",)),
        **reviewed(review, reader, draft.kind if may_be_form and not draft.whole else ""),
    }
    return render(request, "editor.html", context, status=status)


def unverifies(request: Request, library: Library, entry_id: str) -> bool:
    """Whether an entry is verified, and no longer once whoever is asking has changed it."""
    entry = library.entries.summaries([entry_id]).get(entry_id) if entry_id else None
    is_verified = entry is not None and bool(entry.verified_on or entry.verified_by)
    return is_verified and not viewer_of(request).is_at_least("editor")


def reviewed(review: Review | None, reader: Reader, form: str = "") -> dict[str, Any]:
    """Return what is shown beside the form: problems, similar entries and preview.

    `form` is the kind of entry the form asks for; empty for a whole file. What stands at its field is not listed again.
    """
    if review is None:
        return {"review": None}
    entry = review.entry
    asked = {field.key for field in fields_of(form)} if form else set()
    near = [(twin.entry, reader.percent(round(twin.share * 100), 100)) for twin in review.near]
    return {
        "review": review,
        "problems": [_problem(p, asked, reader, is_form=bool(form)) for p in review.problems],
        "listed": sum(field_named(p) not in asked for p in review.problems),
        "near": near,
        "similar": [(card_of(hit.entry, reader), _why(entry, hit, reader)) for hit in review.similar],
        "is_titled": entry.title != UNNAMED,
        "preview": render_document(
            review.chunked.document, entry.path, entry.title, spoken_apart=entry.kind == "talk-track"
        ),
        "kind_label": reader.label("kind", entry.kind),
    }


def _problem(problem: Problem, asked: Collection[str], reader: Reader, *, is_form: bool) -> dict[str, Any]:
    name = field_named(problem)
    return {
        "line": 0 if is_form else problem.line,
        "message": at_field(problem, reader) if is_form else reader.say(problem.message),
        "field": name,
        "is_at_field": name in asked,
        "is_unknown": is_form and is_unlisted(problem),
    }


def _why(entry: Entry, hit: Hit, reader: Reader) -> str:
    """Return briefly what an entry has in common with the draft."""
    mine, theirs = entry.facet_values(), hit.entry.facet_values()
    written = f"{entry.title}\n{entry.body}"
    named = [(v in mine[f], reader.label(f, v)) for f in LISTS for v in theirs[f]]
    shared = [name for is_mine, name in named if is_mine or name in written]  # chosen, or mentioned in the text
    shared = list(dict.fromkeys([*shared, *(hit.why.keyword_terms[:3] if hit.why else ())]))
    return reader("write.why", shared=reader("list.comma").join(shared[:5])) if shared else reader("write.why_meaning")


def _owned(field: FieldView, request: Request, reader: Reader) -> FieldView:
    """Return the field of the owner where people sign in: whoever it is, whoever is asking, or nobody."""
    if field.name != "owner" or not viewer_of(request).is_signed_in:
        return field
    names = dict.fromkeys(filter(None, (field.value, author_of(request))))
    options = tuple(Option(name, reader.person(name), name == field.value) for name in names)
    return replace(field, widget="select", options=options)


def _titles(values: Mapping[str, Sequence[str]], library: Library) -> dict[str, str]:
    """Return the titles of the entries that picked fields name."""
    ids = [value for name in PICKERS for value in values.get(name, ())]
    return {entry_id: entry.title for entry_id, entry in library.entries.summaries(ids).items()}


def _sources(draft: Draft, library: Library) -> list[Entry]:
    """Return the entries a draft is made from, to read while writing."""
    line = fields_in(draft.document).get("derived_from")
    if line is None:
        return []
    try:
        return list(library.entries.summaries(to_entry_ids(line.value)).values())
    except FieldError:
        return []


def _suggested(library: Library, kinds: Sequence[str]) -> list[tuple[str, str]]:
    return [(one.id, one.title) for one in library.entries.titles(Filters((("kind", tuple(kinds)),)), MOST_SUGGESTED)]


def _name(draft: Draft, values: Mapping[str, Sequence[str]]) -> str:
    return f"deal-{_outcome(values)}" if draft.kind == "deal" else draft.kind


def _outcome(values: Mapping[str, Sequence[str]]) -> str:
    outcome = next(iter(values.get("outcome", ())), "open")
    return outcome if f"deal-{outcome}" in NEW else "open"
