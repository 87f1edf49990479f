"""Words that stand in drafts and archived entries alone are completed, corrected and known by nobody."""

from __future__ import annotations

import pytest

from tests.app.conftest import MakeClient, make_client
from tests.words import note

__all__ = ["make_client"]


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_only_words_of_published_entries_are_completed(make_client: MakeClient, status: str) -> None:
    withheld = {"notes/b.md": note("別の記録", "Kryptozoology と kurogama。監視塔。", status=status)}
    shown = {"notes/a.md": note("記録", "Procurement asked for Kurogane. 補助金の話。")}
    client, without = make_client({**shown, **withheld}), make_client(shown)
    for typed in ("kryptoz", "krypto", "procure", "kurogan", "kurogama", "塔", "補", "kryptozoology"):
        answers = [one.get("/api/v1/search", params={"q": typed}).json() for one in (client, without)]
        said = [
            (answer["half_typed"], answer["corrected"], [hit["id"] for hit in answer["hits"]]) for answer in answers
        ]
        assert said[0] == said[1], typed
    assert client.get("/api/v1/search", params={"q": "procure"}).json()["half_typed"] == "procure"
