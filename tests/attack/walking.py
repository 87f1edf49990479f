"""How to fill every route: the parameters of its path, its query and its form, from ids and words known and unknown.

A route that is missing in the table below makes the walk fail. Values are written as in a small language: `id`, `word`,
`text` and `draft` are chosen anew for each request, anything else is one of the words between the bars.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from app.pages.board.address import VIEWS
from tests.attack.hidden_base import hidden_id, hidden_text, visible_id, words_of
from tests.words import note

FOR_PROGRAMS = {"accept": "application/json", "accept-language": "en"}
FOR_PEOPLE = {"accept": "text/html", "accept-language": "ja"}
PATH = {
    "entry_id:path": "id", "view": "cohorts|quarters|cycle|money|said-by|stages|word", "form": "md|docx|word",
    "key": "word", "name": "deal-won|talk-track|note|content|campaign|word", "secret": "word", "person_id": "word",
    "token_id": "word",
}  # fmt: skip
FILTERS = (
    "kind=deal|note tag=word industry=word|製造業 competitor=word product=word owner=word outcome=won|lost team=sales "
    "trust=overdue"
)
DIMENSIONS = "by=angle|competitor|industry|reason|talk-track|product period=2026-09|2026-W36|word"
FACTS = "deal=id competitor=word industry=word product=word customer=word stage=word lead_source=word angle=word"
DONE = "saved=1 done=1"
EMPTY = ""

GET: Mapping[str, str] = {
    "/": f"q=text {FILTERS} sort=newest page=2 as_typed=1 from=id deal=id",
    "/summary": f"q=text {FILTERS} sort=newest page=2 as_typed=1 deal=id",
    "/api/v1/search": f"q=text {FILTERS} explain=true limit=50 offset=5 sort=newest as_typed=true",
    "/api/v1/ask": f"q=text {FILTERS} as_typed=true summary=true",
    "/api/v1/entries": f"{FILTERS} limit=100 date_from=2026-01-01",
    "/api/v1/entries/{entry_id:path}": "part=similar|lineage|source limit=50",
    "/api/v1/entries/{entry_id:path}/similar": "limit=20",
    "/api/v1/entries/{entry_id:path}/lineage": EMPTY,
    "/api/v1/entries/{entry_id:path}/source": EMPTY,
    "/api/v1/scoreboard": f"{DIMENSIONS} {FILTERS}",
    "/api/v1/scoreboard.csv": f"{DIMENSIONS} {FILTERS}",
    "/api/v1/scoreboard/{view}.csv": f"{DIMENSIONS} {FILTERS}",
    **{f"/api/v1/scoreboard/{view}": f"{DIMENSIONS} {FILTERS}" for view in VIEWS},
    "/api/v1/meeting": "period=2026-09|2026-W36|2026-W37|2026-01|word stored=true",
    **{f"/api/v1/{name}": EMPTY for name in ("loop", "problems", "playbook", "gaps", "mine")},
    "/passages/{entry_id:path}": "heading=word", "/entries/{entry_id:path}": "q=word saved=1 heading=word",
    "/history/{entry_id:path}": "version=word", "/lineage/{entry_id:path}": EMPTY, "/edit/{entry_id:path}": EMPTY,
    "/deals/similar": f"{FACTS} read=1",
    "/scoreboard": f"view=cohorts|quarters|cycle|money|said-by|stages {DIMENSIONS} {FILTERS}",
    "/pictures/{key}": EMPTY, "/meeting": f"period=2026-09|2026-W36|2026-W37|2026-01|word {DONE}",
    "/meeting/numbers": EMPTY,
    "/gaps": "why=none|weak|word done=open", "/loop": EMPTY,
    "/review": "owner=word state=overdue|unverified saved=verified",
    "/judge": "q=text done=graded", "/playbook": EMPTY, "/playbook/edit": "whole=1",
    "/playbook/history": "version=word",
    "/problems": EMPTY, "/docs": EMPTY, "/healthz": EMPTY, "/readyz": EMPTY, "/new": "saved=soon",
    "/new/{name}": "from=id title=word gap=word", "/new/files": EMPTY, "/mine": "saved=marked", "/me": EMPTY,
    "/me/data": EMPTY,
    "/me/data.json": EMPTY, "/me/tokens": "done=word", "/people": "done=word", "/people/tokens": "done=word",
    "/people/audit": "subject=id q=word person=word event=word", "/sign-in": "to=id", "/sign-in/oidc": "to=id",
    "/sign-in/oidc/back": "state=word code=word", "/link/{secret}": EMPTY,
}  # fmt: skip
WRITTEN = (
    "title=word|新しい題 kind=note|deal body=text related=id tags=word customer=word used=id campaign=id id=id "
    "base=word key=word gap=word"
)
POST: Mapping[str, str] = {  # those that change what others are asked afterwards stand last
    "/api/v1/deals/similar": "deal_id=id text=text competitor=[word] k=10",
    "/api/v1/entries/check": "text=draft id=id",
    "/deals/similar": f"text=text {FACTS} drop=word", "/deals/similar/memo.{form}": f"text=text {FACTS}",
    "/write": f"do=check|whole|form {WRITTEN}", "/new/files": "text=draft title=word kind=note file=draft",
    "/new/files/again": "name=word text=draft take=0", "/new/files/undo": "import=word",
    "/uses/{entry_id:path}": "how=copied",
    "/helpful/{entry_id:path}": "how=yes|no q=word", "/use/{entry_id:path}": "deal=id",
    "/verify/{entry_id:path}": "back=review|mine owner=word",
    "/history/{entry_id:path}?version=abc": "base=word",
    "/gaps": "query=word do=close|merge|dismiss|leave entry=id into=word apart=word",
    "/gaps/report": "address=/?q=word deal=id", "/judge": "q=word grade:hidden=3", "/judge/measure": EMPTY,
    "/meeting/mark": "note=id task=word period=2026-09 state=done|take back=mine",
    "/meeting/figures": "period=2026-09|word",
    "/mine/seen": "entry=id", "/mine/name": "by=word", "/people/{person_id}": "do=word name=word",
    "/people/tokens/{token_id}": EMPTY,
    "/me/tokens/{token_id}": EMPTY, "/me/sessions": "which=word", "/me/password": "present=word password=word",
    "/people/audit/export": "subject=id", "/link/{secret}": "password=word",
    "/sign-in": "address=word password=word form=word",
    "/sign-in/passkey/begin": EMPTY, "/sign-in/passkey": "credential=word", "/link/{secret}/passkey/begin": EMPTY,
    "/link/{secret}/passkey": "credential=word name=word", "/me/passkeys/begin": EMPTY,
    "/me/passkeys/remove": "passkey=word",
    "/me/passkeys": "credential=word name=word", "/playbook/history?version=abc": "base=word",
    "/playbook/edit": "do=whole|form base=word source=text",
    "/playbook/start": "base=word", "/playbook/reset": "base=word", "/new/files/save": "name=word text=draft",
    "/sample": "do=word", "/people": "address=word name=word", "/me/tokens": "name=word scope=word",
    "/api/v1/entries/{entry_id:path}/archive": EMPTY, "/api/v1/entries/{entry_id:path}/restore": EMPTY,
    "/archive/{entry_id:path}": EMPTY, "/restore/{entry_id:path}": EMPTY,
    "/meeting/save": "period=2026-08|2026-W36 decisions=word",
    "/mcp": "tool=search|read_entry|similar_deals|scoreboard|gaps|propose_entry|resource|resources query=text id=id "
    "text=draft",
    "/api/v1/entries": "text=draft force=true", "/me/data/delete": "what=word", "/sign-out": EMPTY,
}  # fmt: skip
PUT: Mapping[str, str] = {"/api/v1/entries/{entry_id:path}": "text=draft force=true"}
LAST = ("/me/data/delete", "/sign-out")  # after which nothing can be asked as the same person
TABLES = (("GET", GET), ("PUT", PUT), ("POST", POST))


@dataclass(frozen=True, slots=True)
class Probe:
    """A request."""

    route: str  # as the table of roles names it
    place: str
    query: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)  # for the client

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.route.startswith(("GET", "HEAD"))

    @property
    def sent(self) -> str:
        """Everything it says itself, which an answer may repeat."""
        return f"{self.place} {self.query} {self.options}"


def known_routes() -> set[str]:
    """Return the routes that can be filled, as the table of roles names them."""
    return {f"{method} {path.partition('?')[0]}" for method, table in TABLES for path in table}


def probes(hidden: Sequence[int], count: int, random: Random) -> Iterator[Probe]:
    """Yield requests: each route at least once, those that read first."""
    values = _Values(hidden, random)
    each = max(1, count // sum(len(table) for _, table in TABLES))
    for method, table in TABLES:
        for path, parameters in table.items():
            for _ in range(1 if path in LAST else each * (3 if path.count("/") > 2 and count > 500 else 1)):
                yield _probe(method, path, parameters, values)


class _Values:
    def __init__(self, hidden: Sequence[int], random: Random) -> None:
        self.hidden = hidden
        self.random = random

    def of(self, meaning: str) -> str:
        """Return a value for one of the words between bars."""
        chosen = self.random.choice(meaning.split("|"))
        made = getattr(self, f"_{chosen}", None)
        return str(made()) if made else chosen.replace("word", self._word()) if "=" in chosen else chosen

    def _id(self) -> str:
        hidden = hidden_id(self._number())
        odd = (
            hidden.upper(),
            f"{hidden}/",
            f"{hidden}.md",
            hidden.replace("/", "//"),
            hidden[:-1],
            "notes/nothing",
            "",
        )
        return self.random.choice(
            (hidden, hidden, hidden, visible_id(self.random.randrange(12)), self.random.choice(odd))
        )

    def _word(self) -> str:
        return self.random.choice([*words_of(self._number())])

    def _text(self) -> str:
        number = self._number()
        return self.random.choice((
            self._word(), f'"{self._word()}"', f"価格 -{self._word()}", f"価格が高い {self._word()}", hidden_id(number),
            "価格が高い", "値引き", f"zq{number:02}", str(918_273_000 + number), hidden_text(number)[-90:], "",
        ))  # fmt: skip

    def _draft(self) -> str:
        number = self._number()
        text = hidden_text(number)
        related, own = f"[{self._id() or 'x'}]", hidden_id(number)
        return self.random.choice((
            text, re.sub(r"^visibility: .*\n", "", text, flags=re.MULTILINE), text.replace("と言った", "と話した"),
            note(f"zq{number:02}title 価格の商談", "別の本文。"), note("別の題", text.partition("## 要点")[2]),
            note("関連", "価格。", related=related), note("名乗る", "価格。", id=own),
            note(f"zq{number:02}name", "価格。"),
            note("置き換え", "価格。", supersedes=related, derived_from=related),
            note("リンク", f"[これ](../{own}.md)"),
        ))  # fmt: skip

    def _number(self) -> int:
        return self.random.choice(self.hidden)


def _probe(method: str, path: str, parameters: str, values: _Values) -> Probe:
    random = values.random
    place, _, query = path.partition("?")
    route = f"{method} {place}"
    place = re.sub(r"\{([^}]+)\}", lambda found: values.of(PATH[found[1]]), place)
    pairs = [pair.partition("=")[::2] for pair in parameters.split()]
    if method == "GET":
        pairs = random.sample(pairs, min(len(pairs), random.choice((0, 1, 1, 2))))
        given = {name: values.of(meaning) for name, meaning in pairs}
        headers = FOR_PROGRAMS if place.startswith("/api") else random.choice((FOR_PEOPLE, FOR_PEOPLE, FOR_PROGRAMS))
        return Probe(
            route if random.random() < 0.9 else route.replace("GET", "HEAD"), place, given, {"headers": headers}
        )
    given = {name: values.of(meaning) for name, meaning in pairs if random.random() < 0.7 or name == "text"}
    asked = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
    return Probe(route, place, asked, _sent(place, given, values))


def _sent(place: str, given: dict[str, str], values: _Values) -> dict[str, Any]:
    headers = dict(FOR_PEOPLE)
    if place == "/mcp":
        return {"headers": FOR_PROGRAMS, "json": _message(given)}
    if place.startswith("/api"):
        headers = {
            **FOR_PROGRAMS,
            "if-match": values.random.choice(('"abc"', "*")),
            "idempotency-key": values.of("word"),
        }
        sent: dict[str, Any] = {
            name: [value[1:-1]] if value.startswith("[") else value for name, value in given.items()
        }
        sent |= {name: True for name in given if name == "force"} | {name: 10 for name in given if name == "k"}
        return {"headers": headers, "json": sent}
    if place.startswith("/new/files") and "undo" not in place:
        file = given.pop("file", "")
        named = {name: (None, value) for name, value in given.items()}
        return {"headers": headers, "files": {**named, "files": (f"{values.of('word')}.md", file, "text/markdown")}}
    return {"headers": headers, "data": given}


TAKEN = {
    "search": ("query",), "read_entry": ("id",), "similar_deals": ("text",), "scoreboard": (), "gaps": (),
    "propose_entry": ("text",),
}  # fmt: skip


def _message(given: dict[str, str]) -> dict[str, Any]:
    """Return a message of an assistant: a tool is called, or a resource is read."""
    tool = given.get("tool", "search")
    if tool in TAKEN:
        arguments = {name: given.get(name, "") for name in TAKEN[tool]} | (
            {"by": "reason"} if tool == "scoreboard" else {}
        )
        method, params = "tools/call", {"name": tool, "arguments": arguments}
    else:
        method, params = f"resources/{'read' if tool == 'resource' else 'list'}", {}
        if tool == "resource":
            params["uri"] = f"kb://entries/{given.get('id', '')}"
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
