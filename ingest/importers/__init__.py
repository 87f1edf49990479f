"""Import from elsewhere: CRM exports, documents, transcripts."""
