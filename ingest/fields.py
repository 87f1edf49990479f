"""Convert a front matter value to the type of its field.

Each function returns the value or raises FieldError with what to write instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from ingest.signs import bare
from ingest.spans import read_span
from ingest.yaml_text import Plain
from kb.choices import CHOICES
from kb.days import DayError, Order, read_day
from kb.fields import Shape
from kb.money import MAX_DIGITS, UNITS, Money, MoneyError, read_money
from kb.playbook import Vocabulary
from kb.wording import say, together

MAX_VALUES = 100  # in one list; more comes from wrong indentation
_LINK = re.compile(r"!?\[\[([^\[\]|]+)(?:\|([^\[\]]+))?\]\]")
_COUNT = re.compile(r"([0-9][0-9,]*)\s*(億|百万|万|千)?")


class FieldError(ValueError):
    """The value does not fit the field; the sentence says what to write instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def to_text(value: Plain) -> str:
    """Read one line of text; a list of one text is that text, and a [[link]] of Obsidian the name it shows."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str):
        raise FieldError(say("'{value}' is a list; expected one line of text.", value=_short(as_written(value))))
    return " ".join(_LINK.sub(lambda link: link[2] or link[1], value).split())


def to_texts(value: Plain) -> tuple[str, ...]:
    """Read a list of short texts; a text with commas (, 、) is a list too."""
    parts = re.split(r"[,、，]", value) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise FieldError(say("expected a list, for example [価格, ROI]."))
    if len(parts) > MAX_VALUES:
        raise FieldError(say("expected at most {limit} values.", limit=MAX_VALUES))
    return tuple(dict.fromkeys(text for part in _texts_in(parts) if (text := to_text(part))))


def _texts_in(parts: list[Plain]) -> Iterable[str]:
    """Yield the texts of a list: a list in it gives its own, and `- 見積: 済` is a text with a colon."""
    for part in parts:
        yield from _texts_in(part) if isinstance(part, list) else [as_written(part)]


def to_choice(value: Plain, words: Vocabulary) -> str:
    """Read one of a few fixed values in any spelling."""
    text = bare(unicodedata.normalize("NFKC", to_text(value))).casefold()
    if term := words.find(text):
        return term.key
    unknown = say(
        "'{value}' is not a valid value; use one of {choices}.", value=_short(text), choices=_listed(words.keys)
    )
    close = get_close_matches(text, list(words.spellings), n=1, cutoff=0.5)
    raise FieldError(together(unknown, did_you_mean(close[0] if close else None)))


def to_visibility(value: Plain) -> str:
    """Read who may see an entry: some of the fixed values in any spelling, and groups of any other name.

    What is almost a fixed value is none and no group either: a slip must not make a group nobody is in.
    """
    return ", ".join(dict.fromkeys(map(_audience, to_texts(value)))) or "all"


def _audience(text: str) -> str:
    words, name = CHOICES["visibility"], bare(unicodedata.normalize("NFKC", text))
    text, known = name.casefold(), list(words.spellings)
    is_meant = words.find(text) or get_close_matches(text, [] if text.startswith("/") else known, n=1, cutoff=0.8)
    return to_choice(name, words) if is_meant else name


def to_date(value: Plain, order: Order = "") -> date:
    """Read a day in any usual form: 2026-09-18, 2026年9月18日, 令和8年9月18日, Sep 18, 2026 10:00."""
    try:
        return read_day(bare(to_text(value)), order)
    except DayError as error:
        raise FieldError(error.sentence) from error


def to_span(value: Plain) -> str:
    """Read a period as ISO text, first/last or one day: 2026-11-05/2026-11-20, 2026年11月5日〜20日, 2026年4月〜6月."""
    text = to_text(value)
    found = read_span(text)
    if found is None:
        raise FieldError(
            say(
                "'{value}' is not understood as a period; write first and last day with the year, for example"
                " 2026-11-05/2026-11-20.",
                value=_short(text),
            )
        )
    first, last = found
    if last < first:
        raise FieldError(say("The period '{value}' ends before it begins.", value=_short(text)))
    return first.isoformat() if first == last else f"{first.isoformat()}/{last.isoformat()}"


def to_count(value: Plain) -> int:
    """Read a non-negative whole number: 120, 1,200, 120名."""
    text = unicodedata.normalize("NFKC", to_text(value))
    match = _COUNT.match(text)
    if not match or not re.fullmatch(r"[名人日件回社]*|days?|employees", text[match.end() :].strip()):
        raise FieldError(say("'{value}' is not a whole number; write for example 120.", value=_short(text)))
    digits = match[1].replace(",", "")
    if len(digits) > MAX_DIGITS:
        raise FieldError(say("'{value}' is too large a number.", value=_short(match[0])))
    return int(digits) * UNITS.get(match[2], 1)


def to_money(value: Plain, *, is_strict: bool = False) -> Money:
    """Read an amount and its currency: 1,200万円, ¥1,200,000, 12000000; `is_strict` for table cells."""
    try:
        return read_money(bare(to_text(value)), is_strict=is_strict)
    except MoneyError as error:
        raise FieldError(error.sentence) from error


def to_currency(value: Plain) -> str:
    """Read a currency code such as JPY."""
    code = to_text(value).upper()
    if len(code) != 3 or not code.isalpha():
        raise FieldError(say("'{value}' is not a currency; write a three-letter code such as JPY.", value=code[:20]))
    return code


def to_entry_ids(value: Plain) -> tuple[str, ...]:
    """Read ids of other entries; a trailing .md and a leading ./ are allowed."""
    return tuple(entry_id(text) for text in to_texts(_targets(value)))


def to_entry_id(value: Plain) -> str:
    """Read the id of another entry."""
    return entry_id(to_text(_targets(value)))


def _targets(value: Plain) -> Plain:
    """Return links of Obsidian as the names they lead to, without heading and alias."""
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list):  # related: [[name]] without quotes
            return [re.split(r"[|#]", to_text(value[0]))[0]]
        return [_targets(item) for item in value]
    return _LINK.sub(lambda link: link[1].partition("#")[0], value) if isinstance(value, str) else value


def as_written(value: Plain) -> str:
    """Return a value as one line of text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(map(as_written, value))
    return ", ".join(f"{key}: {as_written(inner)}" for key, inner in value.items())


def entry_id(text: str) -> str:
    """Return the entry id for a path or an id."""
    return unicodedata.normalize("NFC", text.strip().removeprefix("./").removeprefix("entries/").removesuffix(".md"))


def to_terms(value: Plain, words: Vocabulary) -> tuple[tuple[str, ...], list[str]]:
    """Return the agreed keys in a list, and a sentence per value that is not in the playbook."""
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
    """Suggest the nearest value; empty if there is none."""
    return say("Did you mean '{value}'?", value=near) if near else ""


SEE_PLAYBOOK = "See playbook.yaml for the allowed values."  # a form offers a link instead


def unknown_term(text: str, words: Vocabulary) -> str:
    """Return the sentence for a value that is not in the playbook, with a suggestion."""
    return together(
        say("'{value}' is not in the playbook.", value=_short(text)),
        did_you_mean(words.nearest(text)),
        say("See playbook.yaml for the allowed values."),  # SEE_PLAYBOOK, as a literal for the check of translations
    )


def _listed(values: Iterable[str]) -> str:
    listed = ""
    for value in values:
        listed = say("{before}, '{value}'", before=listed, value=value) if listed else say("'{value}'", value=value)
    return listed


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"


CONVERTERS: Mapping[Shape, Callable[[Plain], Any]] = {  # for shapes that every field reads the same way
    "text": to_text,
    "day": to_date,
    "span": to_span,
    "count": to_count,
    "money": to_money,
    "currency": to_currency,
    "link": to_entry_id,
    "links": to_entry_ids,
}
