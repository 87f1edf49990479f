"""Asks a copy of the program, whose register has one more field, in every place for it; run as a process there."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli.main import app as command_line
from app.main import create_app
from app.services import open_services
from app.settings import Settings
from docs.regenerate import key_table
from ingest.sync import sync
from tests.app.conftest import ADDRESS, FILES
from tests.words import WordEmbedder, write

JA = {"accept": "text/html", "accept-language": "ja"}
TERRITORIES = "territories:\n  - {name: 関東, en: Kanto, aliases: [首都圏]}\n  - {name: 関西, en: Kansai}\n"
DEAL = (
    "---\ntitle: 西の商談\noutcome: won\ncustomer: 西\nclosed_on: 2026-05-01\n"
    "industry: 食品\n担当地区: 首都圏\n---\n価格。\n"
)
PLACES: dict[str, tuple[str, str]] = {  # page → what shows the field there
    "/?q=価格": ('id="group-territory"', "担当地区"),
    "/?territory=関東": ("担当地区: ", "関東"),
    "/entries/deals/west": ("<dt>担当地区</dt>", '<a href="/?territory=%E9%96%A2%E6%9D%B1">関東</a>'),
    "/new/deal-won": ('name="territory"', "関西"),
    "/edit/deals/west": ('name="territory"', '<option value="関東" selected>'),
    "/new/campaign?from=deals/west": ('name="territory"', '<option value="関東" selected>'),
    "/scoreboard": ('name="territory"', "担当地区"),
    "/scoreboard?by=industry&territory=関東": ("担当地区: 関東", "西の商談"),
    "/deals/similar": ('name="in_territory"', "担当地区"),
}


def main() -> None:
    """Print what was seen as JSON."""
    with tempfile.TemporaryDirectory() as place:
        entries = Path(place) / "entries"
        playbook = FILES["playbook.yaml"] + TERRITORIES
        for path, text in {**FILES, "playbook.yaml": playbook, "deals/west.md": DEAL}.items():
            write(entries, path, text)
        environment = {"KB_ENTRIES": str(entries), "KB_DATA": f"{place}/var", "COLUMNS": "100", "NO_COLOR": "1"}
        seen = _commands(environment)
        settings = Settings(entries=entries, data=Path(place) / "served")
        services = open_services(settings, WordEmbedder())
        try:
            services.library.with_index(partial(sync, folder=entries))
            services.library.refresh()
            seen |= _served(TestClient(create_app(settings, services), base_url=ADDRESS))
        finally:
            services.close()
    sys.stdout.write(json.dumps({**seen, "reference": "| `territory` |" in key_table()}, ensure_ascii=False))


def _commands(environment: dict[str, str]) -> dict[str, Any]:
    run = partial(CliRunner().invoke, command_line, env=environment)
    return {
        "problems": [line for line in run(["check"]).stdout.splitlines() if "west" in line or "playbook" in line],
        "options": [name for name in ("search", "ask", "export") if "--territory" in run([name, "--help"]).stdout],
        "exported": run(["export", "-f", "csv", "--territory", "関東"]).stdout.splitlines(),
    }


def _served(client: TestClient) -> dict[str, Any]:
    def get(path: str, **params: str) -> Any:
        return client.get(f"/api/v1/{path}", params=params).json()

    found = get("search", territory="首都圏", q="価格")
    schema = client.get("/openapi.json").json()
    paths = {path: parts["get"] for path, parts in schema["paths"].items() if "get" in parts}
    shapes = {shape["title"]: shape for shape in _shapes(schema)}
    names = {
        "PlaybookOut": "territories",
        "HitOut": "territory",
        "SimilarDealOut": "territory",
        "BoundsParams": "territory",
    }
    return {
        "hits": {hit["id"]: hit["territory"] for hit in found["hits"]},
        "facet": [(item["value"], item["count"]) for item in found["facets"]["territory"]],
        "entry": get("entries/deals/west")["territory"],
        "playbook": [term["key"] for term in get("playbook")["territories"]],
        "parameters": [
            path for path, get in paths.items() if "territory" in [p["name"] for p in get.get("parameters", ())]
        ],
        "shapes": [shape for shape, name in names.items() if name in shapes[shape]["properties"]],
        "missing": {
            path: lacking
            for path, wanted in PLACES.items()
            if (lacking := [words for words in wanted if words not in _page(client, path)])
        },
    }


def _shapes(part: object) -> Iterator[dict[str, Any]]:
    """Yield the shapes anywhere in a schema."""
    if isinstance(part, dict) and "title" in part and "properties" in part:
        yield part
    below = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    yield from (shape for value in below for shape in _shapes(value))


def _page(client: TestClient, path: str) -> str:
    response = client.get(path, headers=JA)
    assert response.status_code == 200, response.text
    return re.sub(r"\s+", " ", response.text)


if __name__ == "__main__":
    main()
