"""What the pages of people share."""

from __future__ import annotations

from fastapi import Response

from app.words.reader import Reader

TABS = (
    ("/people", "people"),
    ("/people/tokens", "tokens"),
    ("/people/audit", "audit"),
    ("/connections", "connections"),
    ("/people/webhooks", "webhooks"),
    ("/people/mail", "mail"),
)


def tabs(page: str, reader: Reader) -> list[tuple[str, str, bool]]:
    """Return (label, address, is current) of the pages for administrators."""
    return [(reader(f"{name}.tab"), address, address == page) for address, name in TABS]


def once(response: Response) -> Response:
    """Mark a page that shows a secret: no browser and no proxy may keep it."""
    response.headers["Cache-Control"] = "no-store"
    return response
