"""People, sessions and links."""
