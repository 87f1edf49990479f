"""A proxy is believed where it is trusted, and nobody else who sends the same headers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.datastructures import Headers

from app.settings import Settings
from app.signin.proxy import ProxyPeople, TrustedProxy
from kb.clock import Clock
from kb.people.audit import Audit
from kb.people.errors import SignInRefusedError
from kb.people.file import PeopleFile
from kb.people.people import People
from kb.people.person import Identity
from tests.app.signin.issuing import Issuer, issuing, signed_with, unsigned

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
CLOCK = Clock(lambda: NOW)
HERE = "10.0.0.7"
UNLOGGED = Audit(PeopleFile(Path("none.sqlite")), CLOCK, is_kept=False)
SENT = {
    "X-Forwarded-User": "aoi",
    "X-Forwarded-Preferred-Username": "青井 葵",
    "X-Forwarded-Email": "Aoi@example.jp",
    "X-Forwarded-Groups": "/Sales, all,経理",
}


def _settings(**chosen: Any) -> Settings:
    return Settings(auth="proxy", **{"trusted_proxies": "10.0.0.0/24, 2001:db8::/64", **chosen})


def _headers(sent: Mapping[str, str] | list[tuple[str, str]]) -> Headers:
    pairs = sent.items() if isinstance(sent, Mapping) else sent
    return Headers(raw=[(name.lower().encode(), value.encode()) for name, value in pairs])


def _vouched(sent: Mapping[str, str] | list[tuple[str, str]], peer: str = HERE, **chosen: Any) -> Identity | None:
    return TrustedProxy(_settings(**chosen), CLOCK).identity(_headers(sent), peer)


def test_the_headers_say_who_it_is() -> None:
    teams = frozenset({"/Sales", "経理"})  # `all` is a word of visibility, not a group
    assert _vouched(SENT) == Identity("proxy", "aoi", "aoi@example.jp", "青井 葵", None, teams)


def test_the_groups_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "groups.yaml"
    path.write_text("groups:\n  /Sales: {team: sales, role: editor}\n", "utf-8")
    found = _vouched(SENT, groups_file=path)
    assert found is not None and found.role == "editor" and found.teams == {"/Sales", "経理", "sales"}


@pytest.mark.parametrize(
    "peer", ["10.0.1.7", "127.0.0.1", "2001:db8:1::1", "", "testclient", "10.0.0.7, 10.0.0.8", "::ffff:10.0.1.7"]
)
def test_from_elsewhere_the_headers_count_for_nothing(peer: str) -> None:
    assert _vouched(SENT, peer) is None


@pytest.mark.parametrize("peer", ["10.0.0.1", "::ffff:10.0.0.1", "2001:db8::5", "2001:db8::5%eth0"])
def test_a_network_is_trusted_however_an_address_is_written(peer: str) -> None:
    assert _vouched(SENT, peer) is not None


def test_ignored_headers_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    proxy = TrustedProxy(_settings(), CLOCK)
    for _ in range(3):
        assert proxy.identity(_headers(SENT), "192.0.2.1") is None
    assert len(caplog.records) == 1 and "KB_TRUSTED_PROXIES" in caplog.text


@pytest.mark.parametrize("name", SENT)
def test_a_header_that_comes_twice_is_refused(name: str) -> None:
    """A proxy that adds its header to the visitor's own lets a visitor be anybody."""
    with pytest.raises(SignInRefusedError):
        _vouched([(name, "admin"), *SENT.items()])


@pytest.mark.parametrize("user", ["", "  "])
def test_without_a_user_nobody_is_signed_in(user: str) -> None:
    assert _vouched({**SENT, "X-Forwarded-User": user}) is None


@pytest.mark.parametrize("user", ["a\u202eb", "x" * 300])
def test_a_name_that_could_be_taken_for_another_is_refused(user: str) -> None:
    with pytest.raises(SignInRefusedError):
        _vouched({**SENT, "X-Forwarded-User": user})


def test_without_headers_for_name_and_groups_nothing_is_said_about_teams() -> None:
    found = _vouched(
        {"Remote-User": "aoi@example.jp"}, proxy_user="Remote-User", proxy_name="", proxy_email="", proxy_groups=""
    )
    assert found == Identity("proxy", "aoi@example.jp", "aoi@example.jp", "aoi@example.jp", None, None)


@pytest.mark.parametrize("groups", ["a,b", "a, b", "a|b", "|a||b,"])
def test_groups_are_separated_by_commas_or_bars(groups: str) -> None:
    found = _vouched({"X-Forwarded-User": "aoi", "X-Forwarded-Groups": groups})
    assert found is not None and found.teams == {"a", "b"}


def test_no_groups_header_is_no_group() -> None:
    found = _vouched({"X-Forwarded-User": "aoi"})
    assert found is not None and found.teams == frozenset()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """Whoever signs assertions."""
    with issuing(ECKey.generate_key("P-256", {"kid": "one"})) as issuer:
        yield issuer


def _asserted(issuer: Issuer, headers: Mapping[str, str], peer: str = HERE) -> Identity | None:
    chosen = {
        "proxy_jwt_header": "X-Assertion",
        "proxy_jwks_url": f"{issuer.address}/keys",
        "proxy_jwt_issuer": "https://access.example",
        "proxy_jwt_audience": "kb",
        "oidc_groups_claim": "groups",
    }
    return _vouched({**SENT, **headers}, peer, **chosen)


def _claims(**changed: object) -> dict[str, object]:
    claims = {
        "iss": "https://access.example",
        "aud": ["kb"],
        "sub": "7",
        "exp": int(NOW.timestamp()) + 60,
        "email": "midori@example.jp",
        "groups": ["/Marketing"],
    }
    return {name: value for name, value in {**claims, **changed}.items() if value is not None}


def test_a_signed_assertion_counts_and_the_headers_do_not(issuer: Issuer) -> None:
    found = _asserted(issuer, {"X-Assertion": issuer.signed(_claims(), alg="ES256")})
    assert found == Identity(
        "proxy", "https://access.example 7", "midori@example.jp", "midori", None, frozenset({"/Marketing"})
    )


def test_where_an_assertion_is_configured_the_headers_alone_are_nobody(issuer: Issuer) -> None:
    assert _asserted(issuer, {}) is None


def test_an_assertion_counts_only_from_a_trusted_proxy(issuer: Issuer) -> None:
    assert _asserted(issuer, {"X-Assertion": issuer.signed(_claims(), alg="ES256")}, "192.0.2.1") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": ["other"]}, {"aud": None}, {"sub": None}, {"exp": None},
        {"exp": int(NOW.timestamp()) - 61}, {"nbf": int(NOW.timestamp()) + 61}, {"exp": "soon"},
    ],
)  # fmt: skip
def test_an_assertion_with_a_wrong_claim_is_refused(issuer: Issuer, changed: dict[str, object]) -> None:
    with pytest.raises(SignInRefusedError):
        _asserted(issuer, {"X-Assertion": issuer.signed(_claims(**changed), alg="ES256")})


def test_clocks_may_differ_by_a_minute(issuer: Issuer) -> None:
    claims = _claims(exp=int(NOW.timestamp()) - 59, nbf=int(NOW.timestamp()) + 59)
    assert _asserted(issuer, {"X-Assertion": issuer.signed(claims, alg="ES256")}) is not None


def test_a_forged_assertion_is_refused(issuer: Issuer) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "one"})
    for forged in (
        jwt.encode({"alg": "ES256", "kid": "one"}, _claims(), stranger),
        signed_with(issuer.keys.keys[0].as_pem(private=False), _claims(), kid="one"),
        unsigned(_claims()),
        "a.b.c",
        "nonsense",
    ):
        with pytest.raises(SignInRefusedError):
            _asserted(issuer, {"X-Assertion": forged})


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """An administrator, who is somebody else."""
    file = PeopleFile(tmp_path / "people.sqlite")
    people = People(file, CLOCK)
    people.add("root@example.jp", "Root", "admin", [])
    yield people
    file.close()


def test_groups_follow_the_proxy_at_the_next_request(people: People) -> None:
    known = ProxyPeople(TrustedProxy(_settings(), CLOCK), people, CLOCK, UNLOGGED)
    first = known.person(_headers(SENT), HERE)
    assert first is not None and first.teams == {"/Sales", "経理"}
    moved = known.person(_headers({**SENT, "X-Forwarded-Groups": "経理"}), HERE)
    assert moved is not None and (moved.id, moved.teams) == (first.id, {"経理"})


def test_what_a_proxy_says_is_written_once_a_minute(people: People, tmp_path: Path) -> None:
    now = [NOW]
    clock = Clock(lambda: now[0])
    people = People(PeopleFile(tmp_path / "people.sqlite"), clock)
    known = ProxyPeople(TrustedProxy(_settings(), clock), people, clock, UNLOGGED)
    written = []
    for seconds in (0, 30, 59, 60, 90):
        now[0] = NOW + timedelta(seconds=seconds)
        known.person(_headers(SENT), HERE)
        with closing(sqlite3.connect(tmp_path / "people.sqlite")) as connection:
            written.append(connection.execute("SELECT met_at FROM subjects").fetchone()[0][11:19])
    assert written == ["09:00:00"] * 3 + ["09:01:00"] * 2


def test_what_an_admin_changes_counts_at_the_next_request(people: People) -> None:
    known = ProxyPeople(TrustedProxy(_settings(), CLOCK), people, CLOCK, UNLOGGED)
    person = known.person(_headers(SENT), HERE)
    assert person is not None
    people.change(person.id, role="editor")
    again = known.person(_headers(SENT), HERE)
    assert again is not None and (again.role, again.role_source) == ("editor", "local")
    people.change(person.id, is_disabled=True)
    with pytest.raises(SignInRefusedError, match="disabled"):
        known.person(_headers(SENT), HERE)


def test_nobody_is_met_from_elsewhere(people: People) -> None:
    known = ProxyPeople(TrustedProxy(_settings(), CLOCK), people, CLOCK, UNLOGGED)
    assert known.person(_headers(SENT), "192.0.2.1") is None
    assert len(people.all()) == 1
