"""What a mail server answered, in a sentence of the reader's language, with its own words behind it."""

from __future__ import annotations

import re

from app.words.reader import Reader
from kb.wording import say

UNWRITTEN = say("The mail could not be written; the log of the server says why.")
UNMAILABLE = say("No mail can be sent to this address.")
_REPLY = re.compile(r"([45])\d\d(?: ([45])\.(\d{1,3})\.(\d{1,3})\b)?")
_SUBJECTS = {  # of enhanced status codes (RFC 3463): subject and detail
    ("1", "1"): "unknown",
    ("1", "2"): "unknown",
    ("1", "3"): "unknown",
    ("1", "6"): "unknown",
    ("1", "10"): "unknown",
    ("2", "1"): "unknown",
    ("2", "2"): "full",
    ("2", "3"): "large",
    ("3", "4"): "large",
}


def explained(why: str, reader: Reader) -> str:
    """Return why a mail was not sent, from what was noted of it: one of our sentences, or what a server answered."""
    for sentence in (UNWRITTEN, UNMAILABLE):
        if why == sentence:
            return reader.say(sentence)
    reply = _REPLY.match(why)
    if reply is None:
        return reader("mail.why_away", why=reader(why)) if why else ""
    about = _SUBJECTS.get((reply[3] or "", reply[4] or ""))
    kind = about or ("later" if reply[1] == "4" else "policy" if reply[3] == "7" else "never")
    return reader(f"mail.why_{kind}", why=why)
