"""`kb import vault`: a folder of Obsidian, Logseq or Notion becomes entries, after a preview."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.cli.common import fail, need_entries, problem_line, settings_or_fail

if TYPE_CHECKING:
    from app.words.reader import Reader
    from ingest.importers.vault import Vault

SHOWN_PROBLEMS = 20  # of all pages; `kb check` names all of them afterwards


def import_vault(folder: Path, into: str, reader: Reader, *, yes: bool) -> int:
    """Preview a folder and, if agreed, write its entries; return how many."""
    from ingest.check import read_playbook
    from ingest.importers.vault import read_vault, write_vault
    from ingest.names import file_stem

    settings = settings_or_fail(reader)
    need_entries(settings)
    if not folder.is_dir():
        fail(reader("cli.vault_no_folder", path=str(folder)))
    place = "/".join(file_stem(part) for part in (into or f"notes/{folder.resolve().name}").split("/") if part.strip())
    vault = read_vault(folder, place, read_playbook(settings.entries)[0], settings.entries)
    for line in preview(vault, reader):
        typer.echo(line)
    if not vault.kept or (not yes and not _agreed(len(vault.kept), reader)):
        return 0
    written = sum(1 for _ in write_vault(vault, settings.entries))
    typer.echo(reader("cli.vault_written", count=reader.number(written), place=place))
    return written


def preview(vault: Vault, reader: Reader) -> list[str]:
    """Return what a folder becomes, what is left out and what is to be mended, for a person to agree."""
    lines = [f"{page.source} → {page.path}  {page.title}" for page in vault.kept]
    kinds = Counter(page.kind for page in vault.kept)
    statuses = Counter(page.status for page in vault.kept if page.status != "published")
    lines += [
        reader("cli.vault_count", name=name, count=reader.number(n)) for name, n in [*kinds.items(), *statuses.items()]
    ]
    for why, count in vault.left_out.items():
        lines.append(reader("cli.vault_left_out", why=reader.say(why), count=reader.number(count)))
    problems = [problem for page in vault.kept for problem in page.problems]
    lines += [problem_line(problem, reader) for problem in problems[:SHOWN_PROBLEMS]]
    if len(problems) > SHOWN_PROBLEMS:
        lines.append(reader("cli.vault_more", count=reader.number(len(problems) - SHOWN_PROBLEMS)))
    return lines


def _agreed(count: int, reader: Reader) -> bool:
    try:
        return typer.confirm(reader("cli.vault_write", count=reader.number(count)), err=True)
    except typer.Abort:  # no input to answer with
        typer.echo(err=True)
        return False
