"""The playbook whose rules apply: all that hands out or writes entries takes it from here."""

from __future__ import annotations

from app.settings import Settings
from ingest.check import PlaybookFile
from ingest.sync import KEPT_PLAYBOOK
from kb.index.index import root_of
from kb.playbook import Playbook


def playbook_file(settings: Settings) -> PlaybookFile:
    """Return the playbook of the entries, with the copy of its last good version beside the index."""
    is_shared = bool(settings.database_url.get_secret_value())
    root = root_of(settings.index_folder, settings.shown, is_shared=is_shared)
    return PlaybookFile(settings.entries, root / KEPT_PLAYBOOK)


def playbook_in_force(settings: Settings) -> Playbook:
    """Return the playbook of the entries, or its last good version. Raises PlaybookUnknownError."""
    return playbook_file(settings).in_force()
