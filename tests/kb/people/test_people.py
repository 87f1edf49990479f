"""People: added by an admin or met through a provider, and who has the last word on roles and teams."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kb.clock import CLOCK
from kb.people.errors import (
    AddressTakenError,
    BadPersonError,
    LastAdminError,
    NoGroupsError,
    PeopleUnavailableError,
    PersonNotFoundError,
)
from kb.people.file import PeopleFile
from kb.people.people import People
from kb.people.person import Identity

AKI = Identity("oidc", "https://id.example|1", "aki@example.com", "Aki", "author", frozenset({"sales"}))


def test_a_person_is_found_by_id_and_by_the_address_however_it_is_typed(people: People) -> None:
    added = people.add(" Aki@Example.COM ", "Aki  Ueda", "author", ["sales"])
    assert (added.address, added.name, added.teams) == ("aki@example.com", "Aki Ueda", frozenset({"sales"}))
    assert people.get(added.id) == people.by_address("ＡＫＩ@example.com") == added
    assert people.by_address("") is None and people.by_address("other@example.com") is None
    with pytest.raises(PersonNotFoundError):
        people.get("nobody")


def test_an_address_belongs_to_one_person(people: People) -> None:
    people.add("aki@example.com", "Aki", "author", [])
    with pytest.raises(AddressTakenError):
        people.add("AKI@example.com", "Other", "reader", [])
    assert [person.name for person in people.all()] == ["Aki"]


@pytest.mark.parametrize(
    "address", ["", "aki", "@example.com", "aki@", "a ki@example.com", "a@b@c", f"{'a' * 251}@b.c"]
)
def test_what_is_no_address_is_refused(people: People, address: str) -> None:
    with pytest.raises(BadPersonError):
        people.add(address, "Aki", "author", [])


def test_a_name_cannot_hide_characters_or_turn_the_text_around(people: People) -> None:
    for name in ("Aki\u202eadmin", "A\x00", "\u2028", "x" * 101):
        with pytest.raises(BadPersonError):
            people.add("aki@example.com", name, "author", [])
    assert people.add("aki@example.com", "", "author", []).name == "aki"


def test_nobody_can_take_the_last_admin_away(people: People) -> None:
    first = people.add("aki@example.com", "Aki", "admin", [])
    with pytest.raises(LastAdminError):
        people.change(first.id, role="editor")
    with pytest.raises(LastAdminError):
        people.change(first.id, is_disabled=True)
    assert people.admins() == [first]
    second = people.add("ben@example.com", "Ben", "admin", [])
    assert people.change(first.id, role="editor").role == "editor"
    assert people.admins() == [second]


def test_people_can_be_changed_where_there_is_no_admin_yet(people: People) -> None:
    person = people.add("aki@example.com", "Aki", "reader", [])
    assert people.change(person.id, name="Aki Ueda", teams=["sales"]).name == "Aki Ueda"


def test_a_person_met_for_the_first_time_has_what_the_provider_says(people: People) -> None:
    met = people.met(AKI)
    assert (met.role, met.role_source, met.teams, met.team_source) == ("author", "oidc", frozenset({"sales"}), "oidc")
    silent = people.met(Identity("proxy", "ben", "", "Ben"))
    assert (silent.role, silent.teams, silent.address) == ("reader", frozenset(), "")
    assert people.met(Identity("proxy", "cho", "", "Cho")).id != silent.id  # two without an address


def test_each_sign_in_follows_the_provider_also_in_what_it_takes_away(people: People) -> None:
    first = people.met(AKI)
    moved = people.met(replace(AKI, address="aki.ueda@example.com", name="Aki Ueda", role="reader", teams=frozenset()))
    assert moved == replace(first, address="aki.ueda@example.com", name="Aki Ueda", role="reader", teams=frozenset())


def test_what_an_admin_sets_outlasts_the_next_sign_in_until_it_follows_the_groups_again(people: People) -> None:
    person = people.met(AKI)
    people.change(person.id, role="editor", teams=["marketing"], name="Aki U.")
    again = people.met(replace(AKI, role="reader", teams=frozenset({"support"})))
    assert (again.role, again.role_source, again.teams) == ("editor", "local", frozenset({"marketing"}))
    assert again.name == "Aki U."
    follows = people.follow_groups(person.id)
    assert (follows.role, follows.role_source, follows.teams) == ("reader", "oidc", frozenset({"support"}))
    assert people.met(AKI).role == "author"


def test_a_person_of_this_server_has_no_groups_to_follow(people: People) -> None:
    with pytest.raises(NoGroupsError):
        people.follow_groups(people.add("aki@example.com", "Aki", "author", []).id)


def test_an_account_of_this_server_is_taken_over_by_its_verified_address_and_keeps_its_role(people: People) -> None:
    added = people.add("aki@example.com", "", "editor", ["marketing"])
    met = people.met(AKI)
    assert met == replace(added, name="Aki")


def test_a_reassigned_address_does_not_hand_over_the_account(people: People) -> None:
    people.met(AKI)
    with pytest.raises(AddressTakenError):
        people.met(replace(AKI, subject="https://id.example|2", name="New colleague"))


def test_a_name_from_a_provider_is_made_fit_to_be_shown(people: People) -> None:
    met = people.met(replace(AKI, name="Aki\u202e\nUeda" + "x" * 200))
    assert met.name.startswith("Aki Uedax") and len(met.name) == 100


def test_nothing_is_created_before_the_first_use_and_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    file = PeopleFile(tmp_path / "var" / "people.sqlite")
    assert not (tmp_path / "var").exists()
    people = People(file, CLOCK)
    people.add("aki@example.com", "Aki", "author", [])
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "var").iterdir()}
    assert set(modes.values()) == {0o600} and "people.sqlite" in modes
    file.close()


def test_a_file_of_a_newer_version_is_refused(file_only: PeopleFile, people: People) -> None:
    people.add("aki@example.com", "Aki", "author", [])
    with file_only.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA user_version=99")
    file_only.close()
    with pytest.raises(PeopleUnavailableError, match="newer version"):
        People(PeopleFile(file_only.path), CLOCK).all()


def test_a_damaged_file_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "people.sqlite").write_text("not a database" * 100)
    with pytest.raises(PeopleUnavailableError):
        People(PeopleFile(tmp_path / "people.sqlite"), CLOCK).all()
