"""Servers that share an index keep each other from working as little as can be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from app.background import Background
from app.services import Services, open_services
from app.supervisor import JobState
from kb.index.embedding import Vectors
from kb.index.vector_keys import keys_at
from kb.shared.leases import Leases
from tests.app.conftest import MakeClient
from tests.app.signed_in import services_behind
from tests.counting import counting
from tests.postgresql import RunningPostgres, running_postgres
from tests.waiting import DEADLINE_SECONDS, wait_until
from tests.words import WordEmbedder, note, write

pytestmark = pytest.mark.slow  # starts processes
Pair = tuple[Services, Services]
PATH = "notes/new.md"
MASKED = "masking:\n  - hide: [customer]\n    roles: [viewer]\n"


@pytest.fixture
def pair(make_client: MakeClient, postgres: RunningPostgres) -> Pair:
    """Two servers on one folder and one database; the index is up to date."""
    address = postgres.empty()
    one = services_behind(make_client(database_url=address))
    return one, services_behind(make_client({}, entries=one.settings.entries, database_url=address))


def _turns(work: Callable[[], object]) -> int:
    with counting(turns=Leases.turn) as counts:
        work()
    return counts["turns"]


def _waiting(services: Services) -> int:
    return services.library.with_index(lambda index: index.waiting)


def test_nobody_waits_for_a_server_that_notices_what_another_one_has_indexed(pair: Pair) -> None:
    one, other = pair
    folder = one.settings.entries
    write(folder, PATH, note("納期の交渉"))
    one.intake.index_files([PATH])
    assert _turns(lambda: other.intake.index_noticed([PATH])) == 0
    for change in (
        lambda: write(folder, PATH, note("納期の延長")),
        lambda: write(folder, PATH, b"\xff\xfe\xff"),
        (folder / PATH).unlink,
        lambda: write(folder, PATH, "---\ntitle: [\n---\n"),
        (folder / PATH).unlink,
    ):
        change()
        assert _turns(lambda: other.intake.index_noticed([PATH])) > 0
        assert _turns(lambda: one.intake.index_noticed([PATH])) == 0
    one.intake.notice()
    assert not [problem for problem in one.library.entries.problems() if problem.path == PATH]


class _Slow(WordEmbedder):
    """Embeds once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text."""
        self.is_asked.set()
        assert self.may_answer.wait(DEADLINE_SECONDS)
        return super().embed_passages(texts)


def test_while_one_server_embeds_what_it_saves_another_one_writes(pair: Pair) -> None:
    one, folder, embedder = pair[0], pair[0].settings.entries, _Slow()
    own = one.settings.model_copy(update={"data": one.settings.data.with_name("slow")})
    with closing(open_services(own, embedder)) as slow, ThreadPoolExecutor(1) as pool:
        saving = pool.submit(slow.store.create, note("納期の交渉", "前倒しの条件。"))
        assert embedder.is_asked.wait(DEADLINE_SECONDS)
        write(folder, PATH, note("価格の話"))
        assert one.intake.index_files([PATH])
        embedder.may_answer.set()
        saved = saving.result()
        index = slow.library.with_index(lambda index: index)
        keys = keys_at(index.catalog, saved.path)
        assert saved.is_findable and embedder.embedded == len(keys)
        assert not {*keys.values()} & {key for lacking in index.place.lacking().values() for key in lacking}
    assert _waiting(one)  # what nobody saved here is embedded in the background


def test_a_server_that_joins_others_takes_no_turn_and_waits_for_no_text_that_they_have_to_embed(pair: Pair) -> None:
    one, other = pair
    for number in range(40):
        write(one.settings.entries, f"notes/{number}.md", note(f"備考{number}", f"{number}番目の話。"))
    one.intake.index_files([f"notes/{number}.md" for number in range(40)])
    assert _waiting(one)
    other.intake.begin_preparing()
    assert _turns(other.intake.prepare) == 0
    assert other.intake.preparation is None
    assert other.library.search.answer("備考7").hits[0].entry.id == "notes/7"


def test_a_server_that_joins_others_indexes_what_nobody_has(pair: Pair) -> None:
    one, other = pair
    write(one.settings.entries, PATH, note("納期の交渉"))
    other.intake.begin_preparing()
    report = other.intake.prepare()
    assert report and other.intake.preparation is None
    assert other.library.search.answer("納期の交渉").hits[0].entry.id == "notes/new"


def test_what_others_write_is_shown_while_a_change_waits_for_its_turn(pair: Pair) -> None:
    one, other = pair
    write(one.settings.entries, PATH, note("納期の交渉"))
    one.intake.index_files([PATH])
    with ThreadPoolExecutor(1) as pool, other.intake._lock:
        noticing = pool.submit(Background(other)._poll)
        wait_until(noticing.done, "the entry to be shown")
    noticing.result()
    assert other.library.generation == one.library.generation


def test_a_server_that_only_joined_others_keeps_the_playbook_for_when_it_cannot_be_read(
    make_client: MakeClient, postgres: RunningPostgres
) -> None:
    one = services_behind(make_client({"playbook.yaml": MASKED, PATH: note("納期")}, database_url=postgres.empty()))
    settings = one.settings.model_copy(update={"data": one.settings.data.with_name("joining")})
    with closing(open_services(settings, WordEmbedder())) as joining:
        assert _turns(joining.intake.prepare) == 0
    write(settings.entries, "playbook.yaml", "masking: [")
    with closing(open_services(settings, WordEmbedder())) as again:
        assert again.playbook.masking
        again.intake.prepare()
        assert again.playbook == one.playbook


def test_who_waits_for_texts_that_another_server_embeds_counts_them_down(
    make_client: MakeClient, postgres: RunningPostgres
) -> None:
    address = postgres.empty()
    one = services_behind(make_client(indexed=False, database_url=address))
    one.intake.begin_preparing()
    one.intake.prepare()
    assert _waiting(one) and one.intake.preparation
    client = make_client({}, indexed=False, entries=one.settings.entries, database_url=address)
    other, background = services_behind(client), Background(one)
    assert other.leases and other.leases.take("embed", DEADLINE_SECONDS)
    background._embed()
    assert _waiting(one) and one.intake.preparation
    other.intake.embed_waiting(threading.Event())
    background._embed()
    assert not _waiting(one) and one.intake.preparation is None


def test_what_failed_without_the_database_goes_on_as_soon_as_it_is_back(make_client: MakeClient) -> None:
    with running_postgres() as own:
        services = services_behind(make_client(database_url=own.empty()))
        background = Background(services, first_retry=3_600.0)

        def poll() -> JobState:
            return next(job for job in background.supervisor.states() if job.name == "poll")

        background.start()
        try:
            own.kill()
            wait_until(lambda: poll().is_failing, "a job that cannot work")
            own.start()
            wait_until(lambda: poll().is_well, "the job to work again")
        finally:
            background.stop()
