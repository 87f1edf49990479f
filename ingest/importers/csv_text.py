"""Find out how a CSV file is stored, and read its rows one after another."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.importers.errors import ImportRefusedError
from kb.wording import say

SEPARATORS = (",", ";", "\t")  # the first wins where a header has as many of several
MAX_CELL = 1_000_000  # characters; more is a quote that is never closed
_BLOCK = 1 << 20
_HEAD = 1 << 16  # bytes the header certainly ends within
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_TOLD = re.compile(r"\ufeff?sep=([^\r\n])[\r\n]")  # a first line that tells spreadsheets the separator
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_NAMES = {"utf-8-sig": "UTF-8 (BOM)", "utf-8": "UTF-8", "cp932": "CP932", "utf-16": "UTF-16"}


def shown(encoding: str) -> str:
    """Return the name people know an encoding by."""
    return _NAMES.get(encoding, encoding)


def encoding_of(path: Path, given: str = "") -> str:
    """Return the encoding of a text file: the given one, that of its mark, UTF-8, else CP932 where it is Japanese.

    Raises ImportRefusedError when it is no text, or its encoding is not certain.
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
    """Return the sign between the columns of the first filled line."""
    with path.open("r", encoding=encoding, newline="", errors="replace") as file:
        head = file.read(_HEAD)
    told = _TOLD.match(head)
    if told:
        return told[1]
    line = next((line for line in _QUOTED.sub("", head).splitlines() if line.strip()), "")
    return max(SEPARATORS, key=line.count)


def csv_rows(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, Sequence[str] | str]]:
    """Yield rows with their numbers, as a spreadsheet counts them; a text in place of cells says what is wrong."""
    limit = csv.field_size_limit(MAX_CELL)
    try:
        with path.open("r", encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=separator, strict=True)
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


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise ImportRefusedError(
            say("'{value}' is not a known encoding; use for example utf-8, cp932 or utf-16.", value=encoding)
        ) from None


def _unmarked(head: bytes) -> str:
    """Tell UTF-16 without a mark from what is no text: every other byte of the separators is zero."""
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
                encoding=shown(encoding),
            )
        )
    return encoding


def _wrong_at(path: Path, encoding: str) -> int | None:
    """Return the first line that cannot be decoded or has a zero byte; None where there is none."""
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
