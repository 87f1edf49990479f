"""All routes, joined once for all applications of a process: FastAPI reads their signatures again for each joining."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Depends
from starlette.routing import BaseRoute, Mount

from app import api, pages
from app.http.allowed import need_role
from app.http.assets import STATIC, Assets
from app.mcp import http as assistants
from app.pages.mail import unsubscribing
from app.pages.reference import FILES, swagger_files
from app.signin import me, passkeys, provider
from app.signin import pages as signin
from app.slack import http as slack


@cache
def assets() -> Assets:
    """Return the files that pages load."""
    return Assets(STATIC, "/static")


@cache
def routes(*, is_signed: bool) -> list[BaseRoute]:
    """Return what an application answers; `is_signed`: the API describes how programs sign in."""
    joined = APIRouter(dependencies=[Depends(need_role)])
    joined.include_router(api.router, dependencies=api.SIGNED if is_signed else [])
    joined.include_router(api.health_router)
    joined.include_router(pages.router)
    for module in (assistants, signin, provider, me, passkeys, slack, unsubscribing):
        joined.include_router(module.router, include_in_schema=False)
    return [
        Mount(FILES, swagger_files(), name="swagger"),  # files first: comparing with all routes takes a millisecond
        Mount("/static", assets(), name="static"),
        *joined.routes,
    ]
