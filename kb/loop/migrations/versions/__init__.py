"""The migrations: one file per version, never changed after its release.

It has `revision` (the number in its file name), `down_revision`, `CHANGES_ROWS` (True: the file is copied first)
and `upgrade`, which must work on SQLite and PostgreSQL; for what SQLite cannot alter use `batch_alter_table`.
"""
