"""Outgoing webhooks: what happened, sent to other programs, signed; off until a file names receivers."""
