"""The search: from a question to ranked hits."""
