"""`kb people link-name`, `names` and `forget`: whose names stand in entries, and what stays of somebody who leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import fail, opened_services, reader_of, settings_or_fail

if TYPE_CHECKING:
    from app.services import PeopleServices
    from kb.people.person import Person

Address = Annotated[str, typer.Argument(help="The e-mail address of the person.")]
Name = Annotated[str, typer.Argument(help="The name as entries have it.")]


def link_name(ctx: typer.Context, name: Name, address: Address) -> None:
    """Let a name in entries mean a person: own work, ownership and counts follow."""
    reader = reader_of(ctx)
    with opened_services(settings_or_fail(reader)) as services:
        person = _person(ctx, services.people, address)
        services.people.names.link(name, person.id)
        services.people.audit.noted("name-linked", person.id)
        typer.echo(reader("cli.name_linked", name=name, person=person.name, address=person.address))


def unlink_name(ctx: typer.Context, name: Name) -> None:
    """Let a name in entries mean nobody again."""
    reader = reader_of(ctx)
    with opened_services(settings_or_fail(reader)) as services:
        if done := services.people.names.unlink(name):
            services.people.audit.noted("name-unlinked", "")
        typer.echo(reader("cli.name_unlinked" if done else "cli.name_unknown", name=name))


def names(ctx: typer.Context) -> None:
    """List the names in entries: whose they are, and those that mean nobody yet."""
    from kb.entry import owner_key as folded

    reader = reader_of(ctx)
    with opened_services(settings_or_fail(reader)) as services:
        links = services.people.names.links()
        people = {one.id: one.address for one in services.people.people.all()}
        for name, owner in links:
            typer.echo(f"{name}\t{people[owner]}")
        known = {folded(name) for name, _ in links} | services.people.names.former()
        for name in sorted(services.library.entries.names_used()):
            if folded(name) not in known:
                typer.echo(f"{name}\t{reader('cli.name_of_nobody')}")


def forget(
    ctx: typer.Context,
    address: Address,
    entries: Annotated[bool, typer.Option("--entries", help="Write a neutral name into the entries as well.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a person: account, sessions, searches and marks. Entries stay and show a neutral name."""
    from app.forgetting import forget as forget_person
    from app.forgetting import named, rewrite
    from kb.entry import PRIVATE

    reader = reader_of(ctx)
    with opened_services(settings_or_fail(reader)) as services:
        person = _person(ctx, services.people, address)
        found, of_person = named(services, person), services.people.names.of(person.id)
        for entry in found:
            typer.echo(entry.path)
        said = reader.counted("cli.forget_rewritten" if entries else "cli.forget_shown", len(found))
        private = sum(not {f"{PRIVATE}:{name}" for name in of_person}.isdisjoint(entry.audiences) for entry in found)
        sentences = [reader("cli.forget_what", person=person.name, address=person.address), said]
        typer.echo(reader.sentences([*sentences, *([reader.counted("cli.forget_private", private)] * bool(private))]))
        if not yes:
            typer.confirm(reader("cli.forget_sure"), abort=True)
        forget_person(services.people, services.activity, person)
        if entries:
            done = rewrite(services.store, found, of_person, reader("people.former"))
            for entry_id, why in done.failed:
                typer.echo(f"{entry_id}: {reader.say(why)}", err=True)
            if not done.failed:
                services.people.names.clear(person.id)
        typer.echo(reader("cli.forgotten"))


def _person(ctx: typer.Context, people: PeopleServices, address: str) -> Person:
    person = people.people.by_address(address)
    if person is None:
        fail(reader_of(ctx)("cli.person_unknown", address=address))
    return person
