"""Style sheet and scripts: small on the way, kept as long as they are the same, and new when they are not."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.http.assets import LASTING, SHORT, STATIC, Assets
from tests.words import write

NAMES = [path.name for path in sorted(STATIC.iterdir())]
PLAIN = {"accept-encoding": "identity"}


def _served(folder: Path) -> tuple[TestClient, Assets]:
    app, assets = Starlette(), Assets(folder, "/static")
    app.mount("/static", assets)
    return TestClient(app), assets


def test_every_asset_of_a_page_lasts_and_leads_somewhere(client: TestClient) -> None:
    found = set()
    for page in ("/", "/new/note", "/new/files", "/judge", "/playbook/edit", "/docs"):
        found |= set(re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get(page).text))
    of_swagger = {"swagger/swagger-ui.css", "swagger/swagger-ui-bundle.js"}
    of_sign_in = {"passkeys.js"}  # where people sign in, at a name: tests/browser/test_passkeys.py
    assert {re.sub(r"/static/|\?.*", "", address) for address in found} == {*NAMES, *of_swagger} - of_sign_in
    for address in found:
        answer = client.get(address)
        assert answer.status_code == 200 and answer.headers["cache-control"] == LASTING
        assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("name", NAMES)
def test_a_packed_asset_is_the_same_as_the_plain_one(client: TestClient, name: str) -> None:
    plain, packed = client.get(f"/static/{name}", headers=PLAIN), client.get(f"/static/{name}")
    written = (STATIC / name).read_bytes()
    assert plain.content == packed.content
    assert plain.content == written or (name.endswith(".css") and plain.content.split() == _tight(written).split())
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) * 0.9
    assert plain.headers["etag"] != packed.headers["etag"] and packed.headers["vary"] == "Accept-Encoding"
    assert plain.headers["content-type"] == packed.headers["content-type"]


def _tight(style: bytes) -> bytes:
    for sign in (b"{", b"}", b";"):
        style = sign.join(part.strip() for part in style.split(sign))
    return style


def test_the_style_sheet_weighs_less_than_a_third(client: TestClient) -> None:
    sent = int(client.get("/static/app.css").headers["content-length"])
    assert sent < len((STATIC / "app.css").read_bytes()) / 3


@pytest.mark.parametrize("version", ["", "?v=", "?v=0123456789ab", "?v=x&v=y"])
def test_an_address_that_does_not_name_the_content_is_kept_shortly(client: TestClient, version: str) -> None:
    assert client.get(f"/static/app.css{version}").headers["cache-control"] == SHORT


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_what_the_browser_has_is_not_sent_again(client: TestClient, encoding: str) -> None:
    headers = {"accept-encoding": encoding}
    tag = client.get("/static/app.css", headers=headers).headers["etag"]
    again = client.get("/static/app.css", headers={**headers, "if-none-match": tag})
    assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == tag
    assert client.get("/static/app.css", headers={**headers, "if-none-match": '"other"'}).status_code == 200


def test_another_content_has_another_address(tmp_path: Path) -> None:
    addresses = set()
    for text in ("p{}", "b{}", "p{}"):
        write(tmp_path, "a.css", text)
        client, assets = _served(tmp_path)
        addresses.add(assets.address("a.css"))
        assert client.get(assets.address("a.css")).text == text
    assert len(addresses) == 2


def test_what_compressing_does_not_make_smaller_is_sent_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, "a.gz", gzip.compress(b"a" * 10))
    client, assets = _served(tmp_path)
    assert "content-encoding" not in client.get(assets.address("a.gz")).headers


def test_there_is_nothing_else(client: TestClient) -> None:
    assert client.get("/static/none.css").status_code == client.get("/static/..%2Fmain.py").status_code == 404
    assert client.post("/static/app.css").status_code == 405


def test_pages_are_not_compressed(client: TestClient) -> None:
    """A page repeats what was searched beside what the entries say: its compressed length would tell of both."""
    assert "content-encoding" not in client.get("/?q=価格").headers
