"""What the claims of a token say about a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.settings import Settings
from app.signin.groups import Rules, clean_groups
from kb.people.errors import SignInRefusedError
from kb.people.person import MOST_ADDRESS, MOST_NAME, Identity, Source, folded
from kb.wording import say

Claims = Mapping[str, Any]
GOOGLE = "https://accounts.google.com"


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Which claims hold what; a dot leads into a claim (`realm_access.roles`)."""

    name: str = "name"
    groups: str = ""  # empty: the claims say nothing about groups
    domains: tuple[str, ...] = ()  # whose addresses may sign in; empty: all

    @classmethod
    def of(cls, settings: Settings) -> ClaimNames:
        """Return the configured names."""
        return cls(settings.oidc_name_claim, settings.oidc_groups_claim, settings.oidc_domains)

    @property
    def needed(self) -> tuple[str, ...]:
        """The claims asked for at the userinfo endpoint where a token does not hold them."""
        return tuple(filter(None, (self.name, "email", self.groups)))


def claim(claims: Claims, path: str) -> Any:
    """Return the claim at a path, None if there is none. A name may hold dots itself (`https://example.com/groups`)."""
    if path in claims:
        return claims[path]
    for end in (at for at, sign in enumerate(path) if sign == "."):
        inner = claims.get(path[:end])
        found = claim(inner, path[end + 1 :]) if isinstance(inner, Mapping) else None
        if found is not None:
            return found
    return None


def identity_of(claims: Claims, source: Source, names: ClaimNames, rules: Rules) -> Identity:
    """Return whom checked claims vouch for. Raises SignInRefusedError."""
    address = _address(claims)
    _need_domain(claims, address, names.domains)
    return identity(
        source,
        f"{claims.get('iss', '')} {claims['sub']}",
        address,
        _name(claims, names.name) or address.partition("@")[0],
        _groups(claims, names.groups) if names.groups else None,
        rules,
    )


def identity(source: Source, subject: str, address: str, name: str, groups: list[str] | None, rules: Rules) -> Identity:
    """Return somebody with what the groups give; without a list nothing is said of teams. Raises SignInRefusedError."""
    kept = clean_groups(groups or ())
    role = rules.role(kept)
    return Identity(source, subject, address, name, role, None if groups is None else rules.teams(kept))


def plain_name(text: str) -> str:
    """Return a name without what cannot be shown, cut to what is kept; it may be empty."""
    return " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())[:MOST_NAME]


def plain_address(text: str) -> str:
    """Return an address as it is compared; empty if it is none, or only looks like the one it is compared as.

    A provider may give ｂoss@example.com to somebody who is not boss@example.com.
    """
    address = folded(text)
    if address != text.strip().lower():
        return ""
    local, _, domain = address.partition("@")
    is_one = local and domain and "@" not in domain and address.isprintable() and " " not in address
    return address if is_one and len(address) <= MOST_ADDRESS else ""


def _address(claims: Claims) -> str:
    """Return the address, unless the provider says that nobody has checked it."""
    address, is_verified = claims.get("email"), claims.get("email_verified", True)
    is_checked = is_verified is True or str(is_verified).casefold() == "true"  # some send the word
    return plain_address(address) if isinstance(address, str) and is_checked else ""


def _need_domain(claims: Claims, address: str, domains: tuple[str, ...]) -> None:
    if not domains:
        return
    domain = address.partition("@")[2]
    if claims.get("iss") == GOOGLE:  # anybody may have an account there with an address of the company
        domain = folded(str(claims.get("hd", "")))
    if domain not in domains:
        raise SignInRefusedError(
            say("Only addresses of {domains} may sign in. Choose another account.", domains=", ".join(domains))
        )


def _name(claims: Claims, path: str) -> str:
    texts = (claim(claims, one) for one in (path, "name", "preferred_username"))
    return next((name for text in texts if isinstance(text, str) and (name := plain_name(text))), "")


def _groups(claims: Claims, path: str) -> list[str]:
    """Return the names of the groups; a claim that is missing is no group, one that is kept elsewhere is not."""
    elsewhere = claims.get("_claim_names")
    is_elsewhere = isinstance(elsewhere, Mapping) and any(
        path == name or path.startswith(f"{name}.") for name in elsewhere
    )
    if is_elsewhere or (path == "groups" and claims.get("hasgroups") in (True, "true")):
        raise SignInRefusedError(
            say(
                "You belong to more groups than the identity provider sends at sign-in, so your teams are unknown."
                " An administrator can have it send app roles, or only the groups assigned to this application."
            )
        )
    found = claim(claims, path)
    if found is None:
        return []
    if isinstance(found, str):
        return [found]
    if isinstance(found, list) and all(isinstance(group, str) for group in found):
        return found
    raise SignInRefusedError(
        say(
            "The claim '{claim}' is not a list of groups. An administrator can correct KB_OIDC_GROUPS_CLAIM.",
            claim=path,
        )
    )
