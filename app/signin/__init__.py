"""Sign in: sessions and pages, accounts of this server, an identity provider, a trusted proxy."""
