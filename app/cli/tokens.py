"""`kb tokens`: make, list and revoke tokens for programs."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import AsJson, fail, people_of, reader_of, settings_or_fail

if TYPE_CHECKING:
    from app.services import PeopleServices
    from app.settings import Settings
    from app.words.reader import Reader
    from kb.people.person import Person
    from kb.people.tokens import Token

tokens = typer.Typer(help="Make, list and revoke tokens for programs.", no_args_is_help=True)


class Scope(StrEnum):
    """What a token may do; each may do what those before it may."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@tokens.command()
def make(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="The address of the person the token acts for.")],
    name: Annotated[str, typer.Argument(help="The program that uses it.")],
    scope: Annotated[Scope, typer.Option(help="What it may do, and never more than its person.")] = Scope.READ,
    team: Annotated[list[str] | None, typer.Option(help="Only see this team's entries; may be repeated.")] = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days it is valid.")] = 90,
) -> None:
    """Make a token and print it, this one time."""
    from kb.viewer import OPERATOR

    reader = reader_of(ctx)
    settings = _settings(reader)
    with people_of(settings) as opened:
        person = _person(opened, address)
        facts = {"name": name, "scope": scope.value, "days": days, "teams": team or []}
        with opened.audit.deed("token-made", OPERATOR, person.id, **facts):
            token, secret = opened.tokens.make(person, name, scope.value, teams=team, days=days)
    typer.echo(secret)
    typer.echo(reader("cli.token_made", id=token.id, day=reader.date(token.ends_at.astimezone().date())), err=True)


@tokens.command("list")
def list_(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="Only of the person with this address.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the tokens: what they may do, until when, and when they were last used."""
    reader = reader_of(ctx)
    with people_of(_settings(reader)) as opened:
        found = opened.tokens.of(_person(opened, address).id) if address else opened.tokens.all()
        names = {person.id: person.name for person in opened.people.all()}
    for token in found:
        typer.echo(_line(token, names.get(token.person, token.person), reader, as_json))


@tokens.command()
def revoke(
    ctx: typer.Context, token_id: Annotated[str, typer.Argument(metavar="ID", help="The id that the list shows.")]
) -> None:
    """Revoke a token: the next request with it is refused."""
    from kb.viewer import OPERATOR

    reader = reader_of(ctx)
    with people_of(_settings(reader)) as opened:
        token = opened.tokens.get(token_id)
        opened.tokens.revoke(token_id)
        opened.audit.note("token-revoked", OPERATOR, token.id, name=token.name)
    typer.echo(reader("cli.token_revoked", name=token.name))


def _settings(reader: Reader) -> Settings:
    """Return the settings of a server where people sign in; elsewhere nobody has a token."""
    from app.cli.running import way_to_sign_in

    settings = settings_or_fail(reader)
    if way_to_sign_in(settings) == "none":
        fail(reader("cli.tokens_unused"))
    return settings


def _person(opened: PeopleServices, address: str) -> Person:
    from kb.people.errors import PersonNotFoundError

    person = opened.people.by_address(address)
    if person is None:
        raise PersonNotFoundError(address)
    return person


def _line(token: Token, person: str, reader: Reader, as_json: bool) -> str:
    from app.words.token_view import in_line

    if not as_json:
        return in_line(token, person, reader)
    days = {name: at.isoformat() if (at := getattr(token, name)) else None
            for name in ("made_at", "ends_at", "used_at", "revoked_at")}  # fmt: skip
    teams = None if token.teams is None else sorted(token.teams)
    known = {"id": token.id, "person": token.person, "name": token.name, "scope": token.scope, "teams": teams, **days}
    return json.dumps(known, ensure_ascii=False)
