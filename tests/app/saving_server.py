"""A server that saves, in a process of its own, to be killed: `python -m tests.app.saving_server FOLDER PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from app.main import create_app
from app.services import make_library
from app.settings import Settings
from ingest.sync import sync
from tests.words import WordEmbedder


def main() -> None:
    """Take in the entries and serve them."""
    place, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(entries=place / "entries", data=place / "var", port=port, watch=True)
    library = make_library(settings, WordEmbedder())
    sync(library.index, settings.entries)
    library.refresh()
    uvicorn.run(create_app(settings, library), port=port, log_level="critical", ws="none")


if __name__ == "__main__":
    main()
