"""Keys as bytes in order lead to their rows, as a dictionary would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb.index.embedding_cache import text_key
from kb.index.key_table import KeyTable, packed, unpacked
from kb.index.vector_keys import own_key

KEYS = st.lists(st.binary(min_size=20, max_size=20).map(bytes.hex), unique=True, max_size=30)


@given(KEYS, KEYS)
def test_every_key_is_found_at_its_row_and_no_other(first: list[str], later: list[str]) -> None:
    later = [own_key(key) for key in first[:5]] + [key for key in later if key not in first]
    ordered = sorted(first)
    table = KeyTable(packed(ordered)).with_keys(later[:4]).with_keys(later[4:])
    listed = [*ordered, *later]
    assert table.rows(packed(listed)).tolist() == list(range(len(listed)))
    assert [table.key(row) for row in range(len(table))] == listed
    unknown = [text_key("another model", key) for key in listed]
    assert table.rows(packed(unknown)).tolist() == [-1] * len(unknown)


@given(st.binary(max_size=20).map(lambda some: some.ljust(20, b"\0").hex()))
def test_a_key_with_zeros_at_its_end_is_the_same_again(key: str) -> None:
    assert next(unpacked(bytes(some)) for some in packed([key, own_key(key)])) == key
    assert unpacked(bytes(packed([own := own_key(key)])[0])) == own
