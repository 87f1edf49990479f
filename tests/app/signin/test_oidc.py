"""An identity provider is believed where everything it says is signed by it, for us, for this sign-in, and now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from app.settings import Settings
from app.signin.fetch import MOST_BYTES
from app.signin.oidc import Provider, SignedIn
from app.signin.site import is_safe
from kb.clock import Clock
from kb.people.begun import Begun
from kb.people.errors import ProviderAwayError, SignInRefusedError
from kb.people.person import Identity
from tests.app.signin.issuing import Issuer, issuing, signed_with, unsigned

BEGUN = Begun("the-state", "the-nonce", "the-verifier-" + "x" * 40, "/gaps")
BACK = "http://127.0.0.1:8000/sign-in/oidc/back"
OLD, NEW, STRANGE = (RSAKey.generate_key(2048, {"kid": kid}) for kid in ("old", "new", "old"))


class Hands:
    """The time, which stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
def hands() -> Hands:
    """The hands of the clock."""
    return Hands()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """A provider that says whatever a test wants."""
    with issuing(OLD) as issuer:
        issuer.answers["/.well-known/openid-configuration"] = lambda: (200, _about(issuer))
        yield issuer


@pytest.fixture
def provider(issuer: Issuer, hands: Hands) -> Provider:
    """The client of that provider."""
    return _provider(issuer, hands)


def _about(issuer: Issuer, **changed: object) -> dict[str, object]:
    about = {
        "issuer": issuer.address,
        "authorization_endpoint": f"{issuer.address}/authorize",
        "token_endpoint": f"{issuer.address}/token",
        "userinfo_endpoint": f"{issuer.address}/userinfo",
        "end_session_endpoint": f"{issuer.address}/end",
        "jwks_uri": f"{issuer.address}/keys",
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    return {name: value for name, value in {**about, **changed}.items() if value is not None}


def _provider(issuer: Issuer, hands: Hands, **chosen: Any) -> Provider:
    settings = Settings(
        auth="oidc", oidc_issuer=issuer.address, oidc_client_id="kb", **{"oidc_client_secret": "s3cret", **chosen}
    )
    return Provider(settings, Clock(lambda: hands.now))


def _claims(issuer: Issuer, hands: Hands, **changed: object) -> dict[str, Any]:
    now = int(hands.now.timestamp())
    claims = {
        "iss": issuer.address, "aud": "kb", "sub": "7", "exp": now + 300, "iat": now, "nonce": BEGUN.nonce,
        "name": "青井 葵", "email": "aoi@example.jp", "email_verified": True,
    }  # fmt: skip
    return {name: value for name, value in {**claims, **changed}.items() if value is not None}


def _finish(provider: Provider, issuer: Issuer, id_token: str, **answer: object) -> SignedIn:
    token = {"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": id_token, **answer}
    issuer.answers["/token"] = lambda: (200, token)
    return provider.finish(BEGUN, "the-code", BACK)


def test_the_browser_is_sent_with_state_nonce_and_a_challenge(provider: Provider, issuer: Issuer) -> None:
    address = urlsplit(provider.address(BEGUN, BACK))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{issuer.address}/authorize"
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert asked.pop("code_challenge") not in ("", BEGUN.verifier)
    assert asked == {
        "response_type": "code", "client_id": "kb", "redirect_uri": BACK, "scope": "openid profile email",
        "state": "the-state", "nonce": "the-nonce", "code_challenge_method": "S256",
    }  # fmt: skip


def test_a_finished_sign_in_says_who_it_is(provider: Provider, issuer: Issuer, hands: Hands) -> None:
    done = _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))
    assert done.identity == Identity("oidc", f"{issuer.address} 7", "aoi@example.jp", "青井 葵")
    (sent,) = issuer.sent
    assert (sent["code"], sent["code_verifier"], sent["redirect_uri"]) == (["the-code"], [BEGUN.verifier], [BACK])


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "other"}, {"aud": None}, {"aud": ["other", "another"]},
        {"aud": ["kb", "other"]}, {"aud": ["kb", "other"], "azp": "other"}, {"azp": "other"},
        {"nonce": "another"}, {"nonce": None}, {"nonce": ""}, {"sub": None}, {"sub": 7}, {"exp": None}, {"iat": None},
        {"exp": "never"}, {"at_hash": "wrong"},
    ],
)  # fmt: skip
def test_a_token_with_a_wrong_claim_is_refused(
    provider: Provider, issuer: Issuer, hands: Hands, changed: dict[str, object]
) -> None:
    with pytest.raises(SignInRefusedError):
        _finish(provider, issuer, issuer.signed(_claims(issuer, hands, **changed)))


def test_a_token_for_several_that_was_issued_to_us_is_taken(provider: Provider, issuer: Issuer, hands: Hands) -> None:
    assert _finish(provider, issuer, issuer.signed(_claims(issuer, hands, aud=["kb", "other"], azp="kb")))


@pytest.mark.parametrize(("claim", "last_good"), [("exp", -59), ("iat", 60), ("nbf", 60)])
def test_clocks_may_differ_by_a_minute(
    provider: Provider, issuer: Issuer, hands: Hands, claim: str, last_good: int
) -> None:
    now = int(hands.now.timestamp())
    assert _finish(provider, issuer, issuer.signed(_claims(issuer, hands, **{claim: now + last_good})))
    bad = last_good + (-1 if claim == "exp" else 1)
    with pytest.raises(SignInRefusedError):
        _finish(provider, issuer, issuer.signed(_claims(issuer, hands, **{claim: now + bad})))


def test_a_token_that_anybody_could_have_made_is_refused(provider: Provider, issuer: Issuer, hands: Hands) -> None:
    claims = _claims(issuer, hands)
    for forged in (
        unsigned(claims),
        jwt.encode({"alg": "RS256", "kid": "old"}, claims, STRANGE),
        signed_with(OLD.as_pem(private=False), claims, kid="old"),
        signed_with(b"s3cret", claims),
        issuer.signed(claims)[:-8] + "AAAAAAAA",
        "nonsense",
        "",
    ):
        with pytest.raises(SignInRefusedError):
            _finish(provider, issuer, forged)


@pytest.mark.parametrize("signed", [["HS256"], ["none"], ["ES256"], []])
def test_a_way_of_signing_that_the_provider_does_not_use_or_we_do_not_trust_is_refused(
    provider: Provider, issuer: Issuer, hands: Hands, signed: list[str]
) -> None:
    issuer.answers["/.well-known/openid-configuration"] = lambda: (
        200, _about(issuer, id_token_signing_alg_values_supported=signed),
    )  # fmt: skip
    with pytest.raises(SignInRefusedError):
        _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))


def test_a_new_key_is_fetched_once_and_a_forged_key_id_does_not_make_a_flood(
    provider: Provider, issuer: Issuer, hands: Hands
) -> None:
    _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))
    assert issuer.asked.count("/keys") == 1
    issuer.keys = KeySet([NEW])
    hands.now += timedelta(minutes=1)
    _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))
    assert issuer.asked.count("/keys") == 2
    for _ in range(3):
        with pytest.raises(SignInRefusedError):
            _finish(provider, issuer, issuer.signed(_claims(issuer, hands), kid="unknown"))
    assert issuer.asked.count("/keys") == 2


def test_a_key_that_the_provider_withdrew_is_refused_within_the_hour(
    provider: Provider, issuer: Issuer, hands: Hands
) -> None:
    _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))
    issuer.keys = KeySet([NEW])
    hands.now += timedelta(hours=1)
    leaked = jwt.encode({"alg": "RS256", "kid": "old"}, _claims(issuer, hands), OLD)
    with pytest.raises(SignInRefusedError):
        _finish(provider, issuer, leaked)


def test_an_issuer_without_keys_is_not_asked_at_each_attempt(provider: Provider, issuer: Issuer, hands: Hands) -> None:
    keys = issuer.answers["/keys"]
    issuer.answers["/keys"] = lambda: (500, {})
    for _ in range(3):
        with pytest.raises(ProviderAwayError):
            _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))
    assert issuer.asked.count("/keys") == 1
    issuer.answers["/keys"] = keys
    hands.now += timedelta(seconds=5)
    assert _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))


def test_a_key_of_an_unknown_kind_beside_ours_does_no_harm(provider: Provider, issuer: Issuer, hands: Hands) -> None:
    keys = issuer.keys.as_dict(private=False)["keys"]
    issuer.answers["/keys"] = lambda: (200, {"keys": [{"kty": "AKP", "kid": "later"}, *keys]})
    assert _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))


def test_what_the_token_does_not_hold_is_asked_for(issuer: Issuer, hands: Hands) -> None:
    provider = _provider(issuer, hands, oidc_groups_claim="groups")
    issuer.answers["/userinfo"] = lambda: (200, {"sub": "7", "groups": ["/Sales"], "name": "Somebody else"})
    done = _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))
    assert done.identity.teams == {"/Sales"} and done.identity.name == "青井 葵"  # what is signed comes first


@pytest.mark.parametrize("answer", [(500, {}), (200, []), (200, b"no JSON"), (401, {}), (302, {})])
def test_groups_that_cannot_be_asked_for_are_never_read_as_no_group(
    issuer: Issuer, hands: Hands, answer: tuple[int, Any]
) -> None:
    provider = _provider(issuer, hands, oidc_groups_claim="groups")
    issuer.answers["/userinfo"] = lambda: answer
    with pytest.raises((ProviderAwayError, SignInRefusedError)):
        _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))


def test_what_is_said_of_somebody_else_is_refused(issuer: Issuer, hands: Hands) -> None:
    provider = _provider(issuer, hands, oidc_groups_claim="groups")
    issuer.answers["/userinfo"] = lambda: (200, {"sub": "8", "groups": ["/Admins"]})
    with pytest.raises(SignInRefusedError):
        _finish(provider, issuer, issuer.signed(_claims(issuer, hands)))


def test_the_answer_of_another_provider_is_refused(provider: Provider) -> None:
    with pytest.raises(SignInRefusedError):
        provider.finish(BEGUN, "the-code", BACK, "https://evil.example")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((400, {"error": "invalid_grant", "error_description": "<b>used</b>"}), SignInRefusedError, "already used"),
        ((401, {"error": "invalid_client"}), SignInRefusedError, "KB_OIDC_CLIENT_SECRET"),
        ((500, b"oops"), ProviderAwayError, "does not answer"),
        ((200, b"<html>"), ProviderAwayError, "does not answer"),
        ((200, []), ProviderAwayError, "does not answer"),
        ((200, {"access_token": "a", "token_type": "Bearer"}), SignInRefusedError, "could not be verified"),
        ((302, {}), SignInRefusedError, "could not be verified"),
    ],
)
def test_each_fault_of_the_provider_has_its_sentence(
    provider: Provider, issuer: Issuer, answer: tuple[int, Any], kind: type[Exception], words: str
) -> None:
    issuer.answers["/token"] = lambda: answer
    with pytest.raises(kind, match=words) as caught:
        provider.finish(BEGUN, "the-code", BACK)
    assert "<b>" not in str(caught.value)


def test_a_provider_that_is_away_is_asked_again_and_not_by_everybody(
    provider: Provider, issuer: Issuer, hands: Hands
) -> None:
    well_known = "/.well-known/openid-configuration"
    about = issuer.answers.pop(well_known)
    for _ in range(5):
        with pytest.raises(ProviderAwayError):
            provider.address(BEGUN, BACK)
    assert issuer.asked == [well_known]
    issuer.answers[well_known] = about
    hands.now += timedelta(seconds=5)
    assert provider.address(BEGUN, BACK).startswith(issuer.address)


def test_what_is_known_of_a_provider_outlasts_its_absence(provider: Provider, issuer: Issuer, hands: Hands) -> None:
    assert provider.address(BEGUN, BACK)
    del issuer.answers["/.well-known/openid-configuration"]
    hands.now += timedelta(hours=2)
    assert provider.address(BEGUN, BACK)


def test_nobody_listens_at_the_address_of_the_provider(hands: Hands) -> None:
    settings = Settings(auth="oidc", oidc_issuer="http://127.0.0.1:9", oidc_client_id="kb")
    with pytest.raises(ProviderAwayError):
        Provider(settings, Clock(lambda: hands.now)).address(BEGUN, BACK)


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.example"}, {"issuer": None}, {"jwks_uri": None}, {"jwks_uri": "http://keys.example"},
        {"authorization_endpoint": "javascript:alert(1)"}, {"token_endpoint": "http://10.0.0.1/token"},
        {"token_endpoint": ["https://a.example"]}, {"end_session_endpoint": "http://id.example/end"},
        {"userinfo_endpoint": "//id.example"},
    ],
)  # fmt: skip
def test_a_provider_with_an_unsafe_address_is_not_used(
    provider: Provider, issuer: Issuer, changed: dict[str, object]
) -> None:
    issuer.answers["/.well-known/openid-configuration"] = lambda: (200, _about(issuer, **changed))
    with pytest.raises(ProviderAwayError):
        provider.address(BEGUN, BACK)


def test_an_endless_answer_is_cut(provider: Provider, issuer: Issuer) -> None:
    issuer.answers["/.well-known/openid-configuration"] = lambda: (200, b'{"a": "' + b"x" * MOST_BYTES + b'"}')
    with pytest.raises(ProviderAwayError):
        provider.address(BEGUN, BACK)


def test_signing_out_ends_the_session_at_the_provider(provider: Provider, issuer: Issuer) -> None:
    end = urlsplit(provider.end_address("token", "http://127.0.0.1:8000/sign-in"))
    assert end.path == "/end"
    assert parse_qs(end.query) == {
        "id_token_hint": ["token"], "client_id": ["kb"], "post_logout_redirect_uri": ["http://127.0.0.1:8000/sign-in"],
    }  # fmt: skip
    assert "id_token_hint" not in provider.end_address("x" * 5_000, BACK)  # an address of that length is refused


def test_a_provider_without_an_end_of_session_is_left_alone(provider: Provider, issuer: Issuer) -> None:
    issuer.answers["/.well-known/openid-configuration"] = lambda: (200, _about(issuer, end_session_endpoint=None))
    assert provider.end_address("token", BACK) == ""


@pytest.mark.parametrize(
    ("methods", "in_form"),
    [(None, False), (["client_secret_post"], True), (["client_secret_post", "client_secret_basic"], False)],
)
def test_the_secret_is_sent_as_the_provider_wants_it(
    issuer: Issuer, hands: Hands, methods: list[str] | None, in_form: bool
) -> None:
    about = _about(issuer, token_endpoint_auth_methods_supported=methods)
    issuer.answers["/.well-known/openid-configuration"] = lambda: (200, about)
    _finish(_provider(issuer, hands), issuer, issuer.signed(_claims(issuer, hands)))
    assert ("client_secret" in issuer.sent[0]) == in_form


def test_the_secret_may_stand_in_a_file_and_a_public_client_has_none(
    issuer: Issuer, hands: Hands, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n", "utf-8")
    about = _about(issuer, token_endpoint_auth_methods_supported=["client_secret_post"])
    issuer.answers["/.well-known/openid-configuration"] = lambda: (200, about)
    token = issuer.signed(_claims(issuer, hands))
    _finish(_provider(issuer, hands, oidc_client_secret="", oidc_client_secret_file=secret), issuer, token)
    _finish(_provider(issuer, hands, oidc_client_secret=""), issuer, token)
    assert [sent.get("client_secret") for sent in issuer.sent] == [["from-a-file"], None]


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://id.example/x", True), ("http://127.0.0.1:9/x", True), ("http://localhost/x", True),
        ("http://[::1]:9/x", True), ("http://id.example/x", False), ("http://127.0.0.1.evil.example", False),
        ("ftp://localhost", False), ("https://", False), ("//id.example", False), ("", False), ("http://[::1", False),
        ("http://localhost@evil.example", False),
    ],
)  # fmt: skip
def test_only_https_and_this_machine_are_safe(address: str, safe: bool) -> None:
    assert is_safe(address) == safe
