"""`kb people`: who may sign in. Run on the server, it also helps when all administrators are locked out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from app.cli.common import people_of, reader_of, settings_or_fail
from kb.viewer import OPERATOR

if TYPE_CHECKING:
    from app.services import PeopleServices
    from app.settings import Settings
    from app.words.reader import Reader
    from kb.people.audit import Fact
    from kb.people.person import Person

Address = Annotated[str, typer.Argument(help="The e-mail address.")]
Name = Annotated[str | None, typer.Option(help="The name as shown.")]
Teams = Annotated[list[str] | None, typer.Option("--team", help="A team; may be repeated. '*' sees everything.")]


class Roles(StrEnum):
    """The roles, each of which may do what those before it may."""

    READER = "reader"
    AUTHOR = "author"
    EDITOR = "editor"
    ADMIN = "admin"


ELSEWHERE = ("oidc", "proxy")  # ways to sign in that need no link

people = typer.Typer(help="Who may sign in, and as what.", no_args_is_help=True)


@people.command()
def add(
    ctx: typer.Context,
    address: Address,
    role: Annotated[Roles, typer.Option(help="What the person may do.")] = Roles.AUTHOR,
    team: Teams = None,
    name: Name = None,
) -> None:
    """Add a person; with accounts of this server (KB_AUTH=local) also print a one-time link to set a password."""
    from app.cli.running import way_to_sign_in

    with _opened(ctx) as (settings, reader, services):
        with services.audit.deed("person-added", OPERATOR, address, role=role.value, teams=team or []):
            person = services.people.add(address, name or "", role.value, team or ())
        typer.echo(reader("cli.person_added", **_shown(person, reader)))
        if way_to_sign_in(settings) in ELSEWHERE:
            typer.echo(reader("cli.person_signs_in_there", address=person.address))
        else:
            _print_link(person, settings, reader, services)


@people.command("list")
def list_people(ctx: typer.Context) -> None:
    """List everybody: address, name, role, teams."""
    with _opened(ctx) as (_, reader, services):
        everybody = services.people.all()
        if everybody:
            typer.echo("\t".join(reader(f"cli.people_{column}") for column in ("address", "name", "role", "teams")))
        for person in everybody:
            shown = _shown(person, reader)
            off = reader("cli.person_is_disabled") if person.is_disabled else ""
            parts = (shown["address"], shown["name"], shown["role"], shown["teams"], off)
            typer.echo("\t".join(parts).rstrip())
        if not everybody:
            typer.echo(reader("cli.nobody"), err=True)


@people.command()
def change(
    ctx: typer.Context,
    address: Address,
    role: Annotated[Roles | None, typer.Option(help="What the person may do; outlasts what a provider says.")] = None,
    team: Teams = None,
    name: Name = None,
    no_team: Annotated[bool, typer.Option("--no-team", help="Remove the person from all teams.")] = False,
    follow_groups: Annotated[
        bool, typer.Option("--follow-groups", help="Role and teams follow the provider's groups again.")
    ] = False,
    enable: Annotated[bool, typer.Option("--enable", help="Let a disabled person sign in again.")] = False,
) -> None:
    """Change name, role or teams. The teams given replace those there were."""
    with _opened(ctx) as (_, reader, services):
        person = _person(services, address)
        facts: dict[str, Fact] = {"role": role.value} if role else {}
        facts |= {"teams": team or []} if team or no_team else {}
        facts |= {"name": name} if name else {}
        facts |= {"source": "groups"} if follow_groups else {}
        facts |= {"state": "enabled"} if enable else {}
        with services.audit.deed("person-changed", OPERATOR, person.id, **facts):
            if follow_groups:
                person = services.people.follow_groups(person.id)
            person = services.people.change(
                person.id,
                name=name,
                role=role.value if role else None,
                teams=(team or ()) if team or no_team else None,
                is_disabled=False if enable else None,
            )
        typer.echo(reader("cli.person_changed", **_shown(person, reader)))


@people.command()
def link(ctx: typer.Context, address: Address) -> None:
    """Print a one-time link to set a new password; earlier links end."""
    with _opened(ctx) as (settings, reader, services):
        _print_link(_person(services, address), settings, reader, services)


@people.command()
def disable(ctx: typer.Context, address: Address) -> None:
    """Keep a person from signing in, and sign them out everywhere. Their entries stay."""
    with _opened(ctx) as (_, reader, services):
        person = _person(services, address)
        with services.audit.deed("person-changed", OPERATOR, person.id, state="disabled"):
            person = services.people.change(person.id, is_disabled=True)
        typer.echo(reader("cli.person_disabled", **_shown(person, reader)))


@contextmanager
def _opened(ctx: typer.Context) -> Iterator[tuple[Settings, Reader, PeopleServices]]:
    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    with people_of(settings) as services:
        yield settings, reader, services


def _person(services: PeopleServices, address: str) -> Person:
    from kb.people.errors import PersonNotFoundError

    if (person := services.people.by_address(address)) is None:
        raise PersonNotFoundError(address)
    return person


def _shown(person: Person, reader: Reader) -> dict[str, str]:
    from app.words.token_view import teams_of

    teams = teams_of(person.teams, reader) or "-"
    return {"name": person.name, "address": person.address, "role": reader(f"role.{person.role}"), "teams": teams}


def _print_link(person: Person, settings: Settings, reader: Reader, services: PeopleServices) -> None:
    from app.cli.running import said_by_server, way_to_sign_in
    from app.settings import LOOPBACK

    is_named = bool(settings.public_url or settings.hosts)
    started_as = "" if is_named else said_by_server(settings.data, "public")
    base = started_as or settings.public_address
    services.audit.note("link-made", OPERATOR, person.id)
    typer.echo(reader("cli.person_link", url=f"{base}/link/{services.links.make(person.id)}"))
    if urlsplit(base).hostname in LOOPBACK:
        typer.echo(reader("cli.link_is_local"), err=True)
    if way_to_sign_in(settings) == "none":
        typer.echo(reader("cli.links_are_unused"), err=True)
