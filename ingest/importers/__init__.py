"""Bring in what exists elsewhere: CRM exports, documents, transcripts."""
