"""The model: entries, index, search, insight and the loop, for `ingest`, `app` and a notebook; imports neither."""
