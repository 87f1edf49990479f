"""The small form of the bundled model gives the tokens and vectors of sentence-transformers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.index.embedding import DEFAULT_MODEL, FEW, ModelEmbedder
from kb.model.package import bundled_file, file_checksum
from kb.model.packed import open_packed
from kb.model.pieces import Pieces
from kb.model.small import MOST_TOKENS, SmallModel
from kb.model.unpacking import unpack

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(bundled_file() is None, reason="there is no bundled model on this platform"),
]
ALIKE = 0.9995  # cosine
TEXTS = [
    "",
    " ",
    "値引きを求められたら、金額の前に導入後の効果を一枚の表で示す。",
    "高い と言われたら ",
    "  spaces   within\tand around \n",
    "The customer chose a competitor because the rollout would have taken four months.",
    "GL-200の見積は¥4,200,000(税抜)、ROI 120%でした",
    "ﾊﾝｶｸ ｶﾀｶﾅ ﾃﾞ ｶｲﾀ ﾓﾉ",
    "ＧＬ－２００ Ｓｐｅｃ ①②㈱㍿",
    "🙂🙃 絵文字 é é \u200b\u3000 ½ Ω",
    "<s>marked</s> <pad><unk> <mask>",
    "検" * 3_000,
    "long words " * 600,
    "𠮷野家 ṩ̇ ㆆ \x07 \U000e0001 未知",
]
CHARACTERS = st.one_of(
    st.characters(exclude_categories=["Cs"]),
    st.sampled_from([*" ▁\n\t\u3000\u200b値引あアｱ１①<>/\u0301🙂", "<s>", "</s>", "<unk>", "株式会社", "the ", "ing"]),
)


def _source() -> Path:
    source = bundled_file()
    assert source
    return source


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def small(cache: Path) -> SmallModel:
    return SmallModel(_source(), file_checksum(_source()), cache)


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return Pieces(open_packed(_source()))


@pytest.fixture(scope="module")
def unpacked(cache: Path) -> Path:
    return unpack(_source(), cache)


@pytest.fixture(scope="module")
def tokenizer(unpacked: Path) -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(unpacked / "tokenizer.json"))


@pytest.fixture(scope="module")
def transformer(unpacked: Path) -> Iterator[Any]:
    from sentence_transformers import SentenceTransformer

    yield SentenceTransformer(str(unpacked), device="cpu", local_files_only=True)


def test_questions_have_the_vectors_of_sentence_transformers(small: SmallModel, transformer: Any) -> None:
    ours = small.embed([f"query: {text}" for text in TEXTS])
    assert np.sum(ours * transformer.encode_query(TEXTS), axis=1).min() >= ALIKE


def test_passages_have_the_vectors_of_sentence_transformers(small: SmallModel, transformer: Any) -> None:
    ours = small.embed([f"passage: {text}" for text in TEXTS])
    assert np.sum(ours * transformer.encode_document(TEXTS), axis=1).min() >= ALIKE
    assert np.linalg.norm(ours, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_embedder_gives_few_and_many_texts_the_same_vectors(cache: Path) -> None:
    embedder = ModelEmbedder(DEFAULT_MODEL, cache)
    few, more = TEXTS[2:6], ["x"] * FEW
    for embed in (embedder.embed_passages, embedder.embed_queries):
        assert np.sum(embed(few) * embed([*few, *more])[: len(few)], axis=1).min() >= ALIKE


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_cut_as_the_tokenizer_does(pieces: Pieces, tokenizer: Any, text: str) -> None:
    assert pieces.cut(text) == tokenizer.encode(text, add_special_tokens=False).ids


@settings(max_examples=1_000)
@given(text=st.lists(CHARACTERS, max_size=60).map("".join))
def test_any_text_is_cut_as_the_tokenizer_does(pieces: Pieces, tokenizer: Any, text: str) -> None:
    assert pieces.cut(text) == tokenizer.encode(text, add_special_tokens=False).ids


def test_half_a_pair_of_surrogates_is_cut_like_a_question_mark(pieces: Pieces) -> None:
    assert pieces.cut("値引き\ud800") == pieces.cut("値引き?")


def test_a_long_text_is_truncated_where_the_model_ends(small: SmallModel) -> None:
    kept = "検" * (MOST_TOKENS * 10)
    assert np.array_equal(small.embed([kept]), small.embed([kept + "査" * 9]))
