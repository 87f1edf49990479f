"""Git keeps the versions of entries, and runs nothing that a repository brings along."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ingest.history import History
from tests.words import write


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(entries: Path) -> Path:
    """A repository with one committed file and no user of its own."""
    _git(entries, "init", "--quiet")
    write(entries, "notes/a.md", "first")
    assert History(entries).commit("notes/a.md", "", "the first version")
    return entries


HOOKS = ("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "post-index-change", "reference-transaction")
COMMANDS = (
    "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "diff.external",
    "diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
    "gpg.program", "credential.helper", "sequence.editor", "pager.log", "remote.evil.uploadpack", "alias.log",
)  # fmt: skip
SWITCHES = {
    "filter.evil.required": "true",
    "commit.gpgSign": "true",
    "log.showSignature": "true",
    "remote.evil.url": ".",
    "remote.evil.promisor": "true",
    "extensions.partialClone": "evil",
}


def _trap(folder: Path, mark: Path) -> None:
    """Make everything a repository can say of commands write a file."""
    script = write(folder.parent, "trap.sh", f"#!/bin/sh\necho \"$0 $*\" >> '{mark}'\ncat\n")
    script.chmod(0o755)
    for hook in HOOKS:
        (folder / ".git/hooks" / hook).symlink_to(script)
    for place in (".gitattributes", ".git/info/attributes"):
        write(folder, place, "*.md filter=evil diff=evil\n")
    # In one go: the first of these already makes other programs of git run commands.
    sections = []
    for key, value in {**dict.fromkeys(COMMANDS, str(script)), **SWITCHES}.items():
        section, _, name = key.rpartition(".")
        group, _, driver = section.partition(".")
        head = f'[{group} "{driver}"]' if driver else f"[{group}]"
        sections.append(f"{head}\n\t{name} = {value}\n")
    with (folder / ".git/config").open("a") as config:
        config.writelines(sections)


def test_a_repository_cannot_make_a_save_or_a_reader_run_commands(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    _trap(repository, mark)
    history = History(repository)
    write(repository, "notes/a.md", "second")
    write(repository, "notes/b.md", "new")
    assert history.commit("notes/a.md", "三浦", "the second version") and history.commit("notes/b.md", "", "another")
    newest, oldest = history.versions("notes/a.md")
    assert (newest.author, newest.reason) == ("三浦", "the second version")
    assert history.text_at("notes/a.md", newest.number) == b"second"
    assert history.text_at("notes/a.md", oldest.number) == b"first"
    assert history.text_at("notes/a.md", "0" * 40) is None
    assert not mark.exists(), mark.read_text()


def test_the_environment_of_the_server_is_not_handed_on(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "home/.gitconfig", "[user]\n\tname = Someone Else\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Someone Else")
    write(repository, "notes/a.md", "second")
    assert History(repository).commit("notes/a.md", "", "why")
    assert {version.author for version in History(repository).versions("notes/a.md")} == {"Kachisuji"}


def test_a_commit_leaves_the_work_of_people_as_it_is(repository: Path) -> None:
    write(repository, "staged.md", "staged")
    write(repository, "notes/mine.md", "not staged")
    _git(repository, "add", "staged.md")
    write(repository, "notes/a.md", "second\r\n")
    assert History(repository).commit("notes/a.md", "", "why")
    assert _git(repository, "status", "--porcelain").splitlines() == ["A  staged.md", "?? notes/mine.md"]
    assert _git(repository, "ls-tree", "-r", "--name-only", "HEAD").split() == ["notes/a.md"]
    assert "detached" not in _git(repository, "status")


def test_what_is_as_it_was_or_ignored_is_not_committed(repository: Path) -> None:
    write(repository, ".gitignore", "private.md\n")
    write(repository, "private.md", "x")
    history = History(repository)
    assert not history.commit("notes/a.md", "", "again") and not history.commit("private.md", "", "why")
    assert len(_git(repository, "log", "--format=%H").split()) == 1
