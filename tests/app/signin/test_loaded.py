"""What a server loads to sign people in: only what its way of signing in needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARIES = ("authlib", "joserfc", "webauthn", "cryptography", "httpx2", "mcp")
STARTED = f"""
import sys
from app.main import create_app
from app.services import open_services
from app.settings import Settings
from tests.words import WordEmbedder

settings = Settings()
services = open_services(settings, WordEmbedder())
create_app(settings, services)
print(*(name for name in {LIBRARIES} if name in sys.modules))
services.close()
"""
PROVIDER = {"KB_OIDC_ISSUER": "https://id.example.com", "KB_OIDC_CLIENT_ID": "kb"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("auth", "settings", "loaded"),
    [
        ("none", {}, set()),
        ("local", {}, set()),
        ("oidc", PROVIDER, {"authlib", "joserfc", "cryptography", "httpx2"}),
    ],
)
def test_a_server_loads_only_what_its_way_of_signing_in_needs(
    tmp_path: Path, auth: str, settings: dict[str, str], loaded: set[str]
) -> None:
    (tmp_path / "entries").mkdir()
    own = {"KB_ENTRIES": str(tmp_path / "entries"), "KB_DATA": str(tmp_path / "var"), "KB_AUTH": auth, **settings}
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith("KB_")}, **own}
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, set(done.stdout.split())) == (0, loaded), done.stderr
