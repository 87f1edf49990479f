"""What waits for each owner is put together once for all."""

from __future__ import annotations

from dataclasses import replace

from kb.loop.owned import Owned
from kb.loop.review import Standing
from tests.deals import deal


def test_each_owner_gets_what_is_theirs_in_the_order_of_the_lists() -> None:
    one, two, three = (replace(deal(name, "won"), owner=owner) for name, owner in (
        ("a", "佐藤　花子"), ("b", ""), ("c", "佐藤花子 (h@example.jp)"),
    ))  # fmt: skip
    due, fine = Standing("overdue"), Standing("verified")
    found = Owned.of([three, two, one], [(three, due), (two, due), (one, fine)], None)
    names = {"佐藤花子", "佐藤花子(h@example.jp)"}
    assert found.drafts_of(names) == [three, one]
    assert found.reviews_of(names) == [(three, due)]
    assert found.drafts_of({""}) == found.drafts_of({"鈴木"}) == []
