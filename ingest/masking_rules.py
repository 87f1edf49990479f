"""Read the playbook's `masking`: who may not read customers, amounts and contacts of deals.

What is not understood hides more, never less: a slip of the pen must not show a customer's name.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.fields import FieldError, to_choice, to_count, to_texts
from ingest.yaml_text import Place, Plain, places
from kb.entry import Problem, audience_key
from kb.masking import ROLE_NAMES, WHAT
from kb.playbook import MaskingRule, Vocabulary
from kb.wording import say

KEY = "masking"
EXAMPLE = "{what: [customer, amount], teams: [marketing], until_days_after_end: 365}"
_PARTS = ("what", "teams", "roles", "until_days_after_end")
_HIDES_ALL = MaskingRule(frozenset(WHAT.keys))


def masking_rules(text: str, path: str) -> tuple[tuple[MaskingRule, ...], list[Problem]]:
    """Return the rules of a playbook and their problems, each with its line. Raises YamlTextError."""
    whole = places(text)
    part = whole.part(KEY) if whole else None
    if part is None or not part.value:
        return (), []
    return _Rules(text, path).read(part)


class _Rules:
    """Reads rules one by one and collects what is wrong with them."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        self._problems: list[Problem] = []

    def read(self, part: Place) -> tuple[tuple[MaskingRule, ...], list[Problem]]:
        if not isinstance(part.value, list):
            what = say("expected items such as {example}; until then everything is hidden.", example=EXAMPLE)
            self._note(part, say("{field}: {what}", field=KEY, what=what))
            return (_HIDES_ALL,), self._problems
        return tuple(self._rule(item) for item in part.items), self._problems

    def _rule(self, item: Place) -> MaskingRule:
        if not item.pairs:
            self._note(item, say("{field}: {what}", field=KEY, what=say("expected items such as {example}; until then"
                                 " everything is hidden.", example=EXAMPLE)))  # fmt: skip
            return _HIDES_ALL
        for key, place in item.pairs:
            if key not in _PARTS:
                what = say("unknown key '{key}'; a rule has {choices}.", key=key, choices=", ".join(_PARTS))
                self._note(place, say("{field}: {what}", field=KEY, what=what))
        hidden = frozenset(self._choices(item, "what", WHAT))
        return MaskingRule(
            hidden or _HIDES_ALL.what,
            teams=frozenset(map(audience_key, self._texts(item, "teams"))),
            roles=frozenset(self._choices(item, "roles", ROLE_NAMES)),
            until_days_after_end=self._days(item),
        )

    def _choices(self, item: Place, name: str, words: Vocabulary) -> Iterator[str]:
        for text in self._texts(item, name):
            try:
                yield to_choice(text, words)
            except FieldError as error:
                self._wrong(item, name, error.sentence)

    def _texts(self, item: Place, name: str) -> tuple[str, ...]:
        place = item.part(name)
        try:
            return to_texts(place.value) if place else ()
        except FieldError as error:
            self._wrong(item, name, error.sentence)
            return ()

    def _days(self, item: Place) -> int | None:
        place = item.part("until_days_after_end")
        value: Plain = place.value if place else ""
        try:
            return to_count(value) if value else None
        except FieldError as error:
            self._wrong(item, "until_days_after_end", error.sentence)
            return None

    def _wrong(self, item: Place, name: str, what: str) -> None:
        self._note(item.part(name) or item, say("{field}: {what}", field=f"{KEY}.{name}", what=what))

    def _note(self, place: Place, message: str) -> None:
        self._problems.append(Problem(self._path, self._text.count("\n", 0, place.start) + 1, message))
