"""What a person may not see does not exist for them: every route, asked as each of seven people.

For each of them two servers stand side by side, one over a base with 40 hidden entries, one over a base that never held
those the person may not see. Every answer must be the same, and hold no word of a hidden entry that was not sent.
"""

from __future__ import annotations

import io
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.data_folder import MASKING_KEY, base_id, secret_key
from app.engines import shared_database
from app.main import FORM_KEY, create_app
from app.services import open_people, open_services
from app.settings import Settings
from ingest.sync import sync
from kb.clock import Clock
from kb.loop.activity import Activity, GapRow, Searched
from kb.people.file import PeopleFile
from tests.app.conftest import ADDRESS, Browser, in_one_loop
from tests.app.signin.test_allowed import routes_of
from tests.attack.hidden_base import ONLOOKERS, WORD, Onlooker, files, hidden_from, hidden_id, visible_id
from tests.attack.walking import Probe, known_routes, probes
from tests.conftest import Recorder
from tests.engines import Engines
from tests.words import WordEmbedder, write

CLOCK = Clock(lambda: datetime(2026, 9, 18, 3, tzinfo=UTC))
NOISE = re.compile("|".join((
    r'"(?:took_ms|generated_at)":[^,}]+',
    r'(?<=name="key" value=")[^"]+',
    r'(?<=name="csrf" value=")[^"]+', r'(?<=name="csrf" content=")[^"]+', r"(?<=form=)[0-9a-f]{32}",
    r'(?<="challenge": ")[^"]+', r'(?<="challenge":")[^"]+',  # of a passkey
    r"-[0-9a-f]{6}(?=[.\"'&<%?\\])",  # of the name of a new file
    r"(?<=expires=)[^;]+",  # of a cookie that is deleted
    r"(?<=generation=)[^;]+",  # sealed; where several servers share the base
    r'(?<="previous": ")[^"]+', r'(?<="hash": ")[^"]+',  # in the audit log, which has such names
)))  # fmt: skip
OWN_HEADERS = ("date", "server-timing", "kb-generation")
MOST_REQUESTS = 1_000_000  # in a minute


@dataclass(frozen=True, slots=True)
class Pair:
    """Somebody before a base with hidden entries, and before one without."""

    who: Onlooker
    holding: TestClient
    without: TestClient


@pytest.fixture(scope="module", params=ONLOOKERS, ids=lambda who: who.name)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Iterator[Pair]:
    """One of the people, before both bases."""
    who: Onlooker = request.param
    place = tmp_path_factory.mktemp("viewers")
    sent = _people(place / "people", who)
    with ExitStack() as stack:
        clients = [
            _opened(stack, place / name, place / "people", entries, sent, engines.settings())
            for name, entries in (("holding", files()), ("without", files(who.sees)))
        ]
        yield Pair(who, *clients)


def test_the_walk_knows_every_route_and_how_to_fill_it(client: TestClient) -> None:
    app = client.app
    routes = set(routes_of(app.routes))  # type: ignore[attr-defined]
    assert routes - known_routes() == set(), "say in tests/attack/walking.py how to fill it"
    assert known_routes() - routes == set()


def test_nothing_tells_a_base_with_hidden_entries_from_one_without(
    pair: Pair, request: pytest.FixtureRequest, record_property: Recorder
) -> None:
    asked: Counter[str] = Counter()
    told: list[str] = []
    sent: set[str] = set()
    open_words = set(WORD.findall(str(files(pair.who.sees))))
    for probe in probes(hidden_from(pair.who), request.config.getoption("--probes"), Random(7)):
        answers = [_asked(client, probe) for client in (pair.holding, pair.without)]
        asked[f"{probe.route.split()[0]} {answers[0].status_code}"] += 1
        sent |= (own := set(WORD.findall(probe.sent)))
        if not probe.is_read and answers[0].status_code < 400:
            open_words |= own  # the viewer's own from now on
        logged = sent if probe.place.startswith("/people") else set()  # an admin reads there whom they tried to change
        if difference := _difference(*answers) or _betrayed(answers[0], open_words | own | logged):
            told.append(f"{probe.route} {probe.place} {probe.query} {answers[0].request.content[:200]!r}: {difference}")
    record_property("requests", asked.total())
    print(dict(asked))
    assert not told, "\n".join(told)
    assert [one for one in asked if one[-3:] >= "500" and one[-3:] != "503"] == []
    assert not pair.who.role or (asked["GET 200"] > 20 and asked["GET 404"] + asked["POST 404"] > 5)
    taken = sum(asked[f"POST {status}"] for status in (200, 201, 204, 303))
    assert taken > 1 or not pair.who.role, "no form was taken"


def _people(place: Path, who: Onlooker) -> dict[str, str]:
    """Make the people of an installation; return the headers with which one of them asks."""
    settings = Settings(entries=place / "entries", data=place, auth="local")
    for key in (FORM_KEY, MASKING_KEY):
        secret_key(place / key)
    base_id(place)
    known, headers = open_people(settings, CLOCK), {}
    for one in ONLOOKERS:
        if not one.role:
            continue
        person = known.people.add(f"{one.name.lower()}@example.com", one.name, one.role, one.teams)
        if one == who and one.token_teams:
            _, secret = known.tokens.make(person, "robot", "write", teams=one.token_teams)
            headers = {"authorization": f"Bearer {secret}"}
        elif one == who:
            headers = {"session": known.sessions.begin(person.id, device="test", way="test")}
    known.askers.of("nobody")  # which makes the key of their hashes
    known.close()
    return headers


def _opened(
    stack: ExitStack, place: Path, people: Path, entries: dict[str, str], sent: dict[str, str], stored: dict[str, Any]
) -> TestClient:
    shutil.copytree(people, place / "var")
    most: dict[str, Any] = dict.fromkeys(("rate_person", "rate_token", "rate_sign_in"), MOST_REQUESTS)
    settings = Settings(entries=place / "entries", data=place / "var", auth="local", **most, **stored)
    for path, text in entries.items():
        write(settings.entries, path, text)
    _searched(settings)
    services = open_services(settings, WordEmbedder(), clock=CLOCK, logs=False)
    stack.callback(services.close)
    if services.database:
        with closing(PeopleFile(settings.people_file)) as made:
            services.people.file.take_over(made)
    services.library.with_index(partial(sync, folder=settings.entries))
    services.library.refresh()
    app = in_one_loop(create_app(settings, services), stack)
    app.state.patience = None  # however slow the machine
    client = Browser(app, base_url=ADDRESS, raise_server_exceptions=False, follow_redirects=False)
    if "session" in sent:
        client.cookies.set("session", sent["session"])
    else:
        client.headers.update(sent)
    return client


def _searched(settings: Settings) -> None:
    """Let others have searched, opened and decided, also with what is hidden."""
    activity = Activity(settings.activity_file, clock=CLOCK, database=shared_database(settings))
    for day, query in enumerate(("天気は", "ヘリコプターの値段", "価格が高い"), start=1):
        for asker in ("a", "b"):
            at = f"2026-09-0{day}T01:00:00.000+00:00"
            activity.searched(
                Searched(f"s{day}{asker}", at, query, confidence="none", asker=asker, deal=hidden_id(2 * day + 1))
            )
            activity.opened(f"s{day}{asker}", hidden_id(day))
            activity.used(f"s{day}{asker}", visible_id(1), hidden_id(2 * day + 1))
    activity.decide(GapRow("天気は", "天気は", state="closed", entry=hidden_id(4)))
    activity.close()


def _asked(client: TestClient, probe: Probe) -> Response:
    method, options = probe.route.split()[0], probe.options
    if method == "POST":  # with the token of a form
        return client.post(probe.place, params=probe.query, **options)
    headers = {**options["headers"], "origin": ADDRESS}
    return client.request(method, probe.place, params=probe.query, **{**options, "headers": headers})


def _difference(holding: Response, without: Response) -> str:
    """Return how two answers differ; empty if they do not."""
    if holding.status_code != without.status_code:
        return f"{holding.status_code} instead of {without.status_code}"
    texts = [_text(answer) for answer in (holding, without)]
    if NOISE.sub("", texts[0]) != NOISE.sub("", texts[1]):
        at = next((n for n, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), 0)
        return f"{texts[0][at - 60 : at + 80]!r} instead of {texts[1][at - 60 : at + 80]!r}"
    own = {*OWN_HEADERS, *(("etag", "content-length") if NOISE.search(texts[0]) or not texts[0] else ())}
    heads = [{n: NOISE.sub("", f"{v}.") for n, v in a.headers.items() if n not in own} for a in (holding, without)]
    return "" if heads[0] == heads[1] else f"{heads[0]} instead of {heads[1]}"


def _text(answer: Response) -> str:
    if not answer.content.startswith(b"PK"):
        return answer.text
    with ZipFile(io.BytesIO(answer.content)) as file:
        return "".join(file.read(name).decode("utf-8", "replace") for name in file.namelist())


def _betrayed(answer: Response, open_words: set[str]) -> str:
    """Return the words of hidden entries that an answer holds without having been sent them."""
    heads = {name: value for name, value in answer.headers.items() if name not in OWN_HEADERS}
    said = NOISE.sub("", f"{_text(answer)} {heads}")
    known = {word.lower() for word in open_words}
    found = {word for word in map(str.lower, WORD.findall(said)) if not any(one.startswith(word) for one in known)}
    return f"holds {sorted(found)}" if found else ""
