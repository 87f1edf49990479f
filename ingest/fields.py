"""Turn the text of one front-matter value into what its field means.

Each function returns the value or raises FieldError with a sentence that says what was expected, with an example.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches

from ingest.yaml_text import Plain
from kb.playbook import Vocabulary
from kb.wording import say, together

OLDEST, LATEST = 1950, 2100  # years of a deal: 0024 is a slip of an export
MAX_VALUES = 100  # in one list: more is a mistake of indentation, not a list of tags
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_NUMBER = re.compile(r"([0-9][0-9,]*)(\.[0-9]+)?\s*(億|百万|万|千)?")
_MULTIPLIERS = {None: 1, "千": 1_000, "万": 10_000, "百万": 1_000_000, "億": 100_000_000}
_CURRENCIES = {"¥": "JPY", "円": "JPY", "JPY": "JPY", "$": "USD", "USD": "USD", "ドル": "USD", "€": "EUR", "EUR": "EUR"}


class FieldError(ValueError):
    """The value does not fit the field; the sentence says what was expected."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def to_text(value: Plain) -> str:
    """Read one line of text."""
    if not isinstance(value, str):
        raise FieldError(say("expected one line of text, not a list."))
    return " ".join(value.split())


def to_texts(value: Plain) -> tuple[str, ...]:
    """Read a list of short texts; a single text with commas (, 、) counts as a list."""
    parts = re.split(r"[,、，]", value) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise FieldError(say("expected a list, for example [価格, ROI]."))
    if len(parts) > MAX_VALUES:
        raise FieldError(say("expected at most {limit} values.", limit=MAX_VALUES))
    return tuple(dict.fromkeys(text for part in parts if (text := to_text(part))))


def to_choice(value: Plain, spellings: Mapping[str, str]) -> str:
    """Read one of a few fixed values in any of their spellings."""
    text = unicodedata.normalize("NFKC", to_text(value)).casefold()
    if text in spellings:
        return spellings[text]
    choices = _listed(dict.fromkeys(spellings.values()))
    unknown = say("'{value}' is not known; expected one of {choices}.", value=_short(text), choices=choices)
    close = get_close_matches(text, list(spellings), n=1, cutoff=0.5)
    raise FieldError(together(unknown, did_you_mean(close[0] if close else None)))


def to_date(value: Plain) -> date:
    """Read a day: 2026-09-18, 2026/9/18 or 2026年9月18日."""
    text = unicodedata.normalize("NFKC", to_text(value))
    match = _DATE.match(text)
    rest = text[match.end() :] if match else text
    if match and int(match[1]) and not OLDEST <= int(match[1]) <= LATEST:
        raise FieldError(
            say(
                "'{value}' lies in the year {year}; expected one from {oldest} to {latest}.",
                value=_short(text),
                year=int(match[1]),
                oldest=OLDEST,
                latest=LATEST,
            )
        )
    if match and (not rest or rest[0] in "T ("):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
    raise FieldError(
        say("'{value}' is not a day; expected for example 2026-09-18, 2026/9/18 or 2026年9月18日.", value=_short(text))
    )


def to_count(value: Plain) -> int:
    """Read a whole number that is not negative: 120, 1,200, 120名."""
    text = unicodedata.normalize("NFKC", to_text(value))
    match = _NUMBER.match(text)
    if not match or match[2] or not re.fullmatch(r"[名人日件回社]*|days?|employees", text[match.end() :].strip()):
        raise FieldError(say("'{value}' is not a whole number; expected for example 120.", value=_short(text)))
    return _sized(match)


def to_money(value: Plain) -> tuple[int, str | None]:
    """Read an amount and the currency it names: 1,200万円, ¥1,200,000, 12000000."""
    text = unicodedata.normalize("NFKC", to_text(value)).strip()
    currency = next((code for sign, code in _CURRENCIES.items() if sign in text), None)
    bare = re.sub("|".join(map(re.escape, _CURRENCIES)), "", text).strip()
    match = _NUMBER.fullmatch(bare)
    if not match:
        raise FieldError(
            say(
                "'{value}' is not an amount; expected for example 1,200万円, ¥1,200,000 or 12000000.",
                value=_short(text),
            )
        )
    return _sized(match), currency


def to_entry_ids(value: Plain) -> tuple[str, ...]:
    """Read ids of other entries; a trailing .md and a leading ./ are forgiven."""
    return tuple(entry_id(text) for text in to_texts(value))


def entry_id(text: str) -> str:
    """Return the id somebody means by a path or an id."""
    return unicodedata.normalize("NFC", text.strip().removeprefix("./").removeprefix("entries/").removesuffix(".md"))


def to_terms(value: Plain, words: Vocabulary) -> tuple[tuple[str, ...], list[str]]:
    """Return the agreed keys a list names, and a sentence for each value the playbook does not know."""
    keys: list[str] = []
    unknown: list[str] = []
    for text in to_texts(value):
        term = words.find(text)
        if term is None:
            unknown.append(unknown_term(text, words))
        else:
            keys.append(term.key)
    return tuple(dict.fromkeys(keys)), unknown


def did_you_mean(near: str | None) -> str:
    """Ask about a value that looks misspelt; empty when nothing is near."""
    return say("Did you mean '{value}'?", value=near) if near else ""


def unknown_term(text: str, words: Vocabulary) -> str:
    """Say that a value is not in the playbook, and what was probably meant."""
    return together(
        say("'{value}' is not in the playbook.", value=_short(text)),
        did_you_mean(words.nearest(text)),
        say("Agreed values stand in playbook.yaml."),
    )


def _listed(values: Iterable[str]) -> str:
    said = ""
    for value in values:
        said = say("{before}, '{value}'", before=said, value=value) if said else say("'{value}'", value=value)
    return said


def _sized(match: re.Match[str]) -> int:
    digits = match[1].replace(",", "")
    if len(digits) > 15:
        raise FieldError(say("'{value}' is too large a number.", value=_short(match[0])))
    exact = float(digits + (match[2] or "")) if match[2] else int(digits)
    return round(exact * _MULTIPLIERS[match[3]])


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
