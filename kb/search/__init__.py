"""The search, from a question to hits. It imports the index, and nothing of insight or the loop."""
