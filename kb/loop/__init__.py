"""How knowledge goes round: activity, gaps, lineage, review, the meeting. It imports insight, search and index."""
