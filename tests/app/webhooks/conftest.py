"""Fixtures of the tests of webhooks."""

from __future__ import annotations

from tests.hands import hands

__all__ = ["hands"]
