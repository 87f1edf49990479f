"""The index: keywords, vectors, catalogue."""
