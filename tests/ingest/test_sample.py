"""The sample company comes with one call and goes with another, and takes nothing of anybody with it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date, timedelta
from pathlib import Path, PurePath

import pytest

from ingest.check import check
from ingest.parse import parse_entry
from ingest.playbook_file import PLAYBOOK_NAME, STARTER, load_playbook
from ingest.playbook_store import write_starter
from ingest.sample import COMPANY, MANIFEST, add_sample, holds_sample, remove_sample, sample_texts
from kb.entry import Problem
from kb.errors import SampleRefusedError
from kb.playbook import Playbook
from tests.words import note, write

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("today", [date(2026, 1, 5), date(2026, 11, 27), date(2028, 3, 1)])
def test_its_newest_deal_closed_yesterday_and_nothing_is_from_the_future(entries: Path, today: date) -> None:
    add_sample(entries, today)
    count, problems = check(entries, today)
    found = [parse_entry(text, path, Playbook()).entry for path, text in sample_texts(today).items()]
    assert count == len(found) - 1 and problems == []  # the playbook is no entry
    assert max(one.deal.closed_on for one in found if one.deal and one.deal.closed_on) == today - timedelta(days=1)
    assert all(one.date < today for one in found if one.date)


@pytest.mark.parametrize("today", [date(2026, 1, 5), date(2026, 11, 27), date(2028, 3, 1)])
def test_few_of_its_entries_share_a_day_and_no_name_is_from_the_future(today: date) -> None:
    texts = {path: text for path, text in sample_texts(today).items() if path != PLAYBOOK_NAME}
    entries = [parse_entry(text, path, Playbook()).entry for path, text in texts.items()]
    days = Counter(one.deal.closed_on if one.deal and one.deal.closed_on else one.date for one in entries)
    assert max(days.values()) <= 3
    months = [found[0] for path in texts if (found := re.match(r"20\d\d-\d\d", PurePath(path).name))]
    assert months and max(months) <= f"{today:%Y-%m}"


def test_the_repository_and_the_differences_between_its_deals_stay() -> None:
    before = {path: path.read_bytes() for path in COMPANY.rglob("*") if path.is_file()}
    days = []
    for today in (date(2026, 11, 27), date(2027, 8, 9)):
        texts = sample_texts(today)
        deals = [parse_entry(text, path, Playbook()).entry.deal for path, text in texts.items()]
        closed = sorted(deal.closed_on for deal in deals if deal and deal.closed_on)
        days.append([(day - closed[0]).days for day in closed])
    assert days[0] == days[1]
    assert before == {path: path.read_bytes() for path in COMPANY.rglob("*") if path.is_file()}


def test_removing_it_leaves_what_somebody_changed_or_wrote(entries: Path) -> None:
    paths = add_sample(entries, date(2027, 1, 1))
    changed, own = paths[0], write(entries, "deals/ours.md", note("うちの商談"))
    (entries / changed).write_text((entries / changed).read_text("utf-8") + "\n現場の声。\n", "utf-8")
    removed = remove_sample(entries)
    assert removed.kept == (changed,) and len(removed.gone) == len(paths) - 1
    assert sorted(path for path in entries.rglob("*.md")) == sorted([entries / changed, own])
    assert (entries / PLAYBOOK_NAME).read_bytes() == STARTER.read_bytes()
    assert not holds_sample(entries) and remove_sample(entries).gone == ()


def test_a_playbook_somebody_wrote_is_neither_replaced_nor_removed(entries: Path) -> None:
    own = write(entries, PLAYBOOK_NAME, "company: 自社\n")
    add_sample(entries, date(2027, 1, 1))
    assert remove_sample(entries).playbook == "own"
    assert own.read_text("utf-8") == "company: 自社\n"


def test_it_does_not_mix_with_entries(entries: Path) -> None:
    write(entries, "deals/ours.md", note("うちの商談"))
    with pytest.raises(SampleRefusedError):
        add_sample(entries, date(2027, 1, 1))
    assert [path.name for path in entries.rglob("*") if path.is_file()] == ["ours.md"]


def test_a_manifest_cannot_name_files_elsewhere(entries: Path) -> None:
    outside = write(entries.parent, "outside.md", note("外"))
    write(entries, MANIFEST, '{"../outside.md": "0", "deals/../../outside.md": "0", ".git/config": "0"}')
    assert remove_sample(entries).kept == ()
    assert outside.exists()


def test_the_starter_playbook_has_no_problems_and_is_written_once(entries: Path) -> None:
    found = load_playbook(STARTER.read_text("utf-8"))
    assert not isinstance(found, Problem) and found[1] == ()
    assert write_starter(entries) and not write_starter(entries)


def test_an_installed_package_brings_the_sample_company() -> None:
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    assert f"{COMPANY.name}/**" in packaged["ingest"]
    assert COMPANY.resolve() == ROOT / "entries"
