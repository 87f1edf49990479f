"""`kb digest`: files to look at first, then sent once."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from tests.app.mail.conftest import deal, text_of
from tests.app.mail.mailbox import mailbox
from tests.words import write

pytestmark = pytest.mark.model


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A base without sign-in, with one deal."""
    write(tmp_path / "entries", "deals/a.md", deal("青葉精工の受注", reasons="[{code: price}]"))
    for name, value in {
        "KB_ENTRIES": str(tmp_path / "entries"),
        "KB_DATA": str(tmp_path / "var"),
        "KB_DIGEST_TO": "team@example.com",
        "KB_PUBLIC_URL": "https://kb.example.com",
    }.items():
        monkeypatch.setenv(name, value)
    assert CliRunner().invoke(app, ["sync"]).exit_code == 0
    return tmp_path


def test_it_writes_files_first_and_sends_once(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner()
    out = base / "out"
    said = run.invoke(app, ["--lang", "en", "digest", "--all", "--week", "2026-W48", "--out", str(out)])
    assert said.exit_code == 0, said.output
    message = message_from_bytes((out / "team@example.com.eml").read_bytes(), policy=policy.default)
    assert "青葉精工の受注" in text_of(message)
    refused = run.invoke(app, ["--lang", "en", "digest", "--all", "--send"])
    assert refused.exit_code == 1 and "KB_SMTP_URL" in refused.output
    with mailbox() as box:
        monkeypatch.setenv("KB_SMTP_URL", box.url)
        monkeypatch.setenv("KB_MAIL_FROM", "kb@example.com")
        for _ in range(2):
            sent = run.invoke(app, ["--lang", "en", "digest", "--all", "--week", "2026-W48", "--send"])
            assert sent.exit_code == 0, sent.output
        assert box.recipients == ["team@example.com"]
        well = run.invoke(app, ["--lang", "en", "doctor"])
        assert "last digest 2026-W48: 1 sent" in well.output
    gone = run.invoke(app, ["--lang", "en", "doctor"])
    assert "Check KB_SMTP_URL" in gone.output
    nobody = run.invoke(app, ["--lang", "en", "digest", "--to", "other@example.com"])
    assert nobody.exit_code == 1 and "nobody" in nobody.output
