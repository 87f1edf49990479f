"""The public keys of whoever signs tokens, and what they sign."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from kb.clock import Clock
from kb.people.errors import ProviderAwayError, SignInRefusedError
from kb.wording import say

ALGORITHMS = frozenset(  # with a key pair: with a shared secret, whoever can check a token can also forge it
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
)
SKEW_SECONDS = 60  # by which clocks may differ
FRESH = timedelta(hours=1)  # for which keys are used without asking: one that the issuer has withdrawn must not stay
REST = timedelta(minutes=1)  # between two times the keys are fetched: a forged key id must not make us a flood
SOON = timedelta(seconds=5)  # the same while there are none
log = logging.getLogger(__name__)


class KeyRing:
    """The keys of an issuer: fetched when first needed, once an hour, and for a key that is not among them."""

    def __init__(self, fetch: Callable[[], Mapping[str, Any]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: KeySet | None = None
        self._asked_at: datetime | None = None  # when the issuer was asked last, and whether it answered
        self._lock = threading.Lock()

    def verified(self, token: str, algorithms: Iterable[str] = ALGORITHMS) -> jwt.Token:
        """Return a token that one of the keys has signed. Raises SignInRefusedError, ProviderAwayError."""
        accepted = sorted(ALGORITHMS.intersection(algorithms))
        if not accepted:  # joserfc would take it for "the recommended ones"
            raise refused(ValueError("it is signed in no way that is accepted"))
        registry = JWSRegistry(algorithms=accepted, strict_check_header=False)
        try:
            try:
                return jwt.decode(token, self._known(), registry=registry)
            except InvalidKeyIdError:
                return jwt.decode(token, self._known(anew=True), registry=registry)
        except (JoseError, ValueError) as error:
            raise refused(error) from error

    def fetch(self) -> None:
        """Fetch the keys, to see whether that works. Raises ProviderAwayError."""
        self._known()

    def _known(self, *, anew: bool = False) -> KeySet:
        with self._lock:
            now = self._clock.now()
            age = timedelta.max if self._asked_at is None else now - self._asked_at
            rest = SOON if self._keys is None else REST if anew else FRESH
            if age >= rest:
                self._asked_at = now
                try:
                    self._keys = _imported(self._fetch())
                except ProviderAwayError:
                    if self._keys is None or anew:
                        raise
            if self._keys is None:
                raise ProviderAwayError
            return self._keys


def check_claims(
    claims: Mapping[str, Any], *, issuer: str, audience: str, clock: Clock, essential: tuple[str, ...] = ("sub", "exp")
) -> None:
    """Check who says so, to whom, and until when. Raises SignInRefusedError."""
    registry = jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=SKEW_SECONDS,
        **expected(issuer, audience),
        **dict.fromkeys(essential, jwt.ClaimsOption(essential=True)),
    )
    try:
        registry.validate(dict(claims))
    except JoseError as error:
        raise refused(error) from error


def expected(issuer: str, audience: str) -> dict[str, jwt.ClaimsOption]:
    """Return what the claims on issuer and audience must be."""
    return {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": audience}}


def refused(error: Exception) -> SignInRefusedError:
    """Return the refusal of a token; the log says what is wrong with it."""
    log.warning("A token was refused: %s", str(error)[:300])
    return SignInRefusedError(
        say("The sign-in could not be verified. Sign in again; if that fails, the server's log says why.")
    )


def _imported(found: Mapping[str, Any]) -> KeySet:
    try:
        return KeySet.import_key_set({"keys": found["keys"]})
    except (JoseError, ValueError, KeyError, TypeError) as error:
        log.warning("The keys of the identity provider cannot be read: %s", str(error)[:300])
        raise ProviderAwayError from error
