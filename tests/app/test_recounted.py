"""Figures of the sample company on page, API and CSV, recounted by a reader that shares no code with the product."""

from __future__ import annotations

import calendar
import csv
import html
import io
import re
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from scipy.stats import beta
from starlette.testclient import TestClient

from app.words.meeting_text import to_csv
from app.words.meeting_view import in_words
from app.words.reader import Reader
from kb.clock import Clock
from tests.app.conftest import MakeClient
from tests.app.recounted import Sample, closed_in, end_of, ended_in, ends_by, listed, read, values, yen

ENTRIES = Path(__file__).parents[2] / "entries"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TABS = ("angle", "reason", "competitor", "industry", "talk-track", "campaign", "lead_source", "product")
MONTHS = [date(2025 + (at + 10) // 12, (at + 10) % 12 + 1, 1) for at in range(12)]  # November 2025 to October 2026
OUTCOMES = ("won", "lost", "no-decision", "open")
JAPANESE = {"accept-language": "ja", "accept": "text/html"}
SIDES = ("won", "lost")


@pytest.fixture(scope="module")
def sample() -> Sample:
    return read(ENTRIES)


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> TestClient:
    paths = [*ENTRIES.rglob("*.md"), ENTRIES / "playbook.yaml"]
    files = {path.relative_to(ENTRIES).as_posix(): path.read_text("utf-8") for path in paths}
    return make_client(files, clock=Clock(lambda: NOON))


@pytest.mark.parametrize("by", TABS)
def test_every_row_of_a_board_is_counted_alike_on_page_api_and_csv(client: TestClient, sample: Sample, by: str) -> None:
    counted = ends_by(sample, by)
    board = client.get(f"/api/v1/scoreboard?by={by}").json()
    rows = {row["key"]: row for row in board["rows"]}
    assert {key: _ends(row) for key, row in rows.items()} == {key: _counts(ends) for key, ends in counted.items()}
    for row in rows.values():
        won, lost = row["won"], row["lost"]
        low, high = beta(won + 0.5, lost + 0.5).ppf([0.05, 0.95])
        expected = (won / (won + lost) if won + lost else 0.5, low if won else 0, high if lost else 1)
        assert [row[name] for name in ("mean", "low", "high")] == pytest.approx(expected, abs=1e-4)
        assert Counter(end_of(sample.deals[deal]) for deal in row["evidence"]) == counted[row["key"]]
    table = [*csv.DictReader(io.StringIO(client.get(f"/api/v1/scoreboard.csv?by={by}").text.removeprefix("\ufeff")))]
    for names, of in (("base_", board["base"]), ("base_corrected_", board["base"]["corrected"])):
        assert all(float(row[f"{names}{name}"]) == of[name] for row in table for name in ("mean", "low", "high"))
    assert {row["key"]: _ends(row) for row in table} == {key: _ends(row) for key, row in rows.items()}
    page = client.get(f"/scoreboard?by={by}", headers=JAPANESE).text
    shown = re.findall(r'class="board-counts">.*?aria-label="([^"]*)".*?<ul>', page, re.DOTALL)
    assert Counter(map(_marks, shown)) == Counter(
        _counts(ends)[:3] for ends in counted.values() if any(_counts(ends)[:3])
    )


def test_the_base_noted_and_corrected_is_that_of_the_files_and_of_the_totals(
    client: TestClient, sample: Sample
) -> None:
    ends = Counter(map(end_of, sample.deals.values()))
    base = client.get("/api/v1/scoreboard?by=angle").json()["base"]
    assert _ends(base) == _counts(ends)
    assert base["mean"] == pytest.approx(ends["won"] / (ends["won"] + ends["lost"]), abs=1e-4)
    assert base["corrected"]["mean"] == pytest.approx(22 / 53, abs=1e-4)
    page = client.get("/scoreboard", headers=JAPANESE).text
    assert f"受注率は{base['mean']:.0%}" in page and "およそ42%" in page


@pytest.mark.parametrize("first", MONTHS, ids=str)
def test_the_numbers_of_a_month_are_those_of_its_files_on_page_api_and_csv(
    client: TestClient, sample: Sample, first: date
) -> None:
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    address = f"period={first:%Y-%m}"
    found = client.get(f"/api/v1/meeting?{address}").json()
    figures = {figure["key"]: figure["now"] for figure in found["figures"]}
    expected = _figures(sample, first, last)
    assert {key: _parts(figures[key]) for key in expected} == expected
    ends = Counter(map(end_of, closed_in(sample, first, last)))
    assert (found["closed"], found["ended"]) == (ends.total(), ends["won"] + ends["lost"])
    amount = sum(yen(deal) for deal in closed_in(sample, first, last) if end_of(deal) == "won")
    assert (figures["won-amount"] or {"value": 0})["value"] == amount
    page = html.unescape(client.get(f"/meeting?{address}", headers=JAPANESE).text)
    table = _table(client, f"{first:%Y-%m}")
    for key, parts in expected.items():
        if parts and key != "mql":
            words = f"（{parts[1]}件中{parts[0]}件）"
            assert words in page and words in table
    assert [
        word for word in (f"受注{ends['won']}件", f"失注{ends['lost']}件") if ends.total() and word not in page
    ] == []


@pytest.mark.parametrize("first", MONTHS[1:], ids=str)
def test_reasons_and_angles_that_moved_are_counted_in_both_months(
    client: TestClient, sample: Sample, first: date
) -> None:
    before = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    now, earlier = (_named(sample, one) for one in (first, before))
    moved = client.get(f"/api/v1/meeting?period={first:%Y-%m}").json()["moved"]
    told = {(one["facet"], one["key"]): (one["now"], one["before"]) for one in moved}
    assert told == {
        name: (now[name], earlier[name])
        for name in {*now, *earlier}
        if max(now[name], earlier[name]) >= 3 and now[name] != earlier[name]
    }


def test_the_deals_and_counts_of_a_comparison_are_those_of_the_files(client: TestClient, sample: Sample) -> None:
    for deal in sorted(sample.deals)[::6]:
        found = client.post("/api/v1/deals/similar", json={"deal_id": deal}).json()
        for end in OUTCOMES:
            assert {end_of(sample.deals[one["id"]]) for one in found[end.replace("-", "_")]} <= {end}
        ends = Counter(end_of(one) for name, one in sample.deals.items() if name != deal)
        share = ends["won"] / (ends["won"] + ends["lost"])
        assert found["rate"]["base"] == pytest.approx(share, abs=1e-4)
        assert all(found["rate"][end] <= ends[end] for end in SIDES)
        for contrast in found["contrast"]:
            _check_contrast(sample, contrast)


def _check_contrast(sample: Sample, contrast: dict[str, object]) -> None:
    factor = str(contrast["factor"])
    if factor not in TABS:
        return
    having = Counter(
        end_of(sample.deals[str(one)])
        for one in contrast["evidence"]  # type: ignore[attr-defined]
        if contrast["value"] in values(sample, factor)(sample.deals[str(one)])
    )
    assert having.total() == len(contrast["evidence"]), contrast  # type: ignore[arg-type]
    assert all(having[end] <= contrast[end] for end in SIDES), contrast  # type: ignore[operator]


def _figures(sample: Sample, first: date, last: date) -> dict[str, tuple[int, int] | None]:
    """Return numerator and denominator of each figure of a month."""
    campaigns, closed = ended_in(sample, first, last), closed_in(sample, first, last)
    won = [deal for deal in closed if end_of(deal) == "won"]
    decided = [deal for deal in closed if end_of(deal) in SIDES]
    found: dict[str, tuple[int, int] | None] = {}
    for key, done, of in (("sal-rate", "sal", "mql"), ("sql-rate", "sql", "sal"), ("close-rate", "won", "sql")):
        pairs = [(one[done], one[of]) for one in campaigns if done in one and of in one]
        found[key] = (sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs))
    counts = [one["mql"] for one in campaigns if "mql" in one]
    found |= {"mql": (sum(counts), 0) if counts else None, "win-rate": (len(won), len(decided))}
    found["reuse"] = (sum(any(map(_exists, listed(deal.get("used")))) for deal in won), len(won))
    return {key: parts if parts and (parts[1] or key == "mql") else None for key, parts in found.items()}


def _exists(entry: str) -> bool:
    return (ENTRIES / f"{entry}.md").is_file()


def _named(sample: Sample, first: date) -> Counter[tuple[str, str]]:
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    counted: Counter[tuple[str, str]] = Counter()
    for deal in closed_in(sample, first, last):
        counted.update((facet, value) for facet in ("reason", "angle") for value in values(sample, facet)(deal))
    return counted


def _table(client: TestClient, period: str) -> str:
    library = client.app.state.services.library  # type: ignore[attr-defined]
    reader = Reader.of("ja", library.playbook, Clock(lambda: NOON))
    return to_csv(in_words(library.loop.meeting(period), library, reader), reader).decode("utf-8-sig")


def _parts(now: dict[str, int] | None) -> tuple[int, int] | None:
    return (now["done"], now["of"]) if now else None


def _ends(row: dict[str, object]) -> tuple[int, ...]:
    return tuple(int(str(row[name])) for name in ("won", "lost", "no_decision", "open"))


def _counts(ends: Counter[str]) -> tuple[int, ...]:
    return tuple(ends[name] for name in OUTCOMES)


def _marks(label: str) -> tuple[int, ...]:
    """Return the counts a row says aloud: 受注8・失注5・見送り1."""
    told = dict(re.findall(r"(受注|失注|見送り)(\d+)", label))
    return tuple(int(told.get(name, 0)) for name in ("受注", "失注", "見送り"))
