"""The playbook's editor: as a form or as a file, with the same safety as entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import MOST_FIELDS, posted_form
from app.http.dependencies import LibraryDep, PlaybookStoreDep, ReaderDep, reader_of
from app.http.names import FIELD, remember_name, signature_of
from app.pages.view import render
from app.pages.writing.difference import Line, differences
from app.words.reader import Reader
from ingest.playbook_file import PLAYBOOK_NAME
from ingest.playbook_form import PARTS, SHAPES, Fault, FormRow, faults_of, rows_of, with_form
from ingest.playbook_store import PlaybookStore
from ingest.yaml_text import YamlTextError
from kb.errors import RefusedTextError, StaleEditError

PAGE = "/playbook/edit"
MOST_INPUTS = MOST_FIELDS - 100  # of a form; a larger playbook is edited as a file
SPARE_ROWS = 1  # empty rows at the end of each list
_PLACES = frozenset(map(str, range(MOST_FIELDS)))  # of items that a form can have

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.get(PAGE)
def edit(request: Request, store: PlaybookStoreDep, library: LibraryDep, whole: str = "") -> Response:
    """Open the playbook for editing."""
    source = store.source()
    problems = [problem for problem in library.entries.problems() if problem.path == PLAYBOOK_NAME]
    reader = reader_of(request)
    shown = [(problem.line, reader.say(problem.message)) for problem in problems]
    return _page(request, store, source.text, source.content_hash, is_whole=bool(whole), problems=shown)


@router.post(PAGE)
def save(request: Request, store: PlaybookStoreDep, reader: ReaderDep, form: Form) -> Response:
    """Save the playbook, or show it the other way."""
    base = form.get("base", "")
    original = store.source()
    is_stale = original.content_hash != base
    is_whole = "whole" in form
    try:
        text, faults = _submitted(form, _begun(form) if is_stale and not is_whole else original.text)
    except YamlTextError as error:
        typed, said = _new_from(_parts_in(form)), reader.say(error.sentence)
        return _conflict(request, store, typed, said, 412 if is_stale else 422)
    if form.get("do") in ("whole", "form"):
        return _page(request, store, text, base, is_whole=form.get("do") == "whole")
    if faults:
        begun = _begun(form) if is_stale else original.text
        return _page(request, store, begun, base, parts=_parts_in(form), faults=faults, status=422)
    author, reason = signature_of(request, form.get(FIELD, "")), form.get("reason", "").strip()[:1000]
    try:
        store.save(text, base, author=author, reason=reason)
    except StaleEditError as error:
        return _conflict(request, store, text, reader.say(error.sentence), 412)
    except RefusedTextError as error:
        return _page(request, store, text, base, is_whole=True, problem=reader.say(error.sentence), status=422)
    response = RedirectResponse("/playbook?saved=1", 303)
    remember_name(request, response, form.get(FIELD, ""))
    return response


@router.get("/playbook/history")
def history(request: Request, store: PlaybookStoreDep, reader: ReaderDep, version: str = "") -> Response:
    """Show the versions of the playbook, and how one of them differs from the current one."""
    return _history(request, store, reader, version)


def _history(request: Request, store: PlaybookStore, reader: Reader, version: str, problem: str = "") -> Response:
    current = store.source()
    versions = [
        (v.number, reader.date(v.at.date()), v.at.strftime("%H:%M"), reader.person(v.author), v.reason)
        for v in store.versions()
    ]
    shown = store.text_at(version) if version else None
    context = {
        "versions": versions,
        "is_kept": store.history.is_kept,
        "version": version if shown is not None else "",
        "text": shown,
        "base": current.content_hash,
        "problem": problem,
        "differences": differences(current.text, shown) if shown is not None else [],
    }
    return render(request, "playbook_history.html", context, status=412 if problem else 200)


@router.post("/playbook/history")
def bring_back(request: Request, store: PlaybookStoreDep, reader: ReaderDep, form: Form, version: str) -> Response:
    """Restore an old version; the current one stays in the history, and one that nobody has seen yet in place."""
    text = store.text_at(version)
    if text is not None:
        reason = reader("history.restored", version=version[:10])
        try:
            store.save(text, form.get("base", ""), author=signature_of(request), reason=reason)
        except StaleEditError as error:
            return _history(request, store, reader, version, reader.say(error.sentence))
    return RedirectResponse("/playbook?saved=1", 303)


def _submitted(form: ImmutableMultiDict[str, str], original: str) -> tuple[str, list[Fault]]:
    """Return the text a form stands for, and what is wrong at its inputs."""
    if "whole" in form:
        text = form.get("whole", "").replace("\r\n", "\n")
        if text == original.replace("\r\n", "\n").replace("\r", "\n"):
            return original, []
        return (text.replace("\n", "\r\n") if "\r\n" in original else text), []
    parts = _parts_in(form)
    return with_form(original, parts), faults_of(parts)


def _begun(form: ImmutableMultiDict[str, str]) -> str:
    """Return the file a form was opened with."""
    return form.get("source", "").replace("\r\n", "\n")


def _new_from(parts: Mapping[str, Sequence[FormRow]]) -> str:
    """Return what was typed as a file of its own."""
    return with_form("", {name: [FormRow(None, row.values) for row in rows] for name, rows in parts.items()})


def _parts_in(form: ImmutableMultiDict[str, str]) -> dict[str, list[FormRow]]:
    """Read the rows of the form: inputs are called part/row/field."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for name, value in form.multi_items():
        part, _, rest = name.partition("/")
        number, _, field = rest.partition("/")
        if field:
            rows.setdefault((part, number), {})[field] = value.strip()
    parts: dict[str, list[FormRow]] = {}
    known = {part.name: part for part in PARTS}
    for (name, _), values in rows.items():
        if wanted := known.get(name):
            at = values.get("at", "")
            fields = {field: values.get(field, "") for field in wanted.fields}
            parts.setdefault(name, []).append(FormRow(int(at) if at in _PLACES else None, fields))
    return parts


def _conflict(request: Request, store: PlaybookStore, mine: str, problem: str, status: int) -> Response:
    """Show what was typed beside the current file; saving again means that the author has seen it."""
    theirs = store.source()
    shown = differences(theirs.text, mine)
    base = theirs.content_hash
    return _page(request, store, mine, base, is_whole=True, problem=problem, conflict=shown, status=status)


def _page(
    request: Request,
    store: PlaybookStore,
    text: str,
    base: str,
    *,
    parts: Mapping[str, Sequence[FormRow]] | None = None,
    is_whole: bool = False,
    faults: Sequence[Fault] = (),
    problem: str = "",
    problems: Sequence[tuple[int, str]] = (),
    conflict: Sequence[Line] = (),
    status: int = 200,
) -> Response:
    reader = reader_of(request)
    try:
        shown = parts or rows_of(text)
    except YamlTextError as error:
        shown, is_whole, problem = {}, True, problem or reader.say(error.sentence)
    is_form = bool(shown) and sum(len(row.values) + 1 for rows in shown.values() for row in rows) < MOST_INPUTS
    context = {
        "text": text,
        "base": base,
        "is_whole": is_whole or not is_form,
        "may_be_form": is_form,
        "parts": _part_views(shown, faults, reader),
        "problem": problem,
        "problems": problems,
        "conflict": conflict,
        "keeps_history": store.history.is_kept,
        "is_new": not base,
    }
    return render(request, "playbook_editor.html", context, status=status)


def _part_views(
    parts: Mapping[str, Sequence[FormRow]], faults: Sequence[Fault], reader: Reader
) -> list[dict[str, Any]]:
    wrong: dict[tuple[str, int, str], list[str]] = {}
    for fault in faults:
        wrong.setdefault((fault.part, fault.row, fault.field), []).append(reader.say(fault.message))
    views = []
    for part in PARTS:
        fields = [(field, reader(f"playbook.field.{field}"), SHAPES.get(field, "line")) for field in part.fields]
        rows = [
            (number, "" if row.at is None else row.at,
             [(field, label, shape, row.values.get(field, ""), wrong.get((part.name, number, field), []))
              for field, label, shape in fields])
            for number, row in enumerate([*parts.get(part.name, ()), *_spare(part.is_list)])
        ]  # fmt: skip
        views.append({"name": part.name, "title": reader(f"playbook.part.{part.name}"), "rows": rows,
                      "fields": fields, "is_list": part.is_list})  # fmt: skip
    return views


def _spare(is_list: bool) -> list[FormRow]:
    return [FormRow(None, {})] * SPARE_ROWS if is_list else []
