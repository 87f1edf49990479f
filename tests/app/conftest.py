"""A small knowledge base behind the application, read only: what a test changes it builds in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app.http.csrf import COOKIE, HEADER, token_for
from app.main import create_app
from app.services import open_services
from app.settings import Settings
from app.signin.cookie import NAME
from ingest.sync import sync
from kb.clock import CLOCK, Clock
from tests.app.declared import description_of, undeclared
from tests.app.prepared import prepared_below
from tests.engines import Engines
from tests.hashing import QUICK
from tests.words import WordEmbedder, write

ADDRESS = "http://127.0.0.1:8000"
PLAYBOOK = """\
angles:
  - {key: total-cost, ja: 総保有コスト, en: Total cost, aliases: [TCO]}
industries:
  - {name: 製造業, en: Manufacturing, aliases: [製造]}
  - {name: 食品, en: Food}
"""
FILES = {
    "playbook.yaml": PLAYBOOK,
    "talk-tracks/price.md": "---\ntitle: 価格が高いと言われたときの切り返し\n"
    "team: sales\ndate: 2026-08-20\ntags: [価格]\n"
    "industry: [製造業, 食品]\ncompetitors: [タスキナ]\nangles: [TCO]\n"
    "verified_on: 2026-09-01\n---\n"
    "## 話す一文\n> 価格が高いというのは、何と比べての高いでしょうか。\n",
    "talk-tracks/old-price.md": "---\ntitle: 価格の話の古い型\n---\n価格が高いと言われたら値引きする。\n",
    "deals/aoba.md": "---\ntitle: 青葉精工の受注\noutcome: won\ncustomer: 青葉精工\n"
    "crm_id: D-0108\nclosed_on: 2026-03-27\n"
    "industry: 製造\nused: [talk-tracks/price]\n---\n## 決め手\n価格ではなく、現場が三つのボタンで使えたこと。\n",
    "deals/sumire.md": "---\ntitle: すみれ工業の失注\noutcome: lost\nclosed_on: 2026-01-15\nindustry: 食品\n"
    "supersedes: [talk-tracks/old-price]\n---\n## 敗因\n価格が高いと言われ、値引きで競り負けた。\n",
    "deals/secret.md": "---\ntitle: 極秘値引きの商談\noutcome: wonn\nvisibility: sales\n"
    "customer: 極秘商事\ntags: [極秘]\n---\n"
    "価格を半額にした極秘の話。\n",
    "campaigns/mail.md": "---\ntitle: Safety week mail\nteam: marketing\ndate: 2026-07-15\n---\n"
    "The second subject line asked a question and won most clicks.\n",
    "notes/draft.md": "---\ntitle: 価格の下書き\nstatus: draft\n---\n価格が高いと言われたら。\n",
}


class Browser(TestClient):
    """A client that says where its forms come from, as every browser does, and trusts only declared answers."""

    def __init__(self, app: Any, **options: Any) -> None:
        """Answer in the event loop of the application, as a server does, where it has one; else in one per request."""
        super().__init__(app, **options)
        self.portal = getattr(app.state, "portal", None)

    def request(self, method: Any, url: Any, **options: Any) -> Response:  # type: ignore[override]
        """Send a request; fail if OpenAPI knows the route but not the status."""
        response = super().request(method, url, **options)
        assert isinstance(self.app, FastAPI)
        missing = undeclared(description_of(self.app), method, response.request.url.path, response.status_code)
        assert not missing, missing
        return response

    def post(self, url: Any, **options: Any) -> Response:  # type: ignore[override]
        """Send something from a page of the application."""
        headers = {"origin": ADDRESS, HEADER: self.form_token(), **(options.get("headers") or {})}
        return super().post(url, **{**options, "headers": headers})

    def put(self, url: Any, **options: Any) -> Response:  # type: ignore[override]
        """Change something from a page of the application."""
        return super().put(url, **{**options, "headers": {"origin": ADDRESS, **(options.get("headers") or {})}})

    def form_token(self) -> str:
        """Return the token of forms on pages shown to this browser."""
        assert isinstance(self.app, FastAPI)
        if secret := self.cookies.get(NAME):
            session = self.app.state.services.people.sessions.find(secret)
            if session:
                return token_for(self.app.state.form_key, session.person.id, session.id)
        if owner := getattr(self.app.state, "form_owner", ""):
            return token_for(self.app.state.form_key, owner, "")
        if not (number := self.cookies.get(COOKIE)):
            self.cookies.set(COOKIE, number := "0" * 32)
        return token_for(self.app.state.form_key, "", number)


def in_one_loop(app: FastAPI, stack: ExitStack) -> FastAPI:
    """Give an application an event loop that answers every `Browser`; `counting` sees nothing of its threads."""
    app.state.portal = stack.enter_context(start_blocking_portal())
    return app


MakeClient = Callable[..., TestClient]


@pytest.fixture(scope="module")
def make_client(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Iterator[MakeClient]:
    """A maker of clients to an application over given files, with the settings given."""
    prepared = prepared_below(tmp_path_factory.getbasetemp(), engines)
    elsewhere = {"data", "database_url", "chroma_url"}
    with ExitStack() as stack:

        def make(
            files: dict[str, str] = FILES, *, indexed: bool = True, clock: Clock = CLOCK, **chosen: object
        ) -> TestClient:
            place = tmp_path_factory.mktemp("app")
            given = {"entries": place / "entries", "data": place / "var", **chosen}
            stored = dict[str, Any]()
            if indexed and not elsewhere & chosen.keys():
                stored = prepared.copy(files, Settings(**given))  # type: ignore[arg-type]
            elif "database_url" not in chosen:
                stored = engines.settings()
            if stored:
                stack.callback(engines.forget, stored)
            settings = Settings(**stored | given)  # type: ignore[arg-type]
            for path, text in files.items():
                write(Path(settings.entries), path, text)
            services = open_services(settings, WordEmbedder(), clock=clock, hasher=QUICK)
            stack.callback(services.close)
            if indexed:
                services.library.with_index(partial(sync, folder=settings.entries))
                services.library.refresh()
            app = create_app(settings, services)
            app.state.patience = None  # however slow the machine
            return Browser(app, base_url=ADDRESS, raise_server_exceptions=False)

        yield make


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> TestClient:
    """A client to an application that shows everything."""
    return make_client()
