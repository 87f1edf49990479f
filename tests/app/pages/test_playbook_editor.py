"""The playbook is edited on the page: what was not touched stays, and nobody's change is overwritten."""

from __future__ import annotations

import hashlib
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
        client.post("/playbook/edit", data={**_form(client, angles__0__label=name), "by": "林", "reason": f"{name}へ"})
    page = client.get("/playbook/history", headers=JA).text
    versions = re.findall(r"history\?version=(\w+)", page)
    assert len(versions) == 3 and "林" in page and "二へ" in page
    page = client.get(f"/playbook/history?version={versions[1]}", headers=JA).text
    assert "− " in page
    base = re.findall(r'name="base" value="(\w+)"', page)[0]
    client.post(f"/playbook/history?version={versions[1]}", data={"base": base})
    assert "ja: 一" in _file(client).read_text("utf-8")


def test_a_change_by_hand_outlives_a_restored_version(make_client: MakeClient) -> None:
    client = make_client({"playbook.yaml": PLAYBOOK})
    folder = _file(client).parent
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    client.post("/playbook/edit", data=_form(client, angles__0__label="一"))
    address = re.findall(r"/playbook/history\?version=\w+", client.get("/playbook/history", headers=JA).text)[-1]
    by_hand = PLAYBOOK + "company: 手で書いた\n"
    seen = re.findall(r'name="base" value="(\w+)"', client.get(address, headers=JA).text)
    _file(client).write_text(by_hand, "utf-8")
    for base in (*seen, ""):
        stale = client.post(address, data={"base": base}, headers=JA)
        assert stale.status_code == 412 and "手で書いた" in stale.text and _file(client).read_text("utf-8") == by_hand
    client.post(address, data={"base": re.findall(r'name="base" value="(\w+)"', stale.text)[0]}, headers=JA)
    assert _file(client).read_text("utf-8") == PLAYBOOK
    log = subprocess.run(["git", "log", "-p"], cwd=folder, capture_output=True, check=True).stdout.decode()
    assert "+company: 手で書いた" in log and "-company: 手で書いた" in log


ODD_ITEMS = "competitors: [ タスキナ,{name: 他社} ]\nindustries:\n  - 製造業\n  - [a, b]\nkpis:\n  - {key: a}\n"


def test_plain_texts_stay_when_a_form_is_saved(make_client: MakeClient) -> None:
    client = make_client({"playbook.yaml": ODD_ITEMS})
    assert client.post("/playbook/edit", data=_form(client), headers=JA).status_code == 200
    assert _file(client).read_text("utf-8") == ODD_ITEMS
    assert client.post("/playbook/edit", data=_form(client, competitors__2__label="新"), headers=JA).status_code == 200
    assert _file(client).read_text("utf-8") == ODD_ITEMS.replace("他社} ]", "他社}, {name: 新} ]")


def test_a_byte_order_mark_stays_when_nothing_changes(make_client: MakeClient) -> None:
    client = make_client({"playbook.yaml": "\ufeff" + ODD_ITEMS})
    assert client.post("/playbook/edit", data=_form(client), headers=JA).status_code == 200
    assert _file(client).read_text("utf-8") == "\ufeff" + ODD_ITEMS


def test_a_part_that_no_form_can_show_is_opened_as_a_file(make_client: MakeClient) -> None:
    client = make_client({"playbook.yaml": "industries: 製造業\n"})
    page = client.get("/playbook/edit", headers=JA).text
    assert 'name="whole"' in page and "「industries」は、この書き方のままではフォームに表示できません" in page


def test_what_was_typed_is_shown_when_the_file_has_become_unreadable(client: TestClient) -> None:
    form = _form(client, angles__0__en="Typed")
    _file(client).write_text("angles: [", "utf-8")
    for source in (form["source"], "[", "a text", ""):
        answer = client.post("/playbook/edit", data={**form, "source": source}, headers=JA)
        assert answer.status_code == 412 and "Typed" in answer.text and 'name="whole"' in answer.text
    now = hashlib.sha256(b"angles: [").hexdigest()
    answer = client.post("/playbook/edit", data={**form, "base": now}, headers=JA)
    assert answer.status_code == 422 and "Typed" in answer.text
    assert _file(client).read_text("utf-8") == "angles: ["


@pytest.mark.parametrize("at", ["9" * 5_000, "7", "-1", "²", "1e3"])
def test_a_row_of_no_item_is_a_new_row(make_client: MakeClient, at: str) -> None:
    for text in ("kpis: [{key: a}]\n", "kpis:\n  - {key: a}\n...\n"):
        client = make_client({"playbook.yaml": text})
        form = _form(client, kpis__1__key="b", kpis__1__at=at, kgi__0__name="売上")
        assert client.post("/playbook/edit", data=form, headers=JA).status_code == 200
        saved = _file(client).read_text("utf-8")
        assert "key: a" in saved and "key: b" in saved and "name: 売上" in saved


def test_entries_are_read_again_after_the_answer(client: TestClient) -> None:
    intake, library = (getattr(client.app.state.services, name) for name in ("intake", "library"))  # type: ignore[attr-defined]
    _file(client).with_name("deals").joinpath("b.md").write_text(DEAL.replace("製造業", "ものづくり"), "utf-8")
    intake.index_files(["deals/b.md"])
    assert library.entries.get("deals/b").facet_values()["industry"] == ("ものづくり",)
    client.post("/playbook/edit", data=_form(client, industries__0__aliases="ものづくり"), headers=JA)
    assert library.playbook.vocabulary("industry").find("ものづくり") and intake.waiting == 1
    intake.retry()
    assert library.entries.get("deals/b").facet_values()["industry"] == ("製造業",) and intake.waiting == 0


def test_a_sync_under_way_keeps_no_playbook_waiting(client: TestClient) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    with services.library.with_index(lambda index: index).writing():
        client.post("/playbook/edit", data=_form(client, angles__0__en="Cost"), headers=JA)
        assert services.library.playbook.vocabulary("angle").find("Cost")
    services.intake.retry()
    assert services.intake.waiting == 0


def test_a_readonly_server_saves_no_playbook(make_client: MakeClient) -> None:
    client = make_client({"playbook.yaml": PLAYBOOK}, readonly=True)
    assert "/playbook/edit" not in client.get("/playbook", headers=JA).text
    assert client.post("/playbook/edit", data=_form(client, angles__0__en="x")).status_code == 403
