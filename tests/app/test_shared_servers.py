"""Two servers of one knowledge base, with a data folder each: what one knows the other knows; outages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError
from typer.testing import CliRunner, Result

from app.background import Background
from app.cli.engines import check_engines, check_shared_index
from app.cli.main import app as kb
from app.cli.worker import NotMountedError, need_entries
from app.engines import database_at
from app.services import Services
from app.settings import Settings
from app.words.reader import Reader
from ingest.index_update import Changed, IndexUpdate
from kb.errors import BusyError, DatabaseAwayError
from kb.index.database_place import shared_cache
from kb.index.embedding_cache import EmbeddingCache
from kb.people.audit import Wanted
from kb.shared.database import Database
from kb.shared.leases import Leases
from tests.app.conftest import Browser, MakeClient
from tests.app.signed_in import browser_of, services_behind, signed_in
from tests.chroma import RunningChroma
from tests.counting import counting
from tests.postgresql import RunningPostgres, running_postgres
from tests.waiting import DEADLINE_SECONDS, wait_until
from tests.words import note

pytestmark = pytest.mark.slow  # starts processes


@pytest.fixture
def pair(make_client: MakeClient, postgres: RunningPostgres, tmp_path: Path) -> list[Browser]:
    """Two servers on one folder and one database, where people sign in."""
    address = postgres.empty()
    one = make_client(auth="local", database_url=address)
    entries = services_behind(one).settings.entries
    other = make_client({}, entries=entries, auth="local", database_url=address)
    assert isinstance(one, Browser) and isinstance(other, Browser)
    return [one, other]


def test_who_signs_in_on_one_server_is_signed_in_on_the_other_and_its_forms_count_there(pair: list[Browser]) -> None:
    person, here = signed_in(pair[0], "aki@example.com", "上田 秋")
    there = browser_of(pair[1], person)
    there.cookies.update(dict(here.cookies))
    assert there.get("/me").status_code == 200 and here.form_token() == there.form_token()
    pair[0].app.state.services.people.sessions.end_all(person.id)  # type: ignore[attr-defined]
    assert there.get("/me", follow_redirects=False).status_code in (302, 303, 401)


def test_a_repeated_request_saves_once_whichever_server_gets_it(pair: list[Browser]) -> None:
    person, here = signed_in(pair[0], "aki@example.com", "上田 秋")
    there, sent = browser_of(pair[1], person), {"text": note("納期の交渉")}
    saved = [who.post("/api/v1/entries", json=sent, headers={"Idempotency-Key": "k1"}) for who in (here, there, here)]
    assert {answer.json()["id"] for answer in saved} == {saved[0].json()["id"]}
    folder = services_behind(pair[0]).settings.entries
    assert len([path for path in folder.rglob("*.md") if "納期" in path.read_text("utf-8")]) == 1
    audit = services_behind(pair[1]).people.audit
    assert audit.verify() == [] and audit.count(Wanted(event="entry-saved")) == 1


@pytest.mark.parametrize(("workers", "most"), [(1, 30 + 15), (4, 10 + 10)])
def test_processes_of_one_machine_leave_connections_for_each_other(
    workers: int, most: int, postgres: RunningPostgres, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, workers=workers, database_url=SecretStr(postgres.empty()))
    held = 0
    with closing(database_at(settings, settings.database_url.get_secret_value())) as database, ExitStack() as stack:
        for engine in (database.engine, database.within("public")):
            stack.callback(engine.dispose)
            with suppress(TimeoutError, BusyError):
                while held < 99:
                    stack.enter_context(engine.connect())
                    held += 1
    assert held == most


def test_no_server_starts_on_a_shared_index_without_the_entries_and_their_playbook(pair: list[Browser]) -> None:
    services = services_behind(pair[1])
    need_entries(services)
    folder = services.settings.entries
    folder.rename(folder.with_name("elsewhere"))
    for make in (lambda: None, folder.mkdir):
        make()
        with pytest.raises(NotMountedError):
            need_entries(services)


def test_nothing_is_saved_into_a_folder_that_is_not_mounted(pair: list[Browser]) -> None:
    _, here = signed_in(pair[0], "aki@example.com", "上田 秋")
    folder = services_behind(pair[0]).settings.entries
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    assert here.post("/api/v1/entries", json={"text": note("納期の交渉")}).status_code == 507
    assert not list(folder.iterdir())


def test_what_one_server_noticed_the_other_takes_in_and_what_should_be_done_once_is(pair: list[Browser]) -> None:
    one, other = (services_behind(client) for client in pair)
    assert one.changes and other.changes and one.leases and other.leases
    background = Background(other)
    background._take_changes()
    (one.settings.entries / "notes").mkdir(exist_ok=True)
    (one.settings.entries / "notes/new.md").write_text(note("納期の交渉"), "utf-8")
    one.changes.note({"notes/new.md"})
    background._take_changes()
    background._index()
    assert other.library.search.answer("納期の交渉").hits[0].entry.id == "notes/new"
    done: list[int] = []
    works = [Background(services)._once("forget", 60, lambda: done.append(1)) for services in (one, other)]
    for work in works * 2:
        work()
    assert done == [1, 1]  # both times by the first


def test_what_one_server_saves_the_other_finds_without_embedding_anything(
    make_client: MakeClient, postgres: RunningPostgres
) -> None:
    address = postgres.empty()
    one = make_client(database_url=address)
    entries = services_behind(one).settings.entries
    other = make_client({}, entries=entries, database_url=address)
    assert one.post("/api/v1/entries", json={"text": note("納期の交渉", "前倒しの条件。")}).status_code == 201
    there = services_behind(other)
    assert there.intake.notice() and not there.intake.notice()
    (hit,) = [hit for hit in there.library.search.answer("納期の交渉").hits if "納期" in hit.entry.title]
    assert hit.entry.body and _embedded(there) == 0
    assert not list(there.settings.data.rglob("*.sqlite")) and not list(there.settings.data.rglob("chroma.*"))


def test_two_servers_that_save_at_once_lose_nothing(make_client: MakeClient, postgres: RunningPostgres) -> None:
    address = postgres.empty()
    one = make_client(database_url=address)
    entries = services_behind(one).settings.entries
    clients = [one, make_client({}, entries=entries, database_url=address)]

    def save(number: int) -> int:
        text = note(f"第{number}回の交渉", f"{number}番目の条件。")
        return clients[number % 2].post("/api/v1/entries", json={"text": text}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(save, range(8))) == [201] * 8
    for services in map(services_behind, clients):
        services.intake.retry()
        services.intake.notice()
    for services in map(services_behind, clients):
        states = services.library.with_index(lambda index: index.catalog.states())
        assert sum("交渉" in path for path in states) == 8
        assert services.library.search.answer("7番目の条件").hits[0].entry.title == "第7回の交渉"


def test_who_has_something_to_index_waits_for_a_server_that_writes(
    make_client: MakeClient, postgres: RunningPostgres
) -> None:
    address = postgres.empty()
    one = services_behind(make_client(database_url=address))
    other = services_behind(make_client({}, entries=one.settings.entries, database_url=address))
    update = IndexUpdate(other.library, other.settings.entries, patience=DEADLINE_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        with one.library.with_index(lambda index: index).writing(), counting(tried=Leases.turn) as counts:
            indexing = pool.submit(update.by, 0.0, Changed(None, {}, ()))
            wait_until(lambda: counts["tried"] > 1, "a second attempt")
        assert indexing.result() is not None


@pytest.mark.parametrize("dropped", ["{build}", "kb_index", "kb_index, {build}"])
def test_an_index_that_somebody_deleted_is_built_again_by_one_and_served_by_all(
    dropped: str, make_client: MakeClient, postgres: RunningPostgres
) -> None:
    address = postgres.empty()
    one = make_client(database_url=address)
    clients = [one, make_client({}, entries=services_behind(one).settings.entries, database_url=address)]
    servers = [services_behind(client) for client in clients]
    backgrounds = [Background(services) for services in servers]
    build = servers[0].library.with_index(lambda index: index.place.schema)
    before = [_embedded(services) for services in servers]
    with closing(Database(address)) as database, database.engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {dropped.format(build=build)} CASCADE"))
    for background in backgrounds:
        background._poll()
    answer = one.get("/api/v1/search", params={"q": "価格"}, headers={"accept-language": "en"})
    assert answer.status_code == 503 and "are being prepared" in answer.json()["error"]["message"]
    for background in (*backgrounds, *backgrounds):
        background._prepare()
        background._embed()
        background._poll()
    assert servers[0].library.generation == servers[1].library.generation
    for client in clients:
        assert client.get("/api/v1/search", params={"q": "価格"}).json()["hits"]
    assert one.post("/api/v1/entries", json={"text": note("納期の交渉")}).status_code == 201
    if "kb_index" not in dropped:
        assert [_embedded(services) for services in servers][1] == before[1]


def _embedded(services: Services) -> int:
    return services.library.with_index(lambda index: index.embedder.embedded)  # type: ignore[attr-defined, no-any-return]


def test_without_the_database_nothing_looks_done_and_all_goes_on_without_a_restart(make_client: MakeClient) -> None:
    with running_postgres() as own:
        open_to_all = make_client(database_url=own.empty())
        closed = make_client(auth="local", database_url=own.empty())
        _, person = signed_in(closed, "aki@example.com", "上田 秋")
        intake = services_behind(open_to_all).intake
        assert open_to_all.get("/", params={"q": "価格"}).status_code == person.get("/").status_code == 200
        own.kill()
        for answer in (
            open_to_all.get("/", params={"q": "価格"}),
            open_to_all.get("/api/v1/search", params={"q": "価格"}),
            open_to_all.get("/entries/deals/aoba"),
            open_to_all.get("/readyz"),
            open_to_all.post("/helpful/talk-tracks/price", data={}),
            person.get("/"),
            person.get("/api/v1/search", params={"q": "価格"}),
        ):
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True), answer.text
            assert "127.0.0.1" not in answer.text.replace("http://127.0.0.1:8000", "")
        saved = open_to_all.post("/api/v1/entries", json={"text": note("納期の交渉")})
        assert saved.status_code in (201, 503)
        with pytest.raises(DatabaseAwayError):
            intake.retry() if saved.status_code == 201 else intake.notice()
        own.start()
        assert person.get("/").status_code == open_to_all.get("/").status_code == 200
        intake.retry()
        found = open_to_all.get("/api/v1/search", params={"q": "納期の交渉"}).json()["hits"]
        assert (saved.status_code == 201) == any(hit["title"] == "納期の交渉" for hit in found)
        helpful = open_to_all.post("/helpful/talk-tracks/price", data={}, follow_redirects=False)
        assert helpful.status_code == 303


def test_without_chroma_every_question_is_answered_and_readyz_and_doctor_say_it(
    make_client: MakeClient, tmp_path: Path
) -> None:
    own = RunningChroma(tmp_path / "chroma")
    own.start()
    try:
        client = make_client(chroma_url=own.url)
        services = services_behind(client)
        services.library.search.answer("価格")
        assert client.get("/readyz").json()["vectors"] == ""
        assert [works for _, works, _ in check_engines(services.settings, Reader.of("ja"))] == [True]
        own.kill()
        services.intake.index_files(None)
        answer = client.get("/readyz")
        assert (answer.status_code, bool(answer.json()["vectors"])) == (200, True)
        assert client.get("/api/v1/search", params={"q": "価格"}).json()["hits"]
        ((_, works, what),) = check_engines(services.settings, Reader.of("ja"))
        assert not works and own.url in what
    finally:
        own.kill()


def test_what_is_in_files_is_carried_over_and_back_by_one_command(
    make_client: MakeClient, postgres: RunningPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(auth="local")
    person, _ = signed_in(client, "aki@example.com", "上田 秋")
    settings, address = services_behind(client).settings, postgres.empty()
    services_behind(client).activity.helpful("talk-tracks/price", "a")
    for name, value in {"KB_ENTRIES": settings.entries, "KB_DATA": settings.data, "KB_AUTH": "local"}.items():
        monkeypatch.setenv(name, str(value))
    assert _run("migrate", "--to", address).exit_code == 0
    again = _run("migrate", "--to", address)
    assert again.exit_code == 1 and "not empty" in again.output
    keys = services_behind(client).library.with_index(lambda index: index.catalog.vector_keys())["bodies"]
    with closing(shared_cache(Database(address))) as carried:
        assert carried.known(keys) == keys
    monkeypatch.setenv("KB_DATABASE_URL", address)
    assert person.address in _run("people", "list").output
    assert _run("backup", str(tmp_path / "backup.zip")).exit_code == 0
    monkeypatch.setenv("KB_DATA", str(tmp_path / "new"))
    assert _run("migrate", "--to", "files").exit_code == 0
    with closing(EmbeddingCache(tmp_path / "new/index/embeddings.sqlite")) as back:
        assert back.known(keys) == keys
    monkeypatch.delenv("KB_DATABASE_URL")
    assert person.address in _run("people", "list").output
    assert _run("audit", "verify").exit_code == 0


def test_the_doctor_says_where_the_index_is_and_whether_there_may_be_one(
    make_client: MakeClient, postgres: RunningPostgres, tmp_path: Path
) -> None:
    address, english = postgres.empty(), Reader.of("en")
    settings = Settings(data=tmp_path, database_url=SecretStr(address))
    assert check_shared_index(settings, english) == (False, "not built yet; run 'kb sync'")
    services = services_behind(make_client(database_url=address))
    works, what = check_shared_index(services.settings, english)
    assert works and services.library.with_index(lambda index: index.place.name) in what
    with closing(Database(address)) as database, database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE guest LOGIN")
    guest = Settings(data=tmp_path, database_url=SecretStr(address.replace("kb@", "guest@")))
    works, what = check_shared_index(guest, english)
    assert not works and "GRANT CREATE" in what


@pytest.mark.parametrize(
    ("url", "headers"),
    [("chroma:8000", ""), ("ftp://h", ""), ("http://kb:geheim@h", ""), ("http://h", "Authorization Bearer geheim")],
)
def test_a_setting_of_an_engine_that_cannot_be_used_is_refused_without_being_quoted(
    url: str, headers: str, tmp_path: Path
) -> None:
    (tmp_path / "headers").write_text(headers, "utf-8")
    settings = Settings(data=tmp_path, chroma_url=url, chroma_headers_file=tmp_path / "headers")
    ((_, works, what),) = check_engines(settings, Reader.of("en"))
    assert not works and "geheim" not in what


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(kb, ["--lang", "en", *arguments])
