"""Try the identity provider, or look at what is set for the proxy, and say what is wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from app.settings import Settings
from app.signin.agreement import faults
from app.signin.fetch import get_json, why_away
from app.words.reader import Reader
from kb.clock import CLOCK, Clock
from kb.people.errors import ProviderAwayError, SignInRefusedError

SKEW_SECONDS = 60  # more than this, and the provider's tokens are not valid yet, or no longer
BACK = "/sign-in/oidc/back"


def check_sign_in(settings: Settings, reader: Reader, clock: Clock = CLOCK) -> Iterator[tuple[bool, str]]:
    """Yield what was tried: whether it works, and a sentence."""
    wrong = [(False, reader.say(fault)) for fault in faults(settings)]
    if wrong:
        yield from wrong
    elif settings.auth == "oidc":
        yield _provider(settings, reader, clock)
    elif settings.auth == "proxy":
        yield _proxy(settings, reader, clock)


def _provider(settings: Settings, reader: Reader, clock: Clock) -> tuple[bool, str]:
    from app.signin.keys import KeyRing
    from app.signin.oidc import WELL_KNOWN, Provider, fault_of

    logging.getLogger("app.signin").addHandler(logging.NullHandler())  # what is found is said here, in a sentence

    issuer = settings.oidc_issuer.rstrip("/")
    try:
        about, headers = get_json(f"{issuer}{WELL_KNOWN}")
        fault = fault_of(about, issuer)
        if fault:
            return False, reader("doctor.provider_unusable", issuer=issuer, why=reader.say(fault))
        KeyRing(lambda: get_json(about["jwks_uri"])[0], clock).fetch()
        Provider(settings, clock).try_secret(redirect_address(settings))
    except ProviderAwayError as error:
        why = why_away(error.__cause__) if isinstance(error.__cause__, Exception) else ""
        return False, reader("doctor.provider_away", issuer=issuer, why=why)
    except SignInRefusedError as error:
        return False, reader.say(error.sentence)
    if late := _late(headers.get("date", ""), clock):
        return False, reader("doctor.clock", seconds=reader.number(late))
    return True, reader("doctor.provider_well", issuer=issuer, address=redirect_address(settings))


def _proxy(settings: Settings, reader: Reader, clock: Clock) -> tuple[bool, str]:
    from app.signin.keys import KeyRing

    networks = ", ".join(map(str, settings.trusted_proxies))
    if not settings.proxy_jwt_header:
        return True, reader("doctor.proxy_headers", header=settings.proxy_user, networks=networks)
    try:
        KeyRing(lambda: get_json(settings.proxy_jwks_url)[0], clock).fetch()
    except ProviderAwayError as error:
        why = why_away(error.__cause__) if isinstance(error.__cause__, Exception) else ""
        return False, reader("doctor.keys_away", issuer=settings.proxy_jwks_url, why=why)
    return True, reader("doctor.proxy_signed", header=settings.proxy_jwt_header, networks=networks)


def redirect_address(settings: Settings) -> str:
    """Return the address to register at the provider."""
    return f"{settings.public_address}{BACK}"


def _late(date: str, clock: Clock) -> int:
    """Return by how many seconds the clocks differ, 0 where it does no harm or is not known."""
    try:
        seconds = round(abs((parsedate_to_datetime(date) - clock.now()).total_seconds()))
    except (ValueError, TypeError):
        return 0
    return seconds if seconds > SKEW_SECONDS else 0
