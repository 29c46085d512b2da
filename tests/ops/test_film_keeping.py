"""Marks and files of a result belong to its owner, count against the budget, and go with the job."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ops.film_keeping import MAX_MARKS
from ops.films import FilmStudio
from ops.jobs import NoSuchJobError
from pose_core.errors import BusyError
from pose_core.movement.moments import Mark
from pose_core.pipeline.video import VideoSettings
from pose_core.settings import DetectionSettings, PoseSettings
from tests.support.clips import RED, encode, plain
from tests.support.waiting import until

FILM = encode([plain(RED)] * 2)


@pytest.fixture
def studio() -> Iterator[FilmStudio]:
    made = FilmStudio(budget_mb=4, workers=1)
    yield made
    made.close()


@pytest.fixture
def job(studio: FilmStudio) -> str:
    with studio.arrive("anna", "a.mp4", len(FILM)) as film:
        film.add(FILM)
        film.finish()
    job = studio.analyse(film, VideoSettings(PoseSettings(DetectionSettings("lite"))))
    assert job.over.wait(60)
    return job.id


def test_a_file_is_there_until_it_is_of_something_else(studio: FilmStudio, job: str) -> None:
    studio.make(job, "anna", "film", ("version", 1), lambda _: b"first")
    made = studio.made(job, "anna", "film", ("version", 1))
    assert made is not None
    until(made.over.is_set)
    assert made.result == b"first"
    assert studio.made(job, "anna", "zip", ("version", 1)) is None
    assert studio.made(job, "anna", "film", ("version", 2)) is None
    assert studio.made(job, "ben", "film", ("version", 1)) is None
    with pytest.raises(NoSuchJobError):
        studio.make(job, "ben", "film", 1, lambda _: b"")
    studio.make(job, "anna", "film", ("version", 2), lambda _: b"second")
    assert studio.made(job, "anna", "film", ("version", 1)) is None


def test_files_count_against_the_budget_and_go_with_their_job(studio: FilmStudio, job: str) -> None:
    before = studio.bytes_kept
    studio.make(job, "anna", "zip", 0, lambda _: bytes(3_500_000))
    made = studio.made(job, "anna", "zip", 0)
    assert made is not None
    until(made.over.is_set)
    assert studio.bytes_kept == before + 3_500_000
    with pytest.raises(BusyError):
        studio.arrive("ben", "b.mp4", 1_000_000)
    studio.jobs.remove(job, "anna")
    assert studio.bytes_kept == 0
    with studio.arrive("ben", "b.mp4", 1_000_000) as film:
        film.add(bytes(1_000_000))
        film.finish()


def test_a_file_that_is_no_longer_wanted_stops(studio: FilmStudio, job: str) -> None:
    began = threading.Event()

    def maker(control: object) -> bytes:
        began.set()
        until(lambda: control.cancelled())  # type: ignore[attr-defined]
        return b"half"

    studio.make(job, "anna", "film", 0, maker)
    making = studio.made(job, "anna", "film", 0)
    assert making is not None
    assert began.wait(30)
    studio.forget_made(job, "anna", "film")
    until(making.over.is_set)
    assert studio.made(job, "anna", "film", 0) is None


def test_marks_are_in_order_and_can_be_renamed_and_removed(studio: FilmStudio, job: str) -> None:
    for mark in (Mark(2.0, "b"), Mark(1.0, "a"), Mark(2.0, "heels up")):
        studio.mark(job, "anna", mark)
    assert studio.marks(job, "anna") == (Mark(1.0, "a"), Mark(2.0, "heels up"))
    studio.mark(job, "anna", Mark(1.0, ""))
    assert studio.marks(job, "anna") == (Mark(2.0, "heels up"),)
    with pytest.raises(NoSuchJobError):
        studio.marks(job, "ben")
    for number in range(MAX_MARKS + 5):
        studio.mark(job, "anna", Mark(10.0 + number, "x"))
    assert len(studio.marks(job, "anna")) == MAX_MARKS
