"""What went wrong is said in the reader's language, with the right status, and leads to where it can be mended."""

from __future__ import annotations

import errno
import os
import re
from functools import partial
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli.main import app
from app.words.reader import Reader
from ingest.files import unreadable_file
from kb.errors import why_refused
from tests.app.conftest import MakeClient
from tests.words import write

USUAL = (
    errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EROFS, errno.ENOSPC, errno.EDQUOT,
    errno.EIO, errno.ELOOP, errno.ENAMETOOLONG, errno.EBUSY, errno.EMFILE, errno.ETIMEDOUT, errno.EADDRNOTAVAIL,
)  # fmt: skip
PAGE = {"accept": "text/html", "accept-language": "ja"}


@pytest.mark.parametrize("number", USUAL)
def test_what_the_system_refuses_is_said_in_japanese(number: int) -> None:
    problem = unreadable_file("notes/a.md", OSError(number, os.strerror(number)))
    assert not re.search("[A-Za-z]", Reader.of("ja").say(problem.message))
    assert os.strerror(number) not in problem.message


def test_a_rare_refusal_is_said_as_the_system_says_it() -> None:
    assert why_refused(OSError(errno.EXDEV, "Invalid cross-device link")) == "Invalid cross-device link"


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary="])
@pytest.mark.parametrize("page", ["/new/files", "/new/files/save"])
def test_a_form_that_is_none_is_invalid_and_not_too_large(client: TestClient, page: str, kind: str) -> None:
    answer = client.post(page, content=b"--x\r\nnonsense", headers={"content-type": kind, "accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"


def test_a_problem_leads_to_its_entry_and_its_form(make_client: MakeClient) -> None:
    page = make_client().get("/problems", headers=PAGE).text
    assert 'href="/entries/deals/secret"' in page
    assert 'href="/edit/deals/secret"' in page
    readonly = make_client(readonly=True).get("/problems", headers=PAGE).text
    assert 'href="/entries/deals/secret"' in readonly
    assert "/edit/" not in readonly


def test_the_page_of_a_text_shown_without_formatting_says_why(make_client: MakeClient) -> None:
    files = {
        "notes/big.md": "---\ntitle: 大きな一覧\n---\n" + "- 項目\n" * 20_000,
        "notes/small.md": "---\ntitle: 小さな一覧\n---\n" + "- 項目\n" * 20,
    }
    client = make_client(files)
    assert "書式と見出しを付けずに" in client.get("/entries/notes/big", headers=PAGE).text
    assert "書式と見出しを付けずに" not in client.get("/entries/notes/small", headers=PAGE).text


def test_readiness_counts_the_saves_that_wait(client: TestClient) -> None:
    assert client.get("/readyz").json()["waiting"] == 0


def test_a_restore_of_what_is_already_there_says_that_nothing_changed(tmp_path: Path) -> None:
    write(tmp_path, "entries/notes/a.md", "# a")
    run = partial(
        CliRunner().invoke, app, env={"KB_ENTRIES": str(tmp_path / "entries"), "KB_DATA": str(tmp_path / "v")}
    )
    source = str(tmp_path / "b.zip")
    assert run(["backup", source]).exit_code == 0
    assert "Nothing was changed" in run(["--lang", "en", "restore", source]).output
    (tmp_path / "entries/notes/a.md").unlink()
    assert "was restored" in run(["--lang", "en", "restore", source]).output
    assert "何も変更していません" in run(["--lang", "ja", "restore", source]).output
    assert (tmp_path / "entries/notes/a.md").read_text("utf-8") == "# a"


def test_a_search_excludes_words_without_further_signs_and_still_refuses_unknown_options(tmp_path: Path) -> None:
    write(tmp_path, "entries/notes/a.md", "# 価格の話\n\n値引きした。\n")
    run = partial(CliRunner().invoke, app, env={"KB_ENTRIES": str(tmp_path / "none"), "KB_DATA": str(tmp_path / "v")})
    excluded, mistyped = run(["search", "価格", "-値引き"]), run(["search", "価格", "--limt", "2"])
    assert excluded.exit_code != 2 and "No such option" not in excluded.output
    assert mistyped.exit_code == 2 and "--limt" in mistyped.output


def test_what_nobody_chose_has_a_name_that_fits_the_field(client: TestClient) -> None:
    form = client.get("/edit/deals/aoba", headers=PAGE).text
    for field in ("visibility", "status"):
        assert re.search(rf'name="{field}">\s*<option value="">指定なし<', form)
    assert '<option value="">不明・未選択<' in form
