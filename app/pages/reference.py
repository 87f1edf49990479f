"""The reference of the API: Swagger UI from its package, so that no other host is asked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import fastapi_standalone_docs
from fastapi import APIRouter, Request, Response

from app.http.assets import Assets
from app.pages.view import render

PAGE, FILES = "/docs", "/static/swagger"

router = APIRouter()


@cache
def swagger_files() -> Assets:
    """Return the script and style sheet of Swagger UI, read once for all applications of a process."""
    return Assets(Path(fastapi_standalone_docs.__file__).parent / "static" / "swagger", FILES)


@router.get(PAGE)
def reference_page(request: Request) -> Response:
    """Show every route of the API; without scripts as a list."""
    paths = request.app.openapi()["paths"]
    routes = [
        (method.upper(), path, operation.get("description", "").partition("\n")[0])
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]
    return render(request, "reference.html", {"routes": routes, "swagger": swagger_files().address})
