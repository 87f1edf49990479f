"""`kb judge` and `kb quality`: grading in the terminal, the history, and a model that is only tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from app.cli.judging import grade_questions, show_run
from app.services import Services, open_services
from app.settings import Settings
from app.words.reader import Reader
from ingest.sync import sync
from kb.loop.activity import Searched
from kb.model.package import bundled_file
from kb.model.unpacking import unpack
from tests.app.cli.test_main import Place, place
from tests.words import WordEmbedder, note, write

__all__ = ["place"]
JA = Reader.of("ja")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    write(tmp_path / "entries", "talk-tracks/price.md", note("価格が高い", "何と比べて高いか。", kind="talk-track"))
    write(tmp_path / "entries", "notes/audit.md", note("監査ログ", "一年残る。"))
    services = open_services(Settings(entries=tmp_path / "entries", data=tmp_path / "var"), WordEmbedder())
    services.library.with_index(partial(sync, folder=tmp_path / "entries"))
    services.library.refresh()
    for number, query in enumerate(("価格が高い", "監査ログ", "価格が高い")):
        services.activity.searched(
            Searched(f"s{number}", services.activity.stamp(), query, total=2, asker=f"a{number}")
        )
    yield services
    services.close()


def _answers(*given: str) -> Callable[[str], str]:
    left = iter(given)

    def ask(_text: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return ask


def test_each_hit_is_graded_with_a_key_and_stored_at_once(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    grade_questions(services.judging, 10, JA, _answers("1", "3", "", "2", "9"))
    assert services.judging.grades() == {
        "価格が高い": {"talk-tracks/price": 3, "notes/audit": 0}, "監査ログ": {"talk-tracks/price": 2}
    }  # fmt: skip
    printed = capsys.readouterr().out
    assert printed.startswith("採点していない質問 2件\n\n価格が高い  (2台の端末で2回検索)\n\n1. 価格が高い")
    grade_questions(services.judging, 10, JA, _answers())
    assert capsys.readouterr().out == "すべて採点済みです\n"


@pytest.mark.parametrize("answers", [("1", "q", "1"), ("1",)])
def test_one_may_stop_at_any_hit(services: Services, answers: tuple[str, ...]) -> None:
    grade_questions(services.judging, 10, JA, _answers(*answers))
    assert services.judging.grades() == {"価格が高い": {"talk-tracks/price": 3}}


def test_the_limit_counts_questions(services: Services) -> None:
    grade_questions(services.judging, 1, JA, _answers("1", "2", "1", "1"))
    assert list(services.judging.grades()) == ["価格が高い"]


def test_a_run_is_printed_with_its_history_and_as_json(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    grade_questions(services.judging, 1, JA, _answers("1", "3"))
    run = services.judging.measure()
    services.judging.record(run)
    capsys.readouterr()
    show_run(run, services.judging, JA, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["採点した質問 1件: nDCG@10 1.000・上位3件に答え 1件中 1件 (27〜100%)", "はじめての計測です。"]
    assert lines[-2] == "これまでの計測" and f"{run.constants}  {run.fingerprint[:12]}" in lines[-1]
    show_run(run, services.judging, JA, as_json=True)
    shown = json.loads(capsys.readouterr().out)
    assert (shown["questions"], shown["ndcg"], shown["hit"]["hits"], shown["better"]) == (1, 1.0, 1, None)


def test_without_grades_there_is_nothing_to_measure(place: Place) -> None:
    result = place.kb("quality")
    assert result.exit_code == 1 and "kb judge" in result.stderr


@pytest.mark.model
def test_a_model_is_tried_in_an_index_that_is_thrown_away(place: Place, tmp_path: Path) -> None:
    assert place.kb("sync").exit_code == 0
    services = open_services(Settings(entries=place.entries, data=place.data))
    services.activity.searched(Searched("s1", services.activity.stamp(), "価格が高い", total=3, asker="a"))
    grade_questions(services.judging, 1, JA, _answers("1", "1", "3"))
    services.close()
    recorded = place.kb("quality", "--json")
    assert recorded.exit_code == 0 and json.loads(recorded.stdout)["better"] is None
    kept = sorted(path.name for path in (place.data / "index").iterdir())
    source = bundled_file()
    if source is None:
        pytest.skip("there is no bundled model on this platform")
    folder = unpack(source, tmp_path / "other")
    tried = place.kb("quality", "--json", "--model", str(folder))
    assert tried.exit_code == 0, tried.stderr
    found = json.loads(tried.stdout)
    assert found["model"] == str(folder) and (found["better"], found["worse"]) == (0, 0)
    assert sorted(path.name for path in (place.data / "index").iterdir()) == kept
    dry = place.kb("quality", "--dry-run")
    assert dry.stdout.count("bundled") == 1  # neither trial was recorded
