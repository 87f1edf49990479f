"""`kb doctor` tries the identity provider and says in one sentence what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from app.cli.sign_in import check_sign_in
from app.settings import Settings
from app.words.reader import Reader
from kb.clock import CLOCK, Clock
from tests.app.signin.issuing import Issuer, issuing

WELL_KNOWN = "/.well-known/openid-configuration"
JWT = {"proxy_jwt_header": "X-Assertion", "proxy_jwt_issuer": "i", "proxy_jwt_audience": "a"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """A provider that knows the client."""
    with issuing(RSAKey.generate_key(2048, {"kid": "one"})) as issuer:
        about = {
            "issuer": issuer.address,
            "authorization_endpoint": f"{issuer.address}/authorize",
            "token_endpoint": f"{issuer.address}/token",
            "jwks_uri": f"{issuer.address}/keys",
        }
        issuer.answers[WELL_KNOWN] = lambda: (200, about)
        issuer.answers["/token"] = lambda: (400, {"error": "invalid_grant"})
        yield issuer


def _checked(clock: Clock = CLOCK, **chosen: Any) -> list[tuple[bool, str]]:
    return list(check_sign_in(Settings(**chosen), Reader.of("en"), clock))


def _oidc(issuer: Issuer, clock: Clock = CLOCK, **chosen: Any) -> tuple[bool, str]:
    usual = {"auth": "oidc", "oidc_issuer": issuer.address, "oidc_client_id": "kb", "oidc_client_secret": "s3cret"}
    (found,) = _checked(clock, **{**usual, **chosen})
    return found


def test_where_nothing_is_set_nothing_is_tried() -> None:
    assert _checked() == [] and _checked(auth="local") == []


def test_a_provider_that_works_is_named_with_the_address_to_register(issuer: Issuer) -> None:
    works, sentence = _oidc(issuer, hosts="kb.example.jp")
    assert works and "https://kb.example.jp/sign-in/oidc/back" in sentence
    assert "http://127.0.0.1:8000/sign-in/oidc/back" in _oidc(issuer)[1]
    assert "https://a.example/sign-in/oidc/back" in _oidc(issuer, public_url="https://a.example", hosts="a.example")[1]


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        (WELL_KNOWN, (404, {}), "does not answer (HTTP 404)"),
        (WELL_KNOWN, (200, b"<html>"), "does not answer"),
        (WELL_KNOWN, (200, {"issuer": "https://other.example"}), "its issuer is 'https://other.example'"),
        ("/keys", (500, {}), "does not answer (HTTP 500)"),
        ("/keys", (200, {"keys": []}), "does not answer"),
        ("/token", (401, {"error": "invalid_client"}), "KB_OIDC_CLIENT_SECRET"),
        ("/token", (503, b""), "does not answer (HTTP 503)"),
    ],
)
def test_each_fault_has_its_sentence(issuer: Issuer, path: str, answer: tuple[int, Any], words: str) -> None:
    issuer.answers[path] = lambda: answer
    works, sentence = _oidc(issuer)
    assert not works and words in sentence
    assert "s3cret" not in sentence


def test_a_provider_that_cannot_be_reached_is_named() -> None:
    ((works, sentence),) = _checked(auth="oidc", oidc_issuer="http://127.0.0.1:9", oidc_client_id="kb")
    assert not works and "http://127.0.0.1:9 does not answer (ConnectError" in sentence


@pytest.mark.parametrize(("seconds", "works"), [(0, True), (30, True), (-30, True), (120, False), (-120, False)])
def test_a_clock_that_is_wrong_is_told_before_it_locks_everybody_out(issuer: Issuer, seconds: int, works: bool) -> None:
    clock = Clock(lambda: CLOCK.now() + timedelta(seconds=seconds))
    found, sentence = _oidc(issuer, clock)
    assert found == works and ("NTP" in sentence) != works


def test_contradictions_are_all_named() -> None:
    found = _checked(auth="oidc", oidc_scopes="profile", **JWT)
    assert [works for works, _ in found] == [False] * len(found) and len(found) >= 3


def test_a_proxy_is_described_and_its_keys_are_tried(issuer: Issuer) -> None:
    headers = {"auth": "proxy", "trusted_proxies": "10.0.0.0/8"}
    ((works, sentence),) = _checked(**headers)
    assert works and "X-Forwarded-User" in sentence and "10.0.0.0/8" in sentence
    ((works, sentence),) = _checked(**headers, **JWT, proxy_jwks_url=f"{issuer.address}/keys")
    assert works and "X-Assertion" in sentence
    ((works, sentence),) = _checked(**headers, **JWT, proxy_jwks_url=f"{issuer.address}/none")
    assert not works and "KB_PROXY_JWKS_URL" in sentence
