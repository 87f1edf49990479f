"""What becomes of knowledge: where an entry comes from, what came of it, where the chain breaks, what to check."""
