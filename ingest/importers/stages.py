"""The outcome of a deal by its CRM stage."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from kb.entry import Outcome

_NUMBERED = re.compile(r"^[(\[【]?[a-z]{0,2}\d{1,3}[)\]】]?[\s._:・-]*(?=\D)")
_IN_BRACKETS = re.compile(r"^(.*?)\s*\(([^()]*)\)\s*$")


def folded(text: str) -> str:
    """Return a stage or a header in the form used to compare spellings."""
    return re.sub(r"[\s_\-.・]+", "", unicodedata.normalize("NFKC", text)).casefold()


def outcome_of_stage(stage: str, spellings: Mapping[str, Outcome]) -> Outcome | None:
    """Return the outcome of a stage, or None if it is unknown.

    A leading number (`07. 受注`) is ignored. In `失注(見送り)` the more precise word in brackets is used, if known.
    """
    text = unicodedata.normalize("NFKC", stage).strip()
    for candidate in (text, _NUMBERED.sub("", text.casefold())):
        known = spellings.get(folded(candidate))
        if known:
            return known
        bracketed = _IN_BRACKETS.match(candidate)
        if bracketed:
            inner, outer = (spellings.get(folded(part)) for part in (bracketed[2], bracketed[1]))
            if outer:
                return "no-decision" if outer == "lost" and inner == "no-decision" else outer
            if inner:
                return inner
    return None
