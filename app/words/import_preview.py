"""The preview of an import from a CRM as lines for people."""

from __future__ import annotations

import re

from app.words.reader import Reader
from ingest.field_reader import as_written
from ingest.importers.report import Report
from ingest.yaml_text import Plain
from kb.fields import BY_NAME
from kb.wording import say

MOST_PROBLEMS = MOST_UNKNOWN = 20
MOST_COLUMNS = 50  # listed as not used
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}  # as the catalogues name them


def field_name(name: str, reader: Reader) -> str:
    """Return what a field of an import is called."""
    if name in BY_NAME:
        return reader.field(name)
    return reader(key) if reader.has(key := f"import.{name}") else reader.label("metric", name)


def preview(report: Report, reader: Reader, *, on_page: bool = False) -> list[str]:
    """Return a report as lines for people; the page shows columns, unknown stages and notes apart.

    The terminal names fields and outcomes by the keys that corrections take, the page by their labels.
    """
    numbers = {name: reader.number(getattr(report, name)) for name in ("new", "changed", "unchanged", "left_out")}
    lines = [
        _form(report, reader),
        reader("cli.crm_counts", problems=reader.number(report.problem_count), **numbers),
        *([] if on_page else ["", reader("cli.crm_columns"), *_columns(report, reader)]),
        *_rows(report, reader),
    ]
    words = reader if on_page else None
    if report.outcomes:
        counted = ((_value("outcome", name, words) or reader("cli.crm_none"), n) for name, n in report.outcomes.items())
        lines += ["", reader.field("outcome"), *(f"  {_padded(name, words)} {reader.number(n)}" for name, n in counted)]
        lines += [f"  {stage} → {_value('outcome', outcome, words)}" for stage, outcome in report.stages.items()]
    for number, sample in enumerate(report.samples, start=1):
        lines += ["", reader("cli.crm_sample", number=number)]
        lines += [f"  {_name(name, words)} {_value(name, value, words)}" for name, value in sample.items()]
    notes = [] if on_page else [f"  {reader.say(note)}" for note in [*_unknown_stages(report), *report.notes]]
    return [*lines, *_to_check(report, reader), *(["", reader("cli.crm_check"), *notes] if notes else []), ""]


def _name(name: str, words: Reader | None) -> str:
    """Return a key as the terminal takes it in a correction, or in the words of the page."""
    if words:
        name = words("entry.body") if name == "body" else field_name(name, words)
    return _padded(name, words)


def _padded(name: str, words: Reader | None) -> str:
    return f"{name}:" if words else f"{name:12}"  # Japanese labels have no width to pad to


def _value(name: str, value: Plain, words: Reader | None) -> str:
    """Return a value in the same way."""
    written = _one_line(re.sub(r"^## ", "", as_written(value), flags=re.MULTILINE))
    return words.label(name, written) if words and name in ("outcome", "kind") and written else written


def _columns(report: Report, reader: Reader) -> list[str]:
    """List what each column is taken for, how much of it was read, and examples."""
    order = {name: place for place, name in enumerate(report.columns)}
    lines = []
    readings = sorted(report.readings, key=lambda reading: order.get(reading.name, len(order)))
    unused = sum(not reading.name for reading in readings)
    for reading in readings[: len(readings) - unused + MOST_COLUMNS]:
        numbers = {name: reader.number(getattr(reading, name)) for name in ("read", "empty", "failed")}
        unit = f" [{reading.unit}]" if reading.unit else ""
        counts = reader("cli.crm_column", **numbers)
        examples = ", ".join(map(_one_line, reading.examples))
        name = reading.name or reader("cli.crm_not_used")
        lines.append(f"  {name:12} {reading.header}{unit} ({counts}): {examples}".rstrip(": "))
    return lines + _more(unused - MOST_COLUMNS, reader)


def _rows(report: Report, reader: Reader) -> list[str]:
    """List the rows and sheets that are no records, and the sums."""
    lines = []
    if len(report.sheets) + len(report.other_sheets) > 1:
        lines += [reader("cli.crm_sheets", names=", ".join(report.sheets))]
    if report.other_sheets:
        lines += [reader("cli.crm_other_sheets", names=", ".join(report.other_sheets))]
    if report.joined:
        lines += [reader("cli.crm_joined", count=reader.number(report.joined))]
    for left in report.no_records:
        what = {"reason": reader.label("cli.crm_no_record", left.reason), "count": reader.number(left.count)}
        values = " | ".join(map(_one_line, left.values))
        lines += [reader("cli.crm_left", **what) + (f": {values}" if values else "")]
    for currency, total in report.totals.items():
        lines += [reader("cli.crm_total", currency=currency, total=reader.number(total))]
    return ["", *lines] if lines else []


def _form(report: Report, reader: Reader) -> str:
    """Describe the file."""
    known = {"kind": reader.label("cli.crm_kind", report.kind), "profile": report.profile}
    if report.form != "text":
        return reader(f"cli.crm_{report.form}", **known)
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
            if len(group.values) > 1:
                lines.append(f"      {' | '.join(map(_one_line, group.values))}")
        lines += _more(len(report.problems) - MOST_PROBLEMS, reader)
    return lines


def _unknown_stages(report: Report) -> list[str]:
    return [
        say(
            "Unknown stage '{stage}' ({count} deals); it counts as open."
            " If that is wrong, add it under 'outcomes' in a mapping.",
            stage=stage,
            count=count,
        )
        for stage, count in report.unknown_stages.items()
    ]


def _more(count: int, reader: Reader) -> list[str]:
    return [f"  {reader('cli.more', count=reader.number(count))}"] if count > 0 else []


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]
