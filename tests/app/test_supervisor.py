"""A job that fails is logged once, waits longer each time and starts again, whatever it raises."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.supervisor import FIRST_RETRY, LATE_SECONDS, LONGEST_RETRY, Job, JobState, Supervisor, pause_after
from kb.errors import IndexNotReadyError
from tests.waiting import wait_until


class _Panic(BaseException):
    """What a library written in Rust raises."""


@contextmanager
def _supervised(*jobs: Job, monotonic: Callable[[], float] = lambda: 0.0) -> Iterator[Supervisor]:
    supervisor = Supervisor(jobs, first_retry=0.0, monotonic=monotonic)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()


def _only(supervisor: Supervisor) -> JobState:
    [state] = supervisor.states()
    return state


def _levels(caplog: pytest.LogCaptureFixture) -> list[int]:
    return [record.levelno for record in caplog.records if record.name == "app.supervisor"]


@pytest.mark.parametrize("fault", [MemoryError(), OSError(24, "Too many open files"), _Panic("panic"), SystemExit(1)])
def test_a_job_survives_whatever_it_raises_and_is_logged_once(
    fault: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    faults = [fault] * 5

    def work() -> None:
        if faults:
            raise faults.pop()

    with _supervised(Job("job", work, 0.0, at_once=True)) as supervisor:
        wait_until(lambda: _only(supervisor).succeeded is not None, "a success")
        state = _only(supervisor)
    assert state.is_well and state.failed and state.why
    assert _levels(caplog) == [logging.ERROR, logging.INFO]


def test_another_failure_is_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    faults: list[BaseException] = [OSError(28, "No space left on device"), IndexNotReadyError(), IndexNotReadyError()]

    def work() -> None:
        if faults:
            raise faults.pop()

    with _supervised(Job("job", work, 0.0, at_once=True)) as supervisor:
        wait_until(lambda: _only(supervisor).succeeded is not None, "a success")
    assert _levels(caplog) == [logging.ERROR] * 2
    assert str(IndexNotReadyError()) in caplog.records[0].message and caplog.records[0].exc_info is None


def test_a_failing_job_is_seen_as_such_without_what_only_the_log_should_show() -> None:
    def work() -> None:
        raise ValueError("deals/secret.md: the text of an entry")

    with _supervised(Job("job", work, 0.0, at_once=True)) as supervisor:
        wait_until(lambda: _only(supervisor).is_failing, "a failure")
        assert _only(supervisor).why == "ValueError; the log of the server has the details."


def test_a_job_that_hangs_is_late_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    now, may_end = [0.0], threading.Event()
    with _supervised(Job("job", may_end.wait, 3600.0, at_once=True), monotonic=lambda: now[0]) as supervisor:
        now[0] = 5 * 3600.0
        assert not _only(supervisor).is_late
        now[0] += 1
        for _ in range(3):
            supervisor.log_late()
        assert _only(supervisor).is_late and _levels(caplog) == [logging.ERROR]
        may_end.set()
        wait_until(lambda: _only(supervisor).is_well, "the job to end")


def test_a_frequent_job_is_not_late_on_a_busy_machine() -> None:
    now, may_end = [0.0], threading.Event()
    with _supervised(Job("job", may_end.wait, 0.1, at_once=True), monotonic=lambda: now[0]) as supervisor:
        now[0] = LATE_SECONDS
        assert _only(supervisor).is_well
        may_end.set()


def test_a_job_is_woken_before_its_time() -> None:
    runs = threading.Semaphore(0)
    job = Job("job", runs.release, 3600.0)
    with _supervised(job):
        for _ in range(3):
            job.wake.set()
            assert runs.acquire(timeout=300)


def test_a_job_that_failed_starts_as_soon_as_what_it_needs_is_back() -> None:
    is_back = threading.Event()

    def work() -> None:
        if not is_back.is_set():
            raise IndexNotReadyError

    supervisor = Supervisor([Job("job", work, 3600.0, at_once=True)], first_retry=3600.0)
    supervisor.start()
    try:
        wait_until(lambda: _only(supervisor).is_failing, "a failure")
        is_back.set()
        supervisor.try_again()
        wait_until(lambda: _only(supervisor).is_well, "a success")
    finally:
        supervisor.stop()


def test_the_pauses_grow_up_to_a_limit() -> None:
    pauses = [pause_after(failures) for failures in range(1, 10)]
    assert pauses[0] == FIRST_RETRY and pauses[1] == 2 * FIRST_RETRY
    assert pauses == sorted(pauses) and pauses[-1] == pause_after(10**6) == LONGEST_RETRY
