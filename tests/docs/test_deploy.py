"""The files in deploy/ fit the settings and versions of the project. No container is built here."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from app.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OF_COMPOSE = {"KB_HOST_NAME", "KB_ENTRIES_FOLDER"}  # variables of compose.yaml itself


def test_every_variable_is_a_setting() -> None:
    known = {f"KB_{name.upper()}" for name in Settings.model_fields} | OF_COMPOSE
    named = {name for path in DEPLOY.iterdir() for name in re.findall(r"\bKB_[A-Z_]+", path.read_text("utf-8"))}
    assert named and named <= known


def test_servers_have_a_data_folder_each_and_one_of_everything_else() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    servers = [service for service in services.values() if service["image"] == "kachisuji"]
    assert len(servers) == 2 and all(server["read_only"] for server in servers)
    places = [{place.rpartition(":")[2]: place.rpartition(":")[0] for place in server["volumes"]} for server in servers]
    assert len({place["/data"] for place in places}) == 2
    assert len({place["/entries"] for place in places}) == 1
    assert servers[0]["environment"] == servers[1]["environment"]


def test_the_chroma_server_is_the_one_the_client_is_tested_with() -> None:
    image = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["chroma"]["image"]
    assert f"chromadb=={image.partition(':')[2]}" in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
