"""How far a server has come that answers while its index is still being brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kb.wording import say


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is being done, and how much of it."""

    what: Literal["files", "texts"]  # read, so that they are found by their words; embedded, by their meaning
    done: int = 0
    total: int = 0  # 0: not known yet

    @property
    def sentence(self) -> str:
        """Say it to whoever asks."""
        if not self.total:
            return say("The entries are being prepared for searching.")
        if self.what == "files":
            return say(
                "The entries are being prepared for searching: {done} of {total} files.",
                done=self.done,
                total=self.total,
            )
        return say(
            "Entries are found by their words already; for searching by meaning, {done} of {total} texts are prepared.",
            done=self.done,
            total=self.total,
        )
