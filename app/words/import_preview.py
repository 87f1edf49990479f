"""What a CRM import would do, as lines for people: the terminal and the page show the same."""

from __future__ import annotations

from app.words.reader import Reader
from ingest.field_reader import as_written
from ingest.importers.report import Report

MOST_PROBLEMS = MOST_UNKNOWN = 20
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}  # as the catalogues name them


def preview(report: Report, reader: Reader) -> list[str]:
    """Return a report as lines for people."""
    numbers = {name: reader.number(getattr(report, name)) for name in ("new", "changed", "unchanged", "left_out")}
    lines = [
        _form(report, reader),
        reader("cli.crm_counts", problems=reader.number(report.problem_count), **numbers),
        "",
        reader("cli.crm_columns"),
        *(f"  {name:12} {header}" for name, header in report.columns.items()),
    ]
    if report.ignored:
        lines += [f"  {reader('cli.crm_not_used'):12} {', '.join(filter(None, report.ignored))}"]
    if report.outcomes:
        counted = ((name or reader("cli.crm_none"), count) for name, count in report.outcomes.items())
        lines += ["", reader.field("outcome"), *(f"  {name:12} {reader.number(count)}" for name, count in counted)]
        lines += [f"  {stage} → {outcome}" for stage, outcome in list(report.stages.items())[:MOST_UNKNOWN]]
    for number, sample in enumerate(report.samples, start=1):
        lines += ["", reader("cli.crm_sample", number=number)]
        lines += [f"  {name:12} {_one_line(as_written(value))}" for name, value in sample.items()]
    return [*lines, *_to_check(report, reader)]


def _form(report: Report, reader: Reader) -> str:
    """Describe the file."""
    known = {"kind": reader.label("cli.crm_kind", report.kind), "profile": report.profile}
    if not report.encoding:
        return reader("cli.crm_workbook", **known)
    separator = reader.label("separator", _NAMES.get(report.separator, report.separator))
    return reader("cli.crm_text", encoding=report.encoding, separator=separator, **known)


def _to_check(report: Report, reader: Reader) -> list[str]:
    lines: list[str] = []
    if report.unknown:
        lines += ["", reader("cli.crm_unknown")]
        for value in report.unknown[:MOST_UNKNOWN]:
            named = {"facet": reader.field(value.facet), "value": _one_line(value.value)}
            near = reader("cli.crm_nearest", nearest=value.nearest) if value.nearest else ""
            lines.append(f"  {reader('cli.crm_value', count=reader.number(value.count), **named)}{near}")
        lines += _more(len(report.unknown) - MOST_UNKNOWN, reader)
    if report.problems:
        lines += ["", reader("cli.crm_problems")]
        for group in report.problems[:MOST_PROBLEMS]:
            rows = ", ".join(map(str, group.rows)) + (" …" if group.count > len(group.rows) else "")
            what = _one_line(reader.say(group.message))
            lines.append(f"  {reader('cli.crm_problem', count=reader.number(group.count), rows=rows, what=what)}")
        lines += _more(len(report.problems) - MOST_PROBLEMS, reader)
    notes = [f"  {reader.say(note)}" for note in report.notes]
    return [*lines, *(["", reader("cli.crm_check"), *notes] if notes else []), ""]


def _more(count: int, reader: Reader) -> list[str]:
    return [f"  {reader('cli.more', count=reader.number(count))}"] if count > 0 else []


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]
