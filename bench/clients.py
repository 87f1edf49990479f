"""Many readers at once, in a process of their own: `python -m bench.clients ADDRESS READERS SECONDS PAUSE`.

A reader searches, reads for a while, opens one of the hits, reads again, and begins anew. Half of the questions were
asked before, the other half is new to the server. With a pause of 0 they load the server as much as they can.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx2

from bench.sets import JUDGEMENTS

PATIENCE = 120.0  # seconds until a reader gives up
_HIT = re.compile(r'href="(/entries/[^"?#]+)')


@dataclass(slots=True)
class Load:
    """What readers met with."""

    seconds: list[float] = field(default_factory=list)  # per answer
    answers: Counter[str] = field(default_factory=Counter)  # by status, or by the error of the connection

    async def get(self, client: httpx2.AsyncClient, address: str) -> str:
        """Open a page; return its text."""
        began = time.perf_counter()
        try:
            answer = await client.get(address)
        except httpx2.TransportError as error:
            self.answers[type(error).__name__] += 1
            return ""
        self.answers[str(answer.status_code)] += 1
        self.seconds.append(time.perf_counter() - began)
        return answer.text


async def reader(load: Load, address: str, number: int, ends: float, pause: float, questions: list[str]) -> None:
    """Search and open pages until the time is over."""
    chance = random.Random(number)
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE, headers={"accept": "text/html"}) as client:
        await asyncio.sleep(chance.uniform(0, 2 * pause))  # people do not begin together
        while time.perf_counter() < ends:
            question = chance.choice(questions)
            if chance.random() < 0.5:
                question += f" {chance.randrange(10**6)}"
            page = await load.get(client, str(httpx2.URL("/", params={"q": question})))
            await asyncio.sleep(chance.uniform(0.5, 1.5) * pause)
            if (hits := _HIT.findall(page)) and time.perf_counter() < ends:
                await load.get(client, chance.choice(hits))
                await asyncio.sleep(chance.uniform(0.5, 1.5) * pause)


async def load_server(address: str, readers: int, seconds: float, pause: float) -> Load:
    """Let readers work for a time."""
    questions = [json.loads(line)["text"] for line in JUDGEMENTS.read_text("utf-8").splitlines()]
    load, ends = Load(), time.perf_counter() + seconds
    await asyncio.gather(*(reader(load, address, number, ends, pause, questions) for number in range(readers)))
    return load


def main() -> None:
    """Print what was met with as JSON."""
    address, readers, seconds, pause = sys.argv[1:]
    load = asyncio.run(load_server(address, int(readers), float(seconds), float(pause)))
    print(json.dumps({"seconds": load.seconds, "answers": load.answers}))


if __name__ == "__main__":
    main()
