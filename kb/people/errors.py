"""What can go wrong with people and with signing in."""

from __future__ import annotations

from kb.errors import KBError
from kb.wording import say


class PeopleUnavailableError(KBError):
    """The database of people cannot be used."""

    def __init__(self, why: str) -> None:
        super().__init__(say("The database of people cannot be used ({why}).", why=why))


class PersonNotFoundError(KBError):
    """Nobody has this id or address."""

    def __init__(self, who: str) -> None:
        super().__init__(say("There is no person '{who}'.", who=who))


class AddressTakenError(KBError):
    """Another person has this address."""

    def __init__(self, address: str) -> None:
        super().__init__(say("The address '{address}' already belongs to another person.", address=address))


class NameTakenError(KBError):
    """A name in entries means another person."""

    def __init__(self, name: str) -> None:
        super().__init__(say("The name '{name}' already stands for another person.", name=name[:100]))


class BadPersonError(KBError):
    """The address, the name or a team of a person cannot be used."""


class LastAdminError(KBError):
    """Nobody would be left who can change roles."""

    def __init__(self) -> None:
        super().__init__(say("This is the last administrator. Make somebody else an administrator first."))


class NoGroupsError(KBError):
    """No provider has ever vouched for the person, so there are no groups to follow."""

    def __init__(self, name: str) -> None:
        super().__init__(
            say(
                "'{name}' has never signed in through the identity provider, so there are no groups to follow.",
                name=name,
            )
        )


class NotLoggedError(KBError):
    """Something that must be in the audit log cannot be written there, so it was not done."""

    def __init__(self, why: str) -> None:
        super().__init__(say("Nothing was done, because it could not be written to the audit log. {why}", why=why))


class UnknownRoleError(KBError):
    """No role has this name."""

    def __init__(self, role: str) -> None:
        super().__init__(say("There is no role '{role}'.", role=role[:40]))


class BadTokenError(KBError):
    """A token cannot be made like this."""


class TokensUnusedError(KBError):
    """A program sends a token to a server where nobody signs in."""

    def __init__(self) -> None:
        super().__init__(
            say("Without sign-in (KB_AUTH=none) no token is accepted. Send none, or let people sign in on this server.")
        )


class TokenNotFoundError(KBError):
    """No token has this id."""

    def __init__(self, token: str) -> None:
        super().__init__(say("There is no token '{id}'.", id=token))


class TooManyRequestsError(KBError):
    """Somebody sends more requests than a person or a program may."""

    def __init__(self, seconds: int) -> None:
        super().__init__(say("Too many requests. Try again in {seconds} seconds.", seconds=seconds))
        self.seconds = seconds


class WeakPasswordError(KBError):
    """The password is too short, too long or easy to guess."""


class BadPasskeyError(KBError):
    """A passkey cannot be added now."""


class LastWayError(KBError):
    """Nothing would be left with which the person could sign in."""

    def __init__(self) -> None:
        super().__init__(
            say(
                "This passkey is your only way to sign in. Add another one first,"
                " or ask an administrator for a one-time link to set a password."
            )
        )


class PasskeyRefusedError(KBError):
    """The answer of a passkey cannot be trusted; `reason` is for the audit log, not for whoever tries."""

    def __init__(self, reason: str) -> None:
        super().__init__(say("This passkey was not accepted. Try again, or sign in another way."))
        self.reason = reason


class SignInNeededError(KBError):
    """Nobody is signed in."""

    def __init__(self) -> None:
        super().__init__(say("Sign in, or send a token as 'Authorization: Bearer …'."))


class SignInRefusedError(KBError):
    """The provider or the proxy does not vouch for this person, or not in a way that can be trusted."""


class ProxyNeededError(KBError):
    """The request does not come through the proxy that signs people in."""

    def __init__(self) -> None:
        super().__init__(
            say("A proxy in front of this server signs people in. Open the address that your company uses.")
        )


class ProviderAwayError(KBError):
    """The identity provider does not answer, or not with what it should; trying again may help."""

    def __init__(self) -> None:
        super().__init__(say("The identity provider does not answer. This page tries again by itself."))


def disabled() -> SignInRefusedError:
    """Return the refusal of somebody whose account an administrator has disabled."""
    return SignInRefusedError(say("This account is disabled. An administrator can enable it again."))
