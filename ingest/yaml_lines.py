"""Read YAML that is not quite YAML key by key: one bad value costs that value, never the other keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.fences import key_of
from ingest.signs import INVISIBLE, WIDE_SPACES, bare, is_indented
from ingest.yaml_text import MAX_FRONT_MATTER, Line, Plain, YamlTextError, read_mapping, written
from kb.entry import Problem
from kb.fields import named
from kb.wording import say

SHOWN = 60  # characters of a line quoted in a problem
_PAIR = re.compile(r"([^:：=]+?)\s*(?:[:：]|=)(.*)", re.DOTALL)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ITEM = re.compile(r"[ \t]*-[ \t]+(\S.*?)[ \t]*")
_CUT_ITEM = re.compile(r"[^\s\"'\[{#][^#]*?[ \t]+(#[^\s#].*)")
_CUT = re.compile(r"[ \t]*#(.+)")
_ANCHOR = re.compile(r"[^:\n]+:[ \t]+&(\S.*)")
_EMPTY_BLOCK = re.compile(r"[^:：\n]+[:：]\s*([|>][^\s#]+)[ \t]*")  # >5 is the head of a block in YAML
_DRIVE = re.compile(r"""[^:\n]+:[ \t]+"([A-Za-z]:\\(?!\\)[^"\n]*)"[ \t]*$""")
_PLACEHOLDER = re.compile(r"\{\{.*\}\}|<%.*%>|\$\{.*\}|%%.*%%")
_HASHTAGS = re.compile(r"[#＃]\S+(?:[ \t,、]+[#＃]?\S+)*")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a front matter; line numbers count from its first line, from 1."""

    lines: tuple[Line, ...]  # repeated keys last
    problems: tuple[Problem, ...] = ()
    is_partial: bool = False  # some lines are no key and no value
    is_repaired: bool = False  # it is not valid, and was read key by key


def read_yaml(text: str) -> Reading:
    """Read front matter in YAML. Raises YamlTextError if there is no key in it, or too much text."""
    try:
        lines, repeated = read_mapping(text, MAX_FRONT_MATTER)
        reading = Reading((*lines, *repeated))
        if any(_swallows(line, text) or _has_odd_colon(line.key) for line in reading.lines):
            reading = _key_by_key(text)
    except YamlTextError:
        reading = _key_by_key(text) if len(text) <= MAX_FRONT_MATTER else Reading(())
        if not any(bare(line.key) for line in reading.lines):
            raise
    return _looked_at_again(reading, text)


def _swallows(line: Line, text: str) -> bool:
    """Whether a value goes on over keys below it, as one whose quotation mark or bracket nothing closes."""
    inner = text[line.start : _line_end(text, line.end)].split("\n")[1:]
    return any(key_of(one) for one in inner if not is_indented(one))


def _has_odd_colon(key: str) -> bool:
    """Whether what YAML takes for a key is one with another colon and the beginning of its value."""
    before, *more = re.split("[:：]", key, maxsplit=1)
    return bool(more and "\n" not in before and named(bare(before)))


def _key_by_key(text: str) -> Reading:
    lines: list[Line] = []
    problems: list[Problem] = []
    is_partial = False
    for start, number, block in _blocks(text):
        found = _strictly(block)
        found = [] if any(_has_odd_colon(line.key) for line in found) else found
        found = found or _cleaned(block)
        if found:
            tab = block.find("\n\t")
            line = number + block.count("\n", 0, tab + 1)
            problems += [Problem("", line, say("Indent with spaces, not tabs."))] if tab >= 0 else []
        else:
            found, why = _repaired(block)
            problems += [Problem("", number, sentence) for sentence in why]
            is_partial = is_partial or not found
        end = start + len(block.rstrip("\n"))
        exact = [line for line in found if line.end]
        lines += [
            replace(one, line=one.line + number - 1, start=start + one.start, end=start + one.end) for one in exact
        ]
        lines += [replace(one, line=number, start=start, end=end) for one in found if not one.end]
    seen: set[str] = set()
    first = [line for line in lines if not (line.key in seen or seen.add(line.key))]  # type: ignore[func-returns-value]
    return Reading(
        (*first, *(line for line in lines if line not in first)), tuple(problems), is_partial, is_repaired=True
    )


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (offset, line number, text) of each key with what is indented below it."""
    held, start, first, at = "", 0, 1, 0
    for number, line in enumerate(_LINE.findall(text), start=1):
        is_more = held and (not bare(line) or is_indented(line) or line.startswith(("- ", "-\n")))
        if not is_more and (not bare(line) or line.startswith("#")):
            is_more = bool(held)
        if not is_more:
            if held:
                yield start, first, held
            held, start, first = "", at, number
        if is_more or (bare(line) and not line.startswith("#")):
            held += line
        at += len(line)
    if held:
        yield start, first, held


def _strictly(block: str) -> list[Line]:
    try:
        lines, repeated = read_mapping(block)
    except YamlTextError:
        return []
    return [*lines, *repeated]


def _cleaned(block: str) -> list[Line]:
    """Read a block whose colon, spaces or indentation are other signs than YAML's; without places."""
    head, _, rest = block.partition("\n")
    pair = _PAIR.fullmatch(bare(head)) if key_of(bare(head)) else None
    if not pair or "=" in bare(head)[len(pair[1]) :].lstrip()[:1]:
        return []
    if re.search(r"^[&#]|[^\S\n]#", bare(pair[2])) or (re.match("[|>]", bare(pair[2])) and not bare(rest)):
        return []  # YAML would read less than is there
    rest = "\n".join(_indented(line) for line in rest.split("\n"))
    return [replace(one, start=0, end=0) for one in _strictly(f"{bare(pair[1])}: {bare(pair[2])}\n{rest}")]


def _indented(line: str) -> str:
    text = line.lstrip(" \t" + INVISIBLE + WIDE_SPACES)
    return " " * (len(line) - len(text)) + text if text else ""


def _repaired(block: str) -> tuple[list[Line], list[str]]:
    """Read a value as the text it is, and say how to write it; nothing where there is no key."""
    head, _, rest = block.partition("\n")
    pair = _PAIR.fullmatch(bare(head)) if key_of(bare(head)) else None
    if pair is None:
        text = bare(head)[:SHOWN]
        return [], [say("'{text}' is neither a key nor its value and was left out. Write 'key: value'.", text=text)]
    key, value, below = bare(pair[1]), bare(pair[2]), [bare(line) for line in rest.split("\n") if bare(line)]
    inner = [line for line in below if (named(key_of(line)) and not line.startswith("-"))]
    if value and below and len(inner) == len(below):  # keys that were indented by mistake
        pieces = [
            _repaired_line(key, value),
            *(one for line in inner for one in (_cleaned(line) or _repaired(line)[0])),
        ]
        return pieces, [say("'{key}' is indented by mistake; begin each key at the start of its line.", key=inner[0])]
    if not value and below and all(line.startswith("-") for line in below):
        items: list[Plain] = [_item(line) for line in below]
        return [Line(key, items, 1)], [_advice(key, items)]
    line = _repaired_line(key, " ".join([value, *below]))
    is_empty = isinstance(line.value, str) and _PLACEHOLDER.fullmatch(line.value)
    return [line], [] if is_empty else [_advice(key, line.value)]


def _repaired_line(key: str, value: str) -> Line:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return Line(key, value, 1)


def _item(line: str) -> Plain:
    text = bare(line.removeprefix("-"))
    found = _strictly(f"x: {text}\n")
    return found[0].value if found else _repaired_line("", text).value


def _advice(key: str, value: Plain) -> str:
    return _quote_it(key, written(key, value).strip())


def _quote_it(key: str, example: str) -> str:
    short = example if len(example) <= 2 * SHOWN else example[: 2 * SHOWN] + "…"
    return say("{field}: the value is not valid YAML and was read as text. Put it in quotes: {example}", field=key,
               example=short)  # fmt: skip


def _looked_at_again(reading: Reading, text: str) -> Reading:
    """Mend what YAML reads otherwise than it looks: comments, anchors, placeholders, invisible signs."""
    problems = list(reading.problems)
    lines = []
    for line in reading.lines:
        key, value, why = _meant(line, text)
        problems += [Problem("", line.line, why)] if why else []
        if isinstance(line.value, list):
            value, wrong = _meant_items(line, text)
            problems += wrong
        lines.append(replace(line, key=key, value=value))
    return replace(reading, lines=tuple(lines), problems=tuple(problems))


def _meant_items(line: Line, text: str) -> tuple[Plain, list[Problem]]:
    """Return the items of a list below its key as they look, where YAML takes their first or a later sign for its own.

    `- GL-200 #2` has no comment, and `- >500` is no block.
    """
    rows = list(enumerate(text[line.start : _line_end(text, line.end)].split("\n")))
    items = [(line.line + at, found[1]) for at, row in rows if (found := _ITEM.fullmatch(row))]
    if not isinstance(line.value, list) or len(items) != len(line.value):
        return line.value, []
    value, problems = list(line.value), []
    for place, (number, raw) in enumerate(items):
        whole = bare(raw)
        if cut := _CUT_ITEM.fullmatch(raw):
            problems.append(Problem("", number, _left_out(line.key, cut[1], f"- {_quoted(whole)}")))
        elif _HASHTAGS.fullmatch(whole) and not value[place] and (field := named(line.key)) and field.name == "tag":
            value[place] = whole.lstrip("#＃")
        elif value[place] != whole and (raw[0] in ">|&!#" or (raw[0] in "{[" and raw[-1] not in "}]")):
            value[place] = whole
            problems.append(Problem("", number, _quote_it(line.key, f"- {_quoted(whole)}")))
    return value, problems


def _quoted(text: str) -> str:
    return written("x", text).removeprefix("x:").strip()


def _left_out(key: str, text: str, example: str) -> str:
    return say(
        "{field}: '{text}' is a comment in YAML and was left out. If it belongs to the value, write {example}",
        field=key, text=bare(text)[:SHOWN], example=example[: 2 * SHOWN],
    )  # fmt: skip


def _meant(line: Line, text: str) -> tuple[str, Plain, str]:
    """Return key and value as their author meant them, and what is to be mended."""
    key = bare(line.key)
    value = line.value
    whole = text[line.start : _line_end(text, line.start)]
    if anchor := _ANCHOR.fullmatch(whole):
        return key, "&" + bare(anchor[1]), _advice(key, "&" + bare(anchor[1]))
    if not value and (head := _EMPTY_BLOCK.fullmatch(whole)):
        return key, head[1], _advice(key, head[1])
    if drive := _DRIVE.fullmatch(whole):
        return key, drive[1], _advice(key, drive[1])
    if isinstance(value, str) and value and _PLACEHOLDER.fullmatch(value):
        return key, "", say("{field}: the placeholder {value} was not filled in.", field=key, value=value[:SHOWN])
    is_block = isinstance(value, list) and "\n" in text[line.start : line.end]
    if not is_block and (cut := _CUT.fullmatch(text[line.end : _line_end(text, line.end)])):
        return key, *_with_comment(key, value, cut[1], whole)
    return key, value, ""


def _with_comment(key: str, value: Plain, comment: str, whole: str) -> tuple[Plain, str]:
    """Return a value that has a comment behind it; a comment without a space after its sign may be part of it."""
    field, rest = named(key), bare("#" + comment)
    if field and field.name == "tag" and not value and _HASHTAGS.fullmatch(rest):
        return [bare(tag) for tag in re.split(r"[\s,、#＃]+", rest) if tag], ""
    if not rest[1:] or (comment.startswith(" ") and not (field and field.name == "title")):
        return value, ""
    meant = bare(_PAIR.fullmatch(whole)[2]) if _PAIR.fullmatch(whole) else rest  # type: ignore[index]
    return value, _left_out(key, rest, written(key, meant).strip())


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
