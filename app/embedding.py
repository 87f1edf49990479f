"""What embeds: the model in this process, or a service; settings in, embedder out."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engines import EngineSettingError, shared_database
from app.settings import Settings
from ingest.atomic import put
from kb.errors import EmbeddingAwayError
from kb.index.embedding import Embedder, ModelEmbedder
from kb.index.served_embedder import PROBES, QUERY_SECONDS, Prefixes, Recognised, ServedEmbedder
from kb.shared.keys import shared_key
from kb.wording import say

if TYPE_CHECKING:
    from kb.index.embedding_server import EmbeddingServer

MEMORY = "embedding-models.json"  # in the data folder
LAST = "last"  # in it: the model recognised last, with the settings it was met with


def make_embedder(settings: Settings) -> Embedder:
    """Return the configured model, not loaded yet, or what asks the configured service.

    Raises EmbeddingAwayError, EngineSettingError.
    """
    local = local_embedder(settings)
    if not settings.embeddings_url:
        return local
    prefixes = Prefixes(settings.embeddings_query_prefix, settings.embeddings_passage_prefix)
    return ServedEmbedder(embedding_server(settings), prefixes, local.count_tokens, ModelMemory(settings))


def local_embedder(settings: Settings) -> ModelEmbedder:
    """Return the configured model of this machine, not loaded yet."""
    return ModelEmbedder(settings.model, settings.models_folder, settings.workers)


def embedding_server(settings: Settings) -> EmbeddingServer:
    """Return the configured service. Raises EngineSettingError."""
    from kb.index.embedding_server import EmbeddingServer  # which loads an HTTP client

    address, key = settings.embeddings_url, embedding_key(settings)
    return EmbeddingServer(address, settings.embeddings_model, key, settings.embeddings_seconds)


def embeds(settings: Settings) -> bool:
    """Whether the configured service embeds now. Raises EngineSettingError."""
    with closing(embedding_server(settings)) as server, suppress(EmbeddingAwayError):
        server.embed(PROBES, QUERY_SECONDS)
        return True
    return False


def embedding_key(settings: Settings) -> str:
    """Return the key for the service; empty if none is set. Raises EngineSettingError."""
    try:
        return settings.embeddings_secret
    except (OSError, UnicodeDecodeError) as error:
        file = str(settings.embeddings_key_file)
        raise EngineSettingError(
            say("The file '{file}' of KB_EMBEDDINGS_KEY_FILE cannot be read.", file=file)
        ) from error


class ModelMemory:
    """What is remembered of models: in the data folder and, with a database, in common with all who use it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = settings.data / MEMORY
        prefixes = settings.embeddings_query_prefix, settings.embeddings_passage_prefix
        met = (settings.embeddings_url, settings.embeddings_model, *prefixes)
        self._met = hashlib.sha256("\0".join(met).encode()).hexdigest()

    def last(self) -> Recognised | None:
        """Return the model recognised last with these settings."""
        with suppress(ValueError, LookupError, TypeError):
            kept = self._kept()[LAST]
            if kept["met"] == self._met:
                probes = np.frombuffer(base64.b64decode(kept["probes"]), np.float32).reshape(len(PROBES), -1)
                return Recognised(str(kept["name"]), str(kept["checksum"]), probes)
        return None

    def keep(self, model: Recognised) -> None:
        """Remember the model recognised last."""
        probes = base64.b64encode(model.probes.tobytes()).decode()
        self._write(LAST, {"met": self._met, "name": model.name, "checksum": model.checksum, "probes": probes})

    def common(self, name: str, own: bytes) -> bytes:
        """Return what is kept under a name; `own`, which is kept from now on, where there is nothing."""
        kept = self._kept().get(name)
        known = base64.b64decode(kept) if isinstance(kept, str) else own
        if database := shared_database(self._settings):
            try:
                known = shared_key(database, name, known)
            finally:
                database.close()
        self._write(name, base64.b64encode(known).decode())
        return known

    def _kept(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _write(self, name: str, value: object) -> None:
        """Keep something; without it a start while the service is away fails, and no more."""
        before = self._kept()
        if before.get(name) != value:
            content = json.dumps(before | {name: value}).encode()
            with suppress(OSError):
                put(self._file, lambda file: file.write(content))
