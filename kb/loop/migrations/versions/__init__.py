"""The steps: each file leads from one version to the next and is never changed once released.

A step has `revision` (the number in its file name), `down_revision`, `CHANGES_ROWS` (True: the file is copied first)
and `upgrade`, which has to work on SQLite and PostgreSQL; what SQLite cannot alter goes through `batch_alter_table`.
"""
