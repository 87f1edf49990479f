"""A server that saves and may die at a step of it, run as `python -m tests.app.saving_server FOLDER PORT [STEP]`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import uvicorn

from app.main import create_app
from app.services import open_services
from app.settings import Settings
from ingest.sync import sync
from tests.killing import at_step, die
from tests.words import WordEmbedder


def main() -> None:
    """Take in the entries and serve them."""
    place, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(entries=place / "entries", data=place / "var", port=port, watch=True)
    services = open_services(settings, WordEmbedder())
    services.library.with_index(partial(sync, folder=settings.entries))
    services.library.refresh()
    if len(sys.argv) > 3:
        at_step(int(sys.argv[3]), die)
    uvicorn.run(create_app(settings, services), port=port, log_level="critical", ws="none")


if __name__ == "__main__":
    main()
