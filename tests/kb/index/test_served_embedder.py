"""An embedder whose model runs in a service: recognised, asked in portions, away, and another than before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import pytest

from kb.errors import EmbeddingAwayError
from kb.index.embedding_server import EmbeddingServer
from kb.index.served_embedder import AT_ONCE, Prefixes, Recognised, ServedEmbedder
from tests.embedding_service import Service, embedding_service
from tests.words import WordEmbedder, count_tokens

MakeEmbedder = Callable[..., ServedEmbedder]
TEXTS = [f"値引きの話 {number}" for number in range(AT_ONCE + 8)]


class Notes:
    """A memory of one test."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.met: Recognised | None = None

    def last(self) -> Recognised | None:
        return self.met

    def keep(self, model: Recognised) -> None:
        self.met = model

    def common(self, name: str, own: bytes) -> bytes:
        return self.kept.setdefault(name, own)


@pytest.fixture
def service() -> Iterator[Service]:
    with embedding_service() as running:
        yield running


@pytest.fixture
def embedder_of(service: Service) -> Iterator[MakeEmbedder]:
    with ExitStack() as stack:

        def make(notes: Notes | None = None, prefixes: Prefixes | None = None) -> ServedEmbedder:
            server = EmbeddingServer(service.url, key="of the service")
            stack.callback(server.close)
            return ServedEmbedder(server, prefixes or Prefixes(), count_tokens, notes or Notes())

        yield make


def test_vectors_are_those_of_the_service_in_order_unit_length_with_what_the_model_wants_before(
    service: Service, embedder_of: MakeEmbedder
) -> None:
    embedder = embedder_of()
    rows = embedder.embed_passages(TEXTS)
    assert np.allclose(rows, WordEmbedder().embed_passages([f"passage: {text}" for text in TEXTS]), atol=1e-6)
    assert rows.dtype == np.float32 and rows.shape == (len(TEXTS), embedder.dimensions)
    row = embedder.embed_queries(["値引き"])
    assert np.allclose(row, WordEmbedder().embed_passages(["query: 値引き"]), atol=1e-6)
    assert max(map(len, service.asked)) <= AT_ONCE
    before = len(service.asked)
    assert len(embedder.embed_passages(["長い文章。" * 500] * 3)) == 3 and len(service.asked) == before + 3
    assert {headers["authorization"] for headers in service.headers} == {"Bearer of the service"}
    assert embedder.embed_passages([]).shape == (0, embedder.dimensions) and embedder.count_tokens("値引き") == 3


def test_queries_that_come_together_go_in_one_request(service: Service, embedder_of: MakeEmbedder) -> None:
    embedder = embedder_of()
    before = len(service.asked)
    assert len(embedder.embed_queries(["値引き", "納期"])) == 2
    assert service.asked[before:] == [["query: 値引き", "query: 納期"]]


def test_a_model_is_the_same_as_long_as_name_dimensions_prefixes_and_vectors_are(
    service: Service, embedder_of: MakeEmbedder
) -> None:
    notes = Notes()
    first = embedder_of(notes).checksum
    assert embedder_of(notes).checksum == first == embedder_of().checksum
    assert embedder_of(notes, Prefixes("", "")).checksum != first
    service.turned = True
    assert (turned := embedder_of(notes).checksum) != first
    assert embedder_of(notes).checksum == turned
    service.turned = False
    assert embedder_of(notes).checksum == first
    service.name = "other"
    assert embedder_of(notes).checksum not in (first, turned)


def test_what_a_service_says_of_its_model_is_believed(service: Service, embedder_of: MakeEmbedder) -> None:
    service.version = "ab" * 32
    assert embedder_of().checksum == service.version
    assert embedder_of(None, Prefixes("", "")).checksum != service.version
    service.lists_models = False
    assert embedder_of().name == "words-informed"


def test_while_it_is_away_everything_fails_at_once_until_it_is_found_again(
    service: Service, embedder_of: MakeEmbedder
) -> None:
    embedder = embedder_of()
    service.stop()
    for _ in range(2):
        with pytest.raises(EmbeddingAwayError):
            embedder.embed_queries(["納期"])
    asked = len(service.asked)
    service.start()
    with pytest.raises(EmbeddingAwayError):  # nobody waits for it but `look`
        embedder.embed_passages(["納期"])
    assert len(service.asked) == asked and embedder.trouble
    embedder.look()
    assert not embedder.trouble and embedder.embed_queries(["納期"]).shape == (1, embedder.dimensions)


def test_a_start_while_it_is_away_needs_that_it_was_met_before(service: Service, embedder_of: MakeEmbedder) -> None:
    notes = Notes()
    known = embedder_of(notes)
    service.stop()
    with pytest.raises(EmbeddingAwayError):
        embedder_of()
    started = embedder_of(notes)
    assert started.trouble and (started.checksum, started.name) == (known.checksum, known.name)
    service.start()
    started.look()
    assert not started.trouble and len(started.embed_queries(["納期"])) == 1


def test_vectors_of_another_model_are_never_stored_whenever_it_is_put_in_its_place(
    service: Service, embedder_of: MakeEmbedder
) -> None:
    embedder = embedder_of()
    service.turned = True
    with pytest.raises(EmbeddingAwayError, match="other vectors"):
        embedder.embed_passages(["納期"])
    embedder.look()
    assert "other vectors" in embedder.trouble
    service.turned = False
    embedder.look()
    assert not embedder.trouble


def test_a_service_that_hangs_is_waited_for_once(service: Service, embedder_of: MakeEmbedder) -> None:
    embedder = embedder_of()
    service.answers.clear()
    for _ in range(2):
        with pytest.raises(EmbeddingAwayError):
            embedder.embed_queries(["納期"])
    assert [texts for texts in service.asked if texts == ["query: 納期"]] == [["query: 納期"]]


def test_a_busy_service_is_asked_again_and_a_text_that_is_too_long_for_it_is_cut(
    service: Service, embedder_of: MakeEmbedder
) -> None:
    embedder = embedder_of()
    service.busy = 2
    assert len(embedder.embed_queries(["納期"])) == 1
    service.longest = 400
    texts = ["長い話" * 300, "短い話"]
    rows = embedder.embed_passages(texts)
    assert np.allclose(rows[1], WordEmbedder().embed_passages(["passage: 短い話"])[0], atol=1e-6)
    assert rows.shape[0] == 2 and not embedder.trouble
    assert len(embedder.embed_passages(["\ud800", ""])) == 2


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_service_that_refuses_says_so(service: Service, embedder_of: MakeEmbedder, status: int) -> None:
    service.refuses = status
    with pytest.raises(EmbeddingAwayError, match=str(status)):
        embedder_of()
