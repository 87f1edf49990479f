"""Detect the encoding and separator of a CSV file, and read its rows."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from ingest.importers.errors import ImportRefusedError
from kb.wording import say

SEPARATORS = (",", ";", "\t", "|")  # in order of preference on a tie
MAX_CELL = 1_000_000  # characters; more is an unclosed quote
MAX_LINE = 5_000_000  # characters, which are in memory at once
_BLOCK = 1 << 20
_FIRST_LINES = 20
_HEAD = 1 << 16  # bytes; the header is always shorter
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_DECLARED = re.compile(r"\ufeff?sep=([^\r\n])[\r\n]")  # first line that declares the separator to spreadsheets
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_NAMES = {"utf-8-sig": "UTF-8 (BOM)", "utf-8": "UTF-8", "cp932": "CP932", "utf-16": "UTF-16"}


def encoding_name(encoding: str) -> str:
    """Return the display name of an encoding."""
    return _NAMES.get(encoding, encoding)


def encoding_of(path: Path, given: str = "") -> str:
    """Return the encoding of a text file: the given one, by BOM, UTF-8, else CP932 if the text is Japanese.

    Raises ImportRefusedError if it is not text, or its encoding is uncertain.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if given:
        return _checked(path, _known(given))
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return _checked(path, encoding)
    if b"\x00" in head:
        return _checked(path, _unmarked(head))
    if _wrong_at(path, "utf-8") is None:
        return "utf-8"
    if _wrong_at(path, "cp932") is None and _JAPANESE.search(head.decode("cp932", "ignore")):
        return "cp932"
    raise ImportRefusedError(
        say("The file is neither UTF-8 nor CP932. Specify its encoding, for example --encoding cp1252.")
    )


def separator_of(path: Path, encoding: str) -> str:
    """Return the column separator: the one in most of the first lines, then in the first line that has any."""
    with path.open("r", encoding=encoding, newline="", errors="replace") as file:
        head = file.read(_HEAD)
    declared = _DECLARED.match(head)
    if declared:
        return declared[1]
    lines = [line for line in _QUOTED.sub("", head).splitlines() if any(map(line.count, SEPARATORS))][:_FIRST_LINES]
    return max(SEPARATORS, key=lambda sign: (sum(sign in line for line in lines), lines[0].count(sign) if lines else 0))


def csv_rows(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, Sequence[str] | str]]:
    """Yield rows with their spreadsheet row numbers; a text instead of cells is an error message."""
    limit = csv.field_size_limit(MAX_CELL)
    try:
        with path.open("r", encoding=encoding, newline="") as file:
            reader = csv.reader(_lines(file), delimiter=separator, strict=True)
            number = 0
            while True:
                number += 1
                try:
                    cells = next(reader)
                    yield number, [] if number == 1 and cells[:1] in (["sep="], [f"sep={separator}"]) else cells
                except StopIteration:
                    return
                except csv.Error:
                    yield number, say("Unbalanced quotes in this row (line {line}).", line=reader.line_num)
    finally:
        csv.field_size_limit(limit)


def _lines(file: TextIO) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
            raise ImportRefusedError(
                say(
                    "Line {line} has more than {limit:,} characters. Export the records again, one per line.",
                    line=number,
                    limit=MAX_LINE,
                )
            )
        yield line


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise ImportRefusedError(
            say("'{value}' is not a known encoding; use for example utf-8, cp932 or utf-16.", value=encoding)
        ) from None


def _unmarked(head: bytes) -> str:
    """Return the encoding of UTF-16 without a BOM: every other byte of its separators is zero."""
    pairs = len(head) // 2
    for encoding, zeros in (("utf-16-le", head[1::2].count(0)), ("utf-16-be", head[0::2].count(0))):
        text = head[: pairs * 2].decode(encoding, "ignore")
        if (
            zeros
            and any(sign in text for sign in SEPARATORS)
            and text.isprintable() | ("\n" in text)
            and "\x00" not in text
        ):
            return encoding
    raise ImportRefusedError(say("Not a text file. Export the records as CSV or .xlsx."))


def _checked(path: Path, encoding: str) -> str:
    line = _wrong_at(path, encoding)
    if line is not None:
        raise ImportRefusedError(
            say(
                "Line {line} of the file is not valid {encoding}. Specify another encoding with --encoding.",
                line=line,
                encoding=encoding_name(encoding),
            )
        )
    return encoding


def _wrong_at(path: Path, encoding: str) -> int | None:
    """Return the first line that cannot be decoded or has a zero byte, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return line + error.object.count(b"\n", 0, error.start)
            if "\x00" in text:
                return line + text.count("\n", 0, text.index("\x00"))
            line += text.count("\n")
            if not block:
                return None
