"""A real server over the sample entries, and Debian's Chromium; skipped with a word where there is no browser.

The embedder is the predictable one: what is tested here is the page, not the model.
"""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from app.main import create_app
from app.services import open_services
from app.settings import Settings
from ingest.sync import sync
from tests.waiting import wait_until
from tests.words import WordEmbedder, note, write

ENTRIES = Path(__file__).parents[2] / "entries"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over the sample entries, which are only read."""
    with serving(ENTRIES, tmp_path_factory.mktemp("var")) as address:
        yield address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An entries folder that may be written to."""
    folder = tmp_path_factory.mktemp("writing") / "entries"
    write(folder, "playbook.yaml", (ENTRIES / "playbook.yaml").read_bytes())
    write(folder, "talk-tracks/price.md", note("価格の切り返し", "何と比べて高いかを先に聞く。", kind="talk-track"))
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    """The address of a server over that folder."""
    with serving(folder, folder.parent / "var") as address:
        yield address


@contextmanager
def serving(entries: Path, data: Path, **chosen: Any) -> Iterator[str]:
    """Serve a folder of entries, with the settings given; yield the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(entries=entries, data=data, port=port, watch=False, **chosen)
    services = open_services(settings, WordEmbedder())
    services.library.with_index(partial(sync, folder=settings.entries))
    services.library.refresh()
    app = create_app(settings, services)
    app.state.patience = None  # however slow the machine
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "a server that has started")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium); the pages were not tried in a browser.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A Japanese reader's page that notes what goes wrong in it."""
    context = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert not faults, faults
