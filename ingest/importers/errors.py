"""Errors for a whole export; problems of single rows are reported instead."""

from __future__ import annotations

from kb.errors import KBError


class ImportRefusedError(KBError):
    """The file, its columns or its mapping are unusable; the sentence says what to do."""
