"""Pages, API and command line leave out no field of the register."""

from __future__ import annotations

import pytest
import typer

from app.cli.main import app
from app.shapes.search import FORMER, BoundsParams
from app.words.reader import Reader
from ingest.form import fields_of
from kb.choices import CHOICES
from kb.fields import BY_NAME, FACETS, FILTERS


def test_every_filter_is_a_parameter_of_the_api() -> None:
    assert [name for name in FILTERS if name not in BoundsParams.model_fields] == []


@pytest.mark.parametrize("command", ["search", "export"])
def test_every_filter_is_an_option_of_the_command_line(command: str) -> None:
    options = {parameter.name for parameter in typer.main.get_group(app).commands[command].params}
    assert [name for name in FILTERS if name not in options] == []


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_facet_and_every_question_of_a_form_has_a_label(locale: str) -> None:
    reader = Reader.of(locale)
    asked = {field.name: field.part for kind in CHOICES["kind"].keys for field in fields_of(kind)}
    assert [name for name in FACETS if not reader.has(f"facet.{name}")] == []
    assert [n for n, part in asked.items() if not (reader.has(f"form.{n}") or reader.has(f"metric.{part}"))] == []


def test_a_fixed_value_has_the_label_of_the_register_and_an_unknown_one_its_own() -> None:
    assert Reader.of("en").label("outcome", "no-decision") == "No decision"
    assert Reader.of("ja").label("visibility", "sales") == "営業のみ"
    assert Reader.of("ja").label("status", "?") == "?"


def test_a_former_name_is_read_from_files_as_the_field_it_is_now() -> None:
    assert {former: name for former, name in FORMER.items() if former not in BY_NAME[name].spellings} == {}
