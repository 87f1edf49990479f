"""A server that saves and may die at a step of it, run as `python -m tests.app.saving_server FOLDER PORT [STEP]`."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from app.main import create_app
from app.settings import Settings
from app.wiring import make_library
from ingest.sync import sync
from tests.killing import at_step, die
from tests.words import WordEmbedder


def main() -> None:
    """Take in the entries and serve them."""
    place, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(entries=place / "entries", data=place / "var", port=port, watch=True)
    library = make_library(settings, WordEmbedder())
    sync(library.index, settings.entries)
    library.refresh()
    if len(sys.argv) > 3:
        at_step(int(sys.argv[3]), die)
    uvicorn.run(create_app(settings, library), port=port, log_level="critical", ws="none")


if __name__ == "__main__":
    main()
