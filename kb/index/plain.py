"""Plain text of a passage for result lists: one line without Markdown markup."""

from __future__ import annotations

import re

_SPACE = r"[^\S\n]"  # within a line; possessive (*+), or many blanks would cause backtracking
_MARKUP = re.compile(  # headings, quotes, lists, tasks
    rf"^{_SPACE}{{0,3}}(?:#{{1,6}}{_SPACE}+|>{_SPACE}?|[-*+]{_SPACE}+(?:\[[ xX]\]{_SPACE}+)?|\d+[.)]{_SPACE}+)"
    rf"|^{_SPACE}*+\|?(?:{_SPACE}*+:?-++:?{_SPACE}*+\|)++{_SPACE}*+:?-*+:?{_SPACE}*+$"  # the separator row of a table
    r"|\*\*|__|`+|~~",
    re.MULTILINE,
)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")


def plain(passage: str) -> str:
    """Return Markdown as one line of words: no markers, table bars as spaces."""
    text = _LINK.sub(r"\1", passage)
    text = _MARKUP.sub("", text).replace("|", " ")
    return " ".join(text.split())
