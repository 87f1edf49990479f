"""A server whose file handles run out for a while; run in a process of its own by `test_stuck`."""

from __future__ import annotations

import json
import os
import resource
import sys
from functools import partial
from pathlib import Path

from app.background import Background
from app.services import Services, open_services
from app.settings import Settings
from ingest.sync import sync
from tests.waiting import wait_until
from tests.words import WordEmbedder, note

HANDLES = 256


def _degraded(background: Background) -> list[str]:
    return [job.name for job in background.supervisor.states() if job.is_failing]


def _titles(services: Services) -> list[str]:
    return sorted(hit.entry.title for hit in services.library.search.answer("", limit=100).hits)


def _take_all(taken: list[int]) -> None:
    """Take what is free, also what a job has given back since the last time."""
    while True:
        try:
            taken.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            return


def run(place: Path) -> None:
    """Take every handle until a job fails, give them back, and print what is found then."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (HANDLES, HANDLES))
    entries = place / "entries"
    services = open_services(Settings(entries=entries, data=place / "var"), WordEmbedder())
    services.library.with_index(partial(sync, folder=entries))
    services.library.refresh()
    background = Background(services, first_retry=0.1)
    background.start()
    wait_until(lambda: services.library.search.has_answered, "the server to be ready")
    wait_until(lambda: any(j.name == "watch" and j.succeeded for j in background.supervisor.states()), "watching")
    new = (entries / "notes/late.md").open("w", encoding="utf-8")
    new.write(note("後の記録"))
    taken: list[int] = []

    def a_job_fails_without_handles() -> bool:
        _take_all(taken)
        new.write("もう一行。\n")
        new.flush()
        return bool(_degraded(background))

    wait_until(a_job_fails_without_handles, "a job to fail")
    new.close()
    failed = _degraded(background)
    for handle in taken:
        os.close(handle)
    wait_until(lambda: _titles(services) == ["後の記録", "最初の記録"] or len(_titles(services)) == 2, "the change")
    wait_until(lambda: not _degraded(background), "the jobs to recover")
    print(json.dumps({"failed": failed, "titles": sorted(_titles(services), key=lambda title: title != "最初の記録")}))
    background.stop()
    services.close()


if __name__ == "__main__":
    run(Path(sys.argv[1]))
