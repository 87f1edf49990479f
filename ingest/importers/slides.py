"""Split Markdown converted from slides into one section per slide: title, lines, notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from ingest.parse import detect_language

_SLIDE = re.compile(r"<!-- Slide number: (\d+) -->")
_TITLE = re.compile(r"^# +(\S.*)$", re.MULTILINE)
_NOTES = re.compile(r"^### Notes:$", re.MULTILINE)
_KEPT = re.compile(r"\||#{2,6} |[-*+] |\d+[.)] ")  # tables, charts and lists are not changed


def in_sections(markdown: str) -> str:
    """Return one section per slide, under its title or its number."""
    pieces = _SLIDE.split(markdown)
    is_japanese = detect_language(_TITLE.sub(r"\1", "".join(pieces[2::2]))) == "ja"
    sections = (_section(number, text, is_japanese) for number, text in zip(pieces[1::2], pieces[2::2], strict=True))
    return "\n\n".join(section for section in sections if section)


def _section(number: str, text: str, is_japanese: bool) -> str:
    content, *notes = _NOTES.split(text.replace("\x0b", " "), maxsplit=1)
    title = _TITLE.search(content)
    rest = content[: title.start()] + content[title.end() :] if title else content
    parts = list(_blocks(rest))
    for note in notes:
        parts += [
            "### ノート" if is_japanese else "### Notes",
            *(line.strip() for line in note.split("\n") if line.strip()),
        ]
    heading = title[1].strip() if title else f"{'スライド' if is_japanese else 'Slide'} {number}"
    return "\n\n".join([f"## {heading}", *parts]) if title or parts else ""


def _blocks(text: str) -> Iterator[str]:
    """Yield tables unchanged, a single line as a paragraph, and consecutive lines as a list."""
    lines = [line.strip() for line in text.split("\n")]
    for kind, run in groupby(lines, lambda line: "" if not line else "kept" if _KEPT.match(line) else "text"):
        block = list(run)
        if kind == "text" and len(block) > 1:
            yield "\n".join(f"- {line}" for line in block)
        elif kind:
            yield "\n".join(block)
