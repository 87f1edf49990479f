"""From files to entries to the index."""
