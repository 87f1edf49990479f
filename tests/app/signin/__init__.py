"""Signing in, and what each role may do."""
