"""Frames of landmarks as a browser sends them that runs the model itself. Format: docs/browser_model.md.

`pose_ui/live_view/browser_model/landmarks_sender.js` writes it. What arrives is a visitor's input: each number is
checked before anything is made of it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from pose_core.pipeline.live import ToldFrame
from pose_core.pose import Pose
from pose_core.settings import MAX_PEOPLE
from pose_core.skeleton import N_LANDMARKS

__all__ = ["LONGEST", "MOST_FRAMES", "LandmarksMessage", "decode_landmarks"]

_VERSION: Final = 1
#: In one message: two seconds of a usual camera.
MOST_FRAMES: Final = 60
_HEADER: Final = struct.Struct("<BBHI")
_FRAME: Final = struct.Struct("<dHHB")
_PERSON: Final = np.dtype(
    [("number", "<u2"), ("values", "<f4", (N_LANDMARKS, 6)), ("visibility", "u1", (N_LANDMARKS,))]
)
#: Bytes of the longest message.
LONGEST: Final = _HEADER.size + MOST_FRAMES * (_FRAME.size + MAX_PEOPLE * _PERSON.itemsize)
_SHARE_STEPS: Final = 254
_UNKNOWN_SHARE: Final = 255
#: Milliseconds, from any start: a browser counts from when the page was opened, or from 1970.
_LATEST_MS: Final = 1e13
_SIZE_PX: Final = range(16, 8193)
#: How far outside the picture a landmark may lie, in pictures, and how far from the hips, in metres.
_FARTHEST: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class LandmarksMessage:
    """A message, decoded.

    Attributes
    ----------
    turn : int
        To which start of the camera it belongs.
    frames : tuple of ToldFrame
        At least one, of increasing time. `Pose.presence` is NaN: browsers do not tell it.
    """

    turn: int
    frames: tuple[ToldFrame, ...]


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(
            f"landmarks must be a message of version {_VERSION} as documented; this one is not: {what}"
        )


def _poses(rows: np.ndarray, size_wh: tuple[int, int]) -> tuple[tuple[int, Pose], ...]:
    numbers = rows["number"].tolist()
    _must(len(set(numbers)) == len(numbers) and all(1 <= one <= MAX_PEOPLE for one in numbers), "numbers")
    values = rows["values"].astype(np.float64)
    _must(bool((np.abs(values) <= _FARTHEST).all()), "positions")  # false for NaN, too
    shares = rows["visibility"]
    visibility = np.where(shares == _UNKNOWN_SHARE, np.nan, shares / _SHARE_STEPS)
    return tuple(
        (
            number,
            Pose(
                image_xy_px=own[:, :2] * size_wh,
                image_z_px=own[:, 2] * size_wh[0],
                world_xyz_m=own[:, 3:],
                visibility=seen,
                presence=np.full(N_LANDMARKS, np.nan),
                size_wh=size_wh,
            ),
        )
        for number, own, seen in zip(numbers, values, visibility, strict=True)
    )


def decode_landmarks(message: bytes) -> LandmarksMessage:
    """Decode a message from a browser.

    Raises
    ------
    ValueError
        If it is not exactly as documented: in length, version, counts, order of times, or any number.
    """
    _must(_HEADER.size < len(message) <= LONGEST, f"{len(message)} bytes")
    version, count, size, turn = _HEADER.unpack_from(message)
    _must(version == _VERSION and size == _PERSON.itemsize, "version")
    _must(1 <= count <= MOST_FRAMES, f"{count} frames")
    frames = []
    at = _HEADER.size
    for _ in range(count):
        _must(len(message) >= at + _FRAME.size, "cut off")
        time_ms, width, height, people = _FRAME.unpack_from(message, at)
        at += _FRAME.size
        _must(0 <= time_ms <= _LATEST_MS, "time")  # false for NaN, too
        _must(width in _SIZE_PX and height in _SIZE_PX, "size")
        _must(people <= MAX_PEOPLE and len(message) >= at + people * size, "people")
        rows = np.frombuffer(message, _PERSON, people, at)
        at += people * size
        frames.append(ToldFrame(time_ms / 1000, (width, height), _poses(rows, (width, height))))
    _must(at == len(message), "more than announced")
    _must(all(one.time_s < other.time_s for one, other in pairwise(frames)), "order of times")
    return LandmarksMessage(turn, tuple(frames))
