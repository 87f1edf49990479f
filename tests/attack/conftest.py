"""The application of `tests/app`, to be attacked."""

from tests.app.conftest import client, make_client

__all__ = ["client", "make_client"]
