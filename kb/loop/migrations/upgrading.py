"""Migrate an activity database with Alembic: all pending steps in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, insert, inspect

from kb.errors import ActivityVersionError
from kb.loop.dialect import lock
from kb.loop.schema import OLDEST, STEPS, need_columns, version_of
from kb.wording import say

log = logging.getLogger(__name__)


def upgrade(
    connection: Connection, keep_copy: Callable[[str], object], steps: Path = STEPS, *, waits: bool = False
) -> None:
    """Migrate a database; a concurrent process waits and then finds nothing to do.

    `keep_copy` makes a named copy before a step that changes rows. Where servers of the version before may be at work
    (`waits`), nothing is done that they could not read. Raises ActivitySchemaError, ActivityVersionError.
    """
    lock(connection)
    before = version_of(connection, steps)
    context = MigrationContext.configure(connection)
    script = ScriptDirectory(steps.parent, version_locations=[steps])
    if before.revision and not before.is_stamped:
        context.stamp(script, before.revision)
    every = [step.module for step in script.walk_revisions()][::-1]
    left = [step for step in every if step.revision > before.revision]
    if waits and before.revision and not all(map(_older_can_read, left)):
        raise ActivityVersionError(
            say("its tables are of an older version. Stop the servers of that version, then run 'kb migrate'")
        )
    changing = [step.revision for step in left if step.CHANGES_ROWS]
    if before.revision and changing:
        keep_copy(f"before-{changing[0]}")
    for step in left:
        step.upgrade(Operations(context))
        context.stamp(script, step.revision)
    if left:
        _say_who_can_read(connection, every)
    need_columns(connection)
    connection.commit()
    if before.revision and left:
        log.info("Migrated the activity database from schema %s to %s.", before.revision, before.newest)


def _older_can_read(step: Any) -> bool:
    """Whether programs of the version before can go on using the tables, which the step says of itself."""
    return bool(getattr(step, "OLDER_CAN_READ", False))


def _say_who_can_read(connection: Connection, steps: Sequence[Any]) -> None:
    """Note the oldest version whose programs can use the tables, if it is not the newest."""
    oldest = [step.revision for step in steps if not _older_can_read(step)][-1]
    if oldest != steps[-1].revision:
        OLDEST.create(connection, checkfirst=True)
        connection.execute(delete(OLDEST))
        connection.execute(insert(OLDEST).values(version=oldest))
    elif inspect(connection).has_table(OLDEST.name):
        OLDEST.drop(connection)
