"""A converted file: its Markdown, and what its importer should know about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Converted:
    """A file as Markdown."""

    text: str
    notes: tuple[str, ...] = ()  # sentences: what was left out, with counts, and what was a guess
