"""The documentation of the API is read against the application the API tests use."""

from __future__ import annotations

from tests.app.conftest import client, make_client

__all__ = ["client", "make_client"]
