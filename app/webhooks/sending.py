"""Send one message: to an address that may be reached, signed, without following where the answer points."""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx2
from standardwebhooks import Webhook

from app.settings import LOOPBACK
from app.webhooks.hooks import Hook, is_address
from app.webhooks.outbox import Delivery
from kb.errors import KBError
from kb.wording import say

SECONDS = 10.0  # to connect, and for the answer
MOST_SHOWN = 200  # characters of what went wrong
LONGEST_WAIT = timedelta(days=1)
GONE = 410
logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs whole addresses, which may be secrets
NAT64 = IPv6Network("64:ff9b::/96")  # addresses that wrap one of the older kind
AGAIN = tuple(  # after each attempt; about three days in all
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)


class AddressRefusedError(KBError):
    """An address that no webhook may be sent to."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt."""

    is_sent: bool
    why: str = ""  # a word: `connection`, `timeout`, `address`, or HTTP and the status
    detail: str = ""  # in a sentence
    again_in: timedelta | None = None  # None: sent, or never

    @property
    def is_down(self) -> bool:
        """Whether the receiver, rather than this message, is in trouble."""
        return not self.is_sent and self.again_in is not None


def attempt(hook: Hook, delivery: Delivery, now: datetime, *, may_stay_inside: bool) -> Result:
    """Send something once."""
    try:
        where = address_of(hook.url, may_stay_inside=may_stay_inside)
        headers = {**headers_of(hook, delivery, now), "host": urlsplit(hook.url).netloc.rpartition("@")[2]}
        with httpx2.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client:
            request = client.build_request("POST", where, content=delivery.body.encode(), headers=headers)
            request.extensions["sni_hostname"] = hook.host
            answer = client.send(request, stream=True)  # nobody reads what a receiver answers
            answer.close()
    except AddressRefusedError as error:
        return _failed(delivery, "address", detail=error.sentence)
    except httpx2.TimeoutException:
        return _failed(delivery, "timeout")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return _failed(delivery, "connection", detail=f"{type(error).__name__} {error}".strip()[:MOST_SHOWN])
    if answer.is_success:
        return Result(is_sent=True)
    why = f"HTTP {answer.status_code}"
    if answer.status_code == GONE:
        return Result(is_sent=False, why=why)
    return _failed(delivery, why, answer.headers.get("retry-after", ""))


def headers_of(hook: Hook, delivery: Delivery, now: datetime) -> dict[str, str]:
    """Return the headers of a message, signed by the Standard Webhooks scheme where there is a secret."""
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "kachisuji-webhooks"}
    headers |= {"webhook-id": delivery.id, "webhook-timestamp": str(int(now.timestamp()))}
    if hook.secret:
        headers["webhook-signature"] = Webhook(hook.secret).sign(delivery.id, now, delivery.body)
    return headers


def address_of(url: str, *, may_stay_inside: bool) -> str:
    """Return an address with the checked network address in place of the name, which is not looked up again.

    Raises AddressRefusedError.
    """
    if not is_address(url):
        raise AddressRefusedError(say("The address is not valid."))
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    is_here = host in LOOPBACK
    if parts.scheme == "http" and not (is_here or may_stay_inside):
        raise AddressRefusedError(say("Webhooks need https. KB_WEBHOOKS_INSIDE=yes allows plain http."))
    try:
        found = [one[4][0] for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise AddressRefusedError(say("There is no network address for '{host}'.", host=host)) from error
    numbers = [ip_address(str(one).partition("%")[0]) for one in found]
    if not may_stay_inside and not all(one.is_loopback if is_here else _is_public(one) for one in numbers):
        raise AddressRefusedError(
            say("'{host}' is on a private network. KB_WEBHOOKS_INSIDE=yes allows that.", host=host)
        )
    number = f"[{numbers[0]}]" if numbers[0].version == 6 else str(numbers[0])
    return parts._replace(netloc=f"{number}:{port}").geturl()


def _is_public(number: IPv4Address | IPv6Address) -> bool:
    """Whether a network address is out on the internet, also where it only wraps another one."""
    if isinstance(number, IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour or (number.teredo and number.teredo[1])
        if number in NAT64:
            inner = IPv4Address(int(number) & 0xFFFF_FFFF)
        if inner:
            return _is_public(inner)
    return number.is_global and not number.is_multicast


def _failed(delivery: Delivery, why: str, retry_after: str = "", detail: str = "") -> Result:
    """Return when to try again: at the next step, or when the receiver asks for it."""
    if delivery.attempts >= len(AGAIN):
        return Result(is_sent=False, why=why, detail=detail)
    wait = AGAIN[delivery.attempts]
    if retry_after.isascii() and retry_after.isdecimal() and len(retry_after) < 8:
        wait = max(wait, min(timedelta(seconds=int(retry_after)), LONGEST_WAIT))
    return Result(is_sent=False, why=why, detail=detail, again_in=wait)
