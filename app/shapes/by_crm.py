"""Find a deal by what a CRM calls it: its number, or the address of its record."""

from __future__ import annotations

import re

from ingest.importers.identity import key_of
from kb.entry import Entry
from kb.errors import CrmDealNotFoundError
from kb.library import Library

MOST_LETTERS = 2_000  # of an address
SHOWN = 100  # letters in a message
# Addresses of a record in Salesforce, HubSpot and kintone. Means the same in Python and JavaScript.
RECORD = (
    r"/(006[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?)(?=[/?#]|$)"
    r"|/(?:record/0-3|deal)/(\d+)"
    r"|/k/(?:m/)?(?:guest/\d+/)?\d+/show[?#](?:.*&)?record=(\d+)"
)
_RECORD = re.compile(RECORD)


def record_in(text: str) -> str:
    """Return the number a text consists of, or the one in the address of a CRM's record; empty if there is none."""
    text = text.strip()[:MOST_LETTERS]
    if not text.startswith(("http://", "https://")):
        return text
    found = _RECORD.search(text)
    return next(filter(None, found.groups()), "") if found else ""


def deal_of(library: Library, text: str) -> Entry:
    """Return the deal with a CRM number, among those the library shows. Raises CrmDealNotFoundError.

    The number of a kintone record is found with the code of its app before it, too: 12 is SALES-12.
    """
    wanted = key_of(record_in(text))
    known = [(deal.deal.crm_id, deal) for deal in library.deals.table.deals if deal.deal and deal.deal.crm_id]
    found = next((deal for number, deal in known if number == wanted), None) if wanted else None
    if wanted and found is None:
        found = next((deal for number, deal in known if key_of(number) == wanted), None)
    if wanted.isdecimal() and found is None:
        coded = [deal for number, deal in known if re.fullmatch(rf"[A-Za-z0-9_]+-{wanted}", key_of(number))]
        found = coded[0] if len(coded) == 1 else None
    if found is None:
        raise CrmDealNotFoundError((wanted or text)[:SHOWN])
    return found
