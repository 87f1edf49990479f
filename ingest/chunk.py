"""Split an entry into passages that follow its headings and fit the model's window."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from markdown_it.token import Token

from ingest.document import LONGEST_HEADING, Document, plain_text
from ingest.machine import is_searched
from kb.entry import Chunk, Entry

CHUNK_TOKENS = 320  # a passage of one thought: two or three Japanese paragraphs
WHOLE_TOKENS = 480  # a table or list stays whole up to here; the window has 512 with prompt and markers
COUNTED = 500_000  # letters of one entry given to the tokenizer, each several times; half a second
CALL = 50  # letters that take as long as one call
MOST_PARTS = 20_000  # lines or items of one block looked at one by one; of more, several are taken together
LETTERS_IN_TOKEN = 16  # an upper bound of the average in any text
CHUNKING = f"people-{CHUNK_TOKENS}-{WHOLE_TOKENS}"  # part of the index fingerprint

CountTokens = Callable[[str], int]
_SENTENCE = re.compile(r"(?<=[。！？!?\n])|(?<=\. )")


@dataclass(frozen=True, slots=True)
class Chunked:
    """A document with its passages, so that they are computed once."""

    document: Document
    chunks: tuple[Chunk, ...]


class _Counter:
    """Counts tokens; those of a very long entry, after its first letters, by their number of tokens a letter."""

    def __init__(self, count: CountTokens) -> None:
        self._count = count
        self._calls = self._letters = self._tokens = 0

    def __call__(self, text: str) -> int:
        letters = _letters(text)
        if letters > WHOLE_TOKENS * LETTERS_IN_TOKEN:
            return letters // LETTERS_IN_TOKEN  # too many in any case
        if self._letters + CALL * self._calls > COUNTED:
            return -(-letters * self._tokens // max(1, self._letters))
        tokens = self._count(text)
        self._calls += 1
        self._letters += letters
        self._tokens += tokens
        return tokens


def _letters(text: str) -> int:
    """Return how many letters the tokenizer sees: one character may stand for 18, and takes long to be written out."""
    if unicodedata.is_normalized("NFKC", text):
        return len(text)
    return sum(times * _letters_of(sign) for sign, times in Counter(text).items())


@lru_cache(maxsize=4_096)
def _letters_of(sign: str) -> int:
    return len(unicodedata.normalize("NFKC", sign))


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbouring lines of the body that belong together."""

    start: int  # line of the body, from 0
    text: str
    kind: str  # the token type that opened it
    children: tuple[int, ...] = ()  # lines inside it where a row or an item begins


def chunk_entry(
    entry: Entry,
    tokens: Sequence[Token],
    count_tokens: CountTokens,
    *,
    target: int = CHUNK_TOKENS,
    whole: int = WHOLE_TOKENS,
) -> tuple[Chunk, ...]:
    """Return the passages of an entry in reading order; every word people wrote is in one of them or in its headings.

    Of a meeting in which nothing was agreed there are none. `tokens` are those of the body; `target` and `whole` are
    token counts of the text alone, without the model's prompt.
    """
    chunks: list[Chunk] = []
    seen: dict[str, int] = {}
    count = _Counter(count_tokens)
    for headings, whole_section in _sections(entry, tokens):
        last_heading = headings[-1] if headings else ""
        blocks = [b for b in whole_section if is_searched(entry, last_heading, b.text, b.kind)]
        slug = _slug(headings)
        seen[slug] = seen.get(slug, 0) + 1
        base = f"{entry.id}#{slug}" + (f"~{seen[slug]}" if seen[slug] > 1 else "")
        for slot, piece in enumerate(_pack(blocks, count, target, whole)):
            first = entry.body_line + piece.start
            last = first + piece.text.count("\n")
            chunks.append(Chunk(f"{base}.{slot}", entry.id, headings, piece.text, first, last))
    if not chunks and not entry.is_meeting:
        chunks.append(Chunk(f"{entry.id}#.0", entry.id, (), "", entry.body_line, entry.body_line))
    return tuple(chunks)


def renamed(chunks: Sequence[Chunk], entry_id: str) -> tuple[Chunk, ...]:
    """Return the passages of an entry under a new id."""
    return tuple(replace(c, id=entry_id + c.id.removeprefix(c.entry_id), entry_id=entry_id) for c in chunks)


def _sections(entry: Entry, tokens: Sequence[Token]) -> Iterator[tuple[tuple[str, ...], list[_Block]]]:
    """Yield (heading path, blocks); a heading without text below it and without children is kept as a section."""
    path: list[tuple[int, str]] = []
    blocks: list[_Block] = []
    pending: _Block | None = None  # a heading with nothing below it yet
    for block, level, heading in _blocks(entry.body, tokens):
        if not level:
            blocks.append(block)
            pending = None
            continue
        if blocks:
            yield tuple(text for _, text in path), blocks
        elif pending and path and level <= path[-1][0]:
            yield tuple(text for _, text in path), [pending]
        blocks = []
        path = [step for step in path if step[0] < level]
        is_title = level == 1 and heading == entry.title
        if heading and not is_title:
            path.append((level, heading))
        pending = None if is_title else block
    if blocks or pending:
        yield tuple(text for _, text in path), blocks or [pending]  # type: ignore[list-item]


def _blocks(body: str, tokens: Sequence[Token]) -> Iterator[tuple[_Block, int, str]]:
    """Yield (block, heading level or 0, heading text) per top-level block; lines between blocks join the one before."""
    lines = body.split("\n")
    tops = _top_level(tokens)
    if not tops:
        if body.strip():
            yield _Block(*_trimmed(lines, 0, len(lines)), "text"), 0, ""
        return
    starts = [start for start, *_ in tops]
    if any(line.strip() for line in lines[: starts[0]]):  # link definitions have no block of their own
        yield _Block(*_trimmed(lines, 0, starts[0]), "text"), 0, ""
    for index, (_, end, kind, children, level, heading) in enumerate(tops):
        upto = starts[index + 1] if index + 1 < len(tops) else len(lines)
        if not level:
            yield _Block(*_trimmed(lines, starts[index], upto), kind, children), 0, ""
            continue
        yield _Block(*_trimmed(lines, starts[index], end), kind), level, heading
        if any(line.strip() for line in lines[end:upto]):
            yield _Block(*_trimmed(lines, end, upto), "text"), 0, ""


def _top_level(tokens: Sequence[Token]) -> list[tuple[int, int, str, tuple[int, ...], int, str]]:
    tops: list[tuple[int, int, str, list[int], int, str]] = []
    for index, token in enumerate(tokens):
        if token.map is None:
            continue
        start, end = token.map
        if token.level == 0:
            heading = plain_text(tokens[index + 1]) if token.type == "heading_open" else ""
            is_heading = token.type == "heading_open" and len(heading) <= LONGEST_HEADING
            level, heading = (int(token.tag[1]), heading) if is_heading else (0, "")
            tops.append((start, end, token.type, [], level, heading))
        elif token.type in ("list_item_open", "tr_open") and tops and (token.level == 1 or token.type == "tr_open"):
            tops[-1][3].append(start)
    return [(*top[:3], tuple(top[3]), *top[4:]) for top in tops]


def _trimmed(lines: Sequence[str], start: int, end: int) -> tuple[int, str]:
    while start < end - 1 and not lines[start].strip():
        start += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return start, "\n".join(lines[start:end])


def _pack(blocks: Sequence[_Block], count: CountTokens, target: int, whole: int) -> Iterator[_Block]:
    """Join neighbouring blocks up to `target` tokens; split blocks that are too large."""
    held: list[_Block] = []
    tokens = 0
    for block in (piece for whole_block in blocks for piece in _fitting(whole_block, count, target, whole)):
        tokens += count(block.text)
        if held and tokens > target:  # the sum over blocks is slightly too high, so count exactly
            tokens = count(_joined([*held, block]).text)
        if held and tokens > target:
            yield _joined(held)
            held, tokens = [], count(block.text)
        held.append(block)
    if held and (last := _joined(held)).text.strip():
        yield last


def _joined(blocks: Sequence[_Block]) -> _Block:
    if len(blocks) == 1:
        return blocks[0]
    parts, line = [blocks[0].text], blocks[0].start + blocks[0].text.count("\n")
    for block in blocks[1:]:
        parts += ["\n" * max(block.start - line, 0), block.text]
        line = max(block.start, line) + block.text.count("\n")
    return _Block(blocks[0].start, "".join(parts), "text")


def _fitting(block: _Block, count: CountTokens, target: int, whole: int) -> Iterator[_Block]:
    limit = whole if block.kind in ("table_open", "bullet_list_open", "ordered_list_open") else target
    if _fits(block.text, count, limit):
        yield block
        return
    for piece in _parts(block):
        yield from [piece] if _fits(piece.text, count, target) else _sentences(piece, count, target)


def _fits(text: str, count: CountTokens, limit: int) -> bool:
    """Whether a text fits the limit; very long texts are not even counted."""
    return len(text) <= limit * LETTERS_IN_TOKEN and count(text) <= limit


def _parts(block: _Block) -> list[_Block]:
    """Split a list into items, a table into rows, anything else into lines."""
    lines = block.text.split("\n")
    cuts = [line - block.start for line in block.children] or list(range(len(lines)))
    cuts = cuts[:: 1 + len(cuts) // MOST_PARTS]
    bounds = sorted({0, *[cut for cut in cuts if 0 < cut < len(lines)], len(lines)})
    pieces = [(a, "\n".join(lines[a:b])) for a, b in pairwise(bounds)]
    return [_Block(block.start + at, text, block.kind) for at, text in pieces if text.strip()]


def _sentences(block: _Block, count: CountTokens, target: int) -> Iterator[_Block]:
    start, held, tokens = block.start, "", 0
    for sentence in (part for whole in _SENTENCE.split(block.text) for part in _halves(whole, count, target)):
        tokens += count(sentence)
        if tokens > target:  # the sum over sentences is slightly too high, so count exactly
            tokens = count(held + sentence)
        if held.strip() and tokens > target:
            yield _Block(start, held, "text")
            start, held, tokens = start + held.count("\n"), "", count(sentence)
        held += sentence
    if held.strip():
        yield _Block(start, held, "text")


def _halves(text: str, count: CountTokens, target: int) -> Iterator[str]:
    """Split a sentence longer than a passage at a space near the middle, else in the middle."""
    if len(text) < 2 or _fits(text, count, target):
        yield text
        return
    middle = len(text) // 2
    space = text.find(" ", middle, middle + middle // 2)
    cut = space + 1 if space >= 0 else middle
    yield from _halves(text[:cut], count, target)
    yield from _halves(text[cut:], count, target)


def _slug(headings: Sequence[str]) -> str:
    text = unicodedata.normalize("NFKC", headings[-1] if headings else "").lower()
    return re.sub(r"[\W_]+", "-", text).strip("-")[:60]
