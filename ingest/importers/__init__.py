"""Exports of other systems: read, understood, and written as entries."""
