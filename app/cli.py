"""The command line `kb`. Each command imports what it needs, so that those without a model start at once."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.settings import Settings
    from ingest.sync import SyncReport

app = typer.Typer(
    name="kb",
    help="Kachisuji 勝ち筋: search what won and what lost. Settings are environment variables: KB_ENTRIES, KB_DATA, …",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
imports = typer.Typer(no_args_is_help=True)
app.add_typer(imports, name="import", help="Bring in what other systems hold.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]
Values = Annotated[list[str] | None, typer.Option(help="Only this value; may be repeated.")]


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (KB_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (KB_PORT).")] = None,
) -> None:
    """Index what changed, then serve the web page and the API."""
    from app.server import run

    run(_settings(host=host, port=port))


@app.command()
def sync(
    watch: Annotated[bool, typer.Option("--watch", help="Keep going: take in every change until Ctrl+C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the index up to date with the entries."""
    from app.progress import sync_with_progress
    from app.wiring import make_index

    settings = _settings()
    _need_entries(settings)
    index = make_index(settings)
    _print_report(sync_with_progress(index, settings, quiet=as_json), as_json)
    if watch:
        from threading import Event

        from ingest.watch import changes

        typer.echo(f"Watching {settings.entries} (Ctrl+C to stop).", err=True)
        for _count in changes(settings.entries, Event()):
            _print_report(sync_with_progress(index, settings, quiet=True), as_json)
    index.close()


@app.command()
def check(as_json: AsJson = False) -> None:
    """List every problem of the entries as path:line: what is wrong. Exit code 1 if there is one."""
    from dataclasses import asdict

    from ingest.check import check as check_folder

    settings = _settings()
    _need_entries(settings)
    count, problems = check_folder(settings.entries)
    if as_json:
        typer.echo(json.dumps({"entries": count, "problems": [asdict(p) for p in problems]}, ensure_ascii=False))
    else:
        for problem in problems:
            typer.echo(str(problem))
        typer.echo(f"{count} entries, {len(problems)} problems.", err=True)
    raise typer.Exit(1 if problems else 0)


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help='Words, a question, "an exact phrase", -excluded.')],
    kind: Values = None,
    outcome: Values = None,
    team: Values = None,
    industry: Values = None,
    product: Values = None,
    competitor: Values = None,
    angle: Values = None,
    tag: Values = None,
    language: Values = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many hits.")] = 10,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each hit is where it is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Search. Asks the running server when there is one; else loads the model, which takes some seconds."""
    chosen = {"kind": kind, "outcome": outcome, "team": team, "industry": industry, "product": product}
    chosen |= {"competitor": competitor, "angle": angle, "tag": tag, "language": language}
    params = [("q", " ".join(words)), ("limit", str(limit)), ("explain", str(explain).lower())]
    params += [(name, value) for name, values in chosen.items() for value in values or ()]
    answer = _asked("/api/v1/search", params)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        from app.terminal import print_answer

        print_answer(answer)


@app.command()
def show(
    entry_id: Annotated[str, typer.Argument(help="The id: the path below entries without .md.")],
    as_json: AsJson = False,
) -> None:
    """Show one entry."""
    from dataclasses import asdict

    from ingest.check import read_playbook
    from ingest.fields import entry_id as meant
    from ingest.files import find_files, read_file
    from ingest.parse import parse_entry
    from kb.entry import Problem

    settings = _settings()
    _need_entries(settings)
    playbook, _, _ = read_playbook(settings.entries)
    wanted = meant(entry_id)
    for file in find_files(settings.entries)[0]:
        content = read_file(file)
        if isinstance(content, Problem):
            continue
        entry = parse_entry(content.text, file.path, playbook, content.content_hash).entry
        if entry.id == wanted:
            plain = f"{entry.title}\n{settings.entries / entry.path}\n\n{entry.body.rstrip()}"
            typer.echo(json.dumps(asdict(entry), ensure_ascii=False, default=str) if as_json else plain)
            return
    _fail(f"There is no entry with the id '{entry_id}'.")


@imports.command()
def crm(
    file: Annotated[Path, typer.Argument(help="The export: CSV or .xlsx.")],
    kind: Annotated[str, typer.Option(help="deals or campaigns; found out when not given.")] = "",
    mapping: Annotated[
        Path | None, typer.Option(help="Which column is which field, as --save-mapping writes it.")
    ] = None,
    save_mapping: Annotated[
        Path | None, typer.Option(help="Write the columns found into this file, to edit it.")
    ] = None,
    accounts: Annotated[
        Path | None, typer.Option(help="Export of companies: name, industry and size by id or name.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="For example cp932; found out when not given.")] = "",
    separator: Annotated[str, typer.Option(help="Between columns: , ; or tab; found out when not given.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without a preview and a question.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write deals or campaigns of a CRM as entries, or bring them up to date. Shows first what it would do."""
    from app.importing import Import

    settings = _settings()
    _need_entries(settings)
    task = Import(settings, as_json=as_json)
    task.open(file, kind, mapping, accounts, encoding, separator)
    task.save_mapping(save_mapping)
    raise typer.Exit(task.run(yes=yes))


@app.command()
def rebuild(as_json: AsJson = False) -> None:
    """Make the index anew from the entries; vectors come from the cache, so nothing is embedded twice."""
    from app.progress import sync_with_progress
    from app.wiring import make_index

    settings = _settings()
    _need_entries(settings)
    index = make_index(settings, fresh=True)
    _print_report(sync_with_progress(index, settings, quiet=as_json), as_json)
    index.close()


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look at everything a working installation needs and say what to do about what is missing."""
    from app.doctor import examine

    findings = examine(_settings())
    if as_json:
        typer.echo(json.dumps([{"name": f.name, "ok": f.ok, "detail": f.detail} for f in findings], ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name}: {finding.detail}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def main() -> None:
    """Run a command; what goes wrong for a known reason is said in one sentence, without a traceback."""
    from kb.errors import KBError

    try:
        app()
    except KBError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _settings(**given: Any) -> Settings:
    from pydantic import ValidationError

    from app.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        _fail(f"KB_{str(first['loc'][0]).upper()}: {first['msg']}. See docs/settings.md.")
        raise AssertionError from error  # _fail has ended the process


def _need_entries(settings: Settings) -> None:
    if not Path(settings.entries).is_dir():
        _fail(f"There is no folder '{settings.entries}'. Make it, or point KB_ENTRIES at your entries.")


def _asked(path: str, params: list[tuple[str, str]]) -> Any:
    """Return the API's answer, from a running server or from the same application in this process."""
    from app.running import ask, running_server

    settings = _settings()
    url = running_server(settings.data)
    if url:
        answer = ask(url, path, params)
    else:
        from app.offline import answer_here

        answer = answer_here(settings, path, params)
    if "error" in answer:
        _fail(answer["error"]["message"])
    return answer


def _print_report(report: SyncReport, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
        return
    for problem in report.problems:
        typer.echo(str(problem), err=True)
    typer.echo(
        f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed,"
        f" {report.unchanged} unchanged; {report.embedded} texts embedded, {report.reused} from the cache;"
        f" {len(report.problems)} problems; {report.seconds:.1f} s"
    )


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    sys.exit(1)
