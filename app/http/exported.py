"""Exports of tables and files go into the audit log before they leave."""

from __future__ import annotations

from fastapi import Request

from app.http.dependencies import services_of
from app.http.who import viewer_of

UNLOGGED = ("q", "text", "lang")  # what somebody searched or pasted


def note_export(request: Request, about: str, form: str, count: int) -> None:
    """Log an export with its filters. Raises NotLoggedError: then nothing is exported."""
    filters = [f"{name}={value}" for name, value in request.query_params.multi_items() if name not in UNLOGGED]
    audit = services_of(request).people.audit
    audit.note("exported", viewer_of(request), about, form=form, count=count, filters=filters)
