"""The server of one model for many processes: the shape of its answers, its bounds, and the bundled model behind it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli.main import app as kb
from app.embedding import local_embedder, make_embedder
from app.model_server import MOST_TEXTS, ModelServer, model_app
from app.settings import Settings
from kb.index.embedding import Vectors
from kb.index.served_embedder import ServedEmbedder
from tests.attack.serving import Attacked, attacked
from tests.waiting import wait_until
from tests.words import WordEmbedder

KEY = "of-the-model"


class Given(WordEmbedder):
    """A model that works only while it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_work = threading.Event()
        self.portions: list[int] = []
        self.may_work.set()

    def embed_as_given(self, given: Sequence[str]) -> Vectors:
        """Return one unit vector a text."""
        self.may_work.wait()
        self.portions.append(len(given))
        return self.embed_queries(given)


@pytest.fixture
def model() -> Given:
    return Given()


@pytest.fixture
def running(model: Given) -> Iterator[Attacked]:
    server = ModelServer(model, waiting=3)
    with attacked(model_app(server, KEY)) as served:
        yield served
    server.close()


def client_of(served: Attacked, key: str = KEY) -> httpx2.Client:
    return httpx2.Client(base_url=f"http://127.0.0.1:{served.port}", headers={"authorization": f"Bearer {key}"})


def test_it_answers_in_openai_s_shape(running: Attacked, model: Given) -> None:
    with client_of(running) as client:
        assert client.get("/v1/models").json()["data"][0]["id"] == "words"
        texts = [f"値引き {number}" for number in range(10)]
        found = client.post("/v1/embeddings", json={"input": texts, "model": "words"}).json()["data"]
        assert [one["index"] for one in found] == list(range(10)) and max(model.portions) <= 4
        wanted = model.embed_queries(texts)
        assert np.allclose([one["embedding"] for one in found], wanted)
        packed = client.post("/v1/embeddings", json={"input": "値引き 3", "encoding_format": "base64"}).json()["data"]
        assert np.allclose(np.frombuffer(base64.b64decode(packed[0]["embedding"]), "<f4"), wanted[3])


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (401, {"headers": {"authorization": "Bearer another"}, "json": {"input": "x"}}),
        (403, {"headers": {"origin": "http://127.0.0.1:8080"}, "json": {"input": "x"}}),
        (415, {"headers": {"content-type": "text/plain"}, "content": '{"input": "x"}'}),
        (413, {"headers": {"content-type": "application/json"}, "content": iter([b'{"input": "x"}'])}),
        (422, {"json": {"input": []}}),
        (422, {"json": {"input": ["x"] * (MOST_TEXTS + 1)}}),
        (422, {"json": {"input": [[1, 2]]}}),
        (422, {"json": {}}),
    ],
)
def test_it_refuses_what_it_does_not_take(running: Attacked, status: int, sent: dict[str, object]) -> None:
    with client_of(running) as client:
        answer = client.post("/v1/embeddings", **sent)  # type: ignore[arg-type]
        assert answer.status_code == status and answer.json()["error"]["message"]
        assert client.post("/v1/embeddings", json={"input": "x"}).status_code == 200


def test_one_request_too_many_is_told_to_come_back_and_the_others_are_answered(running: Attacked, model: Given) -> None:
    model.may_work.clear()
    answers: list[httpx2.Response] = []
    refused: list[httpx2.Response] = []

    def ask() -> None:
        with client_of(running) as client:
            answer = client.post("/v1/embeddings", json={"input": ["値引き", "納期"]}, timeout=300)
            (refused if answer.status_code == 503 else answers).append(answer)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(refused) == 2, "two refusals")
    model.may_work.set()
    for thread in threads:
        thread.join()
    assert [one.status_code for one in answers] == [200] * 3
    assert {one.headers["retry-after"] for one in refused} == {"1"}


def test_it_is_not_opened_to_other_machines_without_a_key() -> None:
    said = CliRunner().invoke(kb, ["--lang", "ja", "embeddings", "--host", "0.0.0.0"])
    assert said.exit_code == 1 and "KB_EMBEDDINGS_KEY" in said.output


@pytest.mark.model
def test_the_bundled_model_gives_the_same_vectors_over_the_server_under_the_same_checksum(tmp_path: Path) -> None:
    local = local_embedder(Settings(data=tmp_path))
    server = ModelServer(local, waiting=10)
    with attacked(model_app(server)) as served:
        settings = Settings(data=tmp_path, embeddings_url=f"http://127.0.0.1:{served.port}/v1")
        embedder = make_embedder(settings)
        assert isinstance(embedder, ServedEmbedder)
        assert embedder.checksum == local.checksum and embedder.name == "multilingual-e5-small"
        passages = ["価格が高いと言われた。", "They chose us for support."]
        assert np.allclose(embedder.embed_passages(passages), local.embed_passages(passages), atol=1e-3)
        assert np.allclose(embedder.embed_queries(["値引き"]), local.embed_queries(["値引き"]), atol=1e-3)
        assert embedder.count_tokens("値引き") == local.count_tokens("値引き")
        embedder.close()
    server.close()
