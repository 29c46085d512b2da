"""Angles as arcs on a picture: the opening between the two limbs that meet at a joint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

import cv2
import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.colours import EDGE, rgb
from pose_core.drawing.pen import SUBPIXEL_BITS, Pen, fixed
from pose_core.geometry.definitions import ANGLES
from pose_core.skeleton import Side, side_of

__all__ = ["arc_points", "draw_arcs"]

_LIMBS: Final = {angle.name: angle.indices for angle in ANGLES if angle.kind == "interior"}
_STEP_DEG: Final = 5.0
#: Radius as a share of the shorter limb, and at most as many times the text's height.
_REACH: Final = 0.4
_LARGEST: Final = 2.6
_FILL: Final = 0.35  # opacity of the opening


def arc_points(
    first_xy: FloatArray, joint_xy: FloatArray, last_xy: FloatArray, radius_px: float
) -> FloatArray:
    """Points of an arc around a joint, from one limb to the other, the short way round.

    Parameters
    ----------
    first_xy, joint_xy, last_xy : ndarray, shape (2,)
        The ends of the limbs and the joint between them, in pixels.
    radius_px : float

    Returns
    -------
    ndarray, shape (N, 2)
        At least two points; NaN if a limb has no length or a point is NaN.
    """
    start, end = (np.arctan2(*(xy - joint_xy)[::-1]) for xy in (first_xy, last_xy))
    turn = (end - start + np.pi) % (2 * np.pi) - np.pi
    if not np.isfinite(turn) or any(np.array_equal(xy, joint_xy) for xy in (first_xy, last_xy)):
        return np.full((2, 2), np.nan)
    steps = start + np.linspace(0.0, turn, 2 + int(abs(np.rad2deg(turn)) / _STEP_DEG))
    points: FloatArray = joint_xy + radius_px * np.column_stack([np.cos(steps), np.sin(steps)])
    return points


def draw_arcs(
    frame_rgb: FrameRGB,
    points: FloatArray,
    joints: Sequence[str],
    angles_deg: Mapping[str, float],
    colours: Mapping[Side, tuple[int, int, int]],
    pen: Pen,
) -> None:
    """Draw an arc at each of the joints that has an angle, in place.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        Writable, rows in C order.
    points : ndarray, shape (33, 2)
        Landmarks in pixels of the picture.
    joints : sequence of str
        Some of `pose_core.settings.ARC_JOINTS`; both sides are drawn.
    angles_deg : mapping of str to float
        By angle name; NaN draws no arc.
    colours : mapping of Side to tuple of int
        For left and right.
    pen : Pen
    """
    for joint in joints:
        for name in (f"left_{joint}", f"right_{joint}"):
            if not isfinite(angles_deg[name]):
                continue
            first, at, last = points[list(_LIMBS[name])]
            shorter = min(float(np.linalg.norm(first - at)), float(np.linalg.norm(last - at)))
            arc = arc_points(first, at, last, min(_REACH * shorter, _LARGEST * pen.text))
            if np.isfinite(arc).all():
                _draw(frame_rgb, at, arc, colours[side_of(name)], pen)


def _draw(
    frame_rgb: FrameRGB, joint_xy: FloatArray, arc: FloatArray, colour: tuple[int, int, int], pen: Pen
) -> None:
    height, width = frame_rgb.shape[:2]
    opening = np.vstack([joint_xy, arc])
    left, top = np.floor(opening.min(axis=0) - 1).clip(0, (width, height)).astype(int).tolist()
    right, bottom = np.ceil(opening.max(axis=0) + 2).clip(0, (width, height)).astype(int).tolist()
    if left >= right or top >= bottom:
        return
    patch = frame_rgb[top:bottom, left:right]
    filled = patch.copy()  # also makes its rows dense, as OpenCV needs them
    cv2.fillPoly(filled, [fixed(opening - (left, top))], colour, cv2.LINE_AA, SUBPIXEL_BITS)
    patch[:] = cv2.addWeighted(filled, _FILL, patch, 1 - _FILL, 0)
    line = [fixed(arc)]
    for shade, line_width in ((rgb(EDGE), pen.line + 2 * pen.edge), (colour, pen.line)):
        cv2.polylines(frame_rgb, line, False, shade, line_width, cv2.LINE_AA, SUBPIXEL_BITS)
