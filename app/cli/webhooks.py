"""`kb webhooks`: list the receivers, and send one a test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import fail, reader_of, settings_or_fail

if TYPE_CHECKING:
    from app.settings import Settings
    from app.words.reader import Reader

webhooks = typer.Typer(help="List the receivers of outgoing webhooks, and test one.", no_args_is_help=True)


@webhooks.command("list")
def list_(ctx: typer.Context) -> None:
    """List the receivers: where to, which events, and how many were sent or wait."""
    from app.webhooks.hooks import read_hooks
    from app.webhooks.outbox import Outbox
    from kb.clock import CLOCK

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    outbox = Outbox(settings.outbox_file, CLOCK)
    try:
        counts = outbox.counts()
    finally:
        outbox.close()
    for hook in read_hooks(_file(settings, reader)):
        numbers = {name: reader.number(counts.get((hook.name, name), 0)) for name in ("waiting", "sent", "failed")}
        events = ",".join(sorted(hook.events))
        typer.echo(f"{hook.name}  {hook.host}  {events}  {reader('webhooks.counts', **numbers)}")


@webhooks.command()
def test(ctx: typer.Context, name: Annotated[str, typer.Argument(help="The name of the receiver.")] = "") -> None:
    """Send a test now. Exit code 1 if the receiver does not take it."""
    from app.webhooks.hooks import hook_named, read_hooks
    from app.webhooks.work import send_test

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    hook = hook_named(read_hooks(_file(settings, reader)), name)
    result = send_test(settings, hook)
    if not result.is_sent:
        fail(reader("webhooks.test_failed", host=hook.host, why=reader.say(result.detail) or result.why))
    typer.echo(reader("webhooks.test_sent", host=hook.host))


def _file(settings: Settings, reader: Reader) -> Path:
    if settings.webhooks is None:
        fail(reader("webhooks.unused_lead"))
    return settings.webhooks
