"""A process that is killed while it has the turn to write; run by `test_database_place`."""

from __future__ import annotations

import sys
from pathlib import Path

from ingest.chunk import CHUNKING
from kb.index.index import open_index
from kb.shared.database import Database
from tests.killing import die
from tests.words import WordEmbedder

if __name__ == "__main__":
    index = open_index(Path(sys.argv[1]), WordEmbedder(), CHUNKING, database=Database(sys.argv[2]))
    with index.writing(), index.catalog.writing() as connection:
        index.catalog.withhold("a.md", "committed")
        connection.exec_driver_sql("INSERT INTO withheld VALUES ('b.md', 'not committed')")
        die()
