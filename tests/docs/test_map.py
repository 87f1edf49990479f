"""The map of the code in docs/architecture.md and the records of decisions are read against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_architecture import FILES, FORBIDDEN, OWNERS, PACKAGES, imports_of, is_below

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs/decisions"
TEXT = (ROOT / "docs/architecture.md").read_text("utf-8")
DOCUMENTS = ("docs/architecture.md", "CONTRIBUTING.md", *(f"docs/decisions/{p.name}" for p in DECISIONS.glob("*.md")))
_PATH = re.compile(r"(?<![\w/.])(?:kb|ingest|app|tests|bench|docs)/[^\s`|),:;#]+")
_ROW = re.compile(r"^\| `([\w/]+/)` \|.*\| (.*) \|$", re.MULTILINE)
_ANYTHING = "everything"


def package_of(module: str, documented: set[str]) -> str:
    """Return the innermost documented package a path below the project lies in."""
    return max((package for package in documented if module.startswith(package)), key=len)


def rules() -> dict[str, set[str]]:
    """Return which packages each package may import, as the table says."""
    return {
        package: {_ANYTHING} if may == _ANYTHING else set(re.findall(r"`([\w/]+/)`", may))
        for package, may in _ROW.findall(TEXT)
        if package.split("/")[0] in PACKAGES
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_a_document_names_exists(name: str) -> None:
    found = [path.rstrip(".") for path in _PATH.findall((ROOT / name).read_text("utf-8"))]
    assert [path for path in found if not set("<*…") & set(path) and not (ROOT / path).exists()] == []


def test_the_map_names_every_package() -> None:
    packages = {f"{path.parent.relative_to(ROOT).as_posix()}/" for path in FILES if path.name == "__init__.py"}
    assert sorted(package for package in packages if f"`{package}`" not in TEXT) == []


def test_packages_import_only_what_the_map_allows() -> None:
    allowed = rules()
    assert len(allowed) > len(PACKAGES)
    strangers = set()
    for path in FILES:
        package = package_of(path.relative_to(ROOT).as_posix(), set(allowed))
        for name in imports_of(path):
            if name.split(".")[0] not in PACKAGES:
                continue
            other = package_of(f"{name.replace('.', '/')}/", set(allowed))
            if other != package and not {other, _ANYTHING} & allowed[package]:
                strangers.add(f"{package} imports {other}")
    assert strangers == set()


def test_the_map_allows_nothing_that_is_forbidden() -> None:
    wrong = [
        f"{package} may import {other}"
        for package, may in rules().items()
        for folder, never in FORBIDDEN
        if package.startswith(folder)
        for other in may
        if any(is_below(other.strip("/").replace("/", "."), name) for name in never)
    ]
    assert wrong == []


def test_the_map_names_the_owner_of_every_library() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    missing = [
        f"{library}: {owner}"
        for library, owners in OWNERS.items()
        for owner in owners
        if not any(f"`{library}`" in row and f"`{owner}`" in row for row in rows)
    ]
    assert missing == []


def test_every_decision_is_listed_and_has_its_three_parts() -> None:
    index = (DECISIONS / "README.md").read_text("utf-8")
    records = [path for path in DECISIONS.glob("*.md") if path.name != "README.md"]
    assert records and [path.name for path in records if f"]({path.name})" not in index] == []
    parts = [re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE) for path in records]
    assert parts == [["Context", "Decision", "Consequences"]] * len(records)
