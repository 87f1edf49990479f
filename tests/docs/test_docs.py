"""Documentation that can drift is generated, or read here against the code."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from starlette.testclient import TestClient

from app.http import allowed
from app.settings import settings_table
from ingest.check import read_playbook
from ingest.parse import parse_entry
from kb.fields import FIELDS, FILTERS
from kb.index import neighbours
from kb.index.balance import ENOUGH, STRENGTH
from kb.index.matrix import MOST_EXACT
from kb.search import calibration, candidates, lookup, ranking
from kb.viewer import ROLES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PLAYBOOK = read_playbook(ROOT / "entries")[0]
WHAT_IT_NEEDS = {  # how the rows of the table of roles begin
    "Search, read": allowed.READING,
    "Mark what helped": allowed.READING,
    "Write entries": allowed.WRITING,
    "Grade": allowed.GRADING,
    "Edit the entries of others": allowed.VERIFYING,  # decided by the store, not by a route
    "Verify": allowed.VERIFYING,
    "Archive": allowed.ARCHIVING,
    "Take and answer": allowed.TAKING,
    "Mark one's own": allowed.MARKING,
    "Decide about the gaps": allowed.TENDING,  # decided within a route
    "Save meetings": allowed.MEETING,
    "Change the playbook": allowed.AGREEING,
    "Import files": allowed.IMPORTING,
    "Measure": allowed.MEASURING,
    "Manage people": allowed.MANAGING,
    "See connections": allowed.CONNECTING,
}
_YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("regenerate_docs", DOCS / "regenerate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["settings.md", "cli.md", "entry-format.md", "crm-connections.md"])
def test_generated_parts_are_up_to_date(generator: ModuleType, name: str) -> None:
    assert generator.renewed(read(name), generator.PARTS[name]) == read(name), "run 'make docs'"


def test_every_setting_is_documented() -> None:
    assert settings_table() in read("settings.md")


def test_every_command_is_documented(generator: ModuleType) -> None:
    assert generator.command_help() in read("cli.md")


def test_every_key_is_explained_and_not_only_listed() -> None:
    text = read("entry-format.md")
    assert [field.name for field in FIELDS if f"| `{field.key}` | {field.about} |" not in text or not field.about] == []


def test_every_spelling_of_a_key_is_documented() -> None:
    text = read("entry-format.md")
    assert [spelling for field in FIELDS for spelling in field.spellings if f"`{spelling}`" not in text] == []


def test_every_example_of_the_entry_format_is_sound() -> None:
    sound, _, _ = read("entry-format.md").partition("## Problems")
    examples = _YAML.findall(sound)
    kinds = [parsed_kind(f"---\n{example}---\n本文。\n") for example in examples]
    assert sorted(kinds) == ["campaign", "deal", "note", "talk-track"]


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_example_of_a_readme_is_sound(name: str) -> None:
    examples = re.findall(r"```markdown\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    assert [parsed_kind(example) for example in examples] == [{"README.md": "talk-track", "README.ja.md": "deal"}[name]]


def test_the_problems_shown_are_those_the_reader_finds() -> None:
    _, _, wrong = read("entry-format.md").partition("## Problems")
    parsed = parse_entry(f"---\n{_YAML.findall(wrong)[0]}---\n本文。\n", "deals/aoba.md", PLAYBOOK)
    assert "\n".join(map(str, parsed.problems)) in wrong


def test_every_route_and_parameter_is_documented(client: TestClient) -> None:
    text = read("api.md")
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        method, described = next(iter(methods.items()))
        assert f"`{method.upper()} {path}`" in text
        names = [parameter["name"] for parameter in described.get("parameters", [])]
        assert [
            name for name in names if f"`{name}`" not in text.replace("`Accept-Language`", "`accept-language`")
        ] == []


SHAPES = (
    "AnswerOut", "HitOut", "WhyOut", "FacetOut", "ErrorDetail", "ScoreboardOut", "BaseOut", "RowOut", "FairOut",
    "ResponseOut", "LookedAtOut", "CoveredOut", "SimilarDealsOut", "RateOut", "ContrastOut", "PairOut", "SuggestionOut",
    "PartOut",
)  # fmt: skip


def test_every_field_of_an_answer_is_documented(client: TestClient) -> None:
    text, schemas = read("api.md"), client.get("/openapi.json").json()["components"]["schemas"]
    fields = {name for shape in SHAPES for name in schemas[shape]["properties"]} - {*FILTERS}  # in a table of their own
    assert [name for name in fields if f'"{name}"' not in text] == []
    told = {*schemas["ReadyOut"]["properties"], *schemas["JobOut"]["properties"]}
    assert [name for name in told if f"`{name}`" not in text] == []


def test_the_constants_of_the_ranking_are_those_documented() -> None:
    text = read("search.md")
    assert f"own + {ranking.TITLE_SHARE} · max(0, title − text)" in text
    assert f"sentence − {ranking.SENTENCE_LUCK} · std(text)" in text
    assert f"{1 - ranking.SENTENCE_SHARE} · text + {ranking.SENTENCE_SHARE} · best" in text
    assert f"four fifths ({STRENGTH})" in text
    assert f"at least {ENOUGH} passages" in text
    assert f"{lookup.SMALL_BASE:,} passages" in text
    assert f"{neighbours.SMALL:,} vectors" in text and f"{MOST_EXACT:,} vectors" in text
    weight = f"min({ranking.MOST_WEIGHT:g}, max(0, evidence − {ranking.EVIDENCE_FLOOR}))"
    assert f"{weight} · z(BM25 ^ {ranking.KEYWORD_POWER})" in text
    for name, factor in candidates.FACTORS.items():
        assert f"| `{name}` | {factor} |" in text
    limits = calibration.BUNDLED
    for limit in (limits.strong, limits.strong_with_words, limits.across):
        assert str(limit).removeprefix("0") in text
    sure = f"c − {calibration.LEVEL_SHARE} · (level − {limits.level:.2f}) + {limits.words} · share < {limits.none}"
    assert sure.replace("0.", ".") in text


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")]), ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = re.findall(
        r"\]\((?!https?:|#)([^)#]+)", re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    )
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_readme_names_every_document() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    linked = {path.name for path in DOCS.glob("*.md")} - {"cli.md"}
    assert [name for name in sorted(linked) if f"docs/{name}" not in readme] == []


def parsed_kind(text: str) -> str:
    parsed = parse_entry(text, "any/place.md", PLAYBOOK)
    assert parsed.problems == ()
    assert parsed.entry.extra == ()
    return parsed.entry.kind


def test_the_table_of_roles_says_what_the_routes_need() -> None:
    table = (DOCS / "people.md").read_text("utf-8").partition("## Who may do what")[2].partition("\n\nWhich")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]
    least = {what: ROLES[cells.index("✓")] for what, *cells in rows}
    needed = {what: need.role for what in least for words, need in WHAT_IT_NEEDS.items() if what.startswith(words)}
    assert least == needed and len(least) == len(WHAT_IT_NEEDS)
    assert set(WHAT_IT_NEEDS.values()) >= set(allowed.NEEDS)
