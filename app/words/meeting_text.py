"""The meeting as Markdown, as a table, as a printable page, and as a note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from app.words.addresses import file_link
from app.words.meeting_view import Line, MeetingView, joined, title_of
from app.words.reader import Reader
from app.words.rendering import render_body
from ingest.front_matter import composed
from kb.choices import OUTCOME_SIGNS
from kb.entry import PRIVATE, Visibility
from kb.loop.period import Period
from kb.spreadsheet import table

PAPER = (
    "body{font:10.5pt/1.6 'Hiragino Sans','Noto Sans JP','Yu Gothic UI','Noto Sans CJK JP',sans-serif;max-width:48em;"
    "margin:2em auto;padding:0 1em;color-scheme:light dark}table{border-collapse:collapse;width:100%;font-size:9pt}"
    "th,td{text-align:left;vertical-align:top;padding:.2em .8em .2em 0;border-bottom:1px solid #bbb}"
    "h1{font-size:16pt}h2{font-size:12pt;margin:1em 0 .2em}ul{margin:0;padding-left:1.2em}"
    "@media print{body{margin:0;max-width:none;padding:0;font-size:8pt;line-height:1.35}table{font-size:7.5pt}"
    "th,td{padding:1pt 6pt 1pt 0}h1{font-size:13pt;margin:0}h2{font-size:10pt;margin:.5em 0 0}p{margin:0}}"
)


def to_markdown(view: MeetingView, reader: Reader, *, links: bool = True) -> str:
    """Return the meeting as Markdown without its title; `links` makes entries Markdown links, as notes do."""
    head = [reader(f"meeting.{name}") for name in ("number", "now", "before", "range", "target", "verdict")]
    parts = [joined(view.span, view.compared), f"## {reader('meeting.figures')}", "\n".join(_table(head, view))]
    for section in view.sections:
        lines = [_item(line, links) for line in section.lines]
        lines += [f"- {section.more}"] if section.more else []
        parts += [f"## {section.heading}", "\n".join(lines) or section.empty]
    return "\n\n".join(parts) + "\n"


def to_note(
    period: str,
    reader: Reader,
    decisions: Sequence[str],
    actions: Sequence[str],
    visibility: Visibility = "all",
    owner: str = "",
) -> str:
    """Return the note of a meeting: what people decided and agreed to do, and nothing the program wrote.

    A private note has an owner, who alone sees it.
    """
    decided = "\n".join(f"- {_one_line(text)}" for text in decisions) or reader("meeting.none_decided")
    todo = "\n".join(f"- [ ] {_one_line(text)}" for text in actions) or reader("meeting.none_agreed")
    body = "\n\n".join(
        [
            f"## {reader('meeting.decisions')}\n\n{decided}",
            f"## {reader('meeting.actions')}\n\n{todo}\n",
        ]
    )
    fields = {"title": title_of(Period.read(period), reader), "kind": "note", "date": reader.today.isoformat()}
    fields |= {"visibility": visibility} if visibility != "all" else {}
    fields |= {"owner": owner} if visibility == PRIVATE and owner else {}
    return composed({**fields, "tag": [reader("meeting.tag")], "meeting": period}, body)


def to_html(view: MeetingView, reader: Reader) -> str:
    """Return a self-contained page."""
    body = render_body(to_markdown(view, reader, links=False), "notes/meeting.md").html
    return (
        f'<!doctype html>\n<html lang="{reader.locale}">\n<meta charset="utf-8">\n<title>{escape(view.title)}</title>\n'
        f"<style>{PAPER}</style>\n<h1>{escape(view.title)}</h1>\n{body}\n</html>\n"
    )


def to_csv(view: MeetingView, reader: Reader) -> bytes:
    """Return every number and item as a row of a table."""
    head = [reader(f"meeting.{name}") for name in ("part", "number", "now", "before", "range", "target", "verdict")]
    part = reader("meeting.figures")
    rows = [
        [
            part,
            joined(r.name, r.ratio),
            joined(r.now or r.missing, r.without),
            r.before,
            r.interval,
            r.target,
            r.verdict,
        ]
        for r in view.rows
    ]
    rows += [[s.heading, line.text, line.note, "", "", "", ""] for s in view.sections for line in s.lines]
    return table(head, rows)


def _table(head: Sequence[str], view: MeetingView) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + " --- |" * len(head)
    for row in view.rows:
        now = joined(row.now or row.missing, row.without)
        cells = [joined(row.name, row.ratio), now, row.before, row.interval, row.target, row.verdict]
        yield f"| {' | '.join(map(_cell, cells))} |"


def _item(line: Line, links: bool) -> str:
    named = f"[{_plain(line.text)}]({file_link(line.entry_id)})" if links and line.entry_id else _plain(line.text)
    mark = f"{OUTCOME_SIGNS[line.mark]} " if line.mark in OUTCOME_SIGNS else ""
    return f"- {mark}{named}" + (f" – {_plain(line.note)}" if line.note else "")


def _plain(text: str) -> str:
    return _one_line(text).replace("[", "\\[").replace("]", "\\]").replace("<", "\\<")


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())
