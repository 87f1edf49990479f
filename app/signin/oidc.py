"""Sign in through an identity provider: OpenID Connect with an authorization code, PKCE, state and nonce."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from httpx2 import HTTPError
from joserfc.errors import JoseError

from app.settings import Settings
from app.signin.claims import ClaimNames, Claims, claim, identity_of
from app.signin.errors import EXPIRED
from app.signin.fetch import OPTIONS, get_json, why_away
from app.signin.groups import GroupsFile
from app.signin.keys import SKEW_SECONDS, KeyRing, expected, refused
from app.signin.site import is_safe
from kb.clock import Clock
from kb.people.begun import Begun
from kb.people.errors import ProviderAwayError, SignInRefusedError
from kb.people.person import Identity
from kb.wording import say

WELL_KNOWN = "/.well-known/openid-configuration"
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")
FRESH = timedelta(hours=1)  # for which the provider's addresses are not asked for again
REST = timedelta(seconds=5)  # after a failure, before the provider is asked again
TALKS = 8  # with the provider at a time: each holds a thread, and the others are for those who are signed in
WAIT_SECONDS = 2.0  # for one of them to end
NO_CODE = "trial"
MOST_HINT = 4_000  # characters of a token in an address
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a finished sign-in brings."""

    identity: Identity
    id_token: str  # for signing out at the provider


class Provider:
    """The configured identity provider. It may be away at any time."""

    def __init__(self, settings: Settings, clock: Clock, changed: Callable[[], None] = lambda: None) -> None:
        """Read `settings`; `changed` hears of another content of the groups file."""
        self.issuer = settings.oidc_issuer.rstrip("/")
        self.label = settings.oidc_label or urlsplit(self.issuer).hostname or self.issuer
        self._settings = settings
        self._clock = clock
        self._names = ClaimNames.of(settings)
        self._groups = GroupsFile(settings.groups_file, changed)
        self._keys = KeyRing(lambda: get_json(self._about()["jwks_uri"])[0], clock)
        self._known: Mapping[str, Any] = {}
        self._asked_at: datetime | None = None  # when the provider was asked last, and whether it answered
        self._lock = threading.Lock()
        self._talks = threading.BoundedSemaphore(TALKS)

    def address(self, begun: Begun, back: str) -> str:
        """Return where the browser is sent to sign in, and from there to `back`. Raises ProviderAwayError."""
        with self._talking():
            about = self._about()
        with self._client(about, back) as client:
            address, _ = client.create_authorization_url(
                about["authorization_endpoint"], state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
            )
        return str(address)

    def finish(self, begun: Begun, code: str, back: str, issuer: str = "") -> SignedIn:
        """Return who signed in. Raises SignInRefusedError, ProviderAwayError."""
        with self._talking():
            about = self._about()
            if issuer and issuer != about["issuer"]:  # the answer of another provider (RFC 9207)
                raise refused(ValueError(f"the answer comes from {issuer!r}"))
            with self._client(about, back) as client:
                token = _token(client, about["token_endpoint"], code, begun.verifier)
                id_token = str(token.get("id_token") or "")
                claims = self._checked(about, id_token, begun.nonce, str(token.get("access_token") or ""))
                if any(claim(claims, name) is None for name in self._names.needed):
                    claims = {**_userinfo(client, about, claims), **claims}
        return SignedIn(identity_of(claims, "oidc", self._names, self._groups.rules()), id_token)

    def end_address(self, id_token: str, back: str) -> str:
        """Return where the session at the provider ends; empty if it has no such address, or does not answer."""
        try:
            with self._talking():
                end = self._about().get("end_session_endpoint", "")
        except ProviderAwayError:
            return ""
        hint = {"id_token_hint": id_token} if 0 < len(id_token) <= MOST_HINT else {}
        query = urlencode({**hint, "client_id": self._settings.oidc_client_id, "post_logout_redirect_uri": back})
        return f"{end}{'&' if '?' in end else '?'}{query}" if end else ""

    def try_secret(self, back: str) -> None:
        """Raise SignInRefusedError if the provider does not know this client, or its secret is wrong.

        It is asked for the tokens of a code that does not exist: a client it knows, it tells just that.
        """
        about = self._about()
        with self._client(about, back) as client:
            try:
                _token(client, about["token_endpoint"], NO_CODE, NO_CODE * 9)
            except SignInRefusedError as error:
                if error.sentence != EXPIRED:
                    raise

    @contextmanager
    def _talking(self) -> Iterator[None]:
        if not self._talks.acquire(timeout=WAIT_SECONDS):
            raise ProviderAwayError
        try:
            yield
        finally:
            self._talks.release()

    def _about(self) -> Mapping[str, Any]:
        """Return what the provider says about itself; an hour old where it is, older while it is away."""
        with self._lock:
            now = self._clock.now()
            rest = FRESH if self._known else REST
            if self._asked_at is None or now - self._asked_at >= rest:
                self._asked_at = now
                try:
                    self._known = discovered(self.issuer)
                except ProviderAwayError:
                    if not self._known:
                        raise
            if not self._known:
                raise ProviderAwayError
            return self._known

    def _client(self, about: Mapping[str, Any], back: str) -> OAuth2Client:
        secret = self._settings.client_secret
        methods = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = next((one for one in ("client_secret_basic", "client_secret_post") if one in methods), methods[0])
        return OAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=secret or None,
            token_endpoint_auth_method=method if secret else "none",
            scope=self._settings.oidc_scopes,
            redirect_uri=back,
            code_challenge_method="S256",
            leeway=0,  # the access token is used at once, if at all
            **OPTIONS,
        )

    def _checked(self, about: Mapping[str, Any], id_token: str, nonce: str, access_token: str) -> Claims:
        """Return the claims of an ID token that is signed by the provider, for us and for this sign-in."""
        signed = about.get("id_token_signing_alg_values_supported", ["RS256"])
        token = self._keys.verified(id_token, signed)
        client_id = self._settings.oidc_client_id
        params = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, expected(about["issuer"], client_id), params)
        try:
            claims.validate(now=int(self._clock.now().timestamp()), leeway=SKEW_SECONDS)
        except JoseError as error:
            raise refused(error) from error
        return dict(claims)


def discovered(issuer: str) -> Mapping[str, Any]:
    """Return what a provider says about itself. Raises ProviderAwayError."""
    about, _ = get_json(f"{issuer}{WELL_KNOWN}")
    fault = fault_of(about, issuer)
    if fault:
        log.error("The identity provider cannot be used: %s", fault)
        raise ProviderAwayError
    return about


def fault_of(about: Mapping[str, Any], issuer: str) -> str:
    """Return what is wrong with what a provider says about itself; empty if nothing is."""
    if str(about.get("issuer", "")).rstrip("/") != issuer:
        return say(
            "its issuer is '{name}', but KB_OIDC_ISSUER is '{issuer}'", name=str(about.get("issuer")), issuer=issuer
        )
    for name in (*NEEDED, *OPTIONAL):
        address = about.get(name)
        if address is None and name in OPTIONAL:
            continue
        if not isinstance(address, str) or not is_safe(address):
            return say("its '{name}' is not an https address", name=name)
    return ""


def _token(client: OAuth2Client, address: str, code: str, verifier: str) -> Mapping[str, Any]:
    """Exchange a code for tokens."""
    try:
        token = client.fetch_token(address, grant_type="authorization_code", code=code, code_verifier=verifier)
    except OAuthError as error:
        log.warning("The identity provider refuses the code: %s", str(error)[:300])
        raise SignInRefusedError(_why_refused(str(error.error))) from error
    except (HTTPError, ValueError) as error:
        log.warning("%s does not answer as it should: %s", address, why_away(error))
        raise ProviderAwayError from error
    return dict(token)


def _why_refused(code: str) -> str:
    if code in ("invalid_client", "unauthorized_client"):
        return say(
            "The identity provider does not accept this server's client or its secret. An administrator can correct"
            " KB_OIDC_CLIENT_ID and KB_OIDC_CLIENT_SECRET."
        )
    return EXPIRED


def _userinfo(client: OAuth2Client, about: Mapping[str, Any], claims: Claims) -> Claims:
    """Return what else the provider says about the person. Raises ProviderAwayError: silence is not "no groups"."""
    address = about.get("userinfo_endpoint")
    if not address or not client.token:
        return {}
    try:
        answer = client.get(address)
        answer.raise_for_status()
        found = answer.json()
    except (HTTPError, OAuthError, ValueError) as error:
        log.warning("%s does not answer as it should: %s", address, why_away(error))
        raise ProviderAwayError from error
    if not isinstance(found, dict) or found.get("sub") != claims["sub"]:
        raise refused(ValueError("the userinfo endpoint speaks of somebody else"))
    return found
