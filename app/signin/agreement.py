"""Whether the settings of the sign-in agree with each other; a server does not start while they do not."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from app.settings import LOOPBACK, Settings
from app.signin.errors import SignInSettingsError
from app.signin.groups import read_rules
from app.signin.site import is_safe
from kb.errors import why_refused
from kb.wording import say

OF_OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_client_secret_file")
OF_PROXY = ("proxy_jwt_header", "proxy_jwks_url", "proxy_jwt_issuer", "proxy_jwt_audience")


def need_agreement(settings: Settings) -> None:
    """Raise SignInSettingsError for the first thing that is missing or contradicts another."""
    for fault in faults(settings):
        raise SignInSettingsError(fault)


def faults(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with the settings of the sign-in, a sentence each."""
    for auth, names in (("oidc", OF_OIDC), ("proxy", OF_PROXY)):
        unused = [name for name in names if _is_set(settings, name)]
        if unused and settings.auth != auth:
            yield say(
                "{setting} is set, but KB_AUTH is '{auth}'. Set KB_AUTH={right}, or remove it.",
                setting=_variable(unused[0]),
                auth=settings.auth,
                right=auth,
            )
    if any(network.prefixlen == 0 for network in settings.trusted_proxies):
        yield say("KB_TRUSTED_PROXIES covers every address, so anyone could pass as anyone. List only your proxies.")
    if settings.public_url:
        yield from _of_address(settings)
    if settings.auth == "oidc":
        yield from _of_provider(settings)
    elif settings.auth == "proxy":
        yield from _of_proxy(settings)
    if settings.auth in ("oidc", "proxy"):
        yield from _of_groups(settings)


def _of_provider(settings: Settings) -> Iterator[str]:
    missing = [name for name in ("oidc_issuer", "oidc_client_id") if not _is_set(settings, name)]
    if missing:
        yield _needs(settings, missing)
    elif not is_safe(settings.oidc_issuer):
        yield _unsafe("oidc_issuer")
    if settings.oidc_client_secret_file:
        yield from _of_secret(settings)
    if "openid" not in settings.oidc_scopes.split():
        yield say("KB_OIDC_SCOPES must include 'openid'.")


def _of_secret(settings: Settings) -> Iterator[str]:
    if _is_set(settings, "oidc_client_secret"):
        yield say("KB_OIDC_CLIENT_SECRET and KB_OIDC_CLIENT_SECRET_FILE are both set. Remove one of them.")
        return
    why: str = ""
    try:
        why = "" if settings.client_secret else say("it is empty")
    except OSError as error:
        why = why_refused(error)
    except UnicodeDecodeError:
        why = say("the file is not UTF-8 text")
    if why:
        yield say("KB_OIDC_CLIENT_SECRET_FILE cannot be used: {why}.", why=why)


def _of_address(settings: Settings) -> Iterator[str]:
    """Say why browsers could not come back to the address."""
    if not is_safe(settings.public_url) or urlsplit(settings.public_url).path.strip("/"):
        yield say(
            "KB_PUBLIC_URL is '{url}', but must be https:// and a host, without a path.", url=settings.public_url[:200]
        )
        return
    host = urlsplit(settings.public_url).hostname or ""
    if host not in (*LOOPBACK, *(named.rpartition(":")[0] or named for named in settings.hosts)):
        yield say("KB_HOSTS does not list '{host}' from KB_PUBLIC_URL, so its pages would be refused.", host=host)


def _of_proxy(settings: Settings) -> Iterator[str]:
    if not settings.trusted_proxies:
        yield _needs(settings, ["trusted_proxies"])
    given = [name for name in OF_PROXY if _is_set(settings, name)]
    missing = [name for name in OF_PROXY if name not in given]
    if given and missing:
        yield _needs(settings, missing)
    elif given and not is_safe(settings.proxy_jwks_url):
        yield _unsafe("proxy_jwks_url")
    if not given and not settings.proxy_user:
        yield _needs(settings, ["proxy_user"])


def _of_groups(settings: Settings) -> Iterator[str]:
    if not settings.groups_file:
        return
    try:
        rules = read_rules(settings.groups_file)
    except SignInSettingsError as error:
        yield error.sentence
        return
    by_headers = settings.auth == "proxy" and not settings.proxy_jwt_header
    if rules.is_closed and not (settings.proxy_groups if by_headers else settings.oidc_groups_claim):
        yield say(
            "The groups file admits only members of its groups, but {setting} is not set, so nobody could sign in.",
            setting="KB_PROXY_GROUPS" if by_headers else "KB_OIDC_GROUPS_CLAIM",
        )


def _is_set(settings: Settings, name: str) -> bool:
    value = getattr(settings, name)
    return bool(settings.oidc_client_secret.get_secret_value() if name == "oidc_client_secret" else value)


def _needs(settings: Settings, missing: list[str]) -> str:
    return say("KB_AUTH={auth} needs {settings}.", auth=settings.auth, settings=", ".join(map(_variable, missing)))


def _unsafe(name: str) -> str:
    return say("{setting} must begin with https://.", setting=_variable(name))


def _variable(name: str) -> str:
    return f"KB_{name.upper()}"
