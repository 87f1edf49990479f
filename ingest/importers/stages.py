"""The outcome of a deal by its CRM stage."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from kb.entry import Outcome

_NUMBERED = re.compile(
    r"^[(\[【#]*[a-z]{0,2}\d{1,3}[)\]】%]?[\s._:・-]*(?=\D)|^[a-z]\s*[:.]\s*(?=[^\x00-\x7f])|^[a-z]\s+[-–—]\s+"
)
_MARKED = re.compile(r"^[^\w(\[【「『〈《<]+|[^\w)\]】」』〉》>%]+$|\s*\(?\b(?:100|0)%\)?$")
_NOT_YET = ("見込", "見込み", "予定", "内示", "口頭内示", "expected", "pending")
_IN_BRACKETS = re.compile(r"^(.*?)\s*\(([^()]*)\)\s*$")
_ENCLOSED = re.compile(r"^[【\[「『〈《<(](.+?)[】\]」』〉》>)]\s*(.*)$")
_PARTS = re.compile(r"\s+[-–—]\s+|\s*[:/|–—]\s*")
_LOST_FOR = re.compile(
    r"(?:closed )?lost (?:to|on|due to|because of) (?P<en>.+)"
    r"|(?P<ja>.+?)(?:のため|により|で|に)(?:失注|負け|敗退)(?:した|た)?",
    re.IGNORECASE,
)
SIGNS: Mapping[str, Outcome] = {**dict.fromkeys("○◯〇⭕", "won"), **dict.fromkeys("×✕✖✗✘☓❌", "lost")}
_PIPELINE = re.compile(r"pipeline|パイプライン", re.IGNORECASE)


def folded(text: str) -> str:
    """Return a stage or a header in the form used to compare spellings."""
    return re.sub(r"[\s_\-.・]+", "", unicodedata.normalize("NFKC", text)).casefold()


def outcome_of_stage(stage: str, spellings: Mapping[str, Outcome]) -> Outcome | None:
    """Return the outcome of a stage, or None if it is unknown. `SIGNS` say one only where an outcome is asked for.

    Leading numbers and signs (`07. 受注`, `×失注`, `【受注】`) are ignored. In `失注(見送り)` the more precise word in
    brackets is used, if known; of `Closed Won - Renewal` the part that is known.
    """
    return _read(stage, spellings)[0]


def reason_in_stage(stage: str, spellings: Mapping[str, Outcome]) -> str:
    """Return the reason a lost stage names: `Lost - Price`, `失注(価格)`."""
    outcome, rest = _read(stage, spellings)
    return rest if outcome in ("lost", "no-decision") and not _PIPELINE.search(rest) else ""


def _read(stage: str, spellings: Mapping[str, Outcome]) -> tuple[Outcome | None, str]:
    """Return the outcome of a stage, and the part of it that says something else."""
    text = unicodedata.normalize("NFKC", stage).strip()
    unmarked = _MARKED.sub("", text)
    for candidate in dict.fromkeys((text, _without_number(text), unmarked, _without_number(unmarked))):
        found = _plain(candidate, spellings)
        if found[0]:
            return found
    return None, ""


def _without_number(text: str) -> str:
    """Cut a leading number off; what is left keeps its case."""
    found = _NUMBERED.match(text.casefold())
    return text[found.end() :] if found and len(text.casefold()) == len(text) else text


def _plain(text: str, spellings: Mapping[str, Outcome]) -> tuple[Outcome | None, str]:
    known = spellings.get(folded(text))
    if known:
        return known, ""
    if told := _LOST_FOR.fullmatch(text):
        return "lost", (told["en"] or told["ja"]).strip()
    for bracketed in filter(None, (_IN_BRACKETS.match(text), _ENCLOSED.match(text))):
        outer, inner = (spellings.get(folded(_MARKED.sub("", part))) for part in bracketed.groups())
        if outer == "won" and folded(bracketed[2]) in _NOT_YET:
            return None, ""
        if outer:
            if outer == "lost" and inner == "no-decision":
                return inner, ""
            return outer, "" if inner else bracketed[2].strip()
        if inner:
            return inner, ""
    parts = [part for part in _PARTS.split(text) if part]
    outcomes = [spellings.get(folded(part)) for part in parts]
    named = {outcome for outcome in outcomes if outcome}
    if len(parts) < 2 or len(named) != 1:
        return None, ""
    rest = " - ".join(part for part, outcome in zip(parts, outcomes, strict=True) if not outcome)
    return named.pop(), rest
