"""A person's own page: devices and password."""

from __future__ import annotations

import re

from app.services import PeopleServices
from kb.people.person import Person
from tests.app.signin.conftest import PAGE, PASSWORD, As

OTHER = "seven quiet otters swim"


def test_the_page_says_who_one_is_and_leads_to_what_is_ones_own(signed_in: As) -> None:
    text = signed_in("author").get("/me", headers=PAGE).text
    assert "author@example.com" in text and "Sales" in text
    assert all(f'href="{page}"' in text for page in ("/mine", "/mine#entries", "/me/data", "/me/tokens"))
    assert "set by an administrator" not in text  # nobody else gives roles here


def test_one_device_is_signed_out(signed_in: As, known: PeopleServices, everybody: dict[str, Person]) -> None:
    here, there = signed_in("author"), signed_in("author")
    found = re.findall(r'name="which" value="([0-9a-f]+)"', here.get("/me", headers=PAGE).text)
    assert len(found) == 1
    here.post("/me/sessions", data={"which": found[0]})
    assert here.get("/me", headers=PAGE).status_code == 200
    assert there.get("/me", headers=PAGE).status_code == 303


def test_nobody_signs_out_somebody_else(signed_in: As, known: PeopleServices, everybody: dict[str, Person]) -> None:
    admin = signed_in("admin")
    own = known.sessions.of(everybody["admin"].id)[0].id
    signed_in("reader").post("/me/sessions", data={"which": own})
    assert admin.get("/me", headers=PAGE).status_code == 200


def test_all_others_and_everywhere(signed_in: As) -> None:
    first, second, third = (signed_in("author") for _ in range(3))
    first.post("/me/sessions", data={"which": "others"})
    assert [b.get("/me", headers=PAGE).status_code for b in (first, second, third)] == [200, 303, 303]
    again = signed_in("author")
    assert again.post("/me/sessions", data={"which": "all"}).headers["location"] == "/sign-in"
    assert [b.get("/me", headers=PAGE).status_code for b in (first, again)] == [303, 303]


def test_a_password_is_changed_by_who_knows_the_present_one(
    signed_in: As, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    here, there, author = signed_in("author"), signed_in("author"), everybody["author"]
    wrong = here.post("/me/password", data={"present": "x", "password": OTHER}, headers=PAGE)
    assert wrong.status_code == 422 and known.passwords.is_right(author, PASSWORD)
    weak = here.post("/me/password", data={"present": PASSWORD, "password": "short"}, headers=PAGE)
    assert weak.status_code == 422 and "at least 12" in weak.text
    before = here.cookies["session"]
    done = here.post("/me/password", data={"present": PASSWORD, "password": OTHER}, headers=PAGE)
    assert done.status_code == 303 and known.passwords.is_right(author, OTHER)
    assert known.sessions.find(before) is None  # the secret is another one
    assert here.get("/me", headers=PAGE).status_code == 200
    assert there.get("/me", headers=PAGE).status_code == 303


def test_a_role_change_obeys_at_once_and_changes_the_cookie(
    signed_in: As, known: PeopleServices, everybody: dict[str, Person]
) -> None:
    browser = signed_in("reader")
    assert browser.get("/new", headers=PAGE).status_code == 403
    known.people.change(everybody["reader"].id, role="author")
    before = browser.cookies["session"]
    answer = browser.get("/new", headers=PAGE)
    assert answer.status_code == 200 and "session=" in answer.headers["set-cookie"]
    assert known.sessions.find(answer.headers["set-cookie"].split("=")[1].split(";")[0]) is not None
    assert before not in answer.headers["set-cookie"]
    known.people.change(everybody["reader"].id, is_disabled=True)
    assert browser.get("/new", headers=PAGE).status_code == 303
