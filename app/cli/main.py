"""The command line `kb`. Each command imports what it needs, so that those without a model start at once."""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import imports as commands
from app.cli.assistants import mcp
from app.cli.auditing import audit
from app.cli.backup import backup, restore
from app.cli.common import (
    AsJson,
    Commands,
    Language,
    Values,
    begin,
    fail,
    need_entries,
    problem_line,
    reader_of,
    settings_or_fail,
    with_filters,
)
from app.cli.connecting import connect, pull, write_back
from app.cli.digest import digest
from app.cli.embeddings import embeddings
from app.cli.export import export
from app.cli.init import init
from app.cli.judging import judge, quality
from app.cli.meeting import meeting
from app.cli.migrate import migrate
from app.cli.people import people
from app.cli.people_names import forget, link_name, names, unlink_name
from app.cli.tokens import tokens
from app.cli.webhooks import webhooks
from app.cli.write import add, new

if TYPE_CHECKING:
    from app.settings import Settings
    from app.words.reader import Reader
    from ingest.indexing import SyncReport

app = typer.Typer(
    name="kb",
    cls=Commands,
    help="Kachisuji 勝ち筋: search what won and what lost. Settings are environment variables: KB_ENTRIES, KB_DATA, …",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def speak(
    ctx: typer.Context,
    lang: Annotated[
        Language | None, typer.Option(help="Language of the output; by default that of the terminal (LANG).")
    ] = None,
) -> None:
    """Choose the language of everything a command prints."""
    begin(ctx, lang)


@app.command()
def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (KB_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (KB_PORT).")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that serve (KB_WORKERS).")] = None,
) -> None:
    """Index what changed, then serve the web page and the API."""
    from app.cli.serve import run

    reader = reader_of(ctx)
    run(settings_or_fail(reader, host=host, port=port, workers=workers), reader)


@app.command()
def sync(
    ctx: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Watch for changes until Ctrl+C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Update the index from the entries."""
    from app.cli.progress import sync_with_progress
    from app.data_folder import prepare
    from app.library import make_index

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    prepare(settings.data)
    index = make_index(settings)
    _print_report(sync_with_progress(index, settings, reader, quiet=as_json), reader, as_json)
    if watch:
        from threading import Event

        from ingest.watch import changes

        typer.echo(reader("cli.watching", folder=settings.entries), err=True)
        for paths in filter(lambda paths: paths is None or paths, changes(settings.entries, Event())):
            _print_report(sync_with_progress(index, settings, reader, quiet=True, only=paths), reader, as_json)
    index.close()


@app.command()
def check(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the problems of all entries as `path:line: message`. Exit code 1 if there are any."""
    from dataclasses import asdict

    from ingest.check import check as check_folder

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    count, problems = check_folder(settings.entries)
    if as_json:
        typer.echo(json.dumps({"entries": count, "problems": [asdict(p) for p in problems]}, ensure_ascii=False))
    else:
        for problem in problems:
            typer.echo(problem_line(problem, reader))
        numbers = {"count": reader.number(count), "problems": reader.number(len(problems))}
        typer.echo(reader("cli.checked", **numbers), err=True)
    raise typer.Exit(1 if problems else 0)


app.command()(init)
app.command()(new)
app.command()(add)


@app.command(context_settings={"ignore_unknown_options": True})  # -値引き excludes a word
@with_filters
def search(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help='Words, a question, "an exact phrase", -excluded.')],
    *,
    trust: Values = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many hits.")] = 10,
    explain: Annotated[bool, typer.Option("--explain", help="Explain the rank of each hit.")] = False,
    as_typed: Annotated[bool, typer.Option("--as-typed", help="Neither correct nor complete words.")] = False,
    as_json: AsJson = False,
    **chosen: list[str] | None,
) -> None:
    """Search. Uses the running server if there is one; else loads the model, which takes some seconds."""
    if mistyped := next((word for word in words if word.startswith("--")), ""):
        ctx.fail(f"No such option: {mistyped}")
    params = [("q", " ".join(words)), ("limit", str(limit)), ("explain", str(explain).lower())]
    params += [("as_typed", "true")] * as_typed
    params += [(name, value) for name, values in {**chosen, "trust": trust}.items() for value in values or ()]
    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    answer = _fetch(settings, reader, "/api/v1/search", params)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        from app.cli.terminal import print_answer
        from ingest.check import read_playbook

        print_answer(answer, replace(reader, playbook=read_playbook(settings.entries)[0]))


@app.command(context_settings={"ignore_unknown_options": True})
@with_filters
def ask(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help="A question or words.")],
    *,
    as_typed: Annotated[bool, typer.Option("--as-typed", help="Neither correct nor complete words.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Let the language model of KB_LLM_URL choose.")] = False,
    as_json: AsJson = False,
    **chosen: list[str] | None,
) -> None:
    """Quote the sentences that answer a question. Uses the running server if there is one, as search does."""
    if mistyped := next((word for word in words if word.startswith("--")), ""):
        ctx.fail(f"No such option: {mistyped}")
    params = [("q", " ".join(words)), *([("as_typed", "true")] * as_typed), *([("summary", "true")] * summary)]
    params += [(name, value) for name, values in chosen.items() for value in values or ()]
    reader = reader_of(ctx)
    answer = _fetch(settings_or_fail(reader), reader, "/api/v1/ask", params)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        from app.cli.terminal import print_quotes

        print_quotes(answer, reader)


@app.command()
def show(
    ctx: typer.Context,
    entry_id: Annotated[str, typer.Argument(help="The id: the path below entries without .md.")],
    as_json: AsJson = False,
) -> None:
    """Show one entry, if KB_VISIBILITY shows it."""
    from dataclasses import asdict

    from app.playbook import playbook_in_force
    from ingest.fields import entry_id as meant
    from ingest.files import find_files, read_file
    from ingest.parse import parse_entry
    from kb.entry import Problem, is_shown
    from kb.errors import EntryNotFoundError

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    playbook = playbook_in_force(settings)
    target = meant(entry_id)
    for file in find_files(settings.entries)[0]:
        content = read_file(file)
        if isinstance(content, Problem):
            continue
        entry = parse_entry(content.text, file.path, playbook, content.content_hash).entry
        if entry.id == target and is_shown(entry.audiences, settings.shown):
            plain = f"{entry.title}\n{settings.entries / entry.path}\n\n{entry.body.rstrip()}"
            typer.echo(json.dumps(asdict(entry), ensure_ascii=False, default=str) if as_json else plain)
            return
    raise EntryNotFoundError(entry_id)


@app.command()
def rebuild(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Rebuild the index from the entries; vectors come from the cache, so nothing is embedded twice."""
    from app.cli.progress import sync_with_progress
    from app.data_folder import prepare
    from app.library import make_index

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    need_entries(settings)
    prepare(settings.data)
    index = make_index(settings, fresh=True)
    _print_report(sync_with_progress(index, settings, reader, quiet=as_json), reader, as_json)
    index.close()


@app.command()
def doctor(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Check everything an installation needs, and say how to fix what is missing."""
    from app.cli.doctor import examine
    from app.words.reader import Reader

    reader = reader_of(ctx)
    findings = examine(settings_or_fail(reader), Reader.of(Language.EN) if as_json else reader)
    if as_json:
        typer.echo(json.dumps([{"name": f.name, "ok": f.ok, "detail": f.detail} for f in findings], ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {reader.label('doctor', finding.name)}: {finding.detail}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def main() -> None:
    """Run a command."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fetch(settings: Settings, reader: Reader, path: str, params: list[tuple[str, str]]) -> Any:
    """Return the API's answer, from a running server or from the same application in this process."""
    from app.cli.running import ask, running_server, secret_of, serves

    url = running_server(settings.data) if serves(settings.data, settings.shown) else None
    if url:
        answer = ask(url, path, params, reader.locale, secret_of(settings.data))
    else:
        gc.disable()  # looking for cycles among what is loaded takes .3 s, and the process ends with its answer
        from app.cli.offline import answer_here
        from app.data_folder import prepare

        prepare(settings.data)
        answer = answer_here(settings, path, params, reader)
    if "error" in answer:
        from app.cli.offline import check_here

        check_here(settings, params)
        fail(reader(answer["error"]["message"]))
    return answer


def _print_report(report: SyncReport, reader: Reader, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
        return
    for problem in report.problems:
        typer.echo(problem_line(problem, reader), err=True)
    lists = {name: len(getattr(report, name)) for name in ("added", "changed", "removed", "problems")}
    counts = {**lists, **{name: getattr(report, name) for name in ("unchanged", "embedded", "reused")}}
    numbers = {name: reader.number(count) for name, count in counts.items()}
    typer.echo(reader("cli.synced", seconds=f"{report.seconds:.1f}", **numbers))


imports = typer.Typer(help="Turn other files into entries. Files imported before are left alone.", no_args_is_help=True)
for command in (commands.crm, commands.transcript, commands.docs, commands.vault):
    imports.command()(command)
app.command()(embeddings)
app.command()(export)
app.command()(backup)
app.command()(restore)
app.command()(meeting)
app.command()(digest)
app.command()(judge)
app.command()(quality)
app.command()(mcp)
app.command()(migrate)
app.command()(connect)
app.command()(pull)
app.command()(write_back)
app.add_typer(imports, name="import")
app.add_typer(audit, name="audit")
app.add_typer(tokens, name="tokens")
app.add_typer(webhooks, name="webhooks")
people.command("link-name")(link_name)
people.command("unlink-name")(unlink_name)
people.command()(names)
people.command()(forget)
app.add_typer(people, name="people")
