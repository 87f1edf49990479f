"""Many readers at once, in a process of their own: `python -m bench.clients HOST PORT READERS SECONDS PAUSE`.

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
from urllib.parse import urlencode

from bench.browser import Browser
from bench.sets import JUDGEMENTS

PATIENCE = 120.0  # seconds until a reader gives up
_HIT = re.compile(rb'href="(/entries/[^"?#]+)')


@dataclass(slots=True)
class Load:
    """What readers met with."""

    seconds: list[float] = field(default_factory=list)  # per answer
    answers: Counter[str] = field(default_factory=Counter)  # by status, or by the error of the connection

    async def get(self, browser: Browser, target: str) -> bytes:
        """Open a page; return it."""
        began = time.perf_counter()
        try:
            status, page = await browser.get(target, PATIENCE)
        except (OSError, EOFError) as error:
            self.answers[type(error).__name__] += 1
            return b""
        self.answers[str(status)] += 1
        self.seconds.append(time.perf_counter() - began)
        return page


async def reader(load: Load, browser: Browser, number: int, ends: float, pause: float, questions: list[str]) -> None:
    """Search and open pages until the time is over."""
    chance = random.Random(number)
    await asyncio.sleep(chance.uniform(0, 2 * pause))  # people do not begin together
    while time.perf_counter() < ends:
        question = chance.choice(questions)
        if chance.random() < 0.5:
            question += f" {chance.randrange(10**6)}"
        page = await load.get(browser, f"/?{urlencode({'q': question})}")
        await asyncio.sleep(chance.uniform(0.5, 1.5) * pause)
        if (hits := _HIT.findall(page)) and time.perf_counter() < ends:
            await load.get(browser, chance.choice(hits).decode())
            await asyncio.sleep(chance.uniform(0.5, 1.5) * pause)
    browser.close()


async def load_server(host: str, port: int, readers: int, seconds: float, pause: float) -> Load:
    """Let readers work for a time."""
    questions = [json.loads(line)["text"] for line in JUDGEMENTS.read_text("utf-8").splitlines()]
    load, ends = Load(), time.perf_counter() + seconds
    await asyncio.gather(
        *(reader(load, Browser(host, port), number, ends, pause, questions) for number in range(readers))
    )
    return load


def main() -> None:
    """Print what was met with as JSON."""
    host, port, readers, seconds, pause = sys.argv[1:]
    load = asyncio.run(load_server(host, int(port), int(readers), float(seconds), float(pause)))
    own = time.process_time()
    print(json.dumps({"seconds": load.seconds, "answers": load.answers, "processor": own}))


if __name__ == "__main__":
    main()
