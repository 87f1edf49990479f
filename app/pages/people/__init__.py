"""For administrators: people, tokens and the audit log. For everybody: the own tokens."""
