"""The checker of a campaign notices what is lost, wrong, stale or there twice, and nothing else."""

from __future__ import annotations

from bench.ledger import FOREVER, Ledger, Version, Written, archived
from tests.words import note

ASKED, SETTLE = 100.0, 10.0


def version(number: int, base: Version | None = None, acked: float = FOREVER) -> Version:
    title = f"価格の交渉 版{number}"
    return Version(note(title), title, base.hash if base else "", sent=0.0, acked=acked)


def ledger_of(*versions: Version) -> Ledger:
    ledger, entry = Ledger({"notes/before": "前からある"}), Written("zq1", versions=[*versions])
    ledger.begin(entry)
    ledger.name(entry, "deals/a")
    return ledger


def wrong(ledger: Ledger, entry_id: str, title: str) -> list[str]:
    found = ledger.wrong_in_answer([{"id": entry_id, "title": title}], ASKED, SETTLE)
    return [one.split()[0] for one in found]


def test_what_was_written_and_is_not_replaced_may_be_shown() -> None:
    first = version(1, acked=1.0)
    fresh, maybe = version(2, first, acked=95.0), version(3, first)
    for ledger in (ledger_of(first), ledger_of(first, fresh), ledger_of(first, maybe)):
        assert wrong(ledger, "deals/a", first.title) == []
    assert wrong(ledger_of(first, fresh), "deals/a", fresh.title) == []
    assert wrong(ledger_of(first), "notes/before", "前からある") == []


def test_what_nobody_wrote_or_was_replaced_long_ago_is_wrong() -> None:
    first = version(1, acked=1.0)
    second = version(2, first, acked=2.0)
    gone = Version(archived(second.text), second.title, second.hash, 0.0, acked=3.0, archived=True)
    assert wrong(ledger_of(first), "deals/b", "知らない題") == ["unknown"]
    assert wrong(ledger_of(first), "deals/a", "知らない題") == ["title"]
    assert wrong(ledger_of(first), "notes/before", "別の題") == ["unknown"]
    assert wrong(ledger_of(first, second), "deals/a", first.title) == ["stale"]
    assert wrong(ledger_of(first, second, gone), "deals/a", second.title) == ["archived"]


def test_an_entry_whose_save_nobody_was_told_of_may_be_there() -> None:
    unknown, ledger = Written("zq2", versions=[version(7)]), ledger_of(version(1, acked=1.0))
    ledger.begin(unknown)
    assert wrong(ledger, "deals/x", version(7).title) == []
    assert ledger.judge_files({"deals/a": version(1).text}) == ([], [], [])
    assert ledger.judge_files({"deals/a": version(1).text, "deals/x": version(7).text}) == ([], [], [])


def test_lost_wrong_and_double_files_are_told() -> None:
    first = version(1, acked=1.0)
    second, third = version(2, first, acked=2.0), version(3, first)
    ledger = ledger_of(first, second, third)
    assert ledger.judge_files({"deals/a": second.text}) == ([], [], [])
    assert ledger.judge_files({"deals/a": first.text})[0] == [f"deals/a: {second.title}"]
    assert ledger.judge_files({"deals/a": third.text})[0] == [f"deals/a: {second.title}"]
    assert ledger.judge_files({})[0] == ["deals/a is gone"]
    assert ledger.judge_files({"deals/a": second.text + "\n"})[1] == ["text that nobody wrote in deals/a"]
    assert ledger.judge_files({"deals/a": second.text, "deals/a-2": second.text})[2] == ["deals/a, deals/a-2"]
