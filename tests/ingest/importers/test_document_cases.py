"""Documents become what they show; each case of tests/cases/documents/ is a file in lines and its Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.importers.documents import read_document
from kb.errors import RefusedTextError
from tests.ingest.importers.building import BUILDERS
from tests.ingest.test_parse import read_cases

CASES = sorted((Path(__file__).parents[2] / "cases" / "documents").glob("*.md"))
WITH_HIDDEN = " (with hidden)"


@pytest.mark.parametrize(
    ("kind", "name", "given", "wanted"),
    [
        pytest.param(file.stem, name, text, "\n".join(wanted), id=f"{file.stem}: {name}")
        for file in CASES
        for name, text, wanted in read_cases(file)
    ],
)
def test_a_document_becomes_what_its_case_says(kind: str, name: str, given: str, wanted: str) -> None:
    try:
        converted = read_document(f"x.{kind}", BUILDERS[kind](given), with_hidden=name.endswith(WITH_HIDDEN))
    except RefusedTextError as refused:
        assert f"refused: {refused}" == wanted
        return
    assert "\n\n".join([converted.text, *converted.notes]) == wanted


def test_every_folder_of_cases_has_a_builder() -> None:
    assert {file.stem for file in CASES} == set(BUILDERS)
