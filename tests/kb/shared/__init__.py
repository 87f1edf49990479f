"""Tests of `kb/shared`."""
