"""From deals to content and back: the loop, lineage, review and gaps."""
