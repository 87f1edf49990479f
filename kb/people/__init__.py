"""People: who they are, how they sign in, what they did. Knows nothing of entries and of HTTP."""
