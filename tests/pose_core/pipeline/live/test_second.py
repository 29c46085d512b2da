"""A second setting on a live stream's own frames: both people, both times, a seat of its own, and no more than that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest

from pose_core.colours import PEOPLE, rgb
from pose_core.evaluation.settings import Model
from pose_core.evaluation.side_by_side.comparing import compare
from pose_core.evaluation.side_by_side.live import looked_live
from pose_core.evaluation.side_by_side.settings import Setting, SideBySideSettings
from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings, LiveStream, SecondSettings
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.watching import WatchedFrame
from tests.support.poses import Performer
from tests.support.waiting import LONG_S, until
from tests.support.watching import Note

LITE = DetectionSettings(model="lite")
PLAIN = LiveSettings(pose=PoseSettings(LITE, DrawSettings(letters=False)), mirror=False, adaptive=False)
SAME = SecondSettings(LITE)


class Viewer:
    """A stream whose pictures and messages are kept."""

    def __init__(self, pool: PosePool) -> None:
        self.found: list[WatchedFrame] = []
        self.pictures: list[Any] = []
        self.note = Note()
        self.stream = LiveStream(
            pool,
            PLAIN,
            lambda frame: self.pictures.append(frame.to_ndarray(format="rgb24")),
            watchers=[self.note],
            on_found=lambda _, found, __: self.found.append(found),
        )

    def see(self, frame_rgb: Any) -> WatchedFrame:
        before = len(self.pictures)
        self.stream.offer(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame_rgb), format="rgb24"))
        until(lambda: len(self.pictures) > before)
        return self.found[-1]


@pytest.fixture
def pool() -> Iterator[PosePool]:
    pool = PosePool(image_limit=1, stream_limit=2)
    yield pool
    pool.close()


@pytest.fixture
def viewer(pool: PosePool) -> Iterator[Viewer]:
    viewer = Viewer(pool)
    yield viewer
    viewer.stream.close(LONG_S)


def test_identical_settings_on_the_same_frames_give_exactly_zero(
    viewer: Viewer, performer: Performer
) -> None:
    viewer.stream.second = SAME
    for step in range(12):
        found = viewer.see(performer("arm_raise", 0.02 * step).rgb)
        assert [person.number for person in found.people] == [1, 2]
    pairs = list(viewer.stream.pairs)
    assert len(pairs) == 12
    setting = Setting(Model("lite"))
    compared = compare(looked_live(pairs), SideBySideSettings(setting, setting, resamples=100))
    assert compared.pairs == 12
    assert compared.all_px.value == 0
    assert min(compared.took_ms[0].value, compared.took_ms[1].value) > 0


def test_both_are_drawn_each_in_a_colour_of_its_own(viewer: Viewer, performer: Performer) -> None:
    viewer.stream.second = SecondSettings(LITE, height_px=120)
    picture = performer("arm_raise", 0.3).rgb
    for _ in range(3):
        found = viewer.see(picture)
    drawn = viewer.pictures[-1]
    for number, person in enumerate(found.people):
        x, y = np.rint(person.pose.image_xy_px.mean(axis=0)).astype(int)
        assert 0 < x < 640
        assert 0 < y < 480
        far = np.abs(drawn.astype(int) - np.array(rgb(PEOPLE[number]))).max(axis=2)
        assert (far < 40).sum() > 200


def test_watchers_see_the_stream_s_own_people_alone(viewer: Viewer, performer: Performer) -> None:
    viewer.stream.second = SAME
    viewer.see(performer("arm_raise", 0.3).rgb)
    until(lambda: viewer.note.frames)
    assert [len(frame.people) for frame in viewer.note.frames] == [1]


def test_the_second_seat_is_taken_freed_and_never_somebody_else_s(
    pool: PosePool, performer: Performer
) -> None:
    picture = performer("arm_raise", 0.3).rgb
    first, other = Viewer(pool), Viewer(pool)
    try:
        first.stream.second = SAME
        first.see(picture)
        assert pool.status().streams == 2
        first.stream.second = None
        assert len(first.see(picture).people) == 1
        assert pool.status().streams == 1
        other.see(picture)
        first.stream.second = SAME
        assert len(first.see(picture).people) == 1  # the picture goes on with one
        problem = first.stream.status().problem
        assert problem is not None
        assert problem.code == "second_seat"
    finally:
        for one in (first, other):
            one.stream.close(LONG_S)
    assert pool.status().streams == 0
