"""Which state of which build an index shows, so that two processes can say which of them is behind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Generation:
    """A state of a build; each change has a higher number."""

    build: str
    number: int

    @classmethod
    def read(cls, text: str) -> Generation | None:
        """Return what `str` made a text of; None for anything else."""
        build, _, number = text.rpartition(":")
        return cls(build, int(number)) if build and number.isascii() and number.isdecimal() else None

    def __str__(self) -> str:
        return f"{self.build}:{self.number:012}"  # texts of one length: sealed, they tell nothing

    def has(self, other: Generation) -> bool:
        """Whether what another one shows is in this one as well."""
        return self.build == other.build and self.number >= other.number
