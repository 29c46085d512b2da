"""The performer does an exercise in front of the real model, or in front of none: its true landmarks."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.models.landmarker import StreamLandmarker
from pose_core.movement.coach import Coach
from pose_core.performer import Camera, Person, landmarks_px, render_frame
from pose_core.performer.motions import posture_at
from pose_core.performer.skeleton import place_skeleton
from pose_core.pose import Pose, TrackedPerson
from pose_core.settings import DetectionSettings
from pose_core.skeleton import INDEX
from pose_core.watching import WatchedFrame
from tests.support.clips import encode

FPS = 25
BEFORE_S = 1.2
AFTER_S = 0.8
#: Pictures of one cycle; the way back shows the same ones.
_PICTURES = 50
_CAMERA = Camera()


@dataclass(frozen=True)
class Show:
    """What the performer does: `cycles` repetitions of `cycle_s` seconds each, after standing still."""

    motion: str
    yaw_deg: float = 90.0
    cycle_s: float = 1.0
    cycles: int = 4

    @property
    def duration_s(self) -> float:
        return BEFORE_S + self.cycles * self.cycle_s + AFTER_S

    def phase(self, time_s: float) -> float:
        return min(max(0.0, (time_s - BEFORE_S) / self.cycle_s), float(self.cycles)) % 1.0

    def times_s(self) -> Iterator[float]:
        return (number / FPS for number in range(round(self.duration_s * FPS)))

    def truth_s(self) -> list[tuple[float, float, float]]:
        """Start, far end and end of each repetition."""
        starts = [BEFORE_S + number * self.cycle_s for number in range(self.cycles)]
        return [(start, start + self.cycle_s / 2, start + self.cycle_s) for start in starts]


@functools.lru_cache(maxsize=512)
def _picture(motion: str, yaw_deg: float, number: int) -> FrameRGB:
    return render_frame(motion, number / _PICTURES, yaw_deg=yaw_deg, camera=_CAMERA).rgb


def through_the_model(show: Show) -> Iterator[WatchedFrame]:
    """What watchers get of rendered frames, with the full model."""
    landmarker = StreamLandmarker(DetectionSettings())
    try:
        for time_s in show.times_s():
            number = round(show.phase(time_s) * _PICTURES) % _PICTURES
            picture = _picture(show.motion, show.yaw_deg, min(number, _PICTURES - number))
            yield watched_poses(time_s, landmarker.detect(picture, time_s))
    finally:
        landmarker.close()


def squat_film() -> bytes:
    """An MP4 of one squat from the side, after and before a moment of rest: two seconds."""
    shares = [0.0] * 8 + [number / 30 for number in range(30)] + [0.0] * 8
    camera = Camera(320, 240)
    return encode(
        [render_frame("squat_right", share, yaw_deg=90.0, camera=camera).rgb for share in shares], fps=FPS
    )


def true_pose(motion: str, phase: float, yaw_deg: float) -> Pose:
    """The performer's own landmarks as a pose, all visible."""
    person = Person(motion, phase, yaw_deg)
    skeleton = place_skeleton(posture_at(motion, phase), yaw_deg=yaw_deg)
    world = skeleton.landmarks_m() * (1, -1, -1)
    world -= world[[INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=0)
    size_wh = (_CAMERA.width_px, _CAMERA.height_px)
    return Pose(
        image_xy_px=landmarks_px(person, _CAMERA),
        image_z_px=world[:, 2] * _CAMERA.px_per_m,
        world_xyz_m=world,
        visibility=np.ones(len(INDEX)),
        presence=np.ones(len(INDEX)),
        size_wh=size_wh,
    )


def truly(show: Show) -> Iterator[WatchedFrame]:
    """What watchers would get of a perfect model."""
    return iter(_truly(show))


@functools.lru_cache(maxsize=64)
def _truly(show: Show) -> tuple[WatchedFrame, ...]:
    return tuple(
        watched_poses(time_s, (true_pose(show.motion, show.phase(time_s), show.yaw_deg),))
        for time_s in show.times_s()
    )


def watched_poses(time_s: float, poses: tuple[Pose, ...]) -> WatchedFrame:
    """A frame with these people; no angles, which a coach does not read."""
    people = tuple(TrackedPerson(number, pose, pose) for number, pose in enumerate(poses, start=1))
    return WatchedFrame(
        time_s, people, (_CAMERA.width_px, _CAMERA.height_px), False, np.empty((len(people), 0))
    )


def coached(frames: Iterator[WatchedFrame], exercise: str, *, arming: bool = False) -> Coach:
    """A coach that has seen all frames."""
    coach = Coach(exercise, arming=arming)
    for frame in frames:
        coach.add(frame)
    coach.finish()
    return coach
