"""Whether Slack and webhooks are set up well: before a server starts, and for `kb doctor`."""

from __future__ import annotations

from collections.abc import Iterator

from app.settings import Settings
from app.slack.agreement import need_slack
from app.words.reader import Reader
from app.words.sending import said_of
from kb.clock import CLOCK
from kb.errors import KBError

LATELY = 50  # deliveries that `kb doctor` looks at


def need_channels(settings: Settings) -> None:
    """Raise the first fault in the settings of Slack and webhooks, a KBError."""
    need_slack(settings)
    if settings.webhooks:
        from app.webhooks.hooks import read_hooks

        read_hooks(settings.webhooks)


def check_channels(settings: Settings, reader: Reader) -> Iterator[tuple[str, bool, str]]:
    """Yield (name, whether it is well, what there is) of what is configured."""
    try:
        if way := need_slack(settings):
            yield "slack", True, reader(f"doctor.slack_{way}")
    except KBError as error:
        yield "slack", False, reader.say(error.sentence)
    if settings.webhooks:
        try:
            yield "webhooks", *_webhooks(settings, reader)
        except KBError as error:
            yield "webhooks", False, reader.say(error.sentence)


def _webhooks(settings: Settings, reader: Reader) -> tuple[bool, str]:
    from app.webhooks.hooks import read_hooks
    from app.webhooks.outbox import Outbox

    assert settings.webhooks is not None
    hooks, outbox = read_hooks(settings.webhooks), Outbox(settings.outbox_file, CLOCK)
    try:
        counts, newest = outbox.counts(), outbox.newest(LATELY)
    finally:
        outbox.close()
    waiting = sum(count for (_, status), count in counts.items() if status == "waiting")
    said = reader("doctor.webhooks_are", hooks=reader.number(len(hooks)), waiting=reader.number(waiting))
    troubled = next((one for one in newest if one.status == "failed" or (one.status == "waiting" and one.why)), None)
    if troubled is None:
        return True, said
    return False, f"{said} {reader('doctor.webhooks_failing', name=troubled.hook, why=said_of(troubled.why, reader))}"
