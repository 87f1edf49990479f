"""Keywords in PostgreSQL give every passage the score that FTS5 gives it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select, text

from kb.index.keywords import WEIGHTS, KeywordIndex, Matches, Phrase, Weighed
from kb.index.postings import POSTINGS, TOTALS
from kb.index.postings_sql import BLOCK, OPEN
from kb.index.records import StoredEntry
from kb.index.schema import CHUNKS
from tests.kb.index.both import Base, embedded, served, stored, words
from tests.postgresql import RunningPostgres

WORDS = ["値引き", "解約", "導入", "価格", "競合", "稟議", "予算", "商談", "決裁", "効果"]
WORDS += ["費用", "契約", "更新", "比較", "提案", "見積", "納期", "保守", "移行", "担当"]
RARE = ["roi", "sso", "gl200", "saas", "crm", "poc", "erp", "sla", "kpi", "nps"]
STATES = ("published", "published", "published", "draft", "archived")
CLOSE = 1e-9


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Base]:
    """A base in a file."""
    with embedded(tmp_path) as base:
        yield base


@pytest.fixture
def database(postgres: RunningPostgres) -> Iterator[Base]:
    """A base in a schema of a database."""
    with served(postgres.empty()) as base:
        yield base


@pytest.fixture(params=["embedded", "served"])
def base(request: pytest.FixtureRequest) -> Base:
    """A base of each kind."""
    found: Base = request.getfixturevalue("file" if request.param == "embedded" else "database")
    return found


@pytest.mark.parametrize("seed", range(4))
def test_both_find_the_same_passages_with_the_same_scores(file: Base, database: Base, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        batch = [_entry(chance, f"notes/{chance.randrange(60)}") for _ in range(chance.randrange(1, 16))]
        gone = f"notes/{chance.randrange(60)}.md"
        for base in (file, database):
            base.write(batch)
            base.delete(gone)
        for _ in range(6):
            _same(file, database, _question(chance))
    assert file.keywords.words_by_count() == database.keywords.words_by_count()
    assert file.keywords.counts([*WORDS, *RARE, "未知"]) == database.keywords.counts([*WORDS, *RARE, "未知"])


@pytest.mark.parametrize("seed", range(4))
def test_both_know_the_same_phrases_and_published_words(file: Base, database: Base, seed: int) -> None:
    chance = random.Random(seed)
    batch = [_entry(chance, f"notes/{number}") for number in range(40)]
    file.write(batch)
    database.write(batch)
    pairs = [[chance.choice(WORDS), chance.choice(WORDS)] for _ in range(60)] + [[word] for word in (*WORDS, *RARE)]
    for ask in (_has_phrase, _holding, _texts_with):
        assert [ask(file, terms) for terms in pairs] == [ask(database, terms) for terms in pairs]
    assert file.keywords.published([*RARE, "未知"]) == database.keywords.published([*RARE, "未知"])


def test_terms_side_by_side_count_as_often_as_they_stand_there(base: Base) -> None:
    base.write([stored("a", "導入 導入 導入"), stored("b", "導入 予算 導入 導入"), stored("c", "予算")])
    word = (((("導入", "導入"), 1.0),),)
    (twice, first), (once, second) = _named(base, base.keywords.matches([word], 10))
    assert (twice, once) == ("a#1", "b#1")
    assert first / second > 1.2


def test_terms_in_different_fields_are_no_phrase(base: Base) -> None:
    base.write([stored("a", "予算を決める", title="導入"), stored("b", "予算と導入", tags=["価格", "比較"])])
    assert not base.keywords.has_phrase(["導入", "予算"])
    assert not base.keywords.has_phrase(["予算", "価格"])
    assert base.keywords.has_phrase(["予算", "導入"])
    assert base.keywords.has_phrase(["価格", "比較"])


def test_a_word_counts_twice_in_a_title(base: Base) -> None:
    base.write(
        [stored("a", "価格の話", title="導入"), stored("b", "導入の話", title="価格"), stored("c", "話", title="話")]
    )
    assert [name for name, _ in _named(base, base.keywords.matches(words(["導入"]), 10))] == ["a#1", "b#1"]


def test_nothing_is_left_of_what_was_replaced_and_deleted(database: Base) -> None:
    database.write([stored("a", "導入 予算"), stored("b", "導入"), stored("a", "解約")])
    assert database.keywords.counts(["導入", "予算", "解約"]) == {"導入": 1, "解約": 1}
    for name in ("a", "b"):
        database.delete(f"{name}.md")
    with database.engine.connect() as connection:
        assert connection.execute(select(POSTINGS)).all() == []
        assert connection.execute(text("SELECT * FROM passage_terms")).all() == []
        assert connection.execute(select(TOTALS)).one() == (0, 0)


def test_full_blocks_are_closed_and_passages_leave_them(file: Base, database: Base) -> None:
    many = [stored(f"n{number}", *["導入 " * (1 + at % 3) + "予算" for at in range(30)]) for number in range(20)]
    for base in (file, database):
        base.write(many[:11])
        base.write(many[11:])
        base.delete("n3.md")
        base.write([many[12]])
    with database.engine.connect() as connection:
        blocks = connection.execute(select(POSTINGS.c.last, POSTINGS.c.hits).where(POSTINGS.c.term == "導入")).all()
    closed = [hits for last, hits in blocks if last != OPEN]
    assert len(closed) > 1 and all(len(hits) <= BLOCK for hits in closed)
    assert sum(len(hits) for _, hits in blocks) == 570
    _same(file, database, lambda keywords, _: keywords.matches(words(["導入"]), 600))


def test_what_is_not_committed_is_not_found(base: Base) -> None:
    base.write([stored("a", "導入")])
    with base.engine.connect() as connection:
        base.keywords.forget(connection, [1])
        connection.rollback()
    assert len(base.keywords.matches(words(["導入"]), 10)) == 1


def test_weights_are_whole_numbers_as_they_are_kept_in_hits() -> None:
    assert all(weight == int(weight) for weight in WEIGHTS.values())


def _entry(chance: random.Random, name: str) -> StoredEntry:
    weights = [2.0 / (rank + 1) for rank in range(len(WORDS))]
    passages = [
        " ".join(
            [*chance.choices(WORDS, weights, k=chance.randrange(1, 25)), *chance.sample(RARE, chance.randrange(3))]
        )
        for _ in range(chance.randrange(1, 6))
    ]
    tags = chance.sample(WORDS, chance.randrange(3))
    return stored(name, *passages, title=chance.choice(WORDS), status=chance.choice(STATES), tags=tags)


Question = Callable[[KeywordIndex, Sequence[int]], Matches]


def _question(chance: random.Random) -> Question:
    """Return a question in one of the ways they are put, about random words."""
    terms = chance.sample([*WORDS, *RARE, "未知"], chance.randrange(1, 5))
    phrases: list[Phrase] = [tuple(chance.choices(WORDS, k=2)), (chance.choice(RARE),), (chance.choice(WORDS),)]
    spelled: Weighed = (((phrases[1], 2.0), (phrases[2], 0.5)), ((phrases[0], 3.0),))
    weighed = words({term: 0.5 + at for at, term in enumerate(terms)})
    limit = chance.choice((5, 1_000))
    ways: list[Question] = [
        lambda keywords, _: keywords.matches(weighed, limit),
        lambda keywords, _: keywords.matches([*weighed, spelled, spelled], limit),
        lambda keywords, _: keywords.matches([spelled], limit),
        lambda keywords, among: keywords.matches([*weighed, spelled], limit, among),
    ]
    return chance.choice(ways)


def _same(file: Base, database: Base, question: Question) -> None:
    """Check that two bases give the same scores, and the same passages wherever scores differ."""
    answers = []
    for base in (file, database):
        names = base.names()
        among = [number for number, name in names.items() if name[-1] in "13"]
        answers.append([(names[number], score) for number, score in question(base.keywords, among)])
    ours, theirs = answers
    assert [score for _, score in ours] == pytest.approx([score for _, score in theirs], rel=CLOSE)
    last = ours[-1][1] * (1 + CLOSE) if ours else 0.0
    assert {name for name, score in ours if score > last} == {name for name, score in theirs if score > last}


def _named(base: Base, matches: Matches) -> list[tuple[str, float]]:
    names = base.names()
    return [(names[number], score) for number, score in matches]


def _has_phrase(base: Base, terms: Sequence[str]) -> bool:
    return base.keywords.has_phrase(terms)


def _texts_with(base: Base, terms: Sequence[str]) -> Sequence[str]:
    return base.keywords.texts_with(terms[0])


def _holding(base: Base, terms: Sequence[str]) -> set[str]:
    query = select(CHUNKS.c.id).where(base.keywords.holding(terms))
    with base.engine.connect() as connection:
        return set(connection.scalars(query))
