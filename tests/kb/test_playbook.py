"""An agreed term is found by any of its spellings."""

from __future__ import annotations

import pytest

from kb.playbook import Playbook, Term, Vocabulary

WORDS = Vocabulary.of(
    [
        Term("roi-proof", "投資対効果", "Proof of ROI", ("ROI", "費用対効果")),
        Term("total-cost", "総保有コスト", "Total cost", ("TCO", "ROI")),
    ]
)


@pytest.mark.parametrize(
    "spelling", ["roi-proof", "ROI-Proof", "投資対効果", " proof of roi ", "ROI", "費用対効果", "ROI"]
)
def test_a_term_is_found_by_any_spelling(spelling: str) -> None:
    found = WORDS.find(spelling)
    assert found is not None
    assert found.key == "roi-proof"


def test_the_first_term_keeps_a_spelling_two_of_them_claim() -> None:
    assert WORDS.label("ROI", "ja") == "投資対効果"


def test_the_label_of_an_unknown_key_is_the_key() -> None:
    assert WORDS.label("zzz", "ja") == "zzz"
    assert WORDS.label("total-cost", "en") == "Total cost"


def test_the_nearest_term_is_suggested_and_nothing_when_none_is_near() -> None:
    assert WORDS.nearest("total-costs") == "total-cost"
    assert WORDS.nearest("☃") is None
    assert Vocabulary.of([Term("maintenance", "ビルメンテナンス", "Maintenance")]).nearest("Finance") is None


def test_an_empty_vocabulary_is_false() -> None:
    assert not Vocabulary()
    assert WORDS


def test_a_reason_belongs_to_an_outcome_and_is_found_in_all_when_it_is_unknown() -> None:
    playbook = Playbook(reasons={"won": Vocabulary.of([Term("price", "価格", "Price")]), "lost": WORDS})
    assert playbook.reason("lost", "price") is None
    assert playbook.reason("lost", "roi") == WORDS.terms[0]
    assert playbook.reason(None, "price") == Term("price", "価格", "Price")
    assert playbook.reason("open", "roi") == WORDS.terms[0]


def test_only_some_facets_have_a_vocabulary() -> None:
    playbook = Playbook(vocabularies={"angle": WORDS})
    assert playbook.vocabulary("angle") is WORDS
    assert not playbook.vocabulary("kind")
