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
    files = [(path, list(group)) for path, group in groupby(problems, key=lambda problem: problem.path)]
    return render(request, "problems.html", {"files": files, "count": len(problems)})
