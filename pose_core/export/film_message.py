"""All people of a film in one binary message, small enough for a browser that draws them over the playing film."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.geometry.angles import ANGLE_NAMES, LIMB_ANGLES, sequence_angles
from pose_core.movement.moments import speed_torsos_per_s
from pose_core.pipeline.video import VideoResult

__all__ = ["ANGLES_SENT", "encode_film"]

#: Angles of the message, in this order.
ANGLES_SENT: Final = tuple(f"{side}_{joint}" for joint in LIMB_ANGLES for side in ("left", "right"))

_LOW, _REACH = -1.0, 3.0  # positions reach one picture beyond each edge
_STEPS, _UNKNOWN = 0xFFFE, 0xFFFF
_SHARE_STEPS, _UNKNOWN_SHARE = 0xFE, 0xFF
_XY: Final = slice(0, 2)
_VISIBILITY: Final = 6
_ALIGN: Final = 8


def encode_film(result: VideoResult) -> bytes:
    """A header and arrays, each aligned to 8 bytes, little-endian.

    Parameters
    ----------
    result : VideoResult
        T frames, N rows: a row is one person in one frame.

    Returns
    -------
    bytes
        The header's length as uint32, the header as JSON, which states ``frames``, ``rows``, ``people`` and ``angles``,
        then ``time_s`` (float64, T), ``frame`` (uint32, N), ``person`` (uint16, N), ``xy`` (uint16, 2 x N x 33 x 2: the
        smoothed positions, then the raw ones, as fractions of the picture from -1 to 2 in 65534 steps),
        ``visibility`` (uint8, N x 33, in 254 steps), ``deg`` (float32, N x 10, angles in the picture of the smoothed
        poses) and ``speed`` (float32, N, torso lengths a second). What is unknown is the greatest whole number, or NaN.
    """
    smoothed, raw = result.values[:, 1], result.values[:, 0]
    size_wh = np.array(result.size_wh, dtype=np.float32)
    xy = np.stack([smoothed[..., _XY], raw[..., _XY]]) / size_wh
    degrees, speed = _over_time(result)
    header = {
        "frames": len(result.time_s),
        "rows": len(result.row_frame),
        "people": list(result.people),
        "angles": list(ANGLES_SENT),
    }
    text = json.dumps(header).encode()
    text += b" " * (-(4 + len(text)) % _ALIGN)
    arrays: tuple[NDArray[Any], ...] = (
        result.time_s.astype("<f8"),
        result.row_frame.astype("<u4"),
        result.row_person.astype("<u2"),
        _whole((xy - _LOW) / _REACH, _STEPS, _UNKNOWN).astype("<u2"),
        _whole(smoothed[..., _VISIBILITY], _SHARE_STEPS, _UNKNOWN_SHARE).astype("u1"),
        degrees.astype("<f4"),
        speed.astype("<f4"),
    )
    parts = [len(text).to_bytes(4, "little"), text]
    for array in arrays:
        parts += [array.tobytes(), b"\0" * (-array.nbytes % _ALIGN)]
    return b"".join(parts)


def _whole(shares: NDArray[np.float32], steps: int, unknown: int) -> NDArray[np.uint16]:
    """Shares from 0 to 1 as whole steps; what is not finite as `unknown`."""
    known = np.isfinite(shares)
    steps_of = np.rint(np.clip(np.where(known, shares, 0.0), 0.0, 1.0) * steps)
    return np.where(known, steps_of, unknown).astype(np.uint16)


def _over_time(result: VideoResult) -> tuple[FloatArray, FloatArray]:
    """Angles of each row, shape (N, 10), and speed, shape (N,)."""
    columns = [ANGLE_NAMES.index(name) for name in ANGLES_SENT]
    degrees = np.full((len(result.row_frame), len(columns)), np.nan)
    speed = np.full(len(result.row_frame), np.nan)
    for person in result.people:
        sequence = result.sequence(person)
        rows = np.flatnonzero(result.row_person == person)
        frames = result.row_frame[rows]
        angles = sequence_angles(sequence, "image", result.settings.visibility_limit)
        degrees[rows] = angles.deg[frames][:, columns]
        speed[rows] = speed_torsos_per_s(sequence)[frames]
    return degrees, speed
