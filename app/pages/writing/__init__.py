"""Writing on the page: forms, drafts, files and what an entry is begun from."""
