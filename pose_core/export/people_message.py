"""The people in one frame as a small binary message, for a browser that draws them itself. Format: docs/overlay.md.

`pose_ui/widgets/pose_canvas/people_message.js` reads it.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.geometry.definitions import LIMB_ANGLES
from pose_core.geometry.reasons import REASONS, UNCERTAIN
from pose_core.skeleton import N_LANDMARKS
from pose_core.watching import WatchedFrame

__all__ = ["ANGLES_SENT", "VERSION", "PeopleMessage", "PersonSent", "decode_people", "encode_people"]

VERSION: Final = 1
#: The limb angles, in this order.
ANGLES_SENT: Final = tuple(name for name in ANGLE_NAMES if name.split("_", 1)[-1] in LIMB_ANGLES)

_HEADER: Final = struct.Struct("<BBHHHIfdd")
_PERSON: Final = np.dtype(
    [
        ("number", "<u2"),
        ("xy", "<u2", (N_LANDMARKS, 2)),
        ("angles", "<u2", (len(ANGLES_SENT),)),
        ("visibility", "u1", (N_LANDMARKS,)),
        ("presence", "u1", (N_LANDMARKS,)),
    ]
)
#: Positions are fractions of the picture from -1 to 2: a landmark may lie outside.
_LOW, _REACH = -1.0, 3.0
_UNKNOWN: Final = 0xFFFF
_STEPS: Final = 0xFFFE
_UNKNOWN_SHARE: Final = 0xFF
_SHARE_STEPS: Final = 0xFE
_TENTHS: Final = 10
_MARK: Final = 0x8000
_FIRST_UNCERTAIN: Final = REASONS.index(UNCERTAIN[0])
_SENT: Final = np.array([ANGLE_NAMES.index(name) for name in ANGLES_SENT])
_MOST: Final = 255


@dataclass(frozen=True, slots=True, eq=False)
class PersonSent:
    """One person, as a reader of the message gets them.

    Attributes
    ----------
    number : int
    xy_norm : ndarray, shape (33, 2)
        Fractions of width and height of the unmirrored picture; NaN where unknown.
    visibility, presence : ndarray, shape (33,)
        0 to 1; NaN where unknown.
    angles_deg : ndarray, shape (len(ANGLES_SENT),)
        NaN where missing.
    uncertain : ndarray of bool, shape (len(ANGLES_SENT),)
    """

    number: int
    xy_norm: FloatArray
    visibility: FloatArray
    presence: FloatArray
    angles_deg: FloatArray
    uncertain: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PeopleMessage:
    """A message, decoded.

    Attributes
    ----------
    frame_id : int
        The frame's time in RTP's 90 kHz clock, modulo 2**32.
    captured_s : float
        When the camera took it, in seconds of the sender's own clock since 1970; NaN while unknown.
    time_s : float
        On the stream's clock.
    server_s : float
        From the frame's arrival at the server until its people were known.
    size_wh : tuple of int
        Of the picture that the model saw.
    people : tuple of PersonSent
    """

    frame_id: int
    captured_s: float
    time_s: float
    server_s: float
    size_wh: tuple[int, int]
    people: tuple[PersonSent, ...]


def _quantised(values: FloatArray, steps: int, unknown: int) -> NDArray[np.uint16]:
    """Shares from 0 to 1 as whole steps; what is not finite as `unknown`."""
    known = np.isfinite(values)
    whole = np.rint(np.clip(np.where(known, values, 0.0), 0.0, 1.0) * steps)
    return np.where(known, whole, unknown).astype(np.uint16)


def encode_people(frame: WatchedFrame, frame_id: int, captured_s: float, server_s: float) -> bytes:
    """Encode the smoothed people of a frame.

    Positions are rounded to 3/65534 of the picture (0.06 px at 1280 px) and limited to one picture beyond each edge,
    visibility and presence to 1/254, angles to 0.1 degree.

    Parameters
    ----------
    frame : WatchedFrame
        With at most 255 people; more are left out.
    frame_id : int
        Taken modulo 2**32.
    captured_s, server_s : float
        See `PeopleMessage`; may be NaN.
    """
    people = frame.people[:_MOST]
    width, height = frame.size_wh
    header = _HEADER.pack(
        VERSION,
        len(people),
        _PERSON.itemsize,
        width,
        height,
        frame_id % 2**32,
        server_s,
        captured_s,
        frame.time_s,
    )
    if not people:
        return header
    rows = np.zeros(len(people), _PERSON)
    rows["number"] = [person.number for person in people]
    xy_norm = np.stack([person.pose.image_xy_norm for person in people])
    rows["xy"] = _quantised((xy_norm - _LOW) / _REACH, _STEPS, _UNKNOWN)
    for name in ("visibility", "presence"):
        shares = np.stack([getattr(person.pose, name) for person in people])
        rows[name] = _quantised(shares, _SHARE_STEPS, _UNKNOWN_SHARE)
    degrees = frame.angles_deg[: len(people), _SENT]
    tenths = _quantised(degrees / 180, 180 * _TENTHS, _UNKNOWN)
    uncertain = (frame.angle_reasons[: len(people), _SENT] >= _FIRST_UNCERTAIN) & (tenths != _UNKNOWN)
    rows["angles"] = tenths | np.where(uncertain, _MARK, 0).astype(np.uint16)
    return header + rows.tobytes()


def _shares(whole: NDArray[np.unsignedinteger], steps: int, unknown: int) -> FloatArray:
    return np.where(whole == unknown, np.nan, whole / steps)


def _refusal(message: bytes) -> str:
    return f"message must be of encode_people, version {VERSION}; got {len(message)} bytes of something else"


def decode_people(message: bytes) -> PeopleMessage:
    """Decode a message of `encode_people`.

    Raises
    ------
    ValueError
        If it is not one, or of another version.
    """
    if len(message) < _HEADER.size or message[0] != VERSION:
        raise ValueError(_refusal(message))
    _, count, size, width, height, frame_id, server_s, captured_s, time_s = _HEADER.unpack_from(message)
    if size != _PERSON.itemsize or len(message) != _HEADER.size + count * size:
        raise ValueError(_refusal(message))
    rows = np.frombuffer(message, _PERSON, count, _HEADER.size)
    people = []
    for row in rows:
        angles = row["angles"]
        missing = angles == _UNKNOWN
        people.append(
            PersonSent(
                number=int(row["number"]),
                xy_norm=_shares(row["xy"], _STEPS, _UNKNOWN) * _REACH + _LOW,
                visibility=_shares(row["visibility"], _SHARE_STEPS, _UNKNOWN_SHARE),
                presence=_shares(row["presence"], _SHARE_STEPS, _UNKNOWN_SHARE),
                angles_deg=np.where(missing, math.nan, (angles & ~np.uint16(_MARK)) / _TENTHS),
                uncertain=~missing & (angles & _MARK > 0),
            )
        )
    return PeopleMessage(frame_id, captured_s, time_s, server_s, (width, height), tuple(people))
