"""Frames for watchers, made by hand, and a watcher that records its calls."""

from __future__ import annotations

from collections.abc import Sequence

from pose_core.geometry.angles import image_angles
from pose_core.pose import TrackedPerson
from pose_core.watching import Event, WatchedFrame

VISIBILITY_LIMIT = 0.5


def watched(
    time_s: float, people: Sequence[TrackedPerson] = (), size_wh: tuple[int, int] = (640, 480)
) -> WatchedFrame:
    """Such a frame as a stream shows it to its watchers."""
    angles = image_angles([person.pose for person in people], VISIBILITY_LIMIT)
    return WatchedFrame(
        time_s,
        tuple(people),
        size_wh,
        mirrored=False,
        angles_deg=angles.deg,
        angle_reasons=angles.reasons,
    )


class Note:
    """A watcher that records its calls, and returns an event for each person in a frame and for the end."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.frames: list[WatchedFrame] = []

    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        self.told.append("add")
        self.frames.append(frame)
        return [Event(frame.time_s, person.number, "presence", "here") for person in frame.people]

    def restart(self, time_s: float) -> Sequence[Event]:
        self.told.append("restart")
        return ()

    def finish(self) -> Sequence[Event]:
        self.told.append("finish")
        return [Event(0.0, None, "presence", "over")]
