"""Parse Markdown within limits; a text beyond them is taken as plain text.

The work is counted while parsing, not timed: the same text is formatted on every machine, or on none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from kb.wording import say

_RUN = re.compile(r"\*+|_+|~+")
_TITLE = re.compile(r" {0,3}# +\S")
_WIKI_LINK = re.compile(r"(!?)\[\[([^\[\]|#\n]*)(?:#([^\[\]|\n]*))?(?:\|([^\[\]\n]*))?\]\]")
_DEEPEST = 40  # levels markdown-it reads; it would drop what is below them
_RULE = re.compile(r"[-*_ \t]+")  # what a horizontal rule consists of, and at first many lists on one line
_RULE_SIGNS = 40  # looked at in the time of one step
_LONGEST_TITLE = 10_000  # characters; a longer first heading of a plain text is text as well
_LONGEST_PENDING = 10_000  # characters of one text token; each sign copies those before it
_COSTS = {"<": 6, "[": 3, "!": 2, "&": 2}  # signs that take longer to look at than a word


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a text is formatted."""

    steps: int = (
        130_000  # words and signs looked at: under one second; 1.5 MB of Japanese prose, 10,000 cells of tables
    )
    headings: int = 5_000  # each begins a passage that is embedded on its own
    depth: int = 36  # of lists, quotations and emphasis, each within the other; a list counts twice
    targets: int = 200_000  # characters of link targets beyond the length of the text, which references repeat
    filled: int = 5_000  # empty cells that rows shorter than the head of their table are filled up with


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Excess:
    """Why a text was taken as plain text, where that was found, and what its author can do."""

    line: int  # of the text, from 0
    what: str
    advice: str


class _ExcessError(Exception):
    def __init__(self, excess: Excess) -> None:
        super().__init__(excess.what)
        self.excess = excess


class _Work:
    """What one parse may still do, and where it is."""

    def __init__(self, limits: Limits, text: str) -> None:
        self.steps = limits.steps
        self.headings = limits.headings
        self.depth = limits.depth
        self.targets = limits.targets + len(text)
        self.empty = limits.filled + text.count("|")
        self.line = 0

    def refuse(self, what: str, advice: str) -> NoReturn:
        raise _ExcessError(Excess(self.line, what, advice))

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            self.refuse(say("it has too many list items, table cells, links or symbols"), say("Split the file."))

    def check(self, tokens: Iterable[Token]) -> None:
        """Check how deep the parts of a paragraph are nested, and the length of their targets."""
        for token in tokens:
            if token.level > self.depth:
                self.refuse(say("emphasis is nested too deeply"), say("Remove superfluous * and _."))
            if token.type == "link_open":
                self.targets -= sum(len(str(value)) for value in token.attrs.values())
        if self.targets < 0:
            self.refuse(say("it repeats long link targets too often"), say("Shorten the link targets."))


def _count_line(state: StateBlock, start: int, _end: int, is_look_ahead: bool) -> bool:
    work: _Work = state.env["work"]
    work.line = start
    first, end = state.bMarks[start] + state.tShift[start], state.eMarks[start]
    is_definition = state.src.startswith("[", first)
    if state.level > work.depth:
        work.refuse(say("lists or quotations are nested too deeply"), say("Use fewer levels."))
    rule = _RULE.match(state.src, first, end)
    scanned = (rule.end() - first) // _RULE_SIGNS if rule else 0
    work.spend((2 if is_look_ahead else 5) + 3 * is_definition + 2 * state.src.count("|", first, end) + scanned)
    return False


def _count_sign(state: StateInline, _silent: bool) -> bool:
    sign = state.src[state.pos]
    run = _RUN.match(state.src, state.pos)
    if len(state.pending) > _LONGEST_PENDING and not state.pending.endswith(" "):  # spaces may make a line break
        state.pushPending()
    state.env["work"].spend(max(_COSTS.get(sign, 1), run.end() - state.pos if run else 0))
    return False


def _count_parts(state: StateCore) -> None:
    """Count what blocks became before each is read: headings, and the cells that tables were filled up with."""
    work: _Work = state.env["work"]
    for token in state.tokens:
        if token.type == "inline":
            work.line = token.map[0] if token.map else work.line
            work.spend(2)
            work.empty -= not token.content
            if work.empty < 0:
                work.refuse(say("its tables lack too many cells"), say("Give each row as many cells as the header."))
        elif token.type == "heading_open":
            work.headings -= 1
            if work.headings < 0:
                work.line = token.map[0] if token.map else work.line
                work.refuse(say("it has too many headings"), say("Split the file."))


def _inline(state: StateCore) -> None:
    """Read the paragraphs, headings and cells, as the rule it replaces does."""
    work: _Work = state.env["work"]
    for token in state.tokens:
        if token.type == "inline":
            work.line = token.map[0] if token.map else work.line
            token.children = []
            state.md.inline.parse(token.content, state.md, state.env, token.children)
            work.check(token.children)


def _wiki_link(state: StateInline, silent: bool) -> bool:
    """Read [[target#heading|alias]] as a link to that entry, and ![[picture]] as a picture."""
    found = _WIKI_LINK.match(state.src, state.pos)
    if not found:
        return False
    is_picture, target, heading, alias = found.groups()
    text = alias or (target or heading or "").strip().rpartition("/")[2].removesuffix(".md")
    if not silent:
        if is_picture:
            state.push("text", "", 0).content = f"[{text}]"
        else:
            place = f"/entries/{target.strip()}" if "/" in target else target.strip()
            address = (place.removesuffix(".md") + ".md" if place else "") + (f"#{heading}" if heading else "")
            state.push("link_open", "a", 1).attrs = {"href": quote(address, safe="/#")}
            state.push("text", "", 0).content = text
            state.push("link_close", "a", -1)
    state.pos = found.end()
    return True


def _task_boxes(state: StateCore) -> None:
    for item, inline in zip(state.tokens, state.tokens[2:], strict=False):
        if item.type == "list_item_open" and "checked" in item.meta and inline.children:
            inline.children.insert(0, Token("task_box", "", 0, content="☑ " if item.meta["checked"] else "☐ "))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "tasklists": True, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.before("table", "work", _count_line, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.inline.ruler.before("text", "work", _count_sign)
    parser.inline.ruler.before("link", "wiki_link", _wiki_link)
    parser.core.ruler.before("inline", "work", _count_parts)
    parser.core.ruler.at("inline", _inline)
    parser.core.ruler.after("text_join", "task_boxes", _task_boxes)
    return parser


_BODY = _parser()


def html_of(tokens: list[Token]) -> str:
    """Return the HTML of tokens; nothing of it is checked yet."""
    return str(_BODY.renderer.render(tokens, _BODY.options, {}))


def tokens_of(body: str) -> list[Token]:
    """Parse a body on its own."""
    return parse(body)[0]


def parse(text: str, limits: Limits = LIMITS) -> tuple[list[Token], Excess | None]:
    """Parse a text: CommonMark, tables, task lists; raw HTML stays text. Beyond a limit it is one code block."""
    work = _Work(limits, text)
    try:
        return _BODY.parse(text, {"work": work}), None
    except _ExcessError as error:
        return _plain(text), error.excess


def _plain(text: str) -> list[Token]:
    """Return the heading the text begins with, and all that follows as one code block."""
    lines = text.split("\n")
    start = 0
    at = next((number for number, line in enumerate(lines) if line.strip()), 0)
    heading: list[Token] = []
    if _TITLE.match(lines[at]) and len(lines[at]) <= _LONGEST_TITLE:
        with suppress(_ExcessError):
            heading = _BODY.parse(lines[at], {"work": _Work(LIMITS, lines[at])})
            start = at + 1
    for token in heading:
        token.map = [at, at + 1] if token.map else None
    rest = "\n".join(lines[start:])
    return [*heading, Token("code_block", "code", 0, content=rest, map=[start, len(lines)], block=True)]
