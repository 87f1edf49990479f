"""Files dropped on the page: documents and transcripts as Markdown, exports of a CRM as tables."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.files import FileText, decode
from ingest.importers.answers import Answers, answered, kept_mapping, with_made_ids
from ingest.importers.apart import Converter, converter
from ingest.importers.crm import CrmImport, detected_columns, need_ids
from ingest.importers.errors import ImportRefusedError
from ingest.importers.incoming import as_entry
from ingest.importers.report import Report
from ingest.importers.table import open_table
from ingest.importers.transcript import read_turns
from kb.errors import KBError, RefusedTextError
from kb.playbook import Playbook
from kb.wording import say

MARKDOWN = (".md", ".markdown")
PLAIN = (".txt",)
TRANSCRIPTS = (".vtt", ".srt")
DOCUMENTS = (".pptx", ".docx", ".pdf", ".html", ".htm")
TABLES = (".csv", ".tsv", ".xlsx", ".xls")
ACCEPTED = (*MARKDOWN, *PLAIN, *TRANSCRIPTS, *DOCUMENTS, *TABLES)
MOST_ROWS = 5_000  # of an export on the page; more take minutes, so the terminal imports them
LEAST_TURNS = 2  # with a speaker or a time, for a plain text to be a transcript


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as the page goes on with it."""

    name: str
    content: bytes | KBError  # Markdown; the bytes of an export as they came; why it cannot be read
    is_export: bool = False
    notes: tuple[str, ...] = ()  # what was left out of a converted file, and what was a guess


def received(files: Iterable[tuple[str, bytes]], folder: Path) -> list[Upload]:
    """Return each file as Markdown or as an export of a CRM; foreign files are converted in processes of their own."""
    with converter("document") as document, converter("transcript") as transcript:
        return [_received(name, raw, folder, document, transcript) for name, raw in files]


@contextmanager
def crm_import(
    name: str, raw: bytes, folder: Path, playbook: Playbook, lock: Path, answers: Answers | None = None
) -> Iterator[CrmImport]:
    """Open an export for an import, with the columns a person wants.

    Raises ImportRefusedError if it is no table, RefusedTextError if it has too many rows.
    """
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"export{PurePosixPath(name).suffix.lower()}"
        path.write_bytes(raw)
        table = open_table(path)
        columns = detected_columns(table)
        if kept := kept_mapping(folder, columns):
            columns = detected_columns(table, mapping=kept)
        answers = answers or Answers()
        wanted = answered(columns, answers)
        is_corrected = bool(answers.stages) or wanted.places != columns.places
        if sum(1 for _ in zip(table.rows(), range(MOST_ROWS + 1), strict=False)) > MOST_ROWS:
            raise RefusedTextError(
                say("The export has more than {limit:,} rows. Import it with 'kb import crm'.", limit=MOST_ROWS)
            )
        yield CrmImport(folder, table, with_made_ids(wanted), playbook, lock=lock, is_corrected=is_corrected)


def has_problems(report: Report) -> bool:
    """Whether somebody should look at an export before it is imported."""
    return bool(report.problems or report.unknown or report.unknown_stages or report.failure)


def _received(name: str, raw: bytes, folder: Path, document: Converter, transcript: Converter) -> Upload:
    suffix = PurePosixPath(name).suffix.lower()
    try:
        if not name or suffix in MARKDOWN or (suffix in PLAIN and not _is_transcript(raw)):
            return Upload(name, raw)
        if suffix in TABLES and (suffix != ".xlsx" or _is_export(name, raw, folder)):
            return Upload(name, raw, is_export=True)
        if suffix not in ACCEPTED:
            raise RefusedTextError(
                say("This file type is not supported. Use one of {kinds}.", kinds=", ".join(ACCEPTED))
            )
        read = transcript if suffix in (*TRANSCRIPTS, *PLAIN) else document
        _, text, notes = as_entry(name, raw, read, "note")
        return Upload(name, text.encode("utf-8"), notes=notes)
    except KBError as error:
        return Upload(name, error)


def _is_transcript(raw: bytes) -> bool:
    content = decode(raw, "")
    if not isinstance(content, FileText) or content.text.lstrip().startswith(("---", "#")):
        return False
    turns = read_turns(content.text)
    return sum(bool(turn.speaker) or turn.start is not None for turn in turns) >= max(LEAST_TURNS, len(turns) // 2)


def _is_export(name: str, raw: bytes, folder: Path) -> bool:
    """Whether a workbook is an export of a CRM: else it is a document."""
    try:
        with crm_import(name, raw, folder, Playbook(), Path()) as task:
            need_ids(task.columns)
            return True
    except ImportRefusedError:
        return False
