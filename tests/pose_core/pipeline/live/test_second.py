"""A second setting on a live stream's own frames: both people, both times, a seat of its own, and no more than that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import av
import numpy as np
import pytest

from pose_core.colours import PAIR, rgb
from pose_core.errors import BundleError, PoseCoreError
from pose_core.evaluation.settings import Model
from pose_core.evaluation.side_by_side.comparing import compare
from pose_core.evaluation.side_by_side.live import looked_live
from pose_core.evaluation.side_by_side.settings import Setting, SideBySideSettings
from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings, LiveStream, SecondSettings
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.watching import WatchedFrame
from tests.support.poses import Performer, make_pose
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

    def offer(self, frame_rgb: Any) -> None:
        self.stream.offer(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame_rgb), format="rgb24"))

    def see(self, frame_rgb: Any) -> WatchedFrame:
        before = len(self.pictures)
        self.offer(frame_rgb)
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
        viewer.see(performer("arm_raise", 0.02 * step).rgb)
    pairs = list(viewer.stream.pairs)
    assert len(pairs) == 12
    setting = Setting(Model("lite"))
    compared = compare(looked_live(pairs), SideBySideSettings(setting, setting, resamples=100))
    assert compared.pairs == 12
    assert compared.all_px.value == 0
    assert min(compared.took_ms[0].value, compared.took_ms[1].value) > 0


def _amount(drawn: Any, colour: str, picture: Any) -> int:
    """How many pixels have got that colour."""

    def near(frame_rgb: Any) -> Any:
        return np.abs(frame_rgb.astype(int) - np.array(rgb(colour))).max(axis=2) < 40

    return int((near(drawn) & ~near(picture)).sum())


def test_both_are_drawn_each_in_a_colour_of_its_own(viewer: Viewer, performer: Performer) -> None:
    picture = performer("arm_raise", 0.3).rgb
    viewer.stream.second = SecondSettings(LITE, height_px=120)
    for _ in range(3):
        viewer.see(picture)
    drawn = viewer.pictures[-1]
    assert min(_amount(drawn, colour, picture) for colour in PAIR) > 200


def test_under_a_divider_each_is_on_its_side(viewer: Viewer, performer: Performer) -> None:
    picture = performer("arm_raise", 0.3).rgb

    def amounts(drawn: Any, before: Any) -> list[int]:
        return [_amount(drawn, colour, before) for colour in PAIR]

    viewer.stream.second = SecondSettings(LITE, view="divider", divider=0.5)
    viewer.see(picture)
    left, right = (
        amounts(viewer.pictures[-1][:, part], picture[:, part]) for part in (slice(320), slice(320, 640))
    )
    assert left[0] > 100 > 10 > left[1]
    assert right[1] > 100 > 10 > right[0]
    # How both are shown is changed without losing what was seen.
    viewer.stream.second = SecondSettings(LITE, view="divider", divider=1.0)
    viewer.see(picture)
    assert amounts(viewer.pictures[-1], picture)[1] < 10
    assert len(viewer.stream.pairs) == 2


def test_the_frame_itself_is_kept_small_so_that_the_largest_difference_can_be_shown(
    viewer: Viewer, performer: Performer
) -> None:
    viewer.stream.second = SAME
    picture = performer("arm_raise", 0.3).rgb
    viewer.see(picture)
    small_rgb = viewer.stream.pairs[-1].small_rgb()
    assert small_rgb.shape == (180, 240, 3)
    assert np.abs(small_rgb.mean(axis=(0, 1)) - picture.mean(axis=(0, 1))).max() < 3


class _Stub:
    """A model of somebody's own, whose answer is known."""

    def __init__(self, fails: PoseCoreError | None = None) -> None:
        self.fails = fails
        self.opened = self.closed = 0

    def __call__(self) -> _Stub:
        self.opened += 1
        return self

    def detect(self, frame_rgb: Any, time_s: float) -> list[Pose]:
        if self.fails is not None:
            raise self.fails
        size_wh = (frame_rgb.shape[1], frame_rgb.shape[0])
        return [make_pose(size_wh=size_wh)]

    def close(self) -> None:
        self.closed += 1


def test_another_model_takes_the_place_of_either_is_opened_once_and_closed_when_another_is_wanted(
    viewer: Viewer, performer: Performer
) -> None:
    one, other = _Stub(), _Stub()
    viewer.stream.settings = replace(PLAIN, detector=one)
    viewer.stream.second = SecondSettings(LITE, detector=other)
    picture = performer("arm_raise", 0.3).rgb
    for _ in range(3):
        viewer.see(picture)
    pair = viewer.stream.pairs[-1]
    for found in pair.people:
        np.testing.assert_allclose(found.people[0].raw.image_xy_px, make_pose().image_xy_px)
    assert (one.opened, other.opened, one.closed, other.closed) == (1, 1, 0, 0)
    viewer.stream.settings, viewer.stream.second = PLAIN, SAME
    viewer.see(picture)
    assert (one.closed, other.closed) == (1, 1)
    assert (
        np.abs(viewer.stream.pairs[-1].people[0].people[0].raw.image_xy_px - make_pose().image_xy_px).max()
        > 5
    )
    viewer.stream.settings = replace(PLAIN, detector=one)
    viewer.see(picture)
    viewer.stream.close(LONG_S)
    assert (one.opened, one.closed) == (2, 2)


def test_a_model_that_fails_is_told_and_not_opened_again_until_another_is_wanted(
    viewer: Viewer, performer: Performer
) -> None:
    bad, good = _Stub(BundleError("own_model_late", "It is late.")), _Stub()
    picture = performer("arm_raise", 0.3).rgb
    viewer.stream.second = SecondSettings(LITE, detector=bad)
    for _ in range(3):
        viewer.offer(picture)
        until(lambda: viewer.stream.status().problem is not None)
    problem = viewer.stream.status().problem
    assert problem is not None
    assert problem.code == "own_model_late"
    assert (bad.opened, bad.closed) == (1, 1)
    viewer.stream.second = SecondSettings(LITE, detector=good)
    viewer.see(picture)
    assert good.opened == 1


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
        first.see(picture)
        assert pool.status().streams == 1
        other.see(picture)
        first.stream.second = SAME
        first.see(picture)  # the picture goes on with one
        assert not first.stream.pairs
        problem = first.stream.status().problem
        assert problem is not None
        assert problem.code == "second_seat"
    finally:
        for one in (first, other):
            one.stream.close(LONG_S)
    assert pool.status().streams == 0
