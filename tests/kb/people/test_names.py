"""Names in entries: whose they are, and that nobody is taken for somebody else."""

from __future__ import annotations

import pytest

from kb.entry import owner_key as folded
from kb.people.errors import NameTakenError, PersonNotFoundError
from kb.people.file import PeopleFile
from kb.people.names import Names
from kb.people.people import People

SATO = "佐藤 花子"


def _free(_name: str) -> bool:
    return False


@pytest.fixture
def names(people_file: PeopleFile, people: People) -> Names:
    return Names(people_file, people)


def test_a_person_is_written_by_name_and_stays_so(names: Names, people: People) -> None:
    sato = people.add("hanako@example.jp", SATO, "author", [])
    assert names.written(sato.id, _free) == names.written(sato.id, lambda _: True) == SATO
    assert names.person_of("佐藤　花子") == names.person_of("佐藤花子") == sato.id
    assert names.of(sato.id) == {folded(SATO)}


def test_two_people_of_one_name_are_told_apart(names: Names, people: People) -> None:
    first, second = (people.add(f"{name}@example.jp", SATO, "author", []) for name in ("hanako", "h.sato"))
    written = [names.written(one.id, _free) for one in (first, second)]
    assert written == [f"{SATO} (hanako@example.jp)", f"{SATO} (h.sato@example.jp)"]
    assert [names.person_of(name) for name in (*written, SATO)] == [first.id, second.id, ""]


def test_who_came_later_or_takes_the_name_gets_nothing_of_the_first(names: Names, people: People) -> None:
    first = people.add("hanako@example.jp", SATO, "author", [])
    names.written(first.id, _free)
    second = people.add("other@example.jp", "田中", "author", [])
    people.change(second.id, name="佐藤花子")
    assert names.written(second.id, _free) == "佐藤花子 (other@example.jp)"
    people.change(first.id, name="鈴木 花子")
    assert names.written(second.id, _free) == "佐藤花子 (other@example.jp)"
    assert names.written(first.id, _free) == "鈴木 花子" and names.person_of(SATO) == first.id


def test_a_name_that_stands_in_old_entries_is_nobodys_until_it_is_linked(names: Names, people: People) -> None:
    sato = people.add("hanako@example.jp", SATO, "author", [])
    assert names.written(sato.id, lambda name: folded(name) == folded(SATO)) == f"{SATO} (hanako@example.jp)"
    assert names.person_of(SATO) == ""
    names.link("佐藤", sato.id)
    names.link(SATO, sato.id)
    assert names.of(sato.id) == {folded(name) for name in ("佐藤", SATO, f"{SATO} (hanako@example.jp)")}
    assert names.written(sato.id, lambda _: True) == SATO


def test_a_name_means_one_person(names: Names, people: People) -> None:
    first, second = (people.add(f"{name}@example.jp", name, "author", []) for name in "ab")
    names.link("佐藤", first.id)
    names.link(" 佐 藤 ", first.id)  # again
    with pytest.raises(NameTakenError):
        names.link("佐藤", second.id)
    assert names.unlink("佐藤") and not names.unlink("佐藤")
    names.link("佐藤", second.id)
    assert names.links() == [("佐藤", second.id)]
    with pytest.raises(PersonNotFoundError):
        names.link("鈴木", "nobody")


def test_a_deleted_person_is_recognised_without_keeping_the_name(names: Names, people: People) -> None:
    sato = people.add("hanako@example.jp", SATO, "author", [])
    names.written(sato.id, _free)
    is_former = names.recogniser()
    assert not is_former(SATO)
    names.forget(sato.id)
    people.remove(sato.id)
    is_former = names.recogniser()
    assert is_former("佐藤花子") and not is_former("佐藤") and not is_former("")
    assert names.links() == [] and names.person_of(SATO) == ""
    new = people.add("new@example.jp", SATO, "author", [])
    assert names.written(new.id, _free) == f"{SATO} (new@example.jp)"  # what the other wrote is not theirs
