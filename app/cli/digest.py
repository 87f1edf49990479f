"""The command `kb digest`: the weekly digest, written to files or sent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import fail, opened_services, reader_of, settings_or_fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.mail.addressees import Addressee
    from app.services import Services
    from app.settings import Settings
    from app.words.reader import Reader
    from kb.loop.period import Period

FOLDER = Path("digest")
TRIED_AS = "kb@example.com"  # the sender in files, while none is set


def digest(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", help="Only to this address.", metavar="ADDRESS")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="To everybody who has not unsubscribed.")] = False,
    week: Annotated[str, typer.Option(help="A week such as 2026-W47; default: the last one.")] = "",
    send: Annotated[bool, typer.Option("--send", help="Send it; nobody gets the digest of a week twice.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the mails as files (.eml), unless they are sent.")] = FOLDER,
) -> None:
    """Write the weekly digest to files to look at, or send it."""
    from app.cli.running import way_to_sign_in
    from app.mail.digest import week_of
    from app.mail.weekly import addressees
    from kb.loop.period import Period

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    if bool(to) == everybody:
        ctx.fail("Choose --to ADDRESS or --all.")
    if send and not settings.sends_mail:
        fail(reader("cli.mail_not_set"))
    with opened_services(settings) as services:
        found = addressees(services, is_signed=way_to_sign_in(settings) != "none")
        chosen = [one for one in found if everybody or one.address == to.strip().casefold()]
        if not chosen:
            fail(reader("cli.digest_nobody"))
        period = Period.read(week) if week else week_of(services.clock.today())
        if send:
            _send(services, settings, period, chosen, reader)
        else:
            _write(services, settings, period, chosen, reader, out)


def _base(settings: Settings, reader: Reader) -> str:
    """Return where links lead; say so if only this machine can open them."""
    from urllib.parse import urlsplit

    from app.cli.running import said_by_server
    from app.settings import LOOPBACK

    is_named = bool(settings.public_url or settings.hosts)
    base = ("" if is_named else said_by_server(settings.data, "public")) or settings.public_address
    if urlsplit(base).hostname in LOOPBACK:
        typer.echo(reader("cli.mail_is_local"), err=True)
    return base


def _send(services: Services, settings: Settings, week: Period, chosen: Sequence[Addressee], reader: Reader) -> None:
    from app.mail.handing import MailConnection
    from app.mail.sending import Post
    from app.mail.weekly import send_digests

    has_failed, left = False, {one.address for one in chosen}
    with MailConnection(settings) as connection:
        for one, state in send_digests(Post(services, _base(settings, reader), connection), week, chosen):
            typer.echo(f"{one.address}\t{reader(f'mail.state_{state}')}")
            left.discard(one.address)
            has_failed |= state in ("failed", "waiting", "unclear")
    for address in sorted(left):
        typer.echo(f"{address}\t{reader('cli.digest_done', week=week.key)}")
    raise typer.Exit(1 if has_failed else 0)


def _write(
    services: Services, settings: Settings, week: Period, chosen: Sequence[Addressee], reader: Reader, out: Path
) -> None:
    from app.mail.addressees import Desk
    from app.mail.digest import digest as written
    from app.mail.handing import accepted
    from app.mail.message import composed
    from app.mail.server import sender_of

    base, sender = _base(settings, reader), sender_of(settings.mail_from or TRIED_AS)
    for one in chosen:
        desk = Desk.of(services, base, one)
        mail = written(desk, week).mail
        if mail is None:
            typer.echo(f"{one.address}\t{reader('cli.digest_empty', week=week.key)}")
            continue
        out.mkdir(parents=True, exist_ok=True)
        place = out / f"{re.sub(r'[^a-z0-9@.+-]', '_', one.address)}.eml"
        message = composed(mail, sender, accepted(one.address), services.clock.now(), desk.reader)
        place.write_bytes(message.as_bytes())
        typer.echo(f"{one.address}\t{place}")
