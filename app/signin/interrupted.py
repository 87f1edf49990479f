"""A form that was sent after its session had ended: it waits in the sign-in page of that browser, nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request

from app.http.body import FORM, MOST_FIELDS
from app.signin.middleware import INTERRUPTED, PAGE

MOST_KEPT = 1_000_000  # characters of a form, encoded
MOST_ADDRESS = 2_000
OWN = (PAGE, "/sign-out", "/link", "/me")  # where a form or an address must not lead after signing in
NOT_KEPT = ("csrf",)  # belongs to the session that ended
EDITOR = "/write"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was typed, and where it was to go."""

    to: str = ""
    form: str = ""  # encoded as it was sent
    is_lost: bool = False  # files, or more than fits

    @property
    def fields(self) -> Sequence[tuple[str, str]]:
        """The fields to send again; the editor shows what was typed instead of saving it."""
        pairs = parse_qsl(self.form, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        kept = [(name, value) for name, value in pairs if name not in NOT_KEPT]
        return [*(pair for pair in kept if pair[0] != "do"), ("do", "check")] if self.to == EDITOR else kept


async def interrupted_by(request: Request) -> Waiting | None:
    """Return the form that this request was, before it led to the sign-in page."""
    path: str = getattr(request.state, INTERRUPTED, "")
    if not path:
        return None
    query = request.url.query
    to = local_address(f"{path}?{query}" if query else path)
    body = (await request.body()).decode("utf-8", "replace")
    is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() in ("", FORM)
    if not is_form or len(body) > MOST_KEPT or not to:
        return Waiting(is_lost=bool(to))
    return Waiting(to, body) if body or to else None


def local_address(address: str) -> str:
    """Return an address of this server to go to after signing in; empty if it is none."""
    if len(address) > MOST_ADDRESS or not address.startswith("/") or address.startswith(("//", "/\\")):
        return ""
    if any(character < " " or character in "\\\x7f" for character in address):
        return ""
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return "" if path.startswith("//") or any(path == own or path.startswith(f"{own}/") for own in OWN) else address
