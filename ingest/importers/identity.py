"""The id of a CRM record: one spelling for the same id, damaged ids, and ids made from other columns."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from ingest.fields import FieldError
from kb.wording import say

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_WHOLE = re.compile(r"^(\d+)\.0+$")  # a number saved again by a program that calculates
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_SALESFORCE = re.compile(r"[A-Za-z0-9]{18}")
_OBJECT = re.compile(r"(?:00[1356Q]|701)(?=.*[A-Za-z])[A-Za-z0-9]{12}[A-Z]{3}")  # of accounts, deals, campaigns
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def written_id(text: str) -> str:
    """Return an id as the CRM writes it: `="00123"`, `'00123` and full-width signs are spellings of 00123."""
    plain = unicodedata.normalize("NFKC", text).strip()
    formula = _FORMULA.fullmatch(plain)
    text = " ".join((formula[1] if formula else plain).lstrip("'’`").split())
    return _WHOLE.sub(r"\1", text)


def key_of(crm_id: str) -> str:
    """Return the form in which ids are compared: a Salesforce id of 18 characters is the one of 15."""
    plain = written_id(crm_id)
    is_long = _SALESFORCE.fullmatch(plain) and (plain[15:] == _suffix(plain[:15]) or _OBJECT.fullmatch(plain))
    return plain[:15] if is_long else plain


def whole_id(text: str) -> str:
    """Return a written id. Raises FieldError if Excel rounded it: 1.23E+15."""
    crm_id = written_id(text)
    if _ROUNDED.fullmatch(crm_id):
        raise FieldError(
            say(
                "The id '{id}' was rounded by Excel, so several records share it; the row was skipped. Export again and"
                " import that file directly, or format the column as text before you open it in Excel.",
                id=crm_id,
            )
        )
    return crm_id


def made_id(values: Iterable[str]) -> str:
    """Return a stable id made from other values of a record; empty if all are."""
    folded = [" ".join(unicodedata.normalize("NFKC", value).casefold().split()) for value in values]
    return "made-" + hashlib.sha256("\n".join(folded).encode()).hexdigest()[:12] if any(folded) else ""


def _suffix(plain: str) -> str:
    """Return the three characters that encode which letters of the first 15 are capitals."""
    chunks = (plain[start : start + 5] for start in (0, 5, 10))
    return "".join(_CHECK[sum(sign.isupper() << place for place, sign in enumerate(chunk))] for chunk in chunks)
