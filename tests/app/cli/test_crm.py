"""`kb import crm`, run as people run it: first what it would do, then the question, then the files."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from tests.app.cli.test_main import Place
from tests.ingest.importers.tables import DEAL, HEADERS, files, write_csv

pytestmark = pytest.mark.slow  # starts processes

INTERRUPTED = f"""
import signal
from app.cli.main import main
from tests.killing import at_step

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts jobs in the background ignores it
at_step(40, lambda: signal.raise_signal({signal.SIGINT:d}))
main()
"""  # a file has six: before and after it is written beside its place, linked, and removed there


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder of entries."""
    (tmp_path / "entries").mkdir()
    return Place(tmp_path / "entries", tmp_path / "var")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A deal, a row that is misshapen and one whose stage nobody knows; Japanese, in CP932, as Excel writes it."""
    unknown = ("D-2", *DEAL[1:3], "祝杯", *DEAL[4:])
    return write_csv(tmp_path / "商談.csv", HEADERS, DEAL, [*DEAL, "x"], unknown, encoding="cp932")


def test_a_preview_shows_what_was_understood_and_writes_nothing(place: Place, export: Path) -> None:
    result = place.kb("import", "crm", str(export))
    assert result.exit_code == 0
    for line in (
        "CP932, separated by comma",
        "New: 2, changed: 0, unchanged: 0, rows left out: 1; problems: 1",
        "crm_id       商談ID",
        "受注 → won",
        "won          1",
        "customer     青葉精工",
        "1× row 3: The row has 10 columns, the header 9.",
        "Unknown stage '祝杯' (1 deals); it counts as open.",
    ):
        assert line in result.stdout
    assert "Nothing was written." in result.stderr
    assert files(place.entries) == {}


def test_a_yes_at_the_question_writes_what_was_shown(place: Place, export: Path) -> None:
    result = CliRunner().invoke(app, ["import", "crm", str(export)], input="\ny\n", env=place.environment)
    assert "2 files written." in result.stderr
    assert len(files(place.entries)) == 2


def test_an_unknown_stage_is_asked_once_and_the_answer_kept_in_a_mapping(
    place: Place, export: Path, tmp_path: Path
) -> None:
    mapping = tmp_path / "answers.yaml"
    result = CliRunner().invoke(
        app, ["import", "crm", str(export)], input=f"受注\ny\n{mapping}\n", env=place.environment
    )
    assert "What does the stage '祝杯' (1 deals) mean?" in result.stderr
    assert "祝杯 → won" in result.stdout
    assert "won: [受注, 祝杯]" in mapping.read_text("utf-8")
    again = place.kb("import", "crm", str(export), "--mapping", str(mapping))
    assert "What does the stage" not in again.stderr


@pytest.mark.parametrize(("answer", "kept"), [("y", 1), ("はい", 1), ("n", 0), ("", 0)])
def test_a_yes_instead_of_a_file_name_keeps_the_answers_for_the_next_export(
    place: Place, tmp_path: Path, answer: str, kept: int
) -> None:
    export = write_csv(tmp_path / "export.csv", ("商談ID", "案件名", "段階"), ("D-1", "点検", "祝杯"))
    CliRunner().invoke(app, ["import", "crm", str(export)], input=f"受注\ny\n{answer}\n", env=place.environment)
    assert len(list((place.entries / "mappings").glob("*.yaml"))) == kept
    again = place.kb("import", "crm", str(export))
    assert ("What does the stage" in again.stderr) != bool(kept)


def test_a_column_is_corrected_before_anything_is_written(place: Place, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "d.csv", (*HEADERS, "税込合計"), (*DEAL, "1,320万円"))
    answers = "amount=\n金額=税込\namount=税込合計\ny\n\n"
    result = CliRunner().invoke(app, ["import", "crm", str(export)], input=answers, env=place.environment)
    assert "No column '税込'. Columns: 商談ID" in result.stderr
    assert "amount       税込合計 (1 read, 0 empty, 0 not read): 1,320万円 → 13200000 JPY" in result.stdout
    (text,) = files(place.entries).values()
    assert "amount: 13200000\n" in text


def test_options_set_columns_stages_and_ids(place: Place, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "d.csv", ("顧客名", "案件名", "段階", "額"), ("浜野製薬", "点検", "祝杯", "120"))
    refused = place.process("import", "crm", str(export))
    assert "--id-from title,customer,started_on" in refused.stderr
    options = ["--id-from", "title,customer", "--column", "amount=額", "--stage", "祝杯=受注", "--json"]
    report = json.loads(place.kb("import", "crm", str(export), *options, "--yes").stdout)
    assert (report["outcomes"], report["totals"], report["written"]) == ({"won": 1}, {"JPY": 120}, 1)
    assert any("The ids are made from 案件名, 顧客名." in note for note in report["notes"])
    assert json.loads(place.kb("import", "crm", str(export), *options).stdout)["unchanged"] == 1
    wrong = place.process("import", "crm", str(export), "--id-from", "title,owner")
    assert wrong.stderr.startswith("No column holds 'owner'.")


def test_yes_writes_without_a_question_and_a_second_time_nothing(place: Place, export: Path) -> None:
    assert "2 files written." in place.kb("import", "crm", str(export), "--yes").stderr
    again = place.kb("import", "crm", str(export))
    assert "New: 0, changed: 0, unchanged: 2" in again.stdout
    assert again.stderr == ""


def test_the_report_for_machines(place: Place, export: Path) -> None:
    preview = json.loads(place.kb("import", "crm", str(export), "--json").stdout)
    assert (preview["new"], preview["written"], preview["encoding"], preview["profile"]) == (2, 0, "CP932", "generic")
    assert preview["outcomes"] == {"won": 1, "open": 1}
    assert preview["problems"][0]["rows"] == [3]
    assert json.loads(place.kb("import", "crm", str(export), "--json", "--yes").stdout)["written"] == 2


def test_a_mapping_is_written_edited_and_used_and_never_overwritten(place: Place, export: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    place.kb("import", "crm", str(export), "--save-mapping", str(mapping))
    text = mapping.read_text("utf-8")
    assert "  open: [祝杯]" in text
    mapping.write_text(text.replace("  open: [祝杯]", "  won: [祝杯]").replace("  won: [受注]\n", ""), "utf-8")
    report = json.loads(place.kb("import", "crm", str(export), "--mapping", str(mapping), "--json").stdout)
    assert report["outcomes"] == {"won": 2}
    refused = place.process("import", "crm", str(export), "--save-mapping", str(mapping))
    assert (refused.returncode, refused.stderr) == (1, f"'{mapping}' is there already; name another file.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.csv"], "'none.csv' cannot be read: it does not exist."),
        (["{export}", "--kind", "leads"], "'leads' cannot be imported; expected deals or campaigns."),
        (["{export}", "--separator", "ab"], "'ab' is not a separator; expected one sign or tab."),
        (
            ["{export}", "--encoding", "utf-8"],
            "Line 1 of the file is not valid UTF-8. Specify another encoding with --encoding.",
        ),
        (["{export}", "--separator", ";"], "No CRM id column found"),
    ],
)
def test_what_cannot_be_imported_is_said_in_one_sentence(
    place: Place, export: Path, arguments: list[str], sentence: str
) -> None:
    result = place.process("import", "crm", *(part.format(export=export) for part in arguments))
    assert result.returncode == 1
    assert result.stderr.startswith(sentence)
    assert "Traceback" not in result.stderr


def test_what_keeps_files_from_being_written_is_said_and_fails(place: Place, export: Path) -> None:
    (place.entries / "deals").symlink_to("/proc/self")
    result = place.process("import", "crm", str(export), "--yes")
    assert result.returncode == 1
    assert result.stderr.startswith("Stopped after 0 files, each of them complete. Nothing was saved: ")


def test_an_interrupt_leaves_whole_files_and_the_next_run_goes_on(place: Place, tmp_path: Path) -> None:
    count = 60
    export = write_csv(tmp_path / "d.csv", HEADERS, *((f"D-{number}", *DEAL[1:]) for number in range(count)))
    interrupted = place.python(INTERRUPTED, "import", "crm", str(export), "--yes")
    code, said = interrupted.returncode, interrupted.stderr
    written = files(place.entries)
    assert code == 130
    assert 0 < len(written) < count
    assert "each of them complete. Run the same command again to continue." in said
    assert all(path.endswith(".md") and text.endswith("CRMから取り込んだ商談。\n") for path, text in written.items())
    report = json.loads(place.kb("import", "crm", str(export), "--yes", "--json").stdout)
    assert (report["new"], report["unchanged"]) == (count - len(written), len(written))
    assert len(files(place.entries)) == count
