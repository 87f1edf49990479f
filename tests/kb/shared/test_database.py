"""What servers share in PostgreSQL: the same as in files, there again after an outage, and carried over and back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import text

from ingest.once import Once
from kb.clock import CLOCK
from kb.errors import ActivityUnavailableError, BusyError
from kb.loop.activity import Activity, GapRow, Searched
from kb.loop.quality import Grade
from kb.people.audit import Audit, Wanted
from kb.people.errors import NotLoggedError, PeopleUnavailableError
from kb.people.file import PeopleFile
from kb.people.names import Names
from kb.people.people import People
from kb.people.tables import METADATA as OF_PEOPLE
from kb.shared.database import SAVING_LOCK, Database, DatabaseSettingError, alone
from kb.shared.keys import shared_key
from kb.shared.requests import Note, SharedRequests
from kb.shared.transfer import NotEmptyError
from kb.viewer import OPERATOR
from tests.postgresql import RunningPostgres, running_postgres
from tests.waiting import wait_until

pytestmark = pytest.mark.slow  # starts processes


def _unknown(_plan: str) -> None:
    """Know of nothing that was done."""


def _never(_note: Note) -> str:
    raise AssertionError("it was done before")


Reach = Callable[[str], Database]


@pytest.fixture
def reach() -> Iterator[Reach]:
    """A maker of connections to a database, each as of one more server."""
    with ExitStack() as opened:
        yield lambda address: opened.enter_context(closing(Database(address)))


@pytest.fixture
def database(postgres: RunningPostgres, reach: Reach) -> Database:
    """An empty database."""
    return reach(postgres.empty())


def _activity(place: Path, database: Database | None = None) -> Activity:
    return Activity(place / "activity.sqlite", database=database)


def _use(activity: Activity) -> None:
    """Write to every table that people fill."""
    activity.searched(Searched("s1", activity.stamp(), "値引き", asker="a", filters='[["kind", ["deal"]]]'))
    activity.searched(Searched("s2", activity.stamp(), "値引きの", asker="a"), replaces="s1")
    activity.opened("s2", "deals/a")
    activity.used("s2", "deals/a", "deals/b")
    activity.helpful("deals/a", "x", "former")
    activity.decide(GapRow("値引き", "値引き"), notify=["x"])
    activity.decide(GapRow("値引き", "値引き", state="closed", entry="deals/a"), notify=["x", "y"])
    activity.keep_wording_vectors("m", {"値引き": b"\0\1"})
    activity.judge([("値引き", "割引")], is_same=True)
    activity.judge([("割引", "値引き")], is_same=False)
    activity.keep_figures("notes/m", "{}")
    activity.keep_grades([Grade("値引き", "deals/a", "値引き", 2, activity.stamp())])


def _told(activity: Activity) -> list[object]:
    since = ""
    return [
        activity.searches(since), activity.uses(since), activity.helpful_counts(), activity.gaps(),
        activity.unseen({"x"}),
        activity.wording_vectors("m"), activity.judged(), activity.figures_of("notes/m"), activity.grades(),
        activity.last_opened(), activity.opened_of(since), activity.searches_of({"a"}), activity.helpful_to({"x"}),
    ]  # fmt: skip


def _fill(file: PeopleFile) -> None:
    people = People(file, CLOCK)
    person = people.add("aki@example.com", "上田 秋", "author", ["sales"])
    Names(file, people).link("上田 秋", person.id)
    Audit(file).note("sign-in", OPERATOR, "aki@example.com", way="password")


def test_activity_in_a_database_is_what_it_is_in_a_file(database: Database, tmp_path: Path) -> None:
    with closing(_activity(tmp_path, database)) as activity:
        _use(activity)
        assert all(_told(activity)) and not activity.trouble
        assert [search.id for search in activity.searches("")] == ["s2"]
        assert activity.judged() == {("値引き", "割引"): False} and activity.gaps()["値引き"].state == "closed"
        activity.forget_asker({"a", "x"})
        assert activity.searches("") == [] and activity.helpful_counts() == {} and activity.unseen({"y"})
    assert not list(tmp_path.iterdir())


def test_everything_is_carried_into_a_database_and_back(database: Database, tmp_path: Path) -> None:
    with closing(_activity(tmp_path)) as before, closing(PeopleFile(tmp_path / "people.sqlite")) as people:
        _use(before)
        _fill(people)
        with closing(_activity(tmp_path, database)) as shared:
            assert shared.take_over(before) > 8 and _told(shared) == _told(before)
            with pytest.raises(NotEmptyError):
                shared.take_over(before)
            assert shared.copy_to(tmp_path / "copy" / "activity.sqlite")
        with closing(PeopleFile(tmp_path / "none", database)) as shared_people:
            shared_people.take_over(people)
            assert Audit(shared_people).verify() == [] and _rows(shared_people) == _rows(people)
            with closing(PeopleFile(tmp_path / "back.sqlite")) as back:
                back.take_over(shared_people)
                assert Audit(back).verify() == [] and _rows(back) == _rows(people)
        with closing(_activity(tmp_path / "copy")) as copy:
            assert _told(copy) == _told(before)


def test_the_audit_log_of_many_servers_is_one_chain(postgres: RunningPostgres, reach: Reach, tmp_path: Path) -> None:
    address = postgres.empty()
    files = [PeopleFile(tmp_path / "none", reach(address)) for _ in range(4)]

    def note(file: PeopleFile) -> None:
        audit = Audit(file)
        for number in range(10):
            audit.note("entry-saved", OPERATOR, f"notes/{number}")
        audit.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(note, files))
    audit = Audit(files[0])
    assert audit.verify() == [] and audit.count(Wanted(event="entry-saved")) == 40
    assert audit.last_of("entry-saved") and len(list(audit.all_rows(Wanted()))) == 40


def test_while_the_database_is_away_nothing_looks_done_and_afterwards_all_goes_on(tmp_path: Path) -> None:
    with running_postgres() as own:
        database = Database(own.empty())
        activity, file = _activity(tmp_path, database), PeopleFile(tmp_path / "none", database)
        _use(activity)
        _fill(file)
        audit = Audit(file)
        own.kill()
        activity.searched(Searched("s3", activity.stamp(), "納期"))
        with pytest.raises(ActivityUnavailableError):
            activity.helpful("deals/a", "y")
        with pytest.raises(PeopleUnavailableError):
            People(file, CLOCK).all()
        with pytest.raises(NotLoggedError):
            audit.note("person-added", OPERATOR, "x")
        audit.note("entry-saved", OPERATOR, "notes/a")
        assert activity.trouble and audit.waiting == 1 and database.trouble()
        own.start()
        wait_until(lambda: not database.trouble(), "the database")
        audit.retry()
        assert audit.waiting == 0 and audit.verify() == [] and len(People(file, CLOCK).all()) == 1
        assert activity.helpful("deals/a", "y") == 2
        wait_until(lambda: not activity.purge_expired() and not activity.trouble, "buffered events")
        assert {search.id for search in activity.searches("")} == {"s2", "s3"}
        database.close()


def test_nobody_waits_for_somebody_else_who_asks_whether_the_database_is_there(reach: Reach) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        database = reach(f"postgresql://kb@127.0.0.1:{silent.getsockname()[1]}/kb")
        first = pool.submit(database.trouble)
        connection, _ = silent.accept()
        assert database.trouble() == "" and not first.done()
        wait_until(lambda: database.trouble() != "", "a word that it does not answer")
        connection.close()
        assert first.result()


def test_servers_take_turns_in_saving_and_save_without_the_database(postgres: RunningPostgres, reach: Reach) -> None:
    one, other, order = reach(address := postgres.empty()), reach(address), list[str]()
    with ThreadPoolExecutor(1) as pool:
        with alone(one, SAVING_LOCK):
            waiting = pool.submit(_saved_by, other, order)
            wait_until(lambda: _waits(one), "the other server")
            order.append("one")
        waiting.result()
    assert order == ["one", "other"]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        _saved_by(reach(f"postgresql://kb@127.0.0.1:{unused.getsockname()[1]}/kb"), order)
    with pytest.raises(ZeroDivisionError), alone(one, SAVING_LOCK):
        print(1 / 0)
    assert order == ["one", "other", "other"]


def test_a_full_pool_is_not_waited_for_long(postgres: RunningPostgres, tmp_path: Path) -> None:
    database = Database(postgres.empty(), wait=0.1, most=1)
    with closing(database), database.engine.connect():
        with pytest.raises(PeopleUnavailableError):
            People(PeopleFile(tmp_path / "none", database), CLOCK).all()
        with pytest.raises(ActivityUnavailableError):
            _activity(tmp_path, database).helpful("deals/a", "y")


def test_a_key_is_worked_on_once_whichever_server_gets_it(postgres: RunningPostgres, reach: Reach) -> None:
    address, works, entered = postgres.empty(), [], threading.Event()

    def work(_note: Note) -> str:
        works.append(1)
        entered.wait(1)
        return "notes/a"

    shared = [SharedRequests[str](reach(address), str, str) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: Once(shared[number % 4]).run("key", "text", work), range(8)))
    assert found == [("notes/a", True)] * 8 and len(works) == 1
    assert Once(shared[0]).run("key", "other text", work) == ("notes/a", False)
    assert Once(shared[0]).run("other key", "text", work) == ("notes/a", True) and len(works) == 2


def test_work_that_fails_is_not_remembered_and_without_the_database_it_is_done_all_the_same(
    database: Database, reach: Reach
) -> None:
    shared = SharedRequests[str](database, str, str)
    with pytest.raises(ZeroDivisionError):
        shared.run("key", "text", lambda _note: str(1 / 0), _unknown)
    assert shared.run("key", "text", lambda _note: "a", _unknown) == ("a", True)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = SharedRequests[str](reach(f"postgresql://kb@127.0.0.1:{unused.getsockname()[1]}/kb"), str, str)
        assert away.run("key", "text", lambda _note: "b", _unknown) == ("b", True)


def test_what_a_server_was_about_to_do_when_it_ended_is_settled_by_the_next(database: Database) -> None:
    one, other = (SharedRequests[str](database, str, str) for _ in range(2))

    def killed(note: Note) -> str:
        note("notes/a")
        note("notes/a-2")
        raise SystemExit

    for _ in range(2):
        with pytest.raises(SystemExit):
            one.run("key", "text", killed, _unknown)
    assert other.run("key", "other text", _never, lambda plan: f"done: {plan}") == ("done: notes/a-2", False)
    assert other.run("key", "text", _never, _unknown) == ("done: notes/a-2", True)
    with pytest.raises(SystemExit):
        one.run("not done", "text", killed, _unknown)
    assert other.run("not done", "text", lambda _note: "b", _unknown) == ("b", True)


def test_a_save_during_which_the_database_is_lost_is_done_once(database: Database) -> None:
    requests = SharedRequests(database, str, str)
    saved: list[str] = []

    def save(_note: Note) -> str:
        with alone(database, SAVING_LOCK):
            saved.append("notes/a")
            _cut(database)
        return saved[-1]

    assert requests.run("key", "text", save, _unknown) == ("notes/a", True)
    assert saved == ["notes/a"]


def test_nobody_saves_without_a_turn_while_all_connections_are_in_use(postgres: RunningPostgres) -> None:
    with closing(Database(postgres.empty(), wait=0.1, most=1)) as database:
        with database.engine.connect(), pytest.raises(BusyError), alone(database, SAVING_LOCK):
            raise AssertionError("it has no turn")
        with alone(database, SAVING_LOCK):
            pass


def test_servers_have_one_key(database: Database) -> None:
    assert [shared_key(database, "forms.key", own) for own in (b"1", b"2")] == [b"1", b"1"]
    assert shared_key(database, "masking.key", b"3") == b"3"


def test_a_database_of_a_newer_version_is_refused(database: Database, tmp_path: Path) -> None:
    with closing(PeopleFile(tmp_path / "none", database)) as file:
        _fill(file)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE people_version SET number = 99"))
    with pytest.raises(PeopleUnavailableError, match="newer version"):
        People(PeopleFile(tmp_path / "none", database), CLOCK).all()


@pytest.mark.parametrize("address", ["postgresql", "mysql://kb:geheim@h/kb", "postgresql+psycopg2://kb:geheim@h/kb"])
def test_an_address_that_cannot_be_used_is_refused_without_being_quoted(address: str) -> None:
    with pytest.raises(DatabaseSettingError) as refused:
        Database(address)
    assert "geheim" not in str(refused.value)


def test_the_name_of_a_database_holds_no_password() -> None:
    assert Database("postgresql+psycopg://kb:geheim@db.example/kb", "auch-geheim").name == "db.example/kb"


def _saved_by(database: Database, order: list[str]) -> None:
    with alone(database, SAVING_LOCK):
        order.append("other")


def _cut(database: Database) -> None:
    """End all other connections, as an administrator does."""
    with database.engine.connect() as connection:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"))


def _waits(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def _rows(file: PeopleFile) -> list[list[tuple[object, ...]]]:
    with file.reading() as connection:
        return [sorted(map(tuple, connection.execute(table.select())), key=str) for table in OF_PEOPLE.sorted_tables]
