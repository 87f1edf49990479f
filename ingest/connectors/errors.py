"""What can go wrong with a connection; no sentence holds a secret."""

from __future__ import annotations

from kb.errors import KBError
from kb.wording import say


class CrmRefusedError(KBError):
    """The CRM does not accept a request: credentials, rights or fields are wrong."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(say("{place} refused the request: {why}", place=place, why=why))


class CrmAwayError(KBError):
    """The CRM does not answer as it should, also after some tries."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(
            say(
                "{place} does not answer ({why}). Check its address and the network. The next pull continues here.",
                place=place,
                why=why,
            )
        )


class CrmLaterError(KBError):
    """The CRM wants no requests for longer than a pull waits."""

    def __init__(self, place: str, seconds: float) -> None:
        super().__init__(
            say(
                "{place} takes no more requests for {seconds} seconds. The next pull continues from here.",
                place=place,
                seconds=round(seconds),
            )
        )
        self.seconds = seconds


class NotConnectedError(KBError):
    """Nothing says how to reach a CRM."""

    def __init__(self, name: str, settings: str) -> None:
        super().__init__(say("{name} is not connected. Set {settings}.", name=name, settings=settings))


class NoneConnectedError(KBError):
    """Nothing says how to reach any CRM."""

    def __init__(self, names: str) -> None:
        super().__init__(say("No CRM is connected. Run kb connect with {names}: it says what to set.", names=names))


class PullBusyError(KBError):
    """Another process pulls from the same CRM."""

    def __init__(self, name: str) -> None:
        super().__init__(say("Another pull from {name} is running.", name=name))


class StateDamagedError(KBError):
    """What was pulled so far cannot be read."""

    def __init__(self, path: str) -> None:
        super().__init__(say("'{path}' cannot be read. Delete it to pull everything again.", path=path))
