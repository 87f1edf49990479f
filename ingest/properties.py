"""Fields and tags that other tools keep in the text: `key:: value`, the lines below a Notion title, lines of #tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.fences import key_of
from ingest.marks import is_mark
from ingest.signs import bare
from ingest.yaml_text import Line, Plain
from kb.choices import CHOICES
from kb.entry import Problem
from kb.fields import named
from kb.wording import say

MOST_HINTS = 3  # of one kind in one file
FOREIGN = ("status", "kind")  # keys that other tools use with values of their own
_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})")
_INLINE = re.compile(r"^(?:[-*]\s+)?([^\s:：`][^:：`]{0,40}?)::(?:\s+(.*))?$")
_BRACKETED = re.compile(r"[\[(]([^\s:：\[\]()][^:：\[\]()]{0,40}?)::\s+([^\[\]()]*)[\])]")
_TAGS = re.compile(r"(?:#(?!\d+(?:\s|$))[^\s#]+\s*){2,}")
_CLOSE_HEADING = re.compile(r"(#{1,6})([^\s#!\d].*)")
_TAG_IN_TEXT = re.compile(r"#[^\s#]+/|#[^\s#].*(?:。|\.\s*$)")  # nested, or with a sentence
_WIDE_HEADING = re.compile(r"(＃+)[ \u3000]*(.+)")
_SIGN_HEADING = re.compile(r"[■□◆◇●▼【](?!.*[。．、]$)(.{1,30})$")


@dataclass(frozen=True, slots=True)
class Properties:
    """What a body says in the place of front matter; line numbers are those of the body, from 1."""

    lines: tuple[Line, ...] = ()
    tags: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def properties_of(body: str) -> Properties:
    """Read the fields of a body that an entry has; the text keeps them."""
    if not any(sign in body for sign in ("::", "#", ": ", "：", "＃", "■", "●", "◆", "▼", "【", "□", "◇")):
        return Properties()
    numbered = list(_outside_code(body.split("\n")))
    lines = [line for number, text in numbered for line in _inline(number, text)]
    lines += _below_title(numbered)
    tags = [tag for _, text in numbered if _TAGS.fullmatch(text.strip()) for tag in text.replace("#", " ").split()]
    return Properties(tuple(lines), tuple(dict.fromkeys(tags)), tuple(_hints(numbered)))


def _outside_code(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    is_code = False
    for number, line in enumerate(lines, start=1):
        if _FENCE.match(line):
            is_code = not is_code
        elif not is_code and not line.startswith(("    ", "\t")):
            yield number, line


def _inline(number: int, text: str) -> Iterator[Line]:
    if "::" not in text:
        return
    whole = _INLINE.match(text.strip())
    pairs = [(whole[1], whole[2] or "")] if whole and _is_known(whole[1]) else _BRACKETED.findall(text)
    for key, value in pairs:
        if _is_known(key) and _is_meant(key, value):
            yield Line(key.strip(), _value(value), number)


def _value(value: str) -> Plain:
    return re.sub(r"(?:^|(?<=[\s,、]))#(?=\S)", "", bare(value))


def _below_title(numbered: Sequence[tuple[int, str]]) -> list[Line]:
    """Return the lines `key: value` that stand together directly below the title, as Notion exports them."""
    at = next((at for at, (_, text) in enumerate(numbered) if bare(text)), None)
    if at is None or not numbered[at][1].startswith("# "):
        return []
    found: list[Line] = []
    for number, text in numbered[at + 1 :]:
        key = key_of(text)
        if not bare(text) and not found:
            continue
        if not key or "=" in text[: len(key) + 2]:
            break
        found.append(Line(key, bare(bare(text)[len(key) :].lstrip(" ：:")), number))
    known = [line for line in found if _is_known(line.key)]
    ends_paragraph = not found or next((not bare(text) for n, text in numbered if n == found[-1].line + 1), True)
    is_head = ends_paragraph and 2 * len(known) >= len(found)
    return [line for line in known if _is_meant(line.key, str(line.value))] if is_head else []


def _is_known(key: str) -> bool:
    return named(key) is not None or is_mark(key)


def _is_meant(key: str, value: str) -> bool:
    """Whether a value is meant for the key: databases have a status (`Done`) and types (`議事録`) of their own."""
    field = named(key)
    return not field or field.name not in FOREIGN or CHOICES[field.name].find(bare(value)) is not None


def _hints(numbered: Sequence[tuple[int, str]]) -> Iterator[Problem]:
    """Name lines that were meant as headings; without headings of its own a text is one long passage."""
    close = [(n, found) for n, text in numbered if (found := _CLOSE_HEADING.fullmatch(text.rstrip()))
             and not _TAGS.fullmatch(text.strip()) and not _TAG_IN_TEXT.match(text)]  # fmt: skip
    wide = [(n, found) for n, text in numbered if (found := _WIDE_HEADING.fullmatch(text.rstrip()))]
    for number, found in [*close, *wide][:MOST_HINTS]:
        example = f"{'#' * len(found[1])} {found[2].strip()[:30]}"
        yield Problem("", number, say("This is no heading in Markdown. If it is meant as one, write '{example}'.",
                                      example=example))  # fmt: skip
    has_heading = any(re.match(r"#{1,6}\s", text) for _, text in numbered)
    signs = [(n, text.strip()) for n, text in numbered if _SIGN_HEADING.fullmatch(text.strip())]
    if not has_heading and len(signs) > 1:
        number, text = signs[0]
        example = f"## {text.lstrip('■□◆◇●▼【').rstrip('】')[:30]}"
        yield Problem("", number, say("This is no heading in Markdown. If it is meant as one, write '{example}'.",
                                      example=example))  # fmt: skip
