"""A trusted proxy says who it is: by headers, or by an assertion that it has signed."""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers

from app.settings import Settings
from app.signin.claims import ClaimNames, identity, identity_of, plain_address, plain_name
from app.signin.fetch import get_json
from app.signin.groups import GroupsFile
from app.signin.keys import KeyRing, check_claims, refused
from app.signin.met import met
from kb.clock import Clock
from kb.people.audit import Audit
from kb.people.errors import PersonNotFoundError, disabled
from kb.people.people import People
from kb.people.person import MOST_ADDRESS, Identity, Person

SEPARATOR = re.compile(r"[,|]")  # authentik uses the second
BRIEFLY = timedelta(minutes=1)  # in which the same words from a proxy are not written down again
MOST_KNOWN = 2_000  # people
log = logging.getLogger(__name__)


class TrustedProxy:
    """Believes the configured proxies, and nobody else who sends the same headers."""

    def __init__(self, settings: Settings, clock: Clock, changed: Callable[[], None] = lambda: None) -> None:
        """Read `settings`; `changed` hears of another content of the groups file."""
        self._settings = settings
        self._clock = clock
        self._groups = GroupsFile(settings.groups_file, changed)
        self._names = ClaimNames.of(settings)
        self._keys = KeyRing(lambda: get_json(settings.proxy_jwks_url)[0], clock)
        self._has_warned = False

    def identity(self, headers: Headers, peer: str) -> Identity | None:
        """Return whom the proxy vouches for, None if nobody. Raises SignInRefusedError, ProviderAwayError."""
        if not self._is_trusted(peer):
            self._warn_once(headers, peer)
            return None
        if self._settings.proxy_jwt_header:
            return self._asserted(self._one(headers, self._settings.proxy_jwt_header))
        return self._named(headers)

    def _named(self, headers: Headers) -> Identity | None:
        settings = self._settings
        user, name, address, groups = (
            self._one(headers, header)
            for header in (settings.proxy_user, settings.proxy_name, settings.proxy_email, settings.proxy_groups)
        )
        if not user:
            return None
        if not user.isprintable() or len(user) > MOST_ADDRESS:
            raise refused(ValueError("the proxy passes a name that is too long or not plain text"))
        known = [group for group in SEPARATOR.split(groups) if group.strip()] if settings.proxy_groups else None
        shown = plain_name(name) or plain_name(user)
        return identity("proxy", user, plain_address(address or user), shown, known, self._groups.rules())

    def _asserted(self, assertion: str) -> Identity | None:
        if not assertion:
            return None
        settings = self._settings
        claims = self._keys.verified(assertion).claims
        check_claims(claims, issuer=settings.proxy_jwt_issuer, audience=settings.proxy_jwt_audience, clock=self._clock)
        return identity_of(claims, "proxy", self._names, self._groups.rules())

    def _one(self, headers: Headers, name: str) -> str:
        """Return the value of a header; one that comes twice may be the visitor's own beside the proxy's."""
        values = headers.getlist(name) if name else []
        if len(values) > 1:
            raise refused(ValueError(f"the header {name} comes {len(values)} times"))
        try:
            return "".join(values).encode("latin-1").decode("utf-8").strip()
        except UnicodeDecodeError:
            return "".join(values).strip()

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:  # as a socket for both kinds says it
            address = address.ipv4_mapped
        return any(address in network for network in self._settings.trusted_proxies)

    def _warn_once(self, headers: Headers, peer: str) -> None:
        named = self._settings.proxy_jwt_header or self._settings.proxy_user
        if named in headers and not self._has_warned:
            self._has_warned = True
            log.warning("The header %s from %s was ignored: KB_TRUSTED_PROXIES does not name it.", named, peer[:60])


class ProxyPeople:
    """The people whom the proxy vouches for; what it says is written down once a minute, not at each request."""

    def __init__(self, proxy: TrustedProxy, people: People, clock: Clock, audit: Audit) -> None:
        self._proxy = proxy
        self._people = people
        self._audit = audit
        self._clock = clock
        self._known: OrderedDict[Identity, tuple[str, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def person(self, headers: Headers, peer: str) -> Person | None:
        """Return who a request comes from, None if nobody says so. Raises SignInRefusedError, ProviderAwayError."""
        identity = self._proxy.identity(headers, peer)
        if identity is None:
            return None
        person = self._remembered(identity) or self._written(identity)
        if person.is_disabled:
            raise disabled()
        return person

    def _remembered(self, identity: Identity) -> Person | None:
        """Return somebody as they are now: what an admin changes counts at the next request."""
        with self._lock:
            person_id, at = self._known.get(identity, ("", None))
        if at is None or self._clock.now() - at >= BRIEFLY:
            return None
        try:
            return self._people.get(person_id)
        except PersonNotFoundError:
            return None

    def _written(self, identity: Identity) -> Person:
        person = met(self._people, self._audit, identity)
        with self._lock:
            self._known[identity] = (person.id, self._clock.now())
            self._known.move_to_end(identity)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return person
