"""The command line: run as people run it, without a model where none is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from app.cli.running import announce, running_server, withdraw
from tests.app.conftest import FILES
from tests.words import write

ROOT = Path(__file__).parents[3]
PLAIN = {"COLUMNS": "100", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Place:
    """A folder of entries with its data, and `kb` bound to them."""

    entries: Path
    data: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"KB_ENTRIES": str(self.entries), "KB_DATA": str(self.data), "LC_ALL": "C.UTF-8", **PLAIN}

    def kb(self, *arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env={**self.environment, **environment}, prog_name="kb")

    def process(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.python("from app.cli.main import main; main()", *arguments, **environment)

    def python(self, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, *arguments]
        variables = {**os.environ, **self.environment, "PYTHONPATH": str(ROOT), **environment}
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "entries", tmp_path / "var")
    for path, text in FILES.items():
        write(place.entries, path, text)
    return place


def test_check_lists_problems_with_file_and_line_and_fails(place: Place) -> None:
    result = place.kb("check")
    assert result.exit_code == 1
    assert result.stdout.startswith("deals/secret.md:3: outcome: 'wonn' is not a valid value")
    assert result.stderr == "7 entries, 1 problems.\n"


def test_check_succeeds_where_nothing_is_wrong(place: Place) -> None:
    (place.entries / "deals/secret.md").unlink()
    result = place.kb("check")
    assert result.exit_code == 0
    assert result.stdout == ""


def test_check_speaks_json(place: Place) -> None:
    result = place.kb("check", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["entries"] == 7
    assert found["problems"][0].keys() == {"path", "line", "message"}


def test_show_prints_title_place_and_text(place: Place) -> None:
    result = place.kb("show", "deals/aoba")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == ["青葉精工の受注", str(place.entries / "deals/aoba.md")]
    assert "現場が三つのボタンで使えた" in result.stdout


@pytest.mark.parametrize("spelling", ["deals/aoba", "deals/aoba.md", "./deals/aoba", "entries/deals/aoba.md"])
def test_show_takes_an_id_or_a_path(place: Place, spelling: str) -> None:
    result = place.kb("show", spelling, "--json")
    assert json.loads(result.stdout)["id"] == "deals/aoba"


def test_show_says_when_there_is_no_such_entry(place: Place) -> None:
    result = place.kb("show", "deals/none")
    assert result.exit_code == 1
    assert result.stderr == "No entry has the id 'deals/none'.\n"


def test_doctor_reports_each_finding_as_json(place: Place) -> None:
    result = place.kb("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(result.stdout)}
    assert findings["entries"]["ok"]
    assert not findings["index"]["ok"]
    assert "kb sync" in findings["index"]["detail"]
    assert result.exit_code == 1


@pytest.mark.slow  # a process each
@pytest.mark.parametrize("command", [("check",), ("sync",), ("rebuild",), ("show", "a"), ("serve",)])
def test_a_missing_folder_is_said_in_one_sentence(place: Place, command: tuple[str, ...]) -> None:
    result = place.process(*command, KB_ENTRIES=str(place.entries / "none"))
    assert result.returncode == 1
    assert result.stderr.startswith("There is no folder ")
    assert "KB_ENTRIES" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_setting_names_its_variable(place: Place) -> None:
    result = place.process("check", KB_PORT="web")
    assert result.returncode == 1
    assert result.stderr.startswith("KB_PORT: ")
    assert "Traceback" not in result.stderr


def test_a_refused_setting_does_not_show_its_password(place: Place) -> None:
    refused = place.kb("--lang", "ja", "check", KB_SMTP_URL="smtps://kb:hunter2@mail.example").output
    assert refused.startswith("KB_SMTP_URL ") and "hunter2" not in refused and "mail.example" in refused


def test_a_mistyped_option_is_an_error_of_usage(place: Place) -> None:
    assert place.kb("check", "--jsn").exit_code == 2


@pytest.mark.parametrize("command", [("--help",), ("check", "--json"), ("show", "deals/aoba")])
def test_commands_without_a_model_import_none(place: Place, command: tuple[str, ...]) -> None:
    heavy = "torch", "chromadb", "sentence_transformers", "fastapi"
    code = f"import sys\nfrom app.cli.main import app\ntry:\n    app({list(command)!r})\nexcept SystemExit:\n    pass\n"
    code += f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    variables = {**os.environ, **place.environment, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_search_without_a_server_loads_only_what_it_asks() -> None:
    code = "import sys, app.cli.offline; print(*(name for name in sys.modules if name.startswith(('app', 'kb'))))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "kb.library" in loaded
    assert [name for name in loaded if name.startswith(("app.services", "app.charts", "kb.people."))] == []


def test_a_server_that_is_gone_is_not_asked(tmp_path: Path) -> None:
    announce(tmp_path, "127.0.0.1", 9, frozenset({"all"}))
    assert running_server(tmp_path) is None
    withdraw(tmp_path)
    assert not (tmp_path / "server.json").exists()


@pytest.mark.parametrize("note_text", ["", "[]", "{", '{"url": 7}', '{"url": "file:///etc/passwd"}'])
def test_a_damaged_note_of_a_server_counts_as_none(tmp_path: Path, note_text: str) -> None:
    write(tmp_path, "server.json", note_text)
    assert running_server(tmp_path) is None


@pytest.mark.model
def test_sync_search_and_rebuild_with_the_real_model(place: Place) -> None:
    first = json.loads(place.process("sync", "--json").stdout)
    assert len(first["added"]) == 7
    assert first["embedded"] > 0
    found = json.loads(place.process("search", "--json", "--outcome", "lost", "--", "高いと言われた", "-試行").stdout)
    assert [hit["id"] for hit in found["hits"]] == ["deals/sumire"]
    refused = place.process("search", "価格", "--outcome", "wonn")
    assert refused.returncode == 1
    assert "use one of won, lost, no-decision, open" in refused.stderr
    rebuilt = json.loads(place.process("rebuild", "--json").stdout)
    assert (len(rebuilt["added"]), rebuilt["embedded"]) == (7, 0)
    shown = place.process("search", "青葉精工")
    assert shown.returncode == 0
    assert "[deals/aoba]" in shown.stdout


def test_a_name_in_a_backup_cannot_act_on_the_terminal(place: Place, tmp_path: Path) -> None:
    name, source = "entries/\x1b[2J.md", tmp_path / "b.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr(name, b"x")
        archive.writestr(
            "manifest.json", json.dumps({"format": 1, "made_at": "2026-11-25", "sha256": {name: "0" * 64}})
        )
    result = place.kb("restore", str(source))
    assert result.exit_code == 1
    assert "'entries/?[2J.md' is not allowed in a backup" in result.stderr
