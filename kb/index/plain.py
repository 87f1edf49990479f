"""A passage as people read it in a result list: one line of words without Markdown's signs."""

from __future__ import annotations

import re

_SPACE = r"[^\S\n]"  # within a line; taken whole (*+), or a passage of many blanks would be tried in every way
_MARKUP = re.compile(  # headings, quotes, lists, tasks
    rf"^{_SPACE}{{0,3}}(?:#{{1,6}}{_SPACE}+|>{_SPACE}?|[-*+]{_SPACE}+(?:\[[ xX]\]{_SPACE}+)?|\d+[.)]{_SPACE}+)"
    rf"|^{_SPACE}*+\|?(?:{_SPACE}*+:?-++:?{_SPACE}*+\|)++{_SPACE}*+:?-*+:?{_SPACE}*+$"  # the line below a table's head
    r"|\*\*|__|`+|~~",
    re.MULTILINE,
)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")


def plain(passage: str) -> str:
    """Return Markdown as one line of words: no markers, table bars as spaces."""
    text = _LINK.sub(r"\1", passage)
    text = _MARKUP.sub("", text).replace("|", " ")
    return " ".join(text.split())
