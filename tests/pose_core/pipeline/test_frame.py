"""From a frame to people, drawn: what each step takes and returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av
import numpy as np
import pytest

from pose_core.arrays import FrameRGB
from pose_core.drawing.skeleton import draw_poses
from pose_core.geometry.angles import ANGLE_NAMES, image_angles, image_angles_deg
from pose_core.pipeline.frame import FRAME_STEPS, FramePath, ProcessedFrame
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.tracking.smoothing import SmoothingSettings

PoseMaker = Callable[..., Pose]
PLAIN = PoseSettings(draw=DrawSettings(names=False))
RAW: None = None  # smoothing


class Model:
    """Finds the given poses, in pixels of the picture that it gets; remembers what it saw."""

    def __init__(self, *poses: Pose) -> None:
        self._poses = poses
        self.seen: list[tuple[FrameRGB, float]] = []

    def __call__(self, frame_rgb: FrameRGB, time_s: float) -> list[Pose]:
        self.seen.append((frame_rgb.copy(), time_s))
        height, width = frame_rgb.shape[:2]
        return [pose.resized((width, height)) for pose in self._poses]


def noise(size_wh: tuple[int, int] = (640, 480)) -> Any:
    return np.random.default_rng(5).integers(0, 255, (size_wh[1], size_wh[0], 3), dtype=np.uint8)


def video_frame(rgb: Any, pixel_format: str = "rgb24") -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    return frame if pixel_format == "rgb24" else frame.reformat(format=pixel_format)


def gone(model: Model, rgb: Any, settings: PoseSettings = PLAIN, **options: Any) -> ProcessedFrame:
    done = FramePath(RAW).process(video_frame(rgb), 0.5, model, settings, **options)
    assert done is not None
    return done


def test_a_frame_goes_through_all_steps(make_pose: PoseMaker) -> None:
    rgb, model = noise(), Model(make_pose())
    done = gone(model, rgb)
    ((seen_rgb, seen_s),) = model.seen
    np.testing.assert_array_equal(seen_rgb, rgb)
    assert seen_s == done.watched.time_s == 0.5
    (person,) = done.watched.people
    assert (person.number, person.raw, person.pose) == (1, done.poses[0], done.poses[0])
    assert (done.watched.size_wh, done.watched.mirrored) == ((640, 480), False)
    np.testing.assert_array_equal(done.watched.angles_deg, image_angles_deg(done.poses, 0.5))
    np.testing.assert_array_equal(done.drawn_rgb, draw_poses(rgb, done.poses, PLAIN.draw))
    np.testing.assert_array_equal(done.frame.to_ndarray(format="rgb24"), done.drawn_rgb)


def test_every_step_is_timed(make_pose: PoseMaker) -> None:
    steps_ms = gone(Model(make_pose()), noise()).steps_ms
    assert tuple(steps_ms) == FRAME_STEPS == ("convert", "inference", "smooth", "draw")
    assert all(value > 0 for value in steps_ms.values())


@pytest.mark.parametrize("pixel_format", ["rgb24", "yuv420p", "gray"])
def test_the_given_frame_is_not_drawn_on(make_pose: PoseMaker, pixel_format: str) -> None:
    frame = video_frame(noise(), pixel_format)
    before = frame.to_ndarray().copy()
    assert FramePath(RAW).process(frame, 0.0, Model(make_pose()), PLAIN) is not None
    np.testing.assert_array_equal(frame.to_ndarray(), before)


@pytest.mark.parametrize(
    ("size_wh", "height_px", "fitted_wh"),
    [
        ((640, 480), None, (640, 480)),
        ((640, 480), 480, (640, 480)),
        ((641, 481), 720, (641, 481)),
        ((1280, 720), 360, (640, 360)),
        ((854, 480), 360, (640, 360)),
        ((1078, 720), 360, (540, 360)),
    ],
)
def test_a_frame_above_the_height_limit_is_scaled_down_with_an_even_width(
    size_wh: tuple[int, int], height_px: int | None, fitted_wh: tuple[int, int]
) -> None:
    model = Model()
    done = gone(model, noise(size_wh), height_px=height_px)
    assert done.watched.size_wh == (done.frame.width, done.frame.height) == fitted_wh
    assert model.seen[0][0].shape == done.drawn_rgb.shape == (fitted_wh[1], fitted_wh[0], 3)


def test_a_frame_too_small_for_anybody_is_not_shown_to_the_model() -> None:
    model = Model()
    assert FramePath(RAW).process(video_frame(noise((15, 100))), 0.0, model, PLAIN) is None
    assert model.seen == []
    assert FramePath(RAW).process(video_frame(noise((16, 16))), 0.0, model, PLAIN) is not None


def test_people_keep_their_numbers_and_are_smoothed_from_frame_to_frame(make_pose: PoseMaker) -> None:
    path, settings = FramePath(SmoothingSettings()), PoseSettings(detection=DetectionSettings(people=2))
    left, right = make_pose(shift_xy=(-120, 0)), make_pose(shift_xy=(120, 0))
    first = path.process(video_frame(noise()), 0.0, Model(left, right), settings)
    moved = make_pose(shift_xy=(126, 0))
    second = path.process(video_frame(noise()), 1 / 30, Model(moved), settings)
    assert first is not None
    assert second is not None
    assert [person.number for person in first.watched.people] == [1, 2]
    (person,) = second.watched.people
    assert person.number == 2
    assert person.raw is second.poses[0]
    between = person.pose.image_xy_px[0, 0]
    assert right.image_xy_px[0, 0] < between < moved.image_xy_px[0, 0]
    path.smoothing = None
    third = path.process(video_frame(noise()), 2 / 30, Model(right), settings)
    assert third is not None
    assert third.watched.people[0].pose is third.poses[0]


def test_a_mirrored_picture_has_unmirrored_people(make_pose: PoseMaker) -> None:
    rgb, pose = noise(), make_pose(shift_xy=(50, 0))
    done = gone(Model(pose), rgb, mirrored=True)
    assert done.watched.mirrored
    np.testing.assert_array_equal(done.watched.people[0].pose.image_xy_px, pose.image_xy_px)
    np.testing.assert_array_equal(done.drawn_rgb, draw_poses(rgb, [pose], PLAIN.draw, mirrored=True))


def test_names_limits_and_numbers_are_drawn_as_chosen(make_pose: PoseMaker) -> None:
    rgb = noise()
    poses = [make_pose(shift_xy=(-120, 0)), make_pose(shift_xy=(120, 0), hidden=("left_wrist",))]
    settings = PoseSettings(
        detection=DetectionSettings(people=2), draw=DrawSettings(angles=True), visibility_limit=0.05
    )
    labels = {"nose": "Nase"}
    done = gone(Model(*poses), rgb, settings, labels=labels)
    expected = draw_poses(
        rgb, poses, settings.draw, names=labels, visibility_limit=0.05, numbers=[1, 2], angles_deg=None
    )
    np.testing.assert_array_equal(done.drawn_rgb, expected)
    np.testing.assert_array_equal(done.watched.angles_deg, image_angles_deg(poses, 0.05))


def test_unwanted_angles_are_not_computed_unless_they_are_drawn(make_pose: PoseMaker) -> None:
    unwanted = gone(Model(make_pose()), noise(), with_angles=False).watched.angles_deg
    assert unwanted.shape == (1, len(ANGLE_NAMES))
    assert np.isnan(unwanted).all()
    drawn = gone(Model(make_pose()), noise(), PoseSettings(draw=DrawSettings(angles=True)), with_angles=False)
    np.testing.assert_array_equal(drawn.watched.angles_deg, image_angles_deg([make_pose()], 0.5))


def test_angles_are_computed_once_per_frame(make_pose: PoseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    import pose_core.drawing.skeleton as drawing
    import pose_core.pipeline.frame as frame_module

    calls: list[int] = []

    def counted(poses: Any, visibility_limit: float) -> Any:
        calls.append(len(poses))
        return image_angles(poses, visibility_limit)

    monkeypatch.setattr(frame_module, "image_angles", counted)
    monkeypatch.setattr(drawing, "image_angles", counted)
    gone(Model(make_pose()), noise(), PoseSettings(draw=DrawSettings(angles=True)))
    assert calls == [1]


def test_an_exception_of_the_model_reaches_the_caller() -> None:
    def fail(frame_rgb: FrameRGB, time_s: float) -> list[Pose]:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        FramePath(RAW).process(video_frame(noise()), 0.0, fail, PLAIN)


def test_a_frame_that_nobody_wants_drawn_keeps_its_picture_and_has_its_angles(make_pose: PoseMaker) -> None:
    rgb, model = noise(), Model(make_pose())
    done = gone(model, rgb, draw=False, mirrored=True)
    assert done.drawn_rgb is None
    np.testing.assert_array_equal(done.frame.to_ndarray(format="rgb24"), rgb)
    assert done.watched.mirrored
    np.testing.assert_array_equal(done.watched.angles_deg, image_angles_deg(done.poses, 0.5))
