"""Films arrive in one buffer within a budget, and leave it with their jobs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.films import FilmStudio
from pose_core.errors import BusyError, ClipError
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.video import VideoSettings
from pose_core.settings import DetectionSettings, PoseSettings
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
    assert studio.bytes_kept == len(sample_clip())
    studio.jobs.remove(job.id, "anna")
    assert studio.bytes_kept == 0
