"""An entry survives the way into the catalogue and back."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from kb import entry as model
from kb.choices import CHOICES
from kb.entry import Campaign, Deal, Entry, Reason, TalkTrack, Variant
from kb.index.documents import from_document, to_document

_WORDS = st.text(max_size=12)
_LISTS = st.lists(_WORDS, max_size=3).map(tuple)
_DAYS = st.none() | st.dates()
_COUNTS = st.integers(0, 10**15)
_REASONS = st.builds(Reason, _WORDS, st.none() | st.sampled_from(get_args(model.ReasonSource)), _WORDS)
_DEALS = st.builds(
    Deal,
    outcome=st.none() | st.sampled_from(get_args(model.Outcome)),
    customer=_WORDS,
    size=st.none() | _COUNTS,
    amount=st.none() | _COUNTS,
    closed_on=_DAYS,
    reasons=st.lists(_REASONS, max_size=3).map(tuple),
    used=_LISTS,
)
_CAMPAIGNS = st.builds(
    Campaign,
    channel=_WORDS,
    metrics=st.dictionaries(_WORDS, _COUNTS, max_size=3),
    variants=st.lists(st.builds(Variant, _WORDS, _COUNTS, _COUNTS), max_size=3).map(tuple),
)
ENTRIES = st.builds(
    Entry,
    id=_WORDS,
    path=_WORDS,
    title=_WORDS,
    kind=st.sampled_from(model.KINDS),
    body=st.text(max_size=50),
    body_line=st.integers(1, 99),
    language=st.sampled_from(["ja", "en"]),
    content_hash=_WORDS,
    team=st.none() | st.sampled_from(CHOICES["team"].keys),
    date=_DAYS,
    verified_on=_DAYS,
    review_by=_DAYS,
    tag=_LISTS,
    related=_LISTS,
    deal=st.none() | _DEALS,
    talk_track=st.none() | st.builds(TalkTrack, _WORDS, _WORDS, _WORDS),
    campaign=st.none() | _CAMPAIGNS,
    extra=st.lists(st.tuples(_WORDS, _WORDS), max_size=3).map(tuple),
)


@given(ENTRIES)
def test_an_entry_is_the_same_after_the_way_into_the_catalogue_and_back(entry: Entry) -> None:
    assert from_document(to_document(entry), entry.body) == entry


@given(ENTRIES)
def test_an_entry_has_values_for_every_facet(entry: Entry) -> None:
    assert tuple(entry.facet_values()) == model.FACETS
