"""A CRM, or whoever answers in its place, sends what nobody expects: a pull ends with a sentence and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response
from hypothesis import given
from hypothesis import strategies as st

from app.connections import WriteBack
from app.settings import Settings
from app.writing_back import to_write
from ingest.connectors.asking import MOST_LATER, seconds_in
from kb.errors import KBError
from kb.playbook import MaskingRule, Playbook
from tests.attack.serving import attacked
from tests.ingest.connectors.crm_server import TOKEN, Crm, serving
from tests.ingest.connectors.pulling import CONNECTORS, found_in, pulling

ODD = [
    (200, b""), (200, b"[]"), (200, b"null"), (200, b"<html>login</html>"), (200, b'{"properties": []}'),
    (200, b'{"fields": [1], "results": [1], "records": [[]]}'), (302, b""), (404, b'["x"]'), (418, b'{"message": 1}'),
    (200, b'{"access_token": 1}'), (200, b'{"properties": {"a": 1}, "fields": [{}], "results": [{}]}'),
    (200, b"\xff\xfe"), (200, b"[" * 5_000),
]  # fmt: skip


@pytest.fixture(scope="module")
def odd() -> Iterator[tuple[str, dict[str, Any]]]:
    """A server that answers everything alike."""
    app, says = FastAPI(), {"status": 200, "body": b""}

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    def answer(request: Request) -> Response:
        moved = {"location": "http://169.254.169.254/latest"} if says["status"] == 302 else {}
        return Response(says["body"], says["status"], moved, "application/json")  # type: ignore[arg-type]

    with attacked(app) as server:
        yield f"http://127.0.0.1:{server.port}", says


@pytest.mark.parametrize("kind", CONNECTORS)
@pytest.mark.parametrize(("status", "body"), ODD)
def test_an_answer_of_another_shape_is_a_sentence(
    odd: tuple[str, dict[str, Any]], tmp_path: Path, kind: str, status: int, body: bytes
) -> None:
    address, says = odd
    says |= {"status": status, "body": body}
    puller, _ = pulling(kind, address, Crm(), tmp_path)
    with pytest.raises(KBError) as error:
        puller.run(write=True)
    assert len(error.value.sentence) < 400 and TOKEN not in error.value.sentence
    assert found_in(tmp_path) == {}


@given(st.one_of(st.text(), st.floats().map(str), st.datetimes().map("{:%a, %d %b %Y %H:%M:%S} GMT".format)))
def test_whatever_stands_in_retry_after_the_wait_is_bounded(text: str) -> None:
    seconds = seconds_in(text)
    assert seconds is None or 0 <= seconds <= MOST_LATER


def test_what_a_deal_says_stays_text(tmp_path: Path) -> None:
    crm = Crm()
    deal = crm.deals[crm.add(1)]
    deal.title = "x\n---\nvisibility: all\n---\n<script>alert(1)</script>"
    deal.customer = "../../../etc/passwd"
    with serving(crm) as address:
        pulling("kintone", address, crm, tmp_path)[0].run(write=True)
    (path,) = (tmp_path / "entries").rglob("*.md")
    assert path.parent == tmp_path / "entries/deals" and ".." not in path.name
    assert "\n---\nvisibility" not in path.read_text("utf-8")


@pytest.mark.parametrize("field", ["status: published", "visibility: private", "status: draft"])
def test_a_second_entry_with_the_number_of_a_deal_decides_nothing_in_the_crm(tmp_path: Path, field: str) -> None:
    crm, settings = Crm(), Settings(entries=tmp_path / "entries", data=tmp_path, public_url="https://kb.example.com")
    crm.add(1, "won")
    with serving(crm) as address:
        puller, _ = pulling("kintone", address, crm, tmp_path)
        puller.run(write=True)
    (path,) = settings.entries.rglob("*.md")
    written = [one.entry_id for one in to_write(settings, puller.state, WriteBack("link", ""))]
    assert written == [path.relative_to(settings.entries).as_posix().removesuffix(".md")]
    second = path.with_name("0.md")
    second.write_text(f"---\ntitle: x\nkind: deal\noutcome: won\n{field}\ncrm_id: '1'\n---\n## x\ny\n", "utf-8")
    assert not to_write(settings, puller.state, WriteBack("link", ""))


@pytest.mark.parametrize("field", ["visibility: private", "visibility: all", "visibility: marketing", "owner: x"])
def test_who_guesses_a_number_is_not_told_what_the_deal_is_worth(tmp_path: Path, field: str) -> None:
    crm = Crm()
    crm.add(1_234_567)
    guess = tmp_path / "entries/deals/0.md"
    guess.parent.mkdir(parents=True)
    guess.write_text(f"---\ntitle: x\nkind: deal\noutcome: open\n{field}\ncrm_id: '1'\n---\n", "utf-8")
    before = guess.read_text("utf-8")
    with serving(crm) as address:
        puller, _ = pulling("kintone", address, crm, tmp_path)
        puller.playbook = Playbook(visibility={"deal": "sales"})
        assert str(puller.run(write=True).report).count("is not for those who may read") == 1
        assert guess.read_text("utf-8") == before
        guess.unlink()
        puller.run(write=True)
        (path,) = guess.parent.glob("*.md")
        assert "visibility: sales" in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace("visibility: sales", "visibility: private"), "utf-8")
        crm.later(60)
        crm.change(1, 7_654_321)
        puller.run(write=True)  # whom a person let read the entry of a pull is for people to say
        assert "7654321" in path.read_text("utf-8").replace(",", "")


def test_who_makes_himself_the_owner_of_a_guessed_number_reads_nothing_that_is_masked(tmp_path: Path) -> None:
    crm = Crm()
    crm.add(1_234_567)
    guess = tmp_path / "entries/deals/0.md"
    guess.parent.mkdir(parents=True)
    guess.write_text("---\ntitle: x\nkind: deal\noutcome: open\nowner: x\ncrm_id: '1'\n---\n", "utf-8")
    before = guess.read_text("utf-8")
    with serving(crm) as address:
        puller, _ = pulling("kintone", address, crm, tmp_path)
        puller.playbook = Playbook(masking=(MaskingRule(frozenset({"amount"})),))
        assert str(puller.run(write=True).report).count("the playbook masks deals") == 1
        assert guess.read_text("utf-8") == before
        guess.unlink()
        puller.run(write=True)
        (path,) = guess.parent.glob("*.md")
        crm.later(60)
        crm.change(1, 7_654_321)
        puller.run(write=True)
        assert "7654321" in path.read_text("utf-8").replace(",", "")
