"""The reference of the API at /docs."""

from __future__ import annotations

import re

from starlette.testclient import TestClient


def test_the_reference_lists_every_route_without_scripts(client: TestClient) -> None:
    page = client.get("/docs", headers={"accept-language": "en"}).text
    operations = {
        (method.upper(), path)
        for path, found in client.get("/openapi.json").json()["paths"].items()
        for method in found
    }
    assert set(re.findall(r"<code>([A-Z]+) (/[^<]+)</code>", page)) == operations
    assert "API reference" in page and "<nav" in page


def test_the_reference_asks_no_other_host_and_has_nothing_inline(client: TestClient) -> None:
    page = client.get("/docs")
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page.text) == []
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text) == []
    assert "unsafe" not in page.headers["content-security-policy"]


def test_every_page_leads_to_the_reference(client: TestClient) -> None:
    for path in ("/", "/playbook", "/nothing"):
        assert 'href="/docs"' in client.get(path, headers={"accept": "text/html"}).text
