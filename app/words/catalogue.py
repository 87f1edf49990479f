"""The message catalogues, one per language, and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LOCALES = ("ja", "en")
DEFAULT_LOCALE = "ja"
FOLDER = Path(__file__).parent / "locale"


@cache
def catalogue_of(locale: str) -> Catalog:
    """Return the messages of a language, one of LOCALES, by key."""
    with (FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale)


@cache
def messages_of(locale: str) -> Mapping[str, tuple[str, ...]]:
    """Return the forms of each message of a language by key, without those that have none: a page asks for hundreds."""
    found: dict[str, tuple[str, ...]] = {}
    for message in catalogue_of(locale):
        key = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if key and any(forms):
            found[key] = tuple(str(form) for form in forms)
    return found


def choose_locale(asked: str | None, remembered: str | None, accepted: str | None) -> str:
    """Choose a language: the requested one, else the remembered one, else the browser's, else Japanese."""
    for choice in (asked, remembered):
        if choice in LOCALES:
            return choice
    ranked = sorted(_accepted(accepted or ""), key=lambda pair: -pair[1])
    return next((name for name, weight in ranked if weight > 0 and name in LOCALES), DEFAULT_LOCALE)


def _accepted(header: str) -> list[tuple[str, float]]:
    """Read an Accept-Language header as (language, weight)."""
    pairs = []
    for part in header.split(",")[:20]:
        name, _, weight = part.strip().partition(";q=")
        try:
            pairs.append((name.split("-")[0].lower(), float(weight or 1)))
        except ValueError:
            continue
    return pairs
