"""The settings of a service that embeds, instead of this process; off until its address is set."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator


class EmbeddingSettings(BaseModel):
    """Where texts are embedded, by which model, and how it wants them."""

    embeddings_url: str = Field(
        "",
        description="Address of a service with OpenAI's interface for embeddings, such as `http://127.0.0.1:8002/v1`;"
        " it is sent every question and every entry. By default this process embeds.",
    )
    embeddings_model: str = Field("", description="Name of the model there.")
    embeddings_key: SecretStr = Field(SecretStr(""), description="Key for it, if it needs one.")
    embeddings_key_file: Path | None = Field(None, description="File that holds the key instead.")
    embeddings_seconds: float = Field(
        30.0, gt=0, le=300, description="How long to wait for vectors of entries; a question waits 3 seconds."
    )
    embeddings_query_prefix: str = Field(
        "query: ", description="What the model wants before a question; empty for models that want nothing."
    )
    embeddings_passage_prefix: str = Field("passage: ", description="What the model wants before a text of an entry.")

    @field_validator("embeddings_url")
    @classmethod
    def _embedding_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("expected an address with http:// or https://")
        if "@" in urlsplit(value).netloc:  # it is shown where the service does not say which model it has
            raise ValueError("the address holds a password; set KB_EMBEDDINGS_KEY instead")
        return value.rstrip("/")

    @property
    def embeddings_secret(self) -> str:
        """The key for the service, from its file if it has one. Raises OSError."""
        kept = self.embeddings_key_file
        return kept.read_text("utf-8").strip() if kept else self.embeddings_key.get_secret_value()
