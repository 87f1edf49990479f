"""Everything people read: the catalogues, labels and rendering. It imports `kb` and `ingest`, nothing of HTTP."""
