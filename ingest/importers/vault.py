"""Take in a folder of Obsidian, Logseq or Notion: each page an entry, links led to their entries, tables joined."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest import atomic
from ingest.document import Document
from ingest.files import OTHER_ENDINGS, EntryFile, decode, read_bytes, walk
from ingest.front_matter import edited, fields_in
from ingest.inside import below
from ingest.names import file_stem
from ingest.parse import parse_entry
from ingest.readable import path_below
from ingest.yaml_text import Plain, YamlTextError
from kb.entry import Problem
from kb.errors import NotSavedError
from kb.fields import named
from kb.playbook import Playbook
from kb.wording import say

_ID = re.compile(r"[ _-][0-9a-f]{32}(?=$|\.)|[ _-][0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=$|\.)")
_LINK = re.compile(r"(?<!!)\[\[([^\[\]|#\n]+)((?:#[^\[\]|\n]*)?)((?:\|[^\[\]\n]*)?)\]\]")
_ADDRESS = re.compile(r"\s*\(https://(?:www\.)?notion\.so/[^)\s]*\)")
_SKIPPED = frozenset({"templates", "template", "テンプレート", "bak", "logseq", "whiteboards"})
_ENDINGS = frozenset({".md", *OTHER_ENDINGS})


@dataclass(frozen=True, slots=True)
class Page:
    """One file of the folder, and the entry it becomes."""

    source: str  # below the folder
    path: str  # of the entry; empty if it is left out
    text: str = ""
    title: str = ""
    kind: str = ""
    status: str = ""
    why: str = ""  # why it is left out
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Vault:
    """What a folder becomes; nothing is written yet."""

    pages: tuple[Page, ...]

    @property
    def kept(self) -> tuple[Page, ...]:
        """The pages that become entries."""
        return tuple(page for page in self.pages if page.path)

    @property
    def left_out(self) -> Mapping[str, int]:
        """How many files are left out, by reason."""
        return Counter(page.why for page in self.pages if not page.path)


def read_vault(folder: Path, into: str, playbook: Playbook, entries: Path) -> Vault:
    """Read a folder for entries below `into`, such as notes/vault."""
    root = folder.resolve()
    files = {path_below(root, location): location for location in sorted(walk(root))}
    rows, pages = _rows(files)
    texts: dict[str, tuple[str, str]] = {}  # source → path, text
    taken: dict[str, int] = {}
    for source, location in files.items():
        why = _why_not(source, location, root)
        content = read_bytes(EntryFile(source, location)) if not why else b""
        text = content if isinstance(content, Problem) else decode(content, source) if not why else None
        if isinstance(text, Problem) or text is None:
            pages += [Page(source, "", why=text.message if text else why)] if why != _TABLE else []
            continue
        path = _free(f"{into}/{_path(source)}", ".md", taken)
        texts[source] = (path, _joined(text.text, rows.pop(_title(source), {}), _title(source)))
    for title, row in rows.items():  # rows whose page was not exported
        path = _free(f"{into}/{file_stem(title)}", ".md", taken)
        texts[f"{title}.csv"] = (path, _joined(f"# {title}\n", row, title))
    ids = _targets(texts)
    for source, (path, joined) in texts.items():
        linked = _LINK.sub(lambda link: _linked(link, ids), joined)
        parsed = parse_entry(linked, path, playbook)
        entry = parsed.entry
        has_same = (entries / path).exists()
        why = say("an entry of this name is there already") if has_same else ""
        pages.append(Page(source, "" if has_same else path, linked, entry.title, entry.kind, entry.status, why,
                          parsed.problems))  # fmt: skip
    return Vault(tuple(sorted(pages, key=lambda page: page.source)))


def write_vault(vault: Vault, entries: Path) -> Iterable[Page]:
    """Write the entries of a folder; yield each page that was written. Raises NotSavedError."""
    for page in vault.kept:
        location = below(entries, page.path)
        try:
            atomic.create(location, page.text, durable=False)
        except FileExistsError as error:
            raise NotSavedError(say("{path} was changed in the meantime", path=page.path)) from error
        yield page
    atomic.settle()


_TABLE = "table"


def _why_not(source: str, location: Path, root: Path) -> str:
    place = PurePosixPath(source)
    if location.is_symlink():
        return say("links are not followed")
    if any(part.lower() in _SKIPPED for part in place.parts[:-1]):
        return say("templates and settings")
    if place.suffix.lower() == ".csv":
        return _TABLE if _is_database(location) else say("a table of no Notion database; see 'kb import crm'")
    return "" if place.suffix.lower() in _ENDINGS else say("not Markdown")


def _is_database(location: Path) -> bool:
    """Whether a table was exported with its pages: it has an id of Notion, or a folder of its name beside it."""
    stem = location.stem.removesuffix("_all")
    return _ID.search(stem) is not None or location.with_name(stem).is_dir()


def _path(source: str) -> str:
    """Return the path of an entry for a file, without its ending and the ids of Notion."""
    place = PurePosixPath(source)
    folders = [_ID.sub("", part) for part in place.parts[:-1]]
    parts = filter(None, (part.strip() for part in _title(source).replace("___", "/").split("/")))  # Logseq
    return posixpath.join(*folders, *(list(map(file_stem, parts)) or [file_stem("")]))


def _title(source: str) -> str:
    return _ID.sub("", PurePosixPath(source).stem).strip()


def _free(name: str, ending: str, taken: dict[str, int]) -> str:
    """Return a name with a number if it is taken; `taken` holds the last number of each, as many pages are untitled."""
    free, number = name + ending, taken.get(name + ending, 1)
    while free in taken:
        number += 1
        free = f"{name}-{number}{ending}"
    taken[free], taken[name + ending] = 1, number
    return free


def _rows(files: Mapping[str, Path]) -> tuple[dict[str, dict[str, str]], list[Page]]:
    """Return the row of a Notion database for each page, by title (its first column), and the tables left out.

    Notion exports a table twice (`_all.csv`); another row with the same title is one of its own.
    """
    found: dict[str, dict[str, str]] = {}
    seen: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    taken: dict[str, int] = {}
    unreadable: list[Page] = []
    for source, location in files.items():
        if location.suffix.lower() != ".csv" or not _is_database(location):
            continue
        raw = read_bytes(EntryFile(source, location))
        content = raw if isinstance(raw, Problem) else decode(raw, source)
        if isinstance(content, Problem):
            unreadable.append(Page(source, "", why=content.message))
            continue
        try:
            rows = list(csv.DictReader(io.StringIO(content.text, newline="")))
        except csv.Error:
            unreadable.append(Page(source, "", why=say("not a table that can be read")))
            continue
        for row in rows:
            values = {key: _ADDRESS.sub("", value or "").strip() for key, value in row.items() if isinstance(key, str)}
            title, own = next(iter(values.values()), ""), {key: v for key, v in list(values.items())[1:] if v}
            if title and (title, frozenset(own.items())) not in seen:
                seen.add((title, frozenset(own.items())))
                found[_free(title, "", taken)] = own
    return found, unreadable


def _joined(text: str, row: Mapping[str, str], title: str) -> str:
    """Return a page with the fields of its row that it does not have itself, and a title."""
    document = Document.of(text)
    try:
        known = set(fields_in(document))
    except YamlTextError:
        return text
    missing: dict[str, Plain] = {} if "title" in known or document.heading else {"title": title}
    for key, value in row.items():
        field = named(key)
        name = field.name if field else key
        if name not in known and f"{key}: {value}" not in text:
            missing[name] = value
    return edited(document, missing) if missing else text


def _targets(texts: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return entry ids by what links call them: the path in the folder, or a name that is unique."""
    names = Counter(_title(source) for source in texts)
    found = {source.rpartition(".")[0]: path.removesuffix(".md") for source, (path, _) in texts.items()}
    found |= {
        _title(source): path.removesuffix(".md") for source, (path, _) in texts.items() if names[_title(source)] == 1
    }
    return found


def _linked(link: re.Match[str], ids: Mapping[str, str]) -> str:
    target = link[1].strip().removesuffix(".md")
    if target not in ids:
        return link[0]
    return f"[[{ids[target]}{link[2]}{link[3] or '|' + target.rpartition('/')[2]}]]"
