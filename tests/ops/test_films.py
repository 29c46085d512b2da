"""Films arrive in one buffer within a budget, and leave it with their jobs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.films import MAX_UNDO, FilmStudio
from ops.jobs import NoSuchJobError
from pose_core.errors import BusyError, ClipError
from pose_core.media.films import read_film
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.video import VideoSettings
from pose_core.pipeline.video_edits import exchange_people
from pose_core.settings import DetectionSettings, PoseSettings
from tests.support.clips import RED, assert_colours, encode, plain
from tests.support.waiting import until

MB = 1024 * 1024


@pytest.fixture
def studio() -> Iterator[FilmStudio]:
    made = FilmStudio(budget_mb=4, workers=1)
    yield made
    made.close()


def arrived(studio: FilmStudio, data: bytes, owner: str = "anna") -> str:
    with studio.arrive(owner, "a.mp4", len(data)) as film:
        for start in range(0, len(data), 65_536):
            film.add(data[start : start + 65_536])
        film.finish()
    return film.id


def arrive_in(studio: FilmStudio, pieces: tuple[bytes, ...]) -> None:
    with studio.arrive("anna", "a.mp4", 6) as film:
        for piece in pieces:
            film.add(piece)
        film.finish()


def test_corrections_are_kept_with_the_job_and_undone_one_by_one(studio: FilmStudio) -> None:
    film = studio.film(arrived(studio, sample_clip()), "anna")
    assert film is not None
    job = studio.analyse(film, VideoSettings(PoseSettings(DetectionSettings("lite")), end_s=0.2))
    assert job.over.wait(60)
    first = studio.version(job.id, "anna")
    assert first is not None
    for number in range(MAX_UNDO + 2):
        studio.correct(
            job.id, "anna", lambda result, new=number + 2: exchange_people(result, new - 1, new, 0.0)
        )
    corrected = studio.version(job.id, "anna")
    assert corrected is not None
    assert corrected.result.people == (MAX_UNDO + 3,)
    assert corrected.undoable == MAX_UNDO
    studio.undo(job.id, "anna")
    undone = studio.version(job.id, "anna")
    assert undone is not None
    assert undone.result.people == (MAX_UNDO + 2,)
    assert len({first.number, corrected.number, undone.number}) == 3
    with pytest.raises(NoSuchJobError):
        studio.version(job.id, "ben")
    studio.forget_job(job.id, "anna")
    assert studio.newest_film("anna") is film  # for another analysis
    assert studio.newest_film("ben") is None
    with pytest.raises(NoSuchJobError):
        studio.version(job.id, "anna")


@pytest.mark.parametrize(("codec", "copied"), [("libx264", False), ("mpeg4", True), ("libx265", True)])
def test_only_what_browsers_cannot_play_gets_a_copy(studio: FilmStudio, codec: str, copied: bool) -> None:
    film = studio.film(arrived(studio, encode([plain(RED)] * 5, codec=codec)), "anna")
    assert film is not None
    settings = VideoSettings(PoseSettings(DetectionSettings("lite")), start_s=0.1)
    job = studio.analyse(film, settings, with_copy=True)
    assert job.over.wait(60)
    assert bool(job.result.copy_mp4) is copied
    if copied:
        frames = list(read_film(job.result.copy_mp4).frames())
        time_s = job.result.result.time_s
        assert [at_s for at_s, _ in frames] == pytest.approx(time_s - time_s[0], abs=1e-3)
        assert_colours(frames[0][1], *[RED] * 4)


def test_room_is_taken_before_the_first_byte(studio: FilmStudio) -> None:
    with studio.arrive("anna", "a.mp4", 3 * MB) as film:
        assert studio.bytes_kept == 3 * MB
        with pytest.raises(BusyError) as caught:
            studio.arrive("ben", "b.mp4", 2 * MB)
        assert caught.value.code == "films_full"
        film.add(b"only a little")
    assert studio.bytes_kept == 0  # it did not arrive


@pytest.mark.parametrize(("size", "code"), [(0, "clip_empty"), (301 * MB, "file_too_large")])
def test_sizes_are_refused_as_stated(studio: FilmStudio, size: int, code: str) -> None:
    with pytest.raises(ClipError) as caught:
        studio.arrive("anna", "a.mp4", size)
    assert caught.value.code == code


def test_more_or_fewer_bytes_than_stated_are_refused(studio: FilmStudio) -> None:
    for pieces, code in (((b"12345", b"678"), "film_larger_than_stated"), ((b"123",), "film_cut_off")):
        with pytest.raises(ClipError) as caught:
            arrive_in(studio, pieces)
        assert caught.value.code == code
    assert studio.bytes_kept == 0


def test_the_next_film_of_somebody_takes_the_place_of_the_last(studio: FilmStudio) -> None:
    first = arrived(studio, bytes(3 * MB))
    second = arrived(studio, bytes(3 * MB))
    assert studio.film(first, "anna") is None
    assert studio.film(second, "anna") is not None
    assert studio.film(second, "ben") is None


def test_a_film_becomes_a_result_and_leaves_with_it(studio: FilmStudio) -> None:
    film = studio.film(arrived(studio, sample_clip()), "anna")
    assert film is not None
    settings = VideoSettings(PoseSettings(DetectionSettings("lite")), end_s=0.6)
    job = studio.analyse(film, settings, with_film=True)
    until(job.over.is_set)
    status = studio.jobs.status(job.id, "anna")
    assert (status.state, status.error) == ("done", None)
    assert job.result.result.people == (1,)
    assert job.result.annotated_mp4[4:8] == b"ftyp"
    assert status.partial.people == 1  # type: ignore[attr-defined]
    assert max(status.partial.thumbnail_rgb.shape) <= 160  # type: ignore[attr-defined]
    assert studio.bytes_kept == len(sample_clip()) + len(job.result.annotated_mp4)
    studio.jobs.remove(job.id, "anna")
    assert studio.bytes_kept == 0
