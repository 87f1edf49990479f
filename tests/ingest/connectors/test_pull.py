"""Pulling from a CRM: shown first, written once, nothing lost or doubled however it changes, fails or throttles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.connectors.errors import CrmAwayError, CrmLaterError, CrmRefusedError, PullBusyError, StateDamagedError
from ingest.connectors.puller import Puller
from ingest.connectors.state import State
from kb.errors import KBError
from tests.ingest.connectors.crm_server import TOKEN, Crm, serving
from tests.ingest.connectors.pulling import CONNECTORS, MOST, as_in, crm_id, found_in, pulling

COUNT = 2 * MOST + 2
DEALS = 10_000 if settings.default.max_examples > 1_000 else 300  # in `make soak`, in `make test`
ALL = pytest.mark.parametrize("kind", CONNECTORS)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Crm, str]]:
    """One server for all tests; each has its own deals in it."""
    crm = Crm()
    with serving(crm) as address:
        yield crm, address


@pytest.fixture
def crm(server: tuple[Crm, str]) -> Crm:
    """A CRM with some deals, closed ones among them."""
    crm, _ = server
    renew(crm)
    for number in range(COUNT):
        crm.add(100 + number, ("open", "won", "lost")[number % 3])
        crm.later(40)
    return crm


@pytest.fixture
def address(server: tuple[Crm, str]) -> str:
    """Where it is."""
    return server[1]


def renew(crm: Crm) -> None:
    """Let a CRM be empty."""
    fresh = Crm()
    for name in Crm.__slots__:
        setattr(crm, name, getattr(fresh, name))


@ALL
def test_a_pull_is_shown_first_and_then_written(kind: str, crm: Crm, address: str, tmp_path: Path) -> None:
    puller, waits = pulling(kind, address, crm, tmp_path)
    shown = puller.run(write=False)
    assert shown.report and (shown.report.new, shown.report.written) == (COUNT, 0)
    assert found_in(tmp_path) == {}
    written = puller.run(write=True)
    assert written.report and written.report.written == COUNT
    assert found_in(tmp_path) == as_in(crm, kind)
    assert puller.run(write=True).report is None
    assert waits == []


@ALL
def test_what_a_deal_says_is_read_as_from_an_export(kind: str, crm: Crm, address: str, tmp_path: Path) -> None:
    pulling(kind, address, crm, tmp_path)[0].run(write=True)
    names = {"kintone": "顧客3", "salesforce": "Customer 3", "hubspot": "Company 3"}
    text = next(p.read_text("utf-8") for p in tmp_path.rglob(f"{names[kind]}*.md".replace(" ", "*").lower()))
    assert f"customer: {names[kind]}\n" in text and "outcome: lost\n" in text and "closed_on: 2026-08-20\n" in text
    assert kind == "kintone" or "## Reason\n価格\n" in text


@ALL
def test_a_deal_that_changes_between_pages_is_taken_once_as_it_is_at_the_end(
    kind: str, crm: Crm, address: str, tmp_path: Path
) -> None:
    def change(crm: Crm) -> None:
        crm.later(90)
        crm.change(1, 777, "won")
        crm.change(COUNT, 888)
        crm.add(999)

    crm.between = [lambda _crm: None, change]
    pulling(kind, address, crm, tmp_path)[0].run(write=True)
    assert found_in(tmp_path) == as_in(crm, kind)


@ALL
def test_a_change_that_the_crm_shows_late_is_read_by_the_next_pull(
    kind: str, crm: Crm, address: str, tmp_path: Path
) -> None:
    puller, _ = pulling(kind, address, crm, tmp_path)
    puller.run(write=True)
    crm.later(-300)
    crm.change(1, 1_234)
    crm.later(301)
    puller.run(write=True)
    assert found_in(tmp_path) == as_in(crm, kind)


@ALL
def test_many_deals_that_changed_at_once_are_all_read(kind: str, crm: Crm, address: str, tmp_path: Path) -> None:
    for number in crm.deals:
        crm.change(number, 5_000 + number)
    pulling(kind, address, crm, tmp_path)[0].run(write=True)
    assert found_in(tmp_path) == as_in(crm, kind)


@ALL
def test_it_waits_as_long_as_the_crm_says_and_no_longer(kind: str, crm: Crm, address: str, tmp_path: Path) -> None:
    crm.faults = [(429, {"retry-after": "7"}), (503, {}), (502, {})]
    puller, waits = pulling(kind, address, crm, tmp_path)
    puller.run(write=True)
    assert waits == [7.0, 2.0, 4.0]
    assert found_in(tmp_path) == as_in(crm, kind)


@ALL
def test_after_a_long_retry_after_nothing_is_sent_until_then(kind: str, crm: Crm, address: str, tmp_path: Path) -> None:
    crm.faults = [(429, {"retry-after": "3600"})]
    puller, waits = pulling(kind, address, crm, tmp_path)
    with pytest.raises(CrmLaterError, match="3600 seconds"):
        puller.run(write=True)
    before = len(crm.asked)
    with pytest.raises(CrmLaterError):
        puller.run(write=True)
    assert (len(crm.asked), waits) == (before, [])
    crm.later(3601)
    puller.run(write=True)
    assert found_in(tmp_path) == as_in(crm, kind)


@ALL
def test_a_pull_that_fails_midway_goes_on_where_it_was(kind: str, crm: Crm, address: str, tmp_path: Path) -> None:
    crm.between = [lambda _crm: None, lambda crm: crm.faults.extend([(500, {})] * 9)]
    puller, _ = pulling(kind, address, crm, tmp_path)
    with pytest.raises(CrmAwayError):
        puller.run(write=True)
    assert puller.state.progress.is_midway and puller.state.progress.failed_at
    assert found_in(tmp_path) == {}
    crm.faults = []
    again, _ = pulling(kind, address, crm, tmp_path)
    assert again.run(write=True).read < COUNT
    assert found_in(tmp_path) == as_in(crm, kind)
    assert not again.state.progress.failed_at


@ALL
def test_a_deleted_deal_is_archived_and_comes_back_with_the_crm(
    kind: str, crm: Crm, address: str, tmp_path: Path
) -> None:
    puller, _ = pulling(kind, address, crm, tmp_path)
    puller.run(write=True)
    crm.delete(2)
    crm.later(60)
    shown = puller.run(write=False)
    assert [one.is_archived for one in shown.left] == [False]
    assert found_in(tmp_path)[crm_id(kind, 2)][2] == ""
    (left,) = puller.run(write=True).left
    assert left.is_archived and found_in(tmp_path)[crm_id(kind, 2)][2] == "archived"
    assert puller.run(write=True).left == []
    crm.deals[2] = crm.deleted.pop(2)
    crm.change(2, 222)
    puller.run(write=True)
    assert found_in(tmp_path) == as_in(crm, kind)


@ALL
def test_an_entry_that_somebody_wrote_into_is_not_archived(kind: str, crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling(kind, address, crm, tmp_path)
    puller.run(write=True)
    (path,) = (
        p for p in tmp_path.rglob("*.md") if f"crm_id: {crm_id(kind, 2)}" in p.read_text("utf-8").replace('"', "")
    )
    path.write_text(path.read_text("utf-8") + "\n## 教訓\n早く会う。\n", "utf-8")
    crm.delete(2)
    (left,) = puller.run(write=True).left
    assert (left.is_archived, left.path) == (False, f"deals/{path.name}")
    assert "archived" not in path.read_text("utf-8")


def test_a_merged_deal_is_archived(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("hubspot", address, crm, tmp_path)
    puller.run(write=True)
    crm.later(60)
    crm.merge(3, into=4)
    (left,) = puller.run(write=True).left
    assert (left.id, left.into, left.is_archived) == ("3", "4", True)
    assert puller.run(write=True).left == []


def test_a_deal_merged_into_one_that_was_deleted_at_once_is_archived_too(
    crm: Crm, address: str, tmp_path: Path
) -> None:
    puller, _ = pulling("hubspot", address, crm, tmp_path)
    puller.run(write=True)
    crm.merge(3, into=4)
    crm.delete(4)
    assert [(one.id, one.into, one.is_archived) for one in puller.run(write=True).left] in (
        [("3", "", True), ("4", "", True)],
        [("4", "", True), ("3", "", True)],
    )


def test_a_deal_that_is_there_again_without_a_change_comes_back(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("kintone", address, crm, tmp_path)
    puller.run(write=True)
    crm.later(7_200)
    hidden = crm.deals.pop(2)
    assert puller.run(write=True).left
    crm.deals[2] = hidden
    puller.run(write=True)
    assert found_in(tmp_path) == as_in(crm, "kintone")


def test_that_most_deals_are_gone_is_not_believed(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("kintone", address, crm, tmp_path)
    puller.run(write=True)
    kept, crm.deals = crm.deals, {}
    held = puller.run(write=True)
    assert held.is_held and len(held.left) == COUNT and not any(one.is_archived for one in held.left)
    crm.deals = kept
    assert not puller.run(write=True).is_held
    assert found_in(tmp_path) == as_in(crm, "kintone")
    crm.deals = {}
    believing = replace(puller, believes_all=True)
    assert all(one.is_archived for one in believing.run(write=True).left)


def test_what_cannot_be_written_waits_for_the_next_pull(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("kintone", address, crm, tmp_path)
    puller.run(write=True)
    path = next((tmp_path / "entries").rglob("*顧客4*.md"))
    whole = path.read_text("utf-8")
    path.write_text(whole.replace("title:", "title: [", 1), "utf-8")
    crm.later(3600)
    crm.change(4, 4444)
    assert puller.run(write=True).report
    path.write_text(whole, "utf-8")
    crm.later(7200)
    puller.run(write=True)
    assert found_in(tmp_path) == as_in(crm, "kintone")


def test_what_a_killed_process_left_half_written_is_removed(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("kintone", address, crm, tmp_path)
    puller.run(write=False)
    spool = tmp_path / "crm/kintone/waiting.jsonl"
    with spool.open("ab") as file:
        file.write(b'["99", ["half a li')
    puller.run(write=True)
    assert found_in(tmp_path) == as_in(crm, "kintone")


def test_where_the_waiting_deals_were_lost_everything_is_read_again(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("kintone", address, crm, tmp_path)
    puller.run(write=False)
    (tmp_path / "crm/kintone/waiting.jsonl").unlink()
    assert puller.run(write=True).read == COUNT
    assert found_in(tmp_path) == as_in(crm, "kintone")


@pytest.mark.parametrize("file", ["progress.json", "deals.json"])
def test_a_damaged_state_is_said_and_without_it_everything_is_read_again(
    file: str, crm: Crm, address: str, tmp_path: Path
) -> None:
    pulling("kintone", address, crm, tmp_path)[0].run(write=True)
    path = tmp_path / "crm/kintone" / file
    path.write_text("[", "utf-8")
    with pytest.raises(StateDamagedError, match=file):
        pulling("kintone", address, crm, tmp_path)[0].run(write=True)
    path.unlink()
    crm.later(7_200)
    assert pulling("kintone", address, crm, tmp_path)[0].run(write=True).read == COUNT
    assert found_in(tmp_path) == as_in(crm, "kintone")


def test_another_mapping_reads_everything_again(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("kintone", address, crm, tmp_path)
    puller.run(write=True)
    mapping = tmp_path / "entries/mappings/ours.yaml"
    mapping.parent.mkdir()
    names = {"crm_id": "レコード番号", "title": "会社名", "stage": "確度", "amount": "合計費用", "owner": "担当者"}
    fields = "".join(f"  {field}: [{header}]\n" for field, header in names.items())
    mapping.write_text(f"name: ours\nkind: deals\nfields:\n{fields}  closed_on: [受注日]\n", "utf-8")
    again = puller.run(write=True)
    assert (again.mapping, again.read) == ("ours.yaml", COUNT)
    mapping.write_text(mapping.read_text("utf-8") + "outcomes:\n  no-decision: [商談中]\n", "utf-8")
    puller.run(write=True)
    assert {one[1] for one in found_in(tmp_path).values()} == {"won", "lost", "no-decision"}


@ALL
def test_wrong_credentials_are_said_without_them(kind: str, crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling(kind, address, crm, tmp_path)
    wrong, _ = pulling(kind, address, crm, tmp_path)
    asking = wrong.connector._asking  # type: ignore[attr-defined]
    if kind == "salesforce":
        wrong.connector._form["client_secret"] = "guessed"  # type: ignore[attr-defined]
    else:
        asking.headers = {name: "guessed" for name in asking.headers}
    with pytest.raises(CrmRefusedError) as refused:
        wrong.run(write=True)
    assert "guessed" not in refused.value.sentence and TOKEN not in refused.value.sentence
    puller.run(write=True)
    kept = "".join(path.read_text("utf-8") for path in (tmp_path / "crm").rglob("*") if path.is_file())
    assert TOKEN not in kept and "session-" not in kept


def test_a_session_that_ended_is_renewed(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("salesforce", address, crm, tmp_path)
    puller.run(write=False)
    crm.sessions += 1
    puller.run(write=True)
    assert found_in(tmp_path) == as_in(crm, "salesforce")


def test_two_pulls_do_not_meet(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("kintone", address, crm, tmp_path)
    with State(tmp_path / "crm/kintone").held("kintone"), pytest.raises(PullBusyError):
        puller.run(write=True)


def test_totals_are_those_of_all_deals_not_of_the_last_pull(crm: Crm, address: str, tmp_path: Path) -> None:
    puller, _ = pulling("kintone", address, crm, tmp_path)
    playbook = tmp_path / "entries/playbook.yaml"
    playbook.write_text("company: x\n", "utf-8")
    puller.run(write=True)
    whole = playbook.read_text("utf-8")
    assert "closed_deals" in whole
    crm.later(3600)
    crm.change(2, 1, "won")
    puller.run(write=True)
    assert playbook.read_text("utf-8") == whole


@pytest.mark.parametrize(
    "address", ["http://crm.example.com", "https://user:pass@crm.example.com", "ftp://127.0.0.1", ""]
)
def test_an_address_that_others_could_listen_to_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(CrmRefusedError, match="https"):
        pulling("kintone", address, Crm(), tmp_path)


_STEP = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 9), st.just(0)),
    st.tuples(st.just("change"), st.integers(1, 20), st.integers(1, 9)),
    st.tuples(st.just("delete"), st.integers(1, 20), st.just(0)),
    st.tuples(st.just("merge"), st.integers(1, 20), st.integers(1, 9)),
    st.tuples(st.just("fail"), st.just(0), st.just(0)),
    st.tuples(st.just("later"), st.sampled_from([0, 30, 61, 700]), st.just(0)),
)


def happen(crm: Crm, kind: str, steps: list[tuple[str, int, int]]) -> None:
    """Let something happen to the deals."""
    for what, number, amount in steps:
        match what:
            case "add":
                crm.add(number)
            case "change":
                crm.change(number, amount, ("open", "won", "lost")[amount % 3])
            case "delete":
                crm.delete(number)
            case "merge" if kind == "hubspot":  # the others do not merge deals
                crm.merge(number, into=amount)
            case "fail":
                crm.faults += [(500, {})] * 5
            case "later":
                crm.later(number)


def pull_as_often_as_it_takes(puller: Puller, *, write: bool) -> None:
    """Pull until nothing fails."""
    for _ in range(20):
        try:
            puller.run(write=write)
        except KBError:
            continue
        return
    raise AssertionError("it never came to an end")


@ALL
@settings(max_examples=settings.default.max_examples // 4)
@given(
    begin=st.integers(0, 14),
    pulls=st.lists(st.tuples(st.booleans(), st.lists(st.lists(_STEP, max_size=4), max_size=4)), max_size=3),
)
def test_whatever_changes_while_it_is_read_nothing_is_lost_or_doubled(
    server: tuple[Crm, str],
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    begin: int,
    pulls: list[tuple[bool, list[list[tuple[str, int, int]]]]],
) -> None:
    crm, address = server
    place = tmp_path_factory.mktemp("pull")
    renew(crm)
    for number in range(begin):
        crm.add(number + 1)
    puller, _ = pulling(kind, address, crm, place)
    puller = replace(puller, believes_all=True)
    for write, pages in pulls:
        crm.between = [lambda crm, steps=steps: happen(crm, kind, steps) for steps in pages]  # type: ignore[misc]
        pull_as_often_as_it_takes(puller, write=write)
    crm.between, crm.faults = [], []
    pull_as_often_as_it_takes(puller, write=True)
    found = found_in(place)
    assert {key: one for key, one in found.items() if one[2] != "archived"} == as_in(crm, kind)


@pytest.mark.slow
@ALL
@settings(max_examples=1)
@given(seed=st.integers(0, 2**32))
def test_a_large_pull_loses_and_doubles_nothing(
    server: tuple[Crm, str], tmp_path_factory: pytest.TempPathFactory, kind: str, seed: int
) -> None:
    crm, address = server
    random, place = Random(seed), tmp_path_factory.mktemp("large")
    renew(crm)
    for number in range(DEALS):
        crm.add(number + 1)
        crm.later(random.choice((0, 0, 1, 45)))

    def change(crm: Crm) -> None:
        crm.later(random.choice((0, 1, 61)))
        chosen = (random.randrange(1, DEALS + 1) for _ in range(DEALS // 50))
        names = ("change", "change", "add", "delete", "merge")
        happen(crm, kind, [(random.choice(names), number, random.randrange(1, 2 * DEALS)) for number in chosen])
        if random.random() < 0.2:
            happen(crm, kind, [("fail", 0, 0)])

    puller, _ = pulling(kind, address, crm, place, most=max(DEALS // 50, 7))
    puller = replace(puller, believes_all=True)
    for _ in range(2):
        crm.between = [change] * 40
        pull_as_often_as_it_takes(puller, write=True)
    crm.between, crm.faults = [], []
    pull_as_often_as_it_takes(puller, write=True)
    found = {key: one for key, one in found_in(place).items() if one[2] != "archived"}
    wanted = as_in(crm, kind)
    wrong = [(key, found.get(key), wanted.get(key)) for key in {*found, *wanted} if found.get(key) != wanted.get(key)]
    assert sorted(wrong)[:5] == []
    assert len(found) > DEALS // 2
