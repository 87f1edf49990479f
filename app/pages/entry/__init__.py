"""The page of one entry: its facts, its versions."""
