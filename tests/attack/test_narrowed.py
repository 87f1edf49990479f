"""A server that shows a part of the entries does nothing that reads, counts or lists the files it hides."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import MakeClient, make_client
from tests.ingest.importers.tables import DEAL, HEADERS, csv_text

__all__ = ["make_client"]

JA = {"accept-language": "ja", "accept": "text/html"}
EXPORT = csv_text([HEADERS, DEAL]).encode("cp932")
FIELDS = f"visibility: sales\ncrm_id: {DEAL[0]}"
HIDDEN = {f"deals/hidden-{n}.md": f"---\ntitle: 極秘{n}\n{FIELDS}\n---\n値引き\n" for n in range(7)}
SHOWN = {"notes/a.md": "---\ntitle: 公開\n---\n値引き\n"}


def _folder(client: TestClient) -> Path:
    path: Path = client.app.state.services.settings.entries  # type: ignore[attr-defined]
    return path


def _texts(client: TestClient) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in _folder(client).rglob("*.md")}


@pytest.mark.parametrize("files", [{}, HIDDEN], ids=["nothing hidden", "hidden deals"])
def test_a_crm_export_is_neither_compared_nor_imported(make_client: MakeClient, files: dict[str, str]) -> None:
    client = make_client(files, visibility="all")
    sent = [("files", ("deals.csv", EXPORT, "text/csv"))]
    page = client.post("/new/files", files=sent, headers=JA).text
    assert "kb import crm" in page and 'name="table"' not in page and "hidden-" not in page
    posted = [("export", "deals.csv"), ("table", base64.b64encode(EXPORT).decode("ascii")), ("import", "0")]
    saved = client.post("/new/files/save", files=[(name, (None, value)) for name, value in posted], headers=JA).text
    assert "kb import crm" in saved and "hidden-" not in saved
    assert _texts(client).keys() == {Path(path).name for path in files}


def test_a_server_that_shows_everything_still_takes_an_export(make_client: MakeClient) -> None:
    page = make_client({}).post("/new/files", files=[("files", ("deals.csv", EXPORT, "text/csv"))], headers=JA).text
    assert 'name="table"' in page


@pytest.mark.parametrize(("visibility", "is_counted"), [("all", False), ("all,sales,marketing", True)])
def test_files_are_counted_while_they_are_read_only_where_all_are_shown(
    make_client: MakeClient, visibility: str, is_counted: bool
) -> None:
    client = make_client({**HIDDEN, **SHOWN}, indexed=False, visibility=visibility)
    intake = client.app.state.services.intake  # type: ignore[attr-defined]
    intake.begin_preparing()
    intake.index_files(None)
    reason = client.get("/readyz", headers={"accept-language": "en"}).json()["reason"]
    page = client.get("/", headers=JA).text
    assert bool(re.search(r"\d", reason)) == is_counted == ("8件" in page), reason


def test_the_sample_company_is_neither_added_nor_removed(make_client: MakeClient) -> None:
    wide = make_client({})
    assert wide.post("/sample", data={"do": "add"}, headers=JA, follow_redirects=False).status_code == 303
    sample = next(_folder(wide).glob("deals/*.md"))
    sample.write_text(sample.read_text("utf-8").replace("---\n", "---\nvisibility: sales\n", 1), "utf-8")
    narrow = make_client({}, visibility="all", entries=_folder(wide))
    before = _texts(narrow)
    for do in ("add", "remove"):
        answer = narrow.post("/sample", data={"do": do}, headers=JA)
        assert answer.status_code == 403 and "kb init" in answer.text and sample.stem not in answer.text
    assert _texts(narrow) == before
    assert 'action="/sample"' not in narrow.get("/", headers=JA).text
    assert 'action="/sample"' in wide.get("/", headers=JA).text
