"""Whether OpenAPI declares the statuses that are met."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute

ALWAYS = (405, 500)  # of any address: the wrong method, and a fault of ours
_DESCRIBED: dict[tuple[int, ...], tuple[list[BaseRoute], dict[str, Any]]] = {}  # by the routes, which it keeps alive
_PARAMETER = re.compile(r"\\\{[^}]*\\\}")


def description_of(app: FastAPI) -> dict[str, Any]:
    """Return what OpenAPI says of an application; those with the same routes share it, as it takes a while."""
    described = [route for route in app.routes if getattr(route, "include_in_schema", True)]
    key = tuple(map(id, described))
    if key not in _DESCRIBED:
        _DESCRIBED[key] = described, app.openapi()
    return _DESCRIBED[key][1]


def undeclared(openapi: dict[str, Any], method: str, path: str, status: int) -> str:
    """Return what OpenAPI lacks, empty if it declares the answer or does not know the address."""
    method = "get" if method == "HEAD" else method.lower()
    found = [
        operations[method]["responses"]
        for pattern, operations in openapi["paths"].items()
        if method in operations and re.fullmatch(_PARAMETER.sub(".*", re.escape(pattern)), path)
    ]
    if not found or status in ALWAYS or any(str(status) in responses for responses in found):
        return ""
    return f"{method} {path} answers {status}, which OpenAPI does not declare"
