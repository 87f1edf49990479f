"""A hostile document harms neither the batch nor the machine: it is refused in a sentence, and the others go on."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from ingest.importers.apart import LIMITS, Converter, converter
from ingest.importers.child import Limits
from ingest.importers.csv_text import MAX_LINE
from ingest.importers.errors import ImportRefusedError
from ingest.importers.incoming import bring_in
from ingest.importers.table import Row, open_table
from kb.errors import RefusedTextError
from tests.ingest.importers.test_documents import docx

TALK = "佐藤: 価格が高いと言われました。\n".encode()
LITTLE = Limits(seconds=2, wait=60, memory=150_000_000, output=5_000)


def pdf(size: int) -> bytes:
    """Return a PDF whose only page unpacks to so many bytes, from almost none."""
    content = zlib.compress(zlib.compress(b"BT /F1 1 Tf " + b"(a) Tj " * (size // 7) + b"ET", 9), 9)
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99999999 99999999] /Contents 4 0 R /Resources"
        b" << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + b"xref\n0 5\n%strailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (table, len(body))


@pytest.fixture(scope="module")
def documents() -> Iterator[Converter]:
    with converter("document", LITTLE) as one:
        yield one


@pytest.mark.slow
def test_hostile_documents_are_refused_and_the_batch_goes_on(documents: Converter, tmp_path: Path) -> None:
    sources = {
        "good.docx": docx(("Heading2", "一"), ("", "本文。")),
        "memory.pdf": pdf(150_000_000),
        "time.docx": docx(*[("", "あ")] * 60_000),
        "also-good.docx": docx(("Heading2", "二"), ("", "続き。")),
    }
    for name, raw in sources.items():
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "entries").mkdir()
    arrivals = list(bring_in(tmp_path / "entries", [tmp_path / name for name in sources], documents))
    assert [arrival.is_new for arrival in arrivals] == [True, False, False, True]
    assert "too much memory" in arrivals[1].refusal and "and was stopped" in arrivals[2].refusal
    assert documents.starts == 3


def test_one_process_converts_all_files_until_one_fails() -> None:
    with converter("transcript", LITTLE) as read:
        assert [read("a.txt", TALK).text for _ in range(3)] == ["**佐藤**: 価格が高いと言われました。"] * 3
        with pytest.raises(RefusedTextError, match="more than 0 MB of text"):
            read("long.txt", TALK * 200)
        with pytest.raises(RefusedTextError, match="Not a transcript"):
            read("b.txt", b"a")
        assert read("a.txt", TALK) and read.starts == 2


def test_a_file_that_takes_too_long_on_the_clock_is_given_up() -> None:
    with converter("transcript", Limits(wait=0)) as read, pytest.raises(RefusedTextError, match="was stopped"):
        read("a.txt", TALK * 50_000)


def test_the_process_writes_no_files(tmp_path: Path) -> None:
    code = f"child._bound(child.resource.RLIMIT_FSIZE, 0); open({str(tmp_path / 'a')!r}, 'w').write('a' * 100_000)"
    assert _run(code) != 0 and (tmp_path / "a").stat().st_size == 0


def test_the_process_reaches_no_network_where_the_system_can_cut_it() -> None:
    able = "child._leave_network(); import socket; raise SystemExit(len(socket.if_nameindex()) > 1)"
    if _run(able):
        pytest.skip("only root may leave the network here")
    assert _run("child._leave_network(); import socket; socket.create_connection(('127.0.0.1', 9), 5)") != 0


def _run(code: str) -> int:
    command = [sys.executable, "-c", f"from ingest.importers import child; {code}"]
    return subprocess.run(command, check=False, capture_output=True).returncode


def test_the_limits_leave_room_for_ordinary_documents() -> None:
    assert LIMITS.seconds >= 60 and LIMITS.memory >= 1_000_000_000 and LIMITS.wait > LIMITS.seconds


def test_an_export_of_one_endless_line_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1," + "a" * (MAX_LINE + 1), "utf-8")
    with pytest.raises(ImportRefusedError, match="Line 2 has more than"):
        list(open_table(tmp_path / "a.csv").rows())


def test_the_rows_of_a_workbook_keep_their_numbers_below_empty_ones(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["C3"], sheet["D3"], sheet["C6"] = "id", "name", "7"
    book.save(tmp_path / "a.xlsx")
    table = open_table(tmp_path / "a.xlsx")
    assert table.headers == ("id", "name")
    assert [(row.number, row.cells[0]) for row in table.rows() if isinstance(row, Row)] == [(6, "7")]
