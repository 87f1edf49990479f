"""Migrations of the activity database."""
