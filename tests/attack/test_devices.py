"""Nobody signs in, so what the log counts are devices; the page must not call them people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kb.clock import CLOCK
from kb.loop.activity import Searched
from tests.app.conftest import MakeClient, make_client

__all__ = ["make_client"]


@pytest.mark.parametrize(("language", "said"), [("ja", "2台の端末"), ("en", "Devices: 2")])
def test_a_proposed_synonym_counts_devices(make_client: MakeClient, language: str, said: str) -> None:
    client = make_client({"notes/a.md": "---\ntitle: 値引きの決裁\n---\n部長が決める。\n"})
    activity = client.app.state.services.activity  # type: ignore[attr-defined]
    start = CLOCK.now() - timedelta(hours=1)
    for asker in ("one", "two"):
        for minutes, query in enumerate(("ディスカウント", "値引き")):
            at = (start + timedelta(minutes=minutes)).isoformat(timespec="milliseconds")
            activity.searched(Searched(f"{asker}-{minutes}", at, query, asker=asker))
        activity.opened(f"{asker}-1", "notes/a")
    page = client.get("/gaps", headers={"accept-language": language, "accept": "text/html"}).text
    shown = page.partition('class="alike"')[2].partition("</ul>")[0]
    assert said in shown and "2人" not in shown and "people" not in shown
