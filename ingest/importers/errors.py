"""An export that cannot be imported as a whole; what is wrong with single rows is reported instead."""

from __future__ import annotations

from kb.errors import KBError


class ImportRefusedError(KBError):
    """The file, its columns or its mapping cannot be used; the sentence says what to do."""
