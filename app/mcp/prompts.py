"""Prompts: what people do again and again with an assistant, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.words.catalogue import LOCALES
from app.words.reader import Reader

MOST_CHARS = 4_000  # of what a person fills in


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text to begin a conversation with; its words are in the catalogue under its key."""

    key: str
    reader: Reader

    @property
    def title(self) -> str:
        """What it is called."""
        return self.reader(f"mcp.{self.key}")

    @property
    def about(self) -> str:
        """What it does."""
        return self.reader(f"mcp.{self.key}_about")

    @property
    def asks(self) -> str:
        """What the person fills in."""
        return self.reader(f"mcp.{self.key}_asks")

    def text(self, deal: str) -> str:
        """Return the text for a deal: a description, or the id of an entry."""
        return self.reader(f"mcp.{self.key}_text", deal=deal[:MOST_CHARS], rules=self.reader("mcp.rules"))


ARGUMENT = "deal"
PROMPTS: Mapping[str, Prompt] = {
    f"{key}_{locale}": Prompt(key, Reader.of(locale)) for key in ("prepare_call", "review_loss") for locale in LOCALES
}
