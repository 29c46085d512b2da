"""The Coach page's state: attached to a stream, kept when the stream ends, and films."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from pose_core.performer.samples import sample_clip
from pose_core.pipeline.live import LiveStream
from pose_core.pipeline.watchers import Watchers
from pose_core.settings import DetectionSettings, PoseSettings
from pose_core.watching import WatchedFrame
from pose_ui.coach.session import CoachSession
from pose_ui.shell.film_upload import film_owner
from pose_ui.shell.resources import close_pool, film_studio
from pose_ui.shell.streamlit_bindings import this_session_id
from tests.support.performing import Show, truly


class Stream:
    """A live stream without a model: its frames come from the test."""

    def __init__(self) -> None:
        self.watchers = Watchers()
        self.closed = False

    def snapshot(self) -> np.ndarray[Any, Any]:
        return np.zeros((480, 640, 3), dtype=np.uint8)

    def show(self, frames: Iterator[WatchedFrame]) -> None:
        for frame in frames:
            self.watchers.show(frame, None)

    def close(self, wait_s: float = 0.0) -> None:
        self.closed = True
        self.watchers.finish()


def _as_stream(stream: Stream) -> LiveStream:
    return cast(LiveStream, cast(object, stream))


def test_what_was_counted_is_kept_with_stills_once_the_stream_is_over() -> None:
    session, stream = CoachSession(), Stream()
    session.watch(_as_stream(stream), "squat", "performer")
    show = Show("squat_right", 90.0, 1.0, cycles=2)
    # A stream's clock began with the machine's.
    stream.show(replace(frame, time_s=frame.time_s + 5000) for frame in truly(show))
    assert session.live is not None
    assert session.live.state.count == 2
    session.watch(None, "squat", "performer")
    assert session.live is None
    assert stream.closed
    assert session.result is not None
    assert (session.result.counted, session.result.source) == (2, "performer")
    assert set(session.stills) == {1, 2}
    bottoms_s = [one.bottom_s for one in session.result.repetitions]
    assert bottoms_s == pytest.approx([bottom_s for _, bottom_s, _ in show.truth_s()], abs=0.1)


def test_another_stream_begins_another_set_and_an_empty_one_leaves_the_last_one() -> None:
    session, first, second = CoachSession(), Stream(), Stream()
    session.watch(_as_stream(first), "squat", "camera")
    first.show(truly(Show("squat_right", 90.0, 1.0, cycles=1)))
    session.watch(_as_stream(second), "squat", "camera")
    assert session.live is not None
    assert session.live.state.count == 0
    session.watch(None, "squat", "camera")
    assert session.nothing
    assert session.result is not None
    assert session.result.counted == 1


def test_a_recognised_exercise_is_the_sets_when_nobody_chose_one() -> None:
    session, stream = CoachSession(), Stream()
    session.watch(_as_stream(stream), "auto", "camera")
    stream.show(truly(Show("squat_right", 90.0, 1.0, cycles=2)))
    session.watch(None, "auto", "camera")
    assert session.result is not None
    assert (session.result.exercise, session.result.counted) == ("squat", 2)


def _arrived(name: str, data: bytes) -> str:
    """A film that a browser has sent."""
    with film_studio().arrive(film_owner(this_session_id()), name, len(data)) as film:
        film.add(data)
        film.finish()
    return film.id


def test_a_file_that_is_no_film_is_refused_forgotten_and_starts_nothing() -> None:
    session = CoachSession()
    session.take_film(_arrived("notes.txt", b"no film"), "squat", PoseSettings())
    assert session.job is None
    assert film_studio().bytes_kept == 0
    assert session.problem is not None
    assert session.problem[0] == "notes.txt"


@pytest.fixture
def _no_jobs_left() -> Iterator[None]:
    yield
    close_pool()


@pytest.mark.usefixtures("_no_jobs_left")
def test_a_film_is_counted_without_arming_and_its_job_is_removed() -> None:
    session = CoachSession()
    session.adjust({"squat": {"leaning": 61.0}})
    film_id = _arrived("squats.mp4", sample_clip())
    session.take_film(film_id, "squat", PoseSettings(DetectionSettings(model="lite")))
    assert session.job is not None
    assert session.job.over.wait(120)
    session.end_film()
    assert session.job is None
    assert session.result is not None
    assert (session.result.source, session.result.counted, session.result.arming) == ("film", 1, False)
    assert session.result.limits == {"leaning": 61.0}
    assert film_studio().bytes_kept == 0


@pytest.mark.usefixtures("_no_jobs_left")
def test_a_job_that_the_video_page_removed_ends_with_what_was_counted() -> None:
    session = CoachSession()
    film_id = _arrived("squats.mp4", sample_clip())
    session.take_film(film_id, "squat", PoseSettings(DetectionSettings(model="lite")))
    job = session.job
    assert job is not None
    film_studio().jobs.remove(job.id)
    assert job.over.wait(60)
    session.end_film()
    assert session.job is None
