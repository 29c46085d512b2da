"""Jobs run one at a time, say how far they are, stop at once with what is there, and are forgotten in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ops.jobs import MAX_WAITING, JobControl, Jobs, NoSuchJobError
from pose_core.errors import BusyError, ClipError
from tests.support.waiting import until


@contextmanager
def some_jobs(others: Callable[[], bool] = lambda: False, **options: float) -> Iterator[Jobs]:
    jobs = Jobs(others, workers=1, **options)  # type: ignore[arg-type]
    try:
        yield jobs
    finally:
        jobs.close()


def until_cancelled(control: JobControl) -> str:
    control.enter("analysing", 100.0)
    done = 0
    while not control.cancelled():
        done += 1
        control.tell(min(done, 50))
        time.sleep(0.001)
    return "what is there"


def test_a_job_gives_its_result_and_only_to_its_owner() -> None:
    with some_jobs() as jobs:
        job = jobs.start("anna", lambda _: 42)
        until(job.over.is_set)
        assert jobs.status(job.id, "anna").state == "done"
        assert jobs.get(job.id, "anna").result == 42
        for wrong in ((job.id, "ben"), ("no such id", "anna")):
            with pytest.raises(NoSuchJobError):
                jobs.get(*wrong)


def test_one_runs_while_the_next_waits_and_too_many_are_refused() -> None:
    with some_jobs() as jobs:
        first = jobs.start("owner 0", until_cancelled)
        until(lambda: first.status().state == "analysing")
        waiting = [jobs.start(f"owner {n}", until_cancelled) for n in range(1, MAX_WAITING + 1)]
        assert [jobs.status(job.id).ahead for job in waiting] == [1, 2, 3, 4]
        for owner, code in (("owner 0", "job_running"), ("another", "jobs_full")):
            with pytest.raises(BusyError) as caught:
                jobs.start(owner, until_cancelled)
            assert caught.value.code == code
        jobs.cancel(first.id)
        until(lambda: waiting[0].status().state == "analysing")


def test_cancelling_keeps_what_is_there_and_frees_the_owner() -> None:
    with some_jobs() as jobs:
        job = jobs.start("anna", until_cancelled)
        until(lambda: job.status().done >= 50)
        assert job.status().share == 0.5
        jobs.cancel(job.id)
        until(job.over.is_set)
        assert (job.status().state, job.result) == ("cancelled", "what is there")
        jobs.start("anna", lambda _: None)


def test_a_waiting_job_that_is_cancelled_never_runs() -> None:
    ran = threading.Event()
    with some_jobs() as jobs:
        first = jobs.start("anna", until_cancelled)
        second = jobs.start("ben", lambda _: ran.set())
        jobs.cancel(second.id)
        assert second.status().state == "cancelled"
        jobs.cancel(first.id)
        until(first.over.is_set)
    assert not ran.is_set()


def test_a_bad_film_fails_with_its_sentence_and_a_fault_without_details() -> None:
    def fails(error: Exception) -> Callable[[JobControl], object]:
        def work(_: JobControl) -> object:
            raise error

        return work

    with some_jobs() as jobs:
        for error, code in (
            (ClipError("clip_damaged", "Bad."), "clip_damaged"),
            (ZeroDivisionError(), "job_failed"),
        ):
            job = jobs.start("anna", fails(error))
            until(job.over.is_set)
            status = job.status()
            assert status.error is not None
            assert (status.state, status.error.code, status.has_result) == ("failed", code, False)


def test_the_time_left_follows_the_speed_of_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 1000.0
    monkeypatch.setattr("ops.jobs.time.monotonic", lambda: now_s)
    control = JobControl(lambda: False)
    control.enter("analysing", 300.0)
    for second in range(1, 41):  # twice as fast in the second half
        now_s = 1000.0 + second
        control.tell(2.0 * second if second <= 20 else 40 + 4.0 * (second - 20))
        left_s = control._left_s()
        if second < 2:
            assert left_s is None
        elif second in (10, 20):
            assert left_s == pytest.approx((300 - 2 * second) / 2, rel=0.05)
    assert left_s == pytest.approx((300 - 120) / 4, rel=0.05)


def test_beside_live_viewers_a_job_works_for_less_than_half_of_the_time() -> None:
    waited_s: list[float] = []

    def work(control: JobControl) -> None:
        control.cancelled()
        for _ in range(5):
            end_s = time.monotonic() + 0.02
            while time.monotonic() < end_s:
                pass
            start_s = time.monotonic()
            control.cancelled()
            waited_s.append(time.monotonic() - start_s)

    with some_jobs(lambda: True) as jobs:
        until(jobs.start("anna", work).over.is_set)
    assert sum(waited_s) > 5 * 0.02


def test_results_that_nobody_looks_at_are_forgotten_and_what_they_held_is_freed() -> None:
    removed: list[str] = []
    jobs = Jobs(workers=1, kept_s=0.0, on_removed=lambda job: removed.append(job.id))
    try:
        job = jobs.start("anna", lambda _: 1)
        until(job.over.is_set)
        until(lambda: (jobs.sweep(), bool(removed))[1])
        assert removed == [job.id]
        with pytest.raises(NoSuchJobError):
            jobs.get(job.id)
    finally:
        jobs.close()


def test_jobs_about_another_are_kept_and_removed_with_it() -> None:
    with some_jobs(kept_s=0.5) as jobs:
        first = jobs.start("anna", lambda _: 1)
        until(first.over.is_set)
        about = jobs.start("anna", until_cancelled, about=first.id)
        assert (jobs.of("anna"), jobs.of("anna", about=first.id)) == ((first,), (about,))
        about.looked_at_s = 0.0
        jobs.get(first.id)
        assert about.looked_at_s > 0
        jobs.remove(first.id, "anna")
        assert jobs.every() == ()
        until(about.over.is_set)
        with pytest.raises(NoSuchJobError):
            jobs.start("anna", lambda _: 1, about=first.id)


def test_a_job_told_to_stop_does_not_keep_its_owner_from_the_next() -> None:
    stop = threading.Event()
    with some_jobs() as jobs:
        slow = jobs.start("anna", lambda _: stop.wait(30))
        with pytest.raises(BusyError):
            jobs.start("anna", lambda _: 2)
        jobs.cancel(slow.id)
        following = jobs.start("anna", lambda _: 2)
        assert not following.over.is_set()
        stop.set()
        until(following.over.is_set)
        assert following.result == 2


def test_closing_ends_what_runs_and_refuses_more() -> None:
    jobs = Jobs(workers=1)
    job = jobs.start("anna", until_cancelled)
    jobs.close()
    assert job.over.is_set() or job.status().state == "waiting"
    with pytest.raises(BusyError):
        jobs.start("ben", until_cancelled)
