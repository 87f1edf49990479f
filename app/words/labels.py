"""What a value is called for people, in both languages."""

from __future__ import annotations

from kb.choices import CHOICES
from kb.playbook import Playbook

LOCALES = ("ja", "en")


def label(facet: str, value: str, locale: str, playbook: Playbook) -> str:
    """Return the label of a facet's value."""
    if facet in CHOICES:
        return CHOICES[facet].label(value, locale)
    if facet == "reason":
        term = playbook.reason(None, value)
        return term.label(locale) if term else value
    return playbook.vocabulary(facet).label(value, locale)
