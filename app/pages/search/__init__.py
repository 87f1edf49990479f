"""The search page and its address."""
