"""The register holds every field once, with all that is asked of one."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from typing import Any, get_args

import pytest

from ingest.front_matter import composed
from ingest.parse import parse_entry
from kb import entry as model
from kb.choices import CHOICES, FOLDER_KINDS, KIND_FOLDERS, MONEY_METRICS, OUTCOME_SIGNS
from kb.entry import KINDS, OUTCOMES, PARTS, Campaign, Deal, Entry, TalkTrack
from kb.fields import (
    AGREED,
    BY_NAME,
    FACETS,
    FIELDS,
    FILTERS,
    Field,
    asked_of,
    named,
    own_fields,
    stored_shape,
    understood,
)
from kb.index import analysis
from kb.index.index import FORMAT, fingerprint_of
from kb.playbook import Playbook
from tests.words import WordEmbedder

OF_THE_FILE = {"path", "body", "body_line", "content_hash", "extra", *PARTS.values()}


def _attributes(of: Any) -> list[str]:
    return sorted(field.name for field in dataclasses.fields(of))


def test_every_attribute_is_a_field_and_every_field_an_attribute() -> None:
    assert sorted({*_attributes(Entry)} - OF_THE_FILE) == sorted(field.name for field in own_fields(""))
    for kind, part in (("deal", Deal), ("talk-track", TalkTrack), ("campaign", Campaign)):
        assert _attributes(part) == sorted(field.name for field in own_fields(kind))
    assert {kind for field in FIELDS for kind in field.kinds} == PARTS.keys()


def test_a_name_stands_once_and_is_one_of_its_spellings() -> None:
    assert len(BY_NAME) == len(FIELDS)
    assert [field.name for field in FIELDS if field.name not in field.spellings] == []


def test_no_spelling_means_two_fields() -> None:
    counts = Counter(spelling.casefold() for field in FIELDS for spelling in field.spellings)
    assert [spelling for spelling, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_spelling_is_read_in_any_case_and_width(field: Field) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in field.key)
    for spelling in (*field.spellings, field.key.upper(), wide, f" {field.key} "):
        assert named(spelling) is field


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_has_both_labels_and_says_what_it_holds(field: Field) -> None:
    assert field.label("ja") and field.label("en") and field.about


def test_a_key_an_author_made_up_is_no_field() -> None:
    assert named("見た人") is None and named("") is None


def test_facets_stand_in_their_own_order_and_are_filters() -> None:
    assert [BY_NAME[name].facet for name in FACETS] == list(range(1, len(FACETS) + 1))
    assert set(FACETS) <= set(FILTERS) and all(BY_NAME[name].is_filter for name in FILTERS)


def test_only_texts_and_lists_are_agreed_in_the_playbook() -> None:
    assert {BY_NAME[name].shape for name in AGREED} == {"text", "list"}
    assert len(set(AGREED.values())) == len(AGREED)


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_asks_only_for_fields_its_kind_has_and_for_the_title_first(kind: str) -> None:
    asked = asked_of(kind)
    assert asked[0].name == "title"
    assert [field.name for field in asked if field.kinds and kind not in field.kinds] == []


@pytest.mark.parametrize(
    ("name", "literal"),
    [
        ("kind", model.Kind), ("outcome", model.Outcome), ("team", model.Team), ("language", model.Language),
        ("status", model.Status), ("visibility", model.Audience), ("source", model.ReasonSource),
    ],
)  # fmt: skip
def test_the_model_and_the_register_know_the_same_choices(name: str, literal: Any) -> None:
    assert set(get_args(literal)) == set(CHOICES[name].keys)


def test_every_field_with_fixed_values_has_them_in_the_register() -> None:
    fixed = {field.name for field in FIELDS if field.shape == "choice"}
    assert fixed == CHOICES.keys() - {"source", "metric"}


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_has_both_labels_and_no_spelling_means_two(name: str) -> None:
    words = CHOICES[name]
    for term in words.terms:
        assert term.ja and term.en
        assert all(words.find(spelling) is term for spelling in (term.key, term.ja, term.en, *term.aliases))


def test_outcomes_have_signs_and_kinds_folders() -> None:
    assert tuple(OUTCOME_SIGNS) == OUTCOMES and len(set(OUTCOME_SIGNS.values())) == len(OUTCOMES)
    assert tuple(KIND_FOLDERS) == KINDS
    assert all(FOLDER_KINDS.get(folder, "note") == kind for kind, folder in KIND_FOLDERS.items())
    assert set(MONEY_METRICS) < set(CHOICES["metric"].keys)


def test_a_changed_register_means_another_index_or_another_reading_and_a_new_label_neither() -> None:
    def changed(**by: Any) -> list[bool]:
        fields = [dataclasses.replace(BY_NAME["owner"], **by) if f.name == "owner" else f for f in FIELDS]
        return [stored_shape(fields) != stored_shape(), understood(fields) != understood()]

    assert changed(ja="担当者", about="x", form=()) == [False, False]
    assert changed(is_filter=True) == changed(is_name=True) == changed(is_keyword=False) == [True, False]
    assert changed(spellings=("owner", "係")) == changed(words="people") == [False, True]
    assert changed(shape="list") == [True, True]


def test_the_fingerprint_of_an_index_holds_the_register() -> None:
    embedder = WordEmbedder()
    parts = (FORMAT, stored_shape(), analysis.version(), "c", embedder.checksum)
    assert fingerprint_of(embedder, "c") == hashlib.sha256("\0".join(parts).encode()).hexdigest()


WRITTEN = {
    "day": "2026-03-04", "span": "2026-03-04/2026-03-09", "list": ["価格"], "links": ["deals/x"], "link": "campaigns/x",
    "count": "12", "money": "¥120", "currency": "USD", "text": "一行", "reasons": [{"code": "price"}],
    "metrics": {"leads": "3"}, "variants": [{"angle": "roi", "shown": "9", "responded": "1"}],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", [f for f in FIELDS if f.name != "kind"], ids=lambda field: field.name)
def test_every_field_is_read_from_a_file_whose_kind_has_it(field: Field, kind: str) -> None:
    value = CHOICES[field.name].terms[-1].ja if field.shape == "choice" else WRITTEN[field.shape]
    written = parse_entry(composed({"kind": kind, field.name: value}, "本文。"), "a.md", Playbook()).entry
    without = parse_entry(composed({"kind": kind}, "本文。"), "a.md", Playbook()).entry
    assert (written.value(field.name) != without.value(field.name)) == (not field.kinds or kind in field.kinds)
    assert written.extra == ()
