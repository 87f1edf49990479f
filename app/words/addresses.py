"""The addresses of entries, built only here: an id may contain spaces, #, ?, % and letters of any script."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import quote, urlencode

Action = Literal[
    "archive", "edit", "helpful", "history", "lineage", "passages", "reasons", "restore", "use", "uses", "verify"
]  # fmt: skip
_UNSAFE = re.compile(r"[^\w/.~-]")


def entry_address(entry_id: str) -> str:
    """Return the address of an entry's page."""
    return "/entries/" + quote(entry_id)


def action_address(action: Action, entry_id: str) -> str:
    """Return the address of a page or an action of an entry."""
    return f"/{action}/{quote(entry_id)}"


def api_address(entry_id: str) -> str:
    """Return the address of an entry in the API."""
    return "/api/v1/entries/" + quote(entry_id)


def section_address(entry_id: str, heading: str) -> str:
    """Return the address of a section of an entry, for the script of a page: letters of any script stay as they are."""
    return f"{action_address('passages', entry_id)}?heading={_UNSAFE.sub(lambda found: quote(found[0]), heading)}"


def make_address(name: str, entry_id: str) -> str:
    """Return the address for a new entry made from another; `name` is its template."""
    return f"/new/{name}?from={quote(entry_id, safe='')}"


def gap_address(name: str, query: str, wording: str) -> str:
    """Return the address for a new entry that closes a gap; `name` is its template."""
    return f"/new/{name}?{urlencode({'gap': query, 'title': wording})}"


def path_address(path: str) -> str:
    """Return the address of a page by its decoded path; it never leads to another host."""
    return "/" + quote(path.lstrip("/\\"))


def file_link(entry_id: str) -> str:
    """Return the target of a Markdown link from an entry's file to another in the folder beside it.

    Only what would end the link is quoted: the file is read by people.
    """
    return "../" + _UNSAFE.sub(lambda found: quote(found[0]), entry_id) + ".md"
