"""Pages, API and command line leave out no field of the register."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from starlette.testclient import TestClient

from app.cli.main import app
from app.pages.entry.facts import ABOVE
from app.shapes.search import FORMER
from app.words.reader import Reader
from ingest.form import fields_of
from kb.choices import CHOICES, METRICS
from kb.fields import BY_NAME, FILTERS
from tests.app.conftest import FILES, MakeClient

JA = {"accept": "text/html", "accept-language": "ja"}
API_REFERENCE = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")


OWN_VALUES = {"kind": "deal", "outcome": "won", "angle": "total-cost"}
# A value of each filter, so that every place has something to show.
VALUES = {name: OWN_VALUES.get(name) or (CHOICES[name].keys[0] if name in CHOICES else "食品") for name in FILTERS}
FULL = "---\ntitle: 全部ある商談\n" + "".join(f"{name}: {value}\n" for name, value in VALUES.items()) + "---\n本文。\n"


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> TestClient:
    return make_client({**FILES, "deals/full.md": FULL})


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_narrows_a_search_and_stands_in_its_hits(name: str, client: TestClient) -> None:
    answer = client.get("/api/v1/search", params={name: VALUES[name], "limit": 100}).json()
    hit = next(hit for hit in answer["hits"] if hit["id"] == "deals/full")
    assert hit[name] in (VALUES[name], [VALUES[name]])
    assert all(VALUES[name] in hit[name] for hit in answer["hits"])


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_is_described(name: str, client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    taken = {parameter["name"] for parameter in schema["paths"]["/api/v1/search"]["get"]["parameters"]}
    assert name in taken & schema["components"]["schemas"]["HitOut"]["properties"].keys()
    body = schema["paths"]["/api/v1/deals/similar"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert name in body["properties"]["filters"]["properties"]
    assert f"`{name}`" in API_REFERENCE


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_is_named_on_the_pages(name: str, client: TestClient) -> None:
    label = Reader.of("ja").field(name)
    narrowed = client.get("/", params={name: VALUES[name]}, headers=JA).text
    assert f'id="label-{name}">{label}<' in narrowed and f'hidden">{label}:' in narrowed
    shown = client.get("/entries/deals/full", headers=JA).text
    assert f"<dt>{label}</dt>" in shown or name in ABOVE
    form = client.get("/edit/deals/full", headers=JA).text
    assert f'name="{name}"' in form or "deal" not in BY_NAME[name].form


@pytest.mark.parametrize("command", ["search", "export"])
def test_every_filter_is_an_option_of_the_command_line(command: str) -> None:
    options = {parameter.name for parameter in typer.main.get_group(app).commands[command].params}
    assert [name for name in FILTERS if name not in options] == []


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_facet_and_every_question_of_a_form_has_a_label(locale: str) -> None:
    reader = Reader.of(locale)
    asked = {field.name: field.part for kind in CHOICES["kind"].keys for field in fields_of(kind)}
    labels = {name: reader.field(name.partition(".")[0]) for name in (*FILTERS, *asked)}
    assert [name for name, label in labels.items() if not label] == []
    assert [n for n, part in asked.items() if part and not (reader.has(f"form.{n}") or part in METRICS)] == []


def test_no_message_says_again_what_the_register_calls_a_field_or_value() -> None:
    reader = Reader.of("ja")
    fields = [f"{page}.{name}" for page in ("facet", "fact", "form", "part", "factor", "by") for name in BY_NAME]
    values = [f"{name}.{key}" for name, words in CHOICES.items() for key in words.keys]
    assert [key for key in (*fields, *values) if reader.has(key)] == []


def test_a_fixed_value_has_the_label_of_the_register_and_an_unknown_one_its_own() -> None:
    assert Reader.of("en").label("outcome", "no-decision") == "No decision"
    assert Reader.of("ja").label("visibility", "sales") == "営業のみ"
    assert Reader.of("ja").label("status", "?") == "?"


def test_a_former_name_is_read_from_files_as_the_field_it_is_now() -> None:
    assert {former: name for former, name in FORMER.items() if former not in BY_NAME[name].spellings} == {}
