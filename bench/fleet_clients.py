"""Clients of several servers: readers, whose answers are judged, and writers, who note what was acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import httpx2

from bench.engines import POSTGRES, Process
from bench.ledger import Ledger, Version, Written, archived, hash_of
from bench.tally import AWAY, Tally

GENERATION = "KB-Generation"
PATIENCE = 60.0  # seconds until a client gives up
LOOK_SECONDS = 0.5  # between two looks whether a server is ready
SETTLE_SECONDS = 15.0  # in which a change reaches every server
FOUND_SECONDS = 90.0  # in which a save is found on every server that is ready
TRIES = 40  # of one save
LOOKS_A_WORKER = 2  # until a save counts as found by all of them
WATCHED = 0.3  # of all new entries: those that are looked for on every server
NOTES = "先方は他社と比べていて、価格と保守の速さで迷っている。"
SUBJECTS = ("価格の交渉", "納期の短縮", "保守の引き継ぎ", "競合との比較", "導入の支援", "Renewal talks")


class Gate:
    """Knows which servers are ready, as a proxy does, and hands each client to one."""

    def __init__(self, servers: Sequence[Process], workers: int = 1) -> None:
        """Each server has some `workers`, of which the system chooses one for each connection."""
        self.servers = servers
        self.looks = 1 if workers == 1 else LOOKS_A_WORKER * workers
        self.ready = {server.name: True for server in servers}

    async def look(self) -> None:
        """Ask `/readyz` again and again."""
        async with httpx2.AsyncClient(timeout=2.0) as client:
            while True:
                await asyncio.gather(*(self._ask(client, server) for server in self.servers))
                await asyncio.sleep(LOOK_SECONDS)

    def pick(self, number: int, chance: random.Random) -> Process:
        """Return a client's own server; another one while that is not ready, and its own if none is."""
        own = self.servers[number % len(self.servers)]
        others = [server for server in self.servers if self.ready[server.name]]
        return own if self.ready[own.name] or not others else chance.choice(others)

    async def _ask(self, client: httpx2.AsyncClient, server: Process) -> None:
        try:
            self.ready[server.name] = (await client.get(f"{server.url}/readyz")).status_code == 200
        except httpx2.HTTPError:
            self.ready[server.name] = False


class Client:
    """One person behind the gate."""

    def __init__(self, number: int, seed: int, gate: Gate, ledger: Ledger, tally: Tally) -> None:
        self.number = number
        self.chance = random.Random(f"{seed} {number}")
        self.gate = gate
        self.ledger = ledger
        self.tally = tally
        self._generation: dict[str, str] = {}
        self._http = httpx2.AsyncClient(timeout=PATIENCE)

    async def ask(self, kind: str, method: str, path: str, *fine: str, **sent: Any) -> httpx2.Response | None:
        """Send a request; None if no answer came."""
        server, began = self.gate.pick(self.number, self.chance), time.monotonic()
        headers = {**sent.pop("headers", {}), **self._generation}
        try:
            answer = await self._http.request(method, f"{server.url}{path}", headers=headers, **sent)
        except httpx2.HTTPError:
            self.tally.add(kind, AWAY, began, fine=fine, retry_after=False)
            return None
        if made := answer.headers.get(GENERATION):  # what this client saved it sees, whichever server answers next
            self._generation = {GENERATION: made}
        retry_after = "retry-after" in answer.headers
        self.tally.add(kind, str(answer.status_code), began, fine=("200", "201", *fine), retry_after=retry_after)
        return answer

    async def search(self, question: str) -> list[dict[str, Any]]:
        """Search, and judge the answer."""
        began = time.monotonic()
        answer = await self.ask("search", "GET", "/api/v1/search", params={"q": question})
        if not (answer and answer.status_code == 200):
            return []
        hits: list[dict[str, Any]] = answer.json()["hits"]
        settle = SETTLE_SECONDS + (FOUND_SECONDS if self.tally.is_excused(began - SETTLE_SECONDS, began) else 0.0)
        self.tally.wrong += self.ledger.wrong_in_answer(hits, began, settle)
        return hits

    async def close(self) -> None:
        """End the connections."""
        await self._http.aclose()


class Reader(Client):
    """Searches, opens hits and looks for similar deals."""

    async def work(self, ends: float, pause: float, questions: Sequence[str]) -> None:
        """Read until the time is over."""
        await asyncio.sleep(self.chance.uniform(0, 2 * pause))
        while time.monotonic() < ends:
            written = [entry for entry in self.ledger.written[-500:] if entry.id]
            is_fresh = written and self.chance.random() < 0.3
            question = self.chance.choice(written).token if is_fresh else self.chance.choice(questions)
            hits = await self.search(question)
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * pause)
            if hits and time.monotonic() < ends:
                await self.ask("open", "GET", f"/api/v1/entries/{self.chance.choice(hits)['id']}", "404")
            if self.chance.random() < 0.1 and time.monotonic() < ends:
                await self.ask(
                    "similar",
                    "POST",
                    "/api/v1/deals/similar",
                    json={"text": f"{NOTES}{self.chance.choice(SUBJECTS)}。"},
                )
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * pause)


class Writer(Client):
    """Creates, changes and archives entries."""

    _serials = count(1)

    async def work(self, ends: float, pause: float) -> None:
        """Write until the time is over."""
        watching: list[asyncio.Task[None]] = []
        while time.monotonic() < ends:
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * pause)
            open_ones = [one for one in self.ledger.written if one.id and not one.closing]
            kind = self.chance.random()
            if kind < 0.5 or len(open_ones) < 5:
                entry = await self._create()
                if entry.id and self.chance.random() < WATCHED:
                    watching += [asyncio.create_task(self._found_on(server, entry)) for server in self.gate.servers]
            elif kind < 0.9:
                await self._change(self.chance.choice(open_ones[-50:]))
            else:
                await self._archive(self.chance.choice(open_ones))
        await asyncio.gather(*watching)

    def _version(self, entry: Written, base: str) -> Version:
        serial = next(self._serials)
        title = f"{self.chance.choice(SUBJECTS)} {entry.token} 版{serial}"
        body = f"{entry.token} の{serial}回目の記録。" + "先方は二社と比べ、保守の速さで決めた。" * self.chance.randint(
            1, 6
        )
        text = f"---\ntitle: {title}\nkind: deal\noutcome: won\n---\n## 要点\n{body}\n"
        version = Version(text, title, base, time.monotonic())
        entry.versions.append(version)
        return version

    async def _create(self) -> Written:
        entry = Written(f"zq{self.number}x{next(self._serials)}")
        version = self._version(entry, "")
        self.ledger.begin(entry)
        sent = {"json": {"text": version.text, "force": self.chance.random() < 0.5}}
        for _ in range(TRIES):
            answer = await self.ask(
                "create", "POST", "/api/v1/entries", headers={"Idempotency-Key": entry.token}, **sent
            )
            if answer and answer.status_code == 201:
                saved = answer.json()
                self.ledger.name(entry, saved["id"])
                version.acked = time.monotonic()
                if saved["content_hash"] != version.hash:
                    self.tally.wrong.append(f"{entry.id} was saved as another text")
                break
            await asyncio.sleep(self.chance.uniform(0.5, 1.5))
        return entry

    async def _change(self, entry: Written) -> None:
        source = await self.ask("source", "GET", f"/api/v1/entries/{entry.id}/source", "404")
        if not (source and source.status_code == 200) or entry.closing:
            return
        base = hash_of(source.text)
        if entry.at(base) is None:
            self.tally.wrong.append(f"{entry.id} has a text that nobody wrote")
            return
        version = self._version(entry, base)
        path, headers = f"/api/v1/entries/{entry.id}", {"If-Match": source.headers["etag"]}
        answer = await self.ask("change", "PUT", path, "412", "404", json={"text": version.text}, headers=headers)
        if answer and answer.status_code == 200:
            version.acked = time.monotonic()
        elif answer and answer.status_code in (404, 412):
            entry.versions.remove(version)

    async def _archive(self, entry: Written) -> None:
        entry.closing = True
        for before in list(entry.versions):  # whichever the server finds
            entry.versions.append(
                Version(archived(before.text), before.title, before.hash, time.monotonic(), archived=True)
            )
        answer = await self.ask("archive", "POST", f"/api/v1/entries/{entry.id}/archive", "404", "412")
        if answer and answer.status_code == 200:
            found = entry.at(answer.json()["content_hash"])
            if found:
                found.acked = time.monotonic()
            else:
                self.tally.wrong.append(f"{entry.id} was archived as a text that nobody wrote")

    async def _found_on(self, server: Process, entry: Written) -> None:
        """Look for a saved entry on a server until it is found there; only the time the server is ready counts.

        Of several workers any may answer: it has to be found some times in a row.
        """
        began, waited, in_a_row = time.monotonic(), 0.0, 0
        while waited < FOUND_SECONDS and not entry.closing:
            if self.gate.ready[server.name]:
                in_a_row = in_a_row + 1 if await self._finds(server, entry) else 0
                if in_a_row == self.gate.looks:
                    self.tally.add_found(entry.id, server.name, (server.name, POSTGRES), began, time.monotonic())
                    return
                if in_a_row:
                    continue
                waited += LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
        if not entry.closing:
            self.tally.unfound.append(f"{entry.id} on {server.name}")

    async def _finds(self, server: Process, entry: Written) -> bool:
        """Whether a server finds an entry; asked over a connection of its own."""
        with suppress(httpx2.HTTPError):
            headers = {"Connection": "close"}
            answer = await self._http.get(f"{server.url}/api/v1/search", params={"q": entry.token}, headers=headers)
            return answer.status_code == 200 and entry.id in [hit["id"] for hit in answer.json()["hits"]]
        return False
