"""The bookmarklet that leads from a deal in the CRM to deals like it."""

from __future__ import annotations

import json
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from app.http.dependencies import ReaderDep, SettingsDep
from app.pages.similar.address import PAGE
from app.pages.view import render
from app.shapes.by_crm import RECORD

ADDRESS = "/deals/bookmarklet"

router = APIRouter()


@router.get(ADDRESS)
def bookmarklet_page(request: Request, settings: SettingsDep, reader: ReaderDep) -> Response:
    """Show the bookmarklet, and a field for the number of a deal."""
    base = settings.public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
    code = bookmarklet(f"{base}{PAGE}?crm_id=", reader("bookmarklet.no_deal"))
    return render(request, "bookmarklet.html", {"code": code, "action": PAGE})


def bookmarklet(address: str, otherwise: str) -> str:
    """Return a bookmarklet that opens an address with the number of the record on whose page it is clicked."""
    pattern = RECORD.replace("/", r"\/").replace(r"[\/?#]", "[/?#]")
    script = (
        f"(()=>{{const m=location.href.match(/{pattern}/),n=m&&m.slice(1).find(Boolean);"
        f"n?open({json.dumps(address)}+encodeURIComponent(n)):alert({json.dumps(otherwise)})}})()"
    )
    return "javascript:" + quote(script, safe="()=>&!*'")
