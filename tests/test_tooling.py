"""The tools around the code say the same thing in one way, and tests wait for what happens, not for time to pass."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import yaml

from tests.conftest import SLOW_MARKS

ROOT = Path(__file__).parents[1]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
WAITS = ROOT / "tests/waiting.py"
CLOCK = {"sleep", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"}


def _commands(target: str) -> list[str]:
    """Return the commands of a target of the Makefile."""
    rule = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert rule
    return [line.strip().removeprefix("@").replace("$(BIN)", ".venv/bin") for line in rule[1].splitlines()]


def test_what_is_checked_before_a_commit_is_what_make_check_checks() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert [hook["entry"] for hook in repository["hooks"]] == _commands("check")
    assert {(hook["language"], hook["pass_filenames"]) for hook in repository["hooks"]} == {("system", False)}


def test_every_registered_mark_is_used() -> None:
    registered = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]["markers"]
    names = {mark.partition(":")[0] for mark in registered}
    used = {name for path in TESTS for name in re.findall(r"pytest\.mark\.(\w+)", path.read_text("utf-8"))}
    assert names <= used and set(SLOW_MARKS) < names


def test_no_test_sleeps_or_measures_seconds() -> None:
    users = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in TESTS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if path != WAITS
        and (
            (isinstance(node, ast.Attribute) and node.attr in CLOCK)
            or (isinstance(node, ast.ImportFrom) and node.module == "time")
        )
    ]
    assert users == [], "wait with tests.waiting.wait_until; count work instead of seconds"


def test_nothing_lies_about_at_the_top() -> None:
    git = ["git", "-C", str(ROOT), "ls-files"]
    tops = {
        line.split("/")[0]
        for line in subprocess.run(git, check=True, capture_output=True, text=True).stdout.splitlines()
    }
    folders = {"kb", "app", "ingest", "entries", "tests", "bench", "docs", "deploy", ".ci", ".github"}
    files = {"README.md", "README.ja.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "pyproject.toml"}
    assert tops == folders | files | {"constraints.txt", ".gitignore", ".pre-commit-config.yaml"}
