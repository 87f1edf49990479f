"""Settings of the sign-in that contradict each other stop the start, with one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.signin.agreement import faults, need_agreement
from app.signin.errors import SignInSettingsError

OIDC = {"auth": "oidc", "oidc_issuer": "https://id.example", "oidc_client_id": "kb", "oidc_client_secret": "s"}
PROXY = {"auth": "proxy", "trusted_proxies": "10.0.0.0/8"}
JWT = {
    "proxy_jwt_header": "X-Assertion", "proxy_jwks_url": "https://id.example/keys", "proxy_jwt_issuer": "i",
    "proxy_jwt_audience": "a",
}  # fmt: skip


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"auth": "local"},
        OIDC,
        {**OIDC, "oidc_client_secret": ""},
        {**OIDC, "oidc_issuer": "http://localhost:9400"},
        {**OIDC, "public_url": "https://kb.example.jp", "hosts": "kb.example.jp"},
        {**OIDC, "public_url": "https://kb.example.jp:8443/", "hosts": "kb.example.jp:8443"},
        PROXY,
        {**PROXY, **JWT},
        {**PROXY, **JWT, "proxy_user": ""},
    ],
)
def test_these_agree(chosen: dict[str, Any]) -> None:
    assert list(faults(Settings(**chosen))) == []


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"oidc_issuer": "https://id.example"}, "KB_OIDC_ISSUER is set, but KB_AUTH is 'none'"),
        ({"auth": "local", "oidc_client_secret": "s"}, "KB_OIDC_CLIENT_SECRET is set, but KB_AUTH is 'local'"),
        ({**OIDC, **JWT}, "KB_PROXY_JWT_HEADER is set, but KB_AUTH is 'oidc'"),
        ({"auth": "oidc"}, "needs KB_OIDC_ISSUER, KB_OIDC_CLIENT_ID"),
        ({**OIDC, "oidc_client_id": ""}, "needs KB_OIDC_CLIENT_ID"),
        ({**OIDC, "oidc_issuer": "http://id.example"}, "KB_OIDC_ISSUER must begin with https"),
        ({**OIDC, "oidc_scopes": "profile"}, "must include 'openid'"),
        ({**OIDC, "oidc_client_secret_file": "/nowhere/secret"}, "both set"),
        ({**OIDC, "oidc_client_secret": "", "oidc_client_secret_file": "/nowhere/secret"}, "does not exist"),
        ({**OIDC, "public_url": "https://kb.example.jp"}, "KB_HOSTS does not list 'kb.example.jp'"),
        ({**OIDC, "public_url": "http://kb.example.jp", "hosts": "kb.example.jp"}, "must be https"),
        ({**OIDC, "public_url": "https://kb.example.jp/kb", "hosts": "kb.example.jp"}, "without a path"),
        ({"auth": "proxy"}, "needs KB_TRUSTED_PROXIES"),
        ({**PROXY, "trusted_proxies": "10.0.0.1, 0.0.0.0/0"}, "pass as anyone"),
        ({**PROXY, "trusted_proxies": "::/0"}, "pass as anyone"),
        ({**PROXY, "proxy_user": ""}, "needs KB_PROXY_USER"),
        ({**PROXY, "proxy_jwt_header": "X"}, "needs KB_PROXY_JWKS_URL, KB_PROXY_JWT_ISSUER, KB_PROXY_JWT_AUDIENCE"),
        ({**PROXY, **JWT, "proxy_jwks_url": "http://id.example"}, "KB_PROXY_JWKS_URL must begin with https"),
        ({**OIDC, "groups_file": "/nowhere/groups.yaml"}, "/nowhere/groups.yaml:1: "),
    ],
)
def test_these_do_not(chosen: dict[str, Any], words: str) -> None:
    with pytest.raises(SignInSettingsError) as caught:
        need_agreement(Settings(**chosen))
    assert words in caught.value.sentence


def test_a_closed_file_of_groups_needs_groups(tmp_path: Path) -> None:
    path = tmp_path / "groups.yaml"
    path.write_text("default_role: none\n", "utf-8")
    assert any("nobody could sign in" in fault for fault in faults(Settings(**OIDC, groups_file=path)))
    assert list(faults(Settings(**OIDC, groups_file=path, oidc_groups_claim="groups"))) == []
    assert list(faults(Settings(**PROXY, groups_file=path))) == []
    assert any("KB_PROXY_GROUPS" in fault for fault in faults(Settings(**PROXY, groups_file=path, proxy_groups="")))


def test_a_network_that_is_none_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="trusted_proxies"):
        Settings(trusted_proxies="10.0.0.0/33")  # type: ignore[arg-type]


def test_the_secret_is_never_printed() -> None:
    assert "s3cret" not in repr(Settings(**{**OIDC, "oidc_client_secret": "s3cret"}))
