"""A model puts a question near its answer in either language; a folder without one cannot be loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kb.errors import ModelUnavailableError
from kb.index.embedding import DEFAULT_MODEL, ModelEmbedder, Vectors

PASSAGES = [
    "値引きを求められたら、金額の前に導入後の効果を一枚の表で示す。",
    "監査の前日に紙の温度記録が見つからず、品質保証課長が困っていた。",
    "The customer chose a competitor because the rollout would have taken four months.",
    "Our webinar on food safety brought forty leads at a low cost per lead.",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelEmbedder:
    """The bundled model, unpacked into a folder of its own."""
    return ModelEmbedder(DEFAULT_MODEL, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def passages(model: ModelEmbedder) -> Vectors:
    return model.embed_passages(PASSAGES)


@pytest.mark.model
def test_a_folder_without_a_model_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="neither a sentence-transformers folder"):
        ModelEmbedder(str(tmp_path), tmp_path / "cache").count_tokens("x")


@pytest.mark.model
def test_vectors_have_unit_length_and_one_row_a_text(model: ModelEmbedder) -> None:
    rows = model.embed_passages([*PASSAGES, "", "値" * 5_000])
    assert rows.shape == (len(PASSAGES) + 2, 384)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-4)


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("高いと言われたときの返し方", 0),
        ("How do I answer a request for a discount?", 0),
        ("paper records lost before an audit", 1),
        ("監査で記録がすぐに出せない", 1),
        ("導入に時間がかかるので他社に負けた", 2),
        ("lost to another vendor because of a long rollout", 2),
        ("食品安全のウェビナーで安く見込み客を集めた", 3),
    ],
)
def test_a_question_is_nearest_to_its_answer_across_languages(
    model: ModelEmbedder, passages: Vectors, question: str, answer: int
) -> None:
    scores = passages @ model.embed_queries([question])[0]
    assert int(scores.argmax()) == answer


@pytest.mark.model
def test_a_question_and_a_passage_of_the_same_words_are_embedded_differently(model: ModelEmbedder) -> None:
    assert not np.allclose(model.embed_passages(["値引き"]), model.embed_queries(["値引き"]))


@pytest.mark.model
def test_a_text_is_the_same_alone_and_among_others(model: ModelEmbedder, passages: Vectors) -> None:
    alone = np.concatenate([model.embed_passages([text]) for text in PASSAGES])
    assert np.sum(passages * alone, axis=1) == pytest.approx(1, abs=1e-4)


@pytest.mark.model
def test_tokens_are_counted_without_markers_and_full_width_is_folded(model: ModelEmbedder) -> None:
    assert model.count_tokens("") == 0
    assert model.count_tokens("GL-200") == model.count_tokens("GL-200")
    assert 5 <= model.count_tokens(PASSAGES[0]) <= len(PASSAGES[0])
    assert model.count_tokens("値引き" * 3_000) > 3_000
