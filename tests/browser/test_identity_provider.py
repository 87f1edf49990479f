"""Signing in and out through an identity provider, as a person does it in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.signin.providing import Provider, providing
from tests.browser.conftest import serving

STYLES = "https://cdn.jsdelivr.net/**"  # of the provider's pages; there is no internet here


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """The provider."""
    with providing() as provider:
        provider.say("aoi", name="青井 葵", email="aoi@example.jp", groups=["/Sales"])
        yield provider


@pytest.fixture(scope="module")
def behind_provider(folder: Path, provider: Provider) -> Iterator[str]:
    """The address of a server that uses it."""
    chosen = {
        "auth": "oidc",
        "oidc_issuer": provider.issuer,
        "oidc_client_id": "kb",
        "oidc_client_secret": "s3cret",
        "oidc_label": "Example ID",
        "oidc_groups_claim": "groups",
    }
    with serving(folder, folder.parent / "var-oidc", **chosen) as address:
        yield address


@pytest.mark.browser
def test_a_person_signs_in_at_the_provider_and_out_again(page: Page, behind_provider: str) -> None:
    page.context.route(STYLES, lambda route: route.fulfill(body="", content_type="text/css"))
    page.goto(f"{behind_provider}/gaps")
    page.get_by_role("link", name="Example ID でサインイン").click()
    page.get_by_placeholder("sub").fill("aoi")
    page.get_by_role("button", name="Authorize").click()
    expect(page).to_have_url(f"{behind_provider}/gaps")
    page.get_by_role("link", name="青井 葵").click()
    expect(page.get_by_text("/Sales")).to_be_visible()
    page.get_by_role("button", name="サインアウト", exact=True).first.click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("link", name="Example ID でサインイン")).to_be_visible()
    page.goto(f"{behind_provider}/gaps")
    expect(page.get_by_role("link", name="Example ID でサインイン")).to_be_visible()
