"""The page of problems authors should fix, by file and line."""

from __future__ import annotations

from itertools import groupby

from fastapi import APIRouter, Request, Response

from app.http.dependencies import LibraryDep, StoreDep
from app.pages.view import render

router = APIRouter()


@router.get("/problems")
def problems_page(request: Request, library: LibraryDep, store: StoreDep) -> Response:
    """List the problems of the entries, grouped by file."""
    problems = sorted(library.entries.problems())
    by_path = {path: list(group) for path, group in groupby(problems, key=lambda problem: problem.path)}
    ids = library.entries.ids_at(list(by_path))
    entries = library.entries.summaries(list(ids.values()))
    own = {entry.id for entry in entries.values() if store.owns(entry)}
    files = [(path, ids.get(path, ""), group) for path, group in by_path.items()]
    return render(request, "problems.html", {"files": files, "count": len(problems), "own": own})
