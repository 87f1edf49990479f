"""A server whose texts are embedded by a service: by words while that is away, by meaning when it is back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from app.background import Background
from app.cli.engines import check_engines
from app.embedding import make_embedder
from app.main import create_app
from app.services import Services, open_services
from app.settings import Settings
from app.words.reader import Reader
from ingest.sync import sync
from kb.index.served_embedder import ServedEmbedder
from tests.app.conftest import ADDRESS, FILES, Browser
from tests.embedding_service import Service, embedding_service
from tests.engines import Engines
from tests.words import note, write

JA = {"accept-language": "ja"}
FEW = {path: text for path, text in FILES.items() if "secret" not in path}


@pytest.fixture
def service() -> Iterator[Service]:
    with embedding_service() as running:
        yield running


@pytest.fixture
def settings(service: Service, tmp_path: Path, engines: Engines) -> Settings:
    for path, text in FEW.items():
        write(tmp_path / "entries", path, text)
    places = {"entries": tmp_path / "entries", "data": tmp_path / "var"}
    return Settings(**places, embeddings_url=service.url, **engines.settings())


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    opened = open_services(settings)
    opened.library.with_index(partial(sync, folder=settings.entries))
    opened.library.refresh()
    yield opened
    opened.close()


@pytest.fixture
def client(services: Services) -> TestClient:
    app = create_app(services.settings, services)
    app.state.patience = None
    return Browser(app, base_url=ADDRESS, raise_server_exceptions=False)


def embedder_of(services: Services) -> ServedEmbedder:
    served = services.library.embedding_service
    assert served
    return served


def embed_waiting(services: Services) -> None:
    Background(services)._embed()


def test_while_the_service_is_away_answers_are_by_words_and_say_so(
    service: Service, services: Services, client: TestClient
) -> None:
    found = client.get("/api/v1/search", params={"q": "値引きで競り負けた"}).json()
    assert not found["by_words"] and found["total"] > 1 and found["hits"][0]["id"] == "deals/sumire"
    service.stop()
    away = client.get("/api/v1/search", params={"q": "値引きで競り負けた理由", "explain": True}).json()
    assert away["by_words"] and away["hits"][0]["id"] == "deals/sumire" and away["confidence"] == "partial"
    assert all(hit["why"]["keyword_rank"] for hit in away["hits"])
    assert [hit["why"]["meaning_rank"] for hit in away["hits"]] == [None] * len(away["hits"])
    page = client.get("/?q=価格の話", headers=JA)
    assert page.status_code == 200 and "現在、意味での検索はできません" in page.text
    ready = client.get("/readyz").json()
    assert ready["meaning"] and not ready["reason"]
    assert client.get("/api/v1/ask", params={"q": "値引きで競り負けた"}).status_code == 200


def test_what_is_not_found_by_words_alone_is_no_gap(service: Service, services: Services, client: TestClient) -> None:
    service.stop()
    nothing = client.get("/api/v1/search", params={"q": "zzyzx quux"}).json()
    assert nothing["total"] == 0 and services.activity.searches("") == []
    client.get("/api/v1/search", params={"q": "値引き"})
    assert [search.query for search in services.activity.searches("")] == ["値引き"]


def test_what_is_saved_meanwhile_is_found_by_words_and_by_meaning_when_it_is_back(
    service: Service, services: Services, client: TestClient
) -> None:
    service.stop()
    saved = client.post("/api/v1/entries", json={"text": note("納期の交渉", "部品の納期を二週間早めた。")})
    assert saved.status_code == 201
    hits = client.get("/api/v1/search", params={"q": "部品の納期"}).json()["hits"]
    assert hits[0]["id"] == saved.json()["id"]
    embed_waiting(services)  # which is no failure
    assert services.library.with_index(lambda index: index.waiting)
    service.start()
    embedder_of(services).look()
    embed_waiting(services)
    assert services.library.with_index(lambda index: index.waiting) == 0
    found = client.get("/api/v1/search", params={"q": "納期を早めた部品", "explain": True}).json()
    assert not found["by_words"] and found["hits"][0]["why"]["similarity"] > 0
    assert client.get("/readyz").json()["meaning"] == ""


def test_similar_deals_to_notes_need_the_service_and_say_when_to_come_back(
    service: Service, services: Services, client: TestClient
) -> None:
    service.stop()
    asked = {"text": "価格が高いと言われ、値引きを求められた。"}
    refused = client.post("/api/v1/deals/similar", json=asked)
    assert refused.status_code == 503 and refused.headers["retry-after"]
    assert refused.json()["error"]["code"] == "embedding_away" and "ConnectError" not in refused.text
    page = client.post("/deals/similar", data=asked, headers={**JA, "accept": "text/html"})
    assert page.status_code == 503 and "意味による比較はできません" in page.text and "ConnectError" not in page.text


def test_a_server_starts_while_the_service_is_away_and_keeps_its_index(
    service: Service, services: Services, settings: Settings
) -> None:
    build = services.library.with_index(lambda index: index.build)
    service.stop()
    again = open_services(settings)
    try:
        again.library.warm()
        assert again.library.with_index(lambda index: index.build) == build
        assert again.library.search.answer("値引き").by_words
        service.start()
        embedder_of(again).look()
        assert not again.library.search.answer("値引き").by_words
    finally:
        again.close()


def test_another_model_gets_an_index_of_its_own(service: Service, services: Services, settings: Settings) -> None:
    known = embedder_of(services)
    service.turned = True
    for _ in range(2):
        with closing(make_embedder(settings)) as changed:  # type: ignore[type-var]
            assert changed.checksum != known.checksum and changed.name == known.name


def test_questions_of_several_people_go_in_one_request(service: Service, services: Services) -> None:
    search, before = services.library.search, len(service.asked)
    service.answers.clear()
    threads = [threading.Thread(target=search.answer, args=(f"値引きの質問{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    service.answers.set()
    for thread in threads:
        thread.join()
    asked = [texts for texts in service.asked[before:] if texts[0].startswith("query: ")]
    assert sum(map(len, asked)) == 8


def test_an_address_with_a_password_is_refused_since_it_is_shown_as_the_name_of_the_model(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="KB_EMBEDDINGS_KEY"):
        Settings(data=settings.data, embeddings_url="http://kb:geheim@127.0.0.1:8002/v1")


def test_doctor_says_how_the_service_is_doing(service: Service, settings: Settings) -> None:
    reader = Reader.of("ja")
    (found,) = check_engines(settings, reader)
    assert found[:2] == ("embeddings", True) and "words" in found[2] and "64次元" in found[2]
    service.stop()
    (found,) = check_engines(settings, reader)
    assert not found[1] and "KB_EMBEDDINGS_URL" in found[2]
    lost = settings.model_copy(update={"embeddings_key_file": settings.data / "none"})
    (found,) = check_engines(lost, reader)
    assert not found[1] and "KB_EMBEDDINGS_KEY_FILE" in found[2]
