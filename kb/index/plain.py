"""A passage as people read it in a result list: one line of words without Markdown's signs."""

from __future__ import annotations

import re

_MARKUP = re.compile(
    r"^\s{0,3}(?:#{1,6}\s+|>\s?|[-*+]\s+(?:\[[ xX]\]\s+)?|\d+[.)]\s+)"  # headings, quotes, lists, tasks
    r"|^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*$"  # the line below a table's head
    r"|\*\*|__|`+|~~",
    re.MULTILINE,
)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")


def plain(passage: str) -> str:
    """Return Markdown as one line of words: no markers, table bars as spaces."""
    text = _LINK.sub(r"\1", passage)
    text = _MARKUP.sub("", text).replace("|", " ")
    return " ".join(text.split())
