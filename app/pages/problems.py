"""The page of problems authors should fix, by file and line."""

from __future__ import annotations

from itertools import groupby

from fastapi import APIRouter, Request, Response

from app.http.dependencies import LibraryDep
from app.pages.view import render

router = APIRouter()


@router.get("/problems")
def problems_page(request: Request, library: LibraryDep) -> Response:
    """List the problems of the entries, grouped by file."""
    problems = sorted(library.entries.problems())
    by_path = {path: list(group) for path, group in groupby(problems, key=lambda problem: problem.path)}
    ids = library.entries.ids_at(list(by_path))
    files = [(path, ids.get(path, ""), group) for path, group in by_path.items()]
    return render(request, "problems.html", {"files": files, "count": len(problems)})
