"""Several servers of one knowledge base, killed at random with their engines while people read and write.

`python -m bench.fleet --seconds 600 --clients 200`. What was acknowledged has to be in the files, what
is answered has to be what was written, and a request fails only while something is down.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from argparse import ArgumentParser
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console

from app.background import ANSWERS
from app.library import make_index, make_library
from app.settings import Settings
from bench.engines import START_SECONDS, Postgres, Process, chroma, free_port, ours, program
from bench.fleet_clients import Gate, Reader, Writer
from bench.fleet_report import details_of, figures_of
from bench.ledger import Ledger
from bench.report import Figure, publish
from bench.sets import JUDGEMENTS
from bench.tally import FROZEN, Tally
from ingest.sample import sample_texts
from ingest.sync import sync
from kb.clock import CLOCK
from kb.index.database_place import TURN_SECONDS

WRITERS = 0.06  # of all clients
BETWEEN_KILLS = (3.0, 12.0)  # seconds
FROZEN_SHARE, OF_WORKERS = 0.2, 0.6  # of what is only frozen, of kills of a server that hit one of its workers
OF_SERVERS = 6  # of nine kills; each engine has one of them
DOWN = (0.5, 5.0)  # seconds, before it is started again
CALM_SHARE, MOST_CALM = 0.15, 10.0  # of the time, and seconds, at the beginning and at the end, without kills
AGREE_SECONDS = 120.0  # in which all servers show what is in the files
PAGE = 100
SHOWN = 20  # of each kind of fault
MANY = "1000000"  # requests a minute


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and with how many."""

    seconds: float = 600.0
    clients: int = 200
    servers: int = 0  # 0: three, or one with several workers
    workers: int = 1  # of each server
    pause: float = 5.0  # seconds a reader reads, on average
    seed: int = 1
    model: str = "bundled"  # or `words`, which costs nothing
    entries: int = 1_000  # of the sample company, at the beginning
    logs: str = ""  # a folder to keep the logs of everything in

    @property
    def places(self) -> int:
        """How many servers there are."""
        return self.servers or (1 if self.workers > 1 else 3)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that runs."""

    folder: Path
    postgres: Postgres
    chroma: Process
    model: Process
    servers: tuple[Process, ...]

    @property
    def engines(self) -> tuple[Postgres, Process, Process]:
        """What the servers cannot do without."""
        return self.postgres, self.chroma, self.model

    @property
    def entries(self) -> Path:
        """The folder of the entries, which all servers share."""
        return self.folder / "entries"

    def stop(self) -> None:
        """End everything."""
        for process in (*self.servers, self.model, self.chroma):
            process.thaw()
            process.kill()
        self.postgres.kill()

    def keep_logs(self, place: str) -> None:
        """Copy what everything has written, if there is a folder for that."""
        for process in (*self.servers, self.model, self.chroma) if place else ():
            Path(place).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(process.log, Path(place) / f"{process.name}.log")


def launch(folder: Path, plan: Plan) -> Fleet:
    """Start the engines and the servers, over some entries of the sample company. Raises MissingError."""
    place = folder / "entries"
    for path, text in list(sample_texts(CLOCK.today()).items())[: plan.entries]:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, "utf-8")
    postgres, vectors, port = Postgres(folder / "postgresql"), chroma(folder / "chroma"), free_port()
    shared = {"KB_ENTRIES": str(place), "KB_RATE_SIGN_IN": MANY, "KB_RATE_PERSON": MANY}
    words = [sys.executable, "-m", "bench.words_model", str(port)]
    command = words if plan.model == "words" else [program("kb"), "embeddings", "--port", str(port)]
    embedding = ours("model", folder / "model", command, port, "/healthz", shared)
    shared |= {"KB_DATABASE_URL": postgres.address, "KB_CHROMA_URL": vectors.url}
    shared["KB_EMBEDDINGS_URL"] = f"{embedding.url}/v1"
    several = ["--workers", str(plan.workers)] if plan.workers > 1 else []
    servers = []
    for name in (f"server-{number + 1}" for number in range(plan.places)):
        port = free_port()
        command = [program("kb"), "serve", "--port", str(port), *several]
        servers.append(ours(name, folder / name, command, port, "/readyz", shared))
    fleet = Fleet(folder, postgres, vectors, embedding, tuple(servers))
    try:
        postgres.start()
        for process in (vectors, embedding, *servers):
            process.start()
    except BaseException:
        fleet.stop()
        raise
    return fleet


async def disturb(fleet: Fleet, tally: Tally, plan: Plan) -> None:
    """Kill or freeze something at random, and start it again, until the time is over.

    Where servers have several workers only those are killed at first, and the processes that watch over them later.
    """
    chance, calm = random.Random(plan.seed), min(MOST_CALM, CALM_SHARE * plan.seconds)
    began = time.monotonic()
    ends, later = began + plan.seconds - calm, began + (plan.seconds / 2 if plan.workers > 1 else 0.0)
    starting: list[asyncio.Task[None]] = []
    busy: set[str] = set()
    await asyncio.sleep(calm)
    while (pause := chance.uniform(*BETWEEN_KILLS)) + time.monotonic() < ends:
        await asyncio.sleep(pause)
        victims: list[Process | Postgres] = [*fleet.servers * (OF_SERVERS // plan.places), *fleet.engines]
        victim = chance.choice(victims)
        is_frozen, of_workers = chance.random() < FROZEN_SHARE, chance.random() < OF_WORKERS
        down = chance.uniform(*DOWN)
        has_workers = isinstance(victim, Process) and victim in fleet.servers and plan.workers > 1
        if victim.name in busy:
            continue
        if isinstance(victim, Process) and has_workers and (of_workers or time.monotonic() < later):
            starting.append(asyncio.create_task(_lose_worker(victim, tally, chance, busy)))
            continue
        starting.append(asyncio.create_task(_outage(victim, tally, down, busy, is_frozen=is_frozen)))
    await asyncio.gather(*starting)


async def _lose_worker(server: Process, tally: Tally, chance: random.Random, busy: set[str]) -> None:
    """Kill one worker; the next one of this server is killed when another has taken its place."""
    busy.add(server.name)
    before, name, began = server.times_said(ANSWERS), f"worker of {server.name}", time.monotonic()
    with tally.outage(name, TURN_SECONDS):
        server.kill_worker(chance)
    while server.times_said(ANSWERS) == before and time.monotonic() - began < START_SECONDS:
        await asyncio.sleep(1)
    tally.starts.setdefault(name, []).append(time.monotonic() - began)
    busy.discard(server.name)


async def _outage(victim: Process | Postgres, tally: Tally, down: float, busy: set[str], *, is_frozen: bool) -> None:
    busy.add(victim.name)
    if is_frozen and isinstance(victim, Process):
        with tally.outage(f"{victim.name}{FROZEN}"):
            victim.freeze()
            await asyncio.sleep(down)
            victim.thaw()
    else:
        with tally.outage(victim.name, TURN_SECONDS):
            await asyncio.to_thread(victim.kill)
            await asyncio.sleep(down)
            began = time.monotonic()
            try:
                await asyncio.to_thread(victim.start)
            except RuntimeError as error:  # the others go on
                tally.wrong.append(str(error))
            tally.starts.setdefault(victim.name, []).append(time.monotonic() - began)
    busy.discard(victim.name)


async def campaign(fleet: Fleet, ledger: Ledger, tally: Tally, plan: Plan) -> None:
    """Let people read and write for a time while things are killed."""
    questions = [json.loads(line)["text"] for line in JUDGEMENTS.read_text("utf-8").splitlines()]
    gate, ends = Gate(fleet.servers, plan.workers), time.monotonic() + plan.seconds
    looking = asyncio.create_task(gate.look())
    writing = max(2, round(plan.clients * WRITERS))
    writers = [Writer(number, plan.seed, gate, ledger, tally) for number in range(writing)]
    readers = [Reader(number, plan.seed, gate, ledger, tally) for number in range(writing, plan.clients)]
    work = [
        *(one.work(ends, plan.pause) for one in writers),
        *(one.work(ends, plan.pause, questions) for one in readers),
    ]
    await asyncio.gather(disturb(fleet, tally, plan), *work)
    looking.cancel()
    await asyncio.gather(*(one.close() for one in (*writers, *readers)))


def listed(fleet: Fleet, server: Process) -> dict[str, str]:
    """Return the titles of all entries that a server lists, by id."""
    found: dict[str, str] = {}
    with httpx2.Client(base_url=server.url, timeout=60) as client:
        while True:
            page = client.get("/api/v1/entries", params={"limit": PAGE, "offset": len(found)}).raise_for_status().json()
            found |= {hit["id"]: hit["title"] for hit in page["hits"]}
            if not page["hits"] or len(found) >= page["total"]:
                return found


def fresh(fleet: Fleet) -> dict[str, str]:
    """Return the titles of all entries that an index made anew from the files lists, by id."""
    settings = Settings(entries=fleet.entries, data=fleet.folder / "fresh")
    index = make_index(settings)
    sync(index, fleet.entries, embed_later=True)
    index.close()
    library = make_library(settings)
    found: dict[str, str] = {}
    while hits := library.search.answer("", limit=PAGE, offset=len(found)).hits:
        found |= {hit.entry.id: hit.entry.title for hit in hits}
    library.close()
    return found


def disagreeing(fleet: Fleet) -> list[str]:
    """Return the servers that do not show what is in the files, although they had time to take it in."""
    expected, ends = fresh(fleet), time.monotonic() + AGREE_SECONDS
    left = list(fleet.servers)
    while left and time.monotonic() < ends:
        left = [server for server in left if listed(fleet, server) != expected]
        time.sleep(1)
    return [server.name for server in left]


def run(plan: Plan) -> tuple[list[Figure], dict[str, Any]]:
    """Run a campaign; return its figures, and what was wrong. Raises MissingError."""
    with tempfile.TemporaryDirectory(prefix="kb-fleet-") as place:
        Path(place).chmod(0o755)  # PostgreSQL runs as another user
        fleet, tally = launch(Path(place), plan), Tally()
        try:
            ledger = Ledger(listed(fleet, fleet.servers[0]))
            before = {path.relative_to(fleet.entries).as_posix() for path in fleet.entries.rglob("[!.]*.md")}
            asyncio.run(campaign(fleet, ledger, tally, plan))
            apart = disagreeing(fleet)
            texts = {
                path.relative_to(fleet.entries).as_posix().removesuffix(".md"): path.read_bytes().decode()
                for path in fleet.entries.rglob("[!.]*.md")
                if path.relative_to(fleet.entries).as_posix() not in before
            }
            judged = ledger.judge_files(texts)
        finally:
            fleet.stop()
            fleet.keep_logs(plan.logs)
    details = details_of(tally, judged, apart)
    return figures_of(tally, ledger, details), details


def main() -> None:
    """Run a campaign as asked for, and print what happened."""
    asked = ArgumentParser()
    for field in fields(Plan):
        asked.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    figures, details = run(Plan(**vars(asked.parse_args())))
    console = Console()
    publish(console, Path("var/bench"), "fleet", figures, details)
    for name, found in details.items():
        for one in list(found.items() if isinstance(found, dict) else found)[:SHOWN]:
            console.print(f"{name}: {one}", markup=False)
    sys.exit(any(figure.passed is False for figure in figures))


if __name__ == "__main__":
    main()
