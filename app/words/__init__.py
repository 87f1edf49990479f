"""Everything said to people: the catalogues, labels and rendering. It imports `kb` and `ingest`, nothing of HTTP."""
