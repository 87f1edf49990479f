"""The fields of the editor's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.words.reader import Reader
from ingest.fields import SEE_PLAYBOOK
from ingest.form import FormField, choices_of, fields_of
from ingest.front_matter import field_of
from ingest.spans import read_span
from kb.entry import Problem
from kb.fields import BY_NAME
from kb.playbook import Vocabulary
from kb.wording import Sentence

FIRST = {  # the essential fields; the rest is collapsed
    "deal": ("customer", "closed_on", "industry", "product", "competitor", "outcome", "amount", "owner", "team",
             "title", "reasons.buyer", "reasons.rep"),
    "talk-track": ("title", "objection", "industry", "product"),
    "campaign": ("title", "channel", "period", "audience", "metrics.impressions", "metrics.leads", "metrics.mql",
                 "metrics.sal", "metrics.sql", "metrics.won"),
    "content": ("title", "industry", "product", "tag"),
    "note": ("title", "tag", "industry", "product"),
}  # fmt: skip
PICKERS = {"used": "entries", "related": "entries", "campaign": "campaigns"}  # field → list to choose from
AFTER = ("used", "angle")  # shown below the text
WRONG = "{field}: {what}"  # the pattern of a problem of one field


@dataclass(frozen=True, slots=True)
class Option:
    """An option."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of the form."""

    name: str
    label: str
    hint: str
    widget: str  # line, day, span, select, ticks, picker
    value: str
    options: tuple[Option, ...]
    suggestions: str  # id of a list of entries to choose from
    problems: tuple[str, ...]
    other: str  # label of the input for a value that is not an option; empty if there is none
    is_unknown: bool = False  # a value is not in the playbook, where it can be added


def field_views(
    kind: str,
    values: Mapping[str, Sequence[str]],
    problems: Sequence[Problem],
    reader: Reader,
    titles: Mapping[str, str],
    unknown: Mapping[str, str],
) -> tuple[list[FieldView], list[FieldView], list[FieldView]]:
    """Return the fields to show above the text, below it, and collapsed.

    `titles` names the entries that are picked, `unknown` what was typed and is no title.
    """
    wrong: dict[str, list[str]] = {}
    for problem in problems:
        if name := field_named(problem):
            wrong.setdefault(name, []).append(at_field(problem, reader))
    unlisted = {field_named(problem) for problem in problems if is_unlisted(problem)}
    outcome = next(iter(values.get("outcome", ())), "")
    views = {f.name: _view(f, values.get(f.name, ()), wrong, reader, outcome) for f in fields_of(kind)}
    views = {name: replace(view, is_unknown=name.partition(".")[0] in unlisted) for name, view in views.items()}
    for name in PICKERS.keys() & views.keys():
        views[name] = _picker(views[name], values.get(name, ()), titles, unknown.get(name, ""))
    first = FIRST.get(kind, FIRST["note"])
    after = [name for name in AFTER if name in views]
    rest = [view for name, view in views.items() if name not in (*first, *after)]
    return [views[name] for name in first], [views[name] for name in after], rest


def at_field(problem: Problem, reader: Reader) -> str:
    """Return what is wrong as the field says it: with its label, without the key and the name of a file."""
    message, name = problem.message, field_named(problem)
    if not name or not isinstance(message, Sentence) or message.pattern != WRONG or "." in str(message.values["field"]):
        return reader.say(message)
    what = message.values["what"]
    if is_unlisted(problem) and isinstance(what, Sentence):
        what = what.values["before"]  # the sentence itself, not str(): it is still to be translated
    return f"{reader.field(name)}: {reader.say(what) if isinstance(what, str) else what}"


def is_unlisted(problem: Problem) -> bool:
    """Whether a value is not in the playbook."""
    what = problem.message.values.get("what") if isinstance(problem.message, Sentence) else None
    after = what.values.get("after") if isinstance(what, Sentence) else None
    return isinstance(after, Sentence) and after.pattern == SEE_PLAYBOOK


def field_named(problem: Problem) -> str:
    """Return the field a problem is about; empty if none."""
    message = problem.message
    if not isinstance(message, Sentence):
        return ""
    while "before" in message.values and isinstance(message.values["before"], Sentence):
        message = message.values["before"]
    field = message.values.get("field")
    return field_of(str(field).partition(".")[0]) if field else ""


def _view(
    field: FormField,
    values: Sequence[str],
    wrong: Mapping[str, Sequence[str]],
    reader: Reader,
    outcome: str,
) -> FieldView:
    widget, options = _options(field, values, reader, outcome)
    hint = f"form.hint.{field.name}"
    return FieldView(
        name=field.name,
        label=_label(field, reader),
        hint=reader(hint) if reader.has(hint) else "",
        widget=widget,
        value=reader("list.comma").join(values),
        options=options,
        suggestions="",
        problems=tuple(wrong.get(field.key, ())),
        other=reader("form.other", field=reader.field(field.key)) if options and BY_NAME[field.key].is_open else "",
    )


def _picker(view: FieldView, ids: Sequence[str], titles: Mapping[str, str], typed: str) -> FieldView:
    """Return a field whose entries are picked by title."""
    options = tuple(Option(one, titles.get(one, one), True) for one in ids)
    return replace(view, widget="picker", options=options, value=typed, suggestions=PICKERS[view.name], other="")


def _label(field: FormField, reader: Reader) -> str:
    """Return the label of a field, or of the part of one that has its own input."""
    if field.shape == "metric":
        return reader.label("metric", field.part)
    return reader(f"form.{field.name}") if field.part else reader.field(field.key)


def _options(field: FormField, values: Sequence[str], reader: Reader, outcome: str) -> tuple[str, tuple[Option, ...]]:
    """Return the widget and options of a field."""
    if field.shape == "choice":
        known = {value: reader.label(field.key, value) for value in choices_of(field)}
    elif field.shape == "reasons":
        words = reader.playbook.reasons.get(outcome, Vocabulary())
        known = {term.key: term.label(reader.locale) for term in words.terms}
    elif field.is_agreed:
        agreed = reader.playbook.vocabulary(field.key)
        known = {term.key: term.label(reader.locale) for term in agreed.terms}
    elif field.shape == "span":
        return ("span" if all(read_span(value) for value in values) else "line"), ()
    else:
        is_day = field.shape == "day" and all(_is_day(value) for value in values)
        return ("day" if is_day else "line"), ()
    known |= {value: value for value in values if value not in known}
    if not known:
        return "line", ()
    options = tuple(Option(value, name, value in values) for value, name in known.items())
    is_many = field.shape == "reasons" or BY_NAME[field.key].is_strict or len(values) > 1
    return ("ticks" if is_many else "select"), options


def _is_day(value: str) -> bool:
    return len(value) == len("2026-01-01") and value[4] == value[7] == "-"
