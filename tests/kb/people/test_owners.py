"""Whose an entry is: a namesake, or somebody who takes another's name, gets nothing of theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ingest.owning import is_own
from kb.audience import visible_to
from kb.clock import Clock
from kb.entry import PRIVATE, Entry, is_shown
from kb.masking import masks_for, rules_for
from kb.owners import is_owner
from kb.people.errors import BadTokenError
from kb.people.file import PeopleFile
from kb.people.names import Names
from kb.people.people import People
from kb.people.sessions import Sessions
from kb.people.tokens import Tokens
from kb.playbook import MaskingRule, Playbook
from kb.viewer import EVERYTHING, Viewer
from tests.deals import deal

SATO = "佐藤 花子"
RULES = Playbook(masking=(MaskingRule(frozenset({"customer"})),))


def _free(_name: str) -> bool:
    return False


def _rights(viewer: Viewer, entry: Entry) -> set[str]:
    """Return what of an owner's rights a viewer has."""
    rights = {
        "owns": is_owner(viewer, entry.owner),
        "sees": is_shown(entry.audiences, visible_to(viewer)),
        "unmasked": not masks_for(rules_for(RULES, viewer), viewer, entry, date(2026, 11, 28)),
        "changes": is_own(viewer, entry),
    }
    return {right for right, has in rights.items() if has}


ALL = {"owns", "sees", "unmasked", "changes"}


def _of(owner: str) -> Entry:
    return replace(deal("a", "won"), owner=owner, visibility=PRIVATE)


@pytest.fixture
def names(people_file: PeopleFile, people: People) -> Names:
    return Names(people_file, people)


def test_a_namesake_has_nothing_of_the_first(names: Names, people: People) -> None:
    first = people.add("hanako@example.jp", SATO, "author", ["sales"])
    entry = _of(names.written(first.id, _free))
    second = people.add("h.sato@example.jp", "佐藤　花子", "author", ["sales"])
    assert _rights(people.get(first.id).viewer, entry) == ALL
    assert _rights(people.get(second.id).viewer, entry) == set()
    assert names.written(second.id, _free) == "佐藤 花子 (h.sato@example.jp)"
    assert _rights(people.get(second.id).viewer, entry) == set()


def test_who_changes_the_name_keeps_the_own_entries_and_gets_no_others(names: Names, people: People) -> None:
    first = people.add("hanako@example.jp", SATO, "author", [])
    other = people.add("tanaka@example.jp", "田中", "author", [])
    entry, others = _of(names.written(first.id, _free)), _of(names.written(other.id, _free))
    people.change(first.id, name="鈴木 花子")
    people.change(other.id, name=SATO)
    names.written(other.id, _free)
    first, other = people.get(first.id), people.get(other.id)
    assert _rights(first.viewer, entry) == _rights(other.viewer, others) == ALL
    assert _rights(other.viewer, entry) == _rights(first.viewer, others) == set()


def test_a_name_typed_long_ago_means_nobody_until_it_is_linked(names: Names, people: People) -> None:
    sato = people.add("hanako@example.jp", SATO, "author", [])
    assert _rights(people.get(sato.id).viewer, _of("佐藤花子")) == set()
    names.link("佐藤花子", sato.id)
    assert _rights(people.get(sato.id).viewer, _of(SATO)) == ALL
    names.unlink(SATO)
    assert _rights(people.get(sato.id).viewer, _of(SATO)) == set()


def test_nobody_is_called_by_the_id_or_the_full_name_of_another(names: Names, people: People) -> None:
    first = people.add("hanako@example.jp", SATO, "author", [])
    full = f"{SATO} (hanako@example.jp)"
    for name in (first.id, full):
        thief = people.add(f"{len(name)}@example.jp", name, "author", [])
        names.written(thief.id, _free)
        assert _rights(people.get(thief.id).viewer, _of(first.id)) == set()
    assert _rights(people.get(first.id).viewer, _of(first.id)) == ALL
    written = names.written(first.id, lambda _: True)  # the full name is taken
    assert written == first.id
    assert _rights(people.get(first.id).viewer, _of(written)) == ALL


def test_every_way_in_knows_the_names(names: Names, people: People, people_file: PeopleFile, clock: Clock) -> None:
    sato = people.add("hanako@example.jp", SATO, "author", [])
    secret = Sessions(people_file, clock).begin(sato.id, device="", way="password")
    tokens = Tokens(people_file, people, clock)
    _, token = tokens.make(sato, "report", "write")
    entry = _of(names.written(sato.id, _free))
    session = Sessions(people_file, clock).find(secret)
    by_token = tokens.viewer_of(token)
    assert session and _rights(session.person.viewer, entry) == ALL
    assert by_token and _rights(by_token, entry) == ALL


def test_who_did_not_sign_in_owns_nothing() -> None:
    assert _rights(Viewer("", "", "reader", frozenset()), _of("")) == set()


def test_the_team_of_everything_sees_it_all_unmasked(people: People, people_file: PeopleFile, clock: Clock) -> None:
    boss = people.add("aoi@example.jp", "葵", "editor", ["＊", "sales"])
    tokens = Tokens(people_file, people, clock)
    _, whole = tokens.make(boss, "all", "read")
    _, part = tokens.make(boss, "marketing only", "read", teams=["marketing"])
    hidden = _of("somebody")
    assert EVERYTHING in boss.teams and boss.viewer.audiences is None
    assert _rights(boss.viewer, hidden) == {"sees", "unmasked", "changes"}
    seen = {secret: tokens.viewer_of(secret) for secret in (whole, part)}
    assert [one and one.audiences for one in seen.values()] == [None, frozenset({"marketing"})]
    people.change(boss.id, teams=["sales"])
    cut = {secret: tokens.viewer_of(secret) for secret in (whole, part)}
    assert [one and one.audiences for one in cut.values()] == [frozenset({"sales"}), frozenset()]


def test_a_token_of_somebody_who_sees_a_part_cannot_see_everything(
    people: People, people_file: PeopleFile, clock: Clock
) -> None:
    with pytest.raises(BadTokenError):
        tokens = Tokens(people_file, people, clock)
        tokens.make(people.add("b@example.jp", "別所", "author", ["sales"]), "x", "read", teams=[EVERYTHING])
