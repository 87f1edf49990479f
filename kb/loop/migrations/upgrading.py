"""Migrate an activity database with Alembic: all pending steps in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from kb.loop.dialect import lock
from kb.loop.schema import STEPS, need_columns, version_of

log = logging.getLogger(__name__)


def upgrade(connection: Connection, keep_copy: Callable[[str], object], steps: Path = STEPS) -> None:
    """Migrate a database; a concurrent process waits and then finds nothing to do.

    `keep_copy` makes a named copy before a step that changes rows. Raises ActivitySchemaError.
    """
    lock(connection)
    before = version_of(connection, steps)
    context = MigrationContext.configure(connection)
    script = ScriptDirectory(steps.parent, version_locations=[steps])
    if before.revision and not before.is_stamped:
        context.stamp(script, before.revision)
    left = [s.module for s in script.walk_revisions() if s.revision > before.revision][::-1]
    changing = [step.revision for step in left if step.CHANGES_ROWS]
    if before.revision and changing:
        keep_copy(f"before-{changing[0]}")
    for step in left:
        step.upgrade(Operations(context))
        context.stamp(script, step.revision)
    need_columns(connection)
    connection.commit()
    if before.revision and left:
        log.info("Migrated the activity database from schema %s to %s.", before.revision, before.newest)
