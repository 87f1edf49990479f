"""Rate limits: a person in a hurry never meets them, a script does; counted before work is done, in bounded memory."""

from __future__ import annotations

from typing import Any

import pytest

from app.http.rates import Rates, Windows, sender_of
from app.settings import Settings
from kb.viewer import NOBODY, OPERATOR, Viewer


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def scope(path: str = "/", person: str = "", token: str = "", client: str = "192.0.2.1") -> dict[str, Any]:
    """Return a request as the middleware sees it."""
    viewer = Viewer(person, person, "reader", frozenset()) if person else OPERATOR
    return {"type": "http", "path": path, "client": (client, 50_000), "state": {"viewer": viewer, "token": token}}


def rates(clock: Seconds, most_keys: int = 100) -> Rates:
    return Rates(Settings(rate_person=3, rate_token=2, rate_sign_in=2), Windows(clock, most_keys))


def test_one_request_too_many_waits_until_the_oldest_is_a_minute_ago() -> None:
    clock = Seconds()
    limited = rates(clock)
    waits = []
    for _ in range(4):
        waits.append(limited.seconds_to_wait(scope(person="a1")))
        clock.at += 10
    assert waits == [0, 0, 0, 30]
    clock.at += 19
    assert limited.seconds_to_wait(scope(person="a1")) == 1
    clock.at += 1
    assert limited.seconds_to_wait(scope(person="a1")) == 0
    assert limited.seconds_to_wait(scope(person="a1")) == 10


def test_a_refused_request_does_not_lengthen_the_wait() -> None:
    clock = Seconds()
    limited = rates(clock)
    waits = [limited.seconds_to_wait(scope(person="a1")) for _ in range(50)]
    assert set(waits[3:]) == {60}
    clock.at += 60
    assert limited.seconds_to_wait(scope(person="a1")) == 0


def test_people_tokens_and_networks_are_counted_apart() -> None:
    limited = rates(Seconds())
    for _ in range(3):
        assert limited.seconds_to_wait(scope(person="a1")) == 0
    assert limited.seconds_to_wait(scope(person="a1"))
    assert limited.seconds_to_wait(scope(person="b2")) == 0
    assert limited.seconds_to_wait(scope(person="a1", token="t1")) == 0
    for _ in range(2):
        assert limited.seconds_to_wait(scope("/sign-in")) == 0
    assert limited.seconds_to_wait(scope("/sign-in"))
    assert limited.seconds_to_wait(scope("/sign-in", client="192.0.2.2")) == 0


@pytest.mark.parametrize("path", ["/static/app.css", "/healthz", "/readyz"])
def test_files_and_health_checks_are_not_counted(path: str) -> None:
    assert sender_of(scope(path, person="a1")) == ("", "")


def test_where_nobody_signs_in_nothing_is_counted() -> None:
    assert sender_of(scope("/")) == ("", "")


def test_strangers_are_counted_by_network_and_apart_from_sign_ins() -> None:
    limited = rates(Seconds())
    stranger = {**scope("/people"), "state": {"viewer": NOBODY}}
    assert [limited.seconds_to_wait(stranger) for _ in range(3)] == [0, 0, 60]
    assert limited.seconds_to_wait(scope("/sign-in")) == 0
    assert limited.seconds_to_wait(scope("/people", person="a1")) == 0


@pytest.mark.parametrize(("address", "network"), [
    ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::/64"),
    ("2001:db8::ffff:1", "2001:db8::/64"), ("testclient", "testclient"),
    ("x" * 9_000, "x" * 60),
])  # fmt: skip
def test_an_address_is_counted_as_the_network_it_belongs_to(address: str, network: str) -> None:
    assert sender_of(scope("/sign-in", client=address)) == ("sign-in", network)


def test_memory_is_bounded_and_the_busy_are_not_forgotten() -> None:
    clock = Seconds()
    windows = Windows(clock, most_keys=100)
    limited = Rates(Settings(rate_sign_in=2), windows)
    for number in range(1_000):
        clock.at += 0.001
        limited.seconds_to_wait(scope("/sign-in", client="192.0.2.1"))
        limited.seconds_to_wait(scope("/sign-in", client=f"198.51.{number // 250}.{number % 250}"))
    assert limited.seconds_to_wait(scope("/sign-in", client="192.0.2.1"))
    assert windows.reset() <= 101
