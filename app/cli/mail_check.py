"""Whether mail can be sent, and what became of the last: for `kb doctor`."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from app.cli.common import people_of
from app.settings import LOOPBACK, Settings
from app.words.reader import Reader
from kb.errors import KBError


def check_mail(settings: Settings, reader: Reader) -> tuple[bool, str]:
    """Return whether mail is well, and what is wrong or was sent last; nothing is sent."""
    missing = [name for name in ("smtp_url", "mail_from") if not getattr(settings, name)]
    is_wanted = bool(settings.digest or settings.ask_reasons or settings.digest_to or len(missing) == 1)
    if missing:
        named = ", ".join(f"KB_{name.upper()}" for name in missing)
        return (False, reader("doctor.mail_half", names=named)) if is_wanted else (True, reader("doctor.mail_off"))
    from app.mail.handing import MailConnection

    try:
        with MailConnection(settings) as connection:
            connection.try_it()
        last = _last(settings, reader)
    except KBError as error:
        return False, reader.say(error.sentence)
    if urlsplit(settings.public_address).hostname in LOOPBACK:
        return False, reader("doctor.mail_local")
    return True, reader("doctor.mail_well", server=urlsplit(settings.smtp_url).hostname, last=last)


def _last(settings: Settings, reader: Reader) -> str:
    """Return how many got the last digest, and how many did not."""
    if not settings.people_file.is_file():
        return reader("doctor.mail_never")
    with people_of(settings) as opened:
        digests = [one for one in opened.mailing.recent(10_000) if one.kind == "digest"]
    if not digests:
        return reader("doctor.mail_never")
    states = Counter(one.state for one in digests if one.about == digests[0].about)
    counts = [
        reader("doctor.mail_count", state=reader(f"mail.state_{state}"), count=reader.number(count))
        for state, count in states.most_common()
    ]
    return reader("doctor.mail_last", week=digests[0].about, counts=reader("comma").join(counts))
