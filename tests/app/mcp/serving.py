"""An assistant's server over standard input, run as `python -m tests.app.mcp.serving FOLDER [ADDRESS]`."""

from __future__ import annotations

import sys
from pathlib import Path

from app.mcp.stdio import serve
from app.services import open_services
from app.settings import Settings
from app.words.reader import Reader
from kb.viewer import OPERATOR
from tests.words import WordEmbedder


def main() -> None:
    """Serve the operator, or the person with an address, until the client closes its end."""
    place, address = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    settings = Settings(entries=place / "entries", data=place / "var", auth="local" if address else "none")
    services = open_services(settings, WordEmbedder())
    try:
        person = services.people.people.by_address(address) if address else None
        viewer = person.viewer if person else OPERATOR
        serve(services, lambda: viewer, Reader.of("en"), "kb mcp (test)", prepares=True)
    finally:
        services.close()


if __name__ == "__main__":
    main()
