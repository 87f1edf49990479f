"""The playbook is edited on the page: what was not touched stays, and nobody's change is overwritten."""

from __future__ import annotations

import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import MakeClient
from tests.words import note

JA = {"accept-language": "ja", "accept": "text/html"}
PLAYBOOK = """\
# ours
angles:
  - {key: total-cost, ja: 総保有コスト, en: Total cost, aliases: [TCO], mine: x}  # agreed
reasons:
  lost:
    - {code: price, ja: 価格}
industries:
  - {name: 製造業, en: Manufacturing}
mine: kept
"""
DEAL = "---\ntitle: 青葉の失注\noutcome: lost\nclosed_on: 2026-03-01\nindustry: 製造業\n---\n話。\n"


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client({"playbook.yaml": PLAYBOOK, "deals/aoba.md": DEAL})


def _file(client: TestClient) -> Path:
    path: Path = client.app.state.services.settings.entries / "playbook.yaml"  # type: ignore[attr-defined]
    return path


def _form(client: TestClient, **changes: str) -> dict[str, str]:
    """Return what a browser would send from the page, with some inputs changed."""
    page = client.get("/playbook/edit", headers=JA).text
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page[page.index("playbook-form") :]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            fields[unescape(name[1])] = unescape(value[1]) if value else ""
    for name, value in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL):
        fields[unescape(name)] = unescape(value)
    return {**fields, "do": "save", **{name.replace("__", "/"): value for name, value in changes.items()}}


def test_saving_an_unchanged_form_changes_no_byte(client: TestClient) -> None:
    assert client.post("/playbook/edit", data=_form(client), headers=JA).status_code == 200
    assert _file(client).read_text("utf-8") == PLAYBOOK


def test_a_new_term_is_in_the_form_of_a_deal_at_once_and_comments_stay(client: TestClient) -> None:
    form = _form(client, angles__1__label="使いやすさ", angles__1__aliases="現場主義, UI", angles__0__en="Cost")
    assert "保存しました" in client.post("/playbook/edit", data=form, headers=JA).text
    text = _file(client).read_text("utf-8")
    assert "{key: total-cost, ja: 総保有コスト, en: Cost, aliases: [TCO], mine: x}  # agreed" in text
    assert "{key: 使いやすさ, ja: 使いやすさ, aliases: [現場主義, UI]}" in text
    assert text.startswith("# ours") and text.endswith("mine: kept\n")
    assert "使いやすさ" in client.get("/new/deal-lost", headers=JA).text


def test_a_renamed_industry_still_counts_the_deals_that_name_it(client: TestClient) -> None:
    client.post("/playbook/edit", data=_form(client, industries__0__label="ものづくり"), headers=JA)
    assert client.get("/api/v1/search?industry=製造業").json()["total"] == 1
    assert "ものづくり" in client.get("/?industry=製造業", headers=JA).text


def test_an_emptied_row_is_removed(client: TestClient) -> None:
    empty = {f"reasons.lost/0/{field}": "" for field in ("label", "en", "aliases")}
    client.post("/playbook/edit", data={**_form(client), **empty}, headers=JA)
    assert "price" not in _file(client).read_text("utf-8")


def test_what_is_wrong_is_said_at_the_input_and_nothing_is_saved(client: TestClient) -> None:
    form = _form(client, angles__1__en="Nameless", industries__1__label="製造業")
    answer = client.post("/playbook/edit", data=form, headers=JA)
    assert answer.status_code == 422 and _file(client).read_text("utf-8") == PLAYBOOK
    assert re.search(r'name="angles/1/label"[^>]*\s+aria-invalid', answer.text)
    assert "「製造業」は、この一覧にすでにあります" in answer.text and "Nameless" in answer.text


def test_somebody_elses_change_is_shown_and_not_overwritten(client: TestClient) -> None:
    form = _form(client, angles__0__en="Mine")
    _file(client).write_text(PLAYBOOK + "company: 別の人\n", "utf-8")
    answer = client.post("/playbook/edit", data=form, headers=JA)
    assert answer.status_code == 412 and "別の人" in answer.text and "en: Mine" in answer.text
    assert "Mine" not in _file(client).read_text("utf-8")


def test_a_file_that_is_no_yaml_is_refused_with_its_line(client: TestClient) -> None:
    base = _form(client)["base"]
    answer = client.post("/playbook/edit", data={"whole": "angles: [a\n", "base": base, "do": "save"}, headers=JA)
    assert answer.status_code == 422 and "YAML" in answer.text and "angles: [a" in answer.text
    assert _file(client).read_text("utf-8") == PLAYBOOK


def test_a_base_without_a_playbook_gets_one_from_the_form(make_client: MakeClient) -> None:
    client = make_client({"notes/a.md": note("話")})
    client.post("/playbook/edit", data=_form(client, competitors__0__label="タスキナ", kgi__0__name="売上"), headers=JA)
    text = _file(client).read_text("utf-8")
    assert "name: タスキナ" in text and "name: 売上" in text


def test_every_save_is_in_the_history_and_can_be_undone(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client({"playbook.yaml": PLAYBOOK})
    folder = _file(client).parent
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for name in ("一", "二"):
        client.post(
            "/playbook/edit", data={**_form(client, angles__0__label=name), "author": "林", "reason": f"{name}へ"}
        )
    page = client.get("/playbook/history", headers=JA).text
    versions = re.findall(r"history\?version=(\w+)", page)
    assert len(versions) == 2 and "林" in page and "二へ" in page
    assert "− " in client.get(f"/playbook/history?version={versions[1]}", headers=JA).text
    client.post(f"/playbook/history?version={versions[1]}")
    assert "ja: 一" in _file(client).read_text("utf-8")


def test_a_readonly_server_saves_no_playbook(make_client: MakeClient) -> None:
    client = make_client({"playbook.yaml": PLAYBOOK}, readonly=True)
    assert "/playbook/edit" not in client.get("/playbook", headers=JA).text
    assert client.post("/playbook/edit", data=_form(client, angles__0__en="x")).status_code == 403
