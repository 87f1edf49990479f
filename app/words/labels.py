"""What a value is called for people, in both languages."""

from __future__ import annotations

from kb.playbook import Playbook

LOCALES = ("ja", "en")
_FIXED: dict[str, dict[str, tuple[str, str]]] = {
    "kind": {
        "talk-track": ("トーク", "Talk track"),
        "deal": ("商談", "Deal"),
        "campaign": ("施策", "Campaign"),
        "note": ("ノート", "Note"),
    },
    "outcome": {
        "won": ("受注", "Won"),
        "lost": ("失注", "Lost"),
        "no-decision": ("見送り", "No decision"),
        "open": ("継続中", "Open"),
    },
    "team": {"sales": ("営業", "Sales"), "marketing": ("マーケティング", "Marketing")},
    "language": {"ja": ("日本語", "Japanese"), "en": ("英語", "English")},
    "facet": {
        "kind": ("種別", "Kind"),
        "outcome": ("結果", "Outcome"),
        "team": ("部門", "Team"),
        "industry": ("業種", "Industry"),
        "product": ("製品", "Product"),
        "competitor": ("競合", "Competitor"),
        "angle": ("切り口", "Angle"),
        "tag": ("タグ", "Tag"),
        "language": ("言語", "Language"),
    },
}


def label(facet: str, value: str, locale: str, playbook: Playbook) -> str:
    """Return the label of a facet's value; `facet` as the first argument gives the name of the facet itself."""
    fixed = _FIXED.get(facet, {}).get(value)
    if fixed:
        return fixed[1 if locale == "en" else 0]
    if facet == "reason":
        term = playbook.reason(None, value)
        return term.label(locale) if term else value
    words = playbook.vocabulary(facet)
    return words.label(value, locale) if words else value
