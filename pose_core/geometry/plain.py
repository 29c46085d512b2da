"""The angles of a single body from plain numbers: for thirty angles they are several times faster than arrays."""

from __future__ import annotations

from math import atan2, degrees, hypot, nan, sqrt
from typing import Final

from pose_core.geometry.definitions import ANGLES

__all__ = ["Point", "plain_angles_deg"]

#: x and y, and z in space.
Point = list[float]

#: A line shorter than this (pixels or metres) has no direction; squared.
_SHORTEST_2: Final = 1e-18

_INTERIOR: Final = [angle.indices for angle in ANGLES if angle.kind == "interior"]
_LEANS: Final = [angle.indices for angle in ANGLES if angle.kind == "lean"]
_OBLIQUITIES: Final = [angle.indices for angle in ANGLES if angle.kind == "obliquity"]


def _interior_in_plane_deg(first: Point, vertex: Point, last: Point) -> float:
    x, y = vertex
    ux, uy = first[0] - x, first[1] - y
    vx, vy = last[0] - x, last[1] - y
    if ux * ux + uy * uy <= _SHORTEST_2 or vx * vx + vy * vy <= _SHORTEST_2:
        return nan
    return degrees(atan2(abs(ux * vy - uy * vx), ux * vx + uy * vy))


def _interior_in_space_deg(first: Point, vertex: Point, last: Point) -> float:
    x, y, z = vertex
    ux, uy, uz = first[0] - x, first[1] - y, first[2] - z
    vx, vy, vz = last[0] - x, last[1] - y, last[2] - z
    if ux * ux + uy * uy + uz * uz <= _SHORTEST_2 or vx * vx + vy * vy + vz * vz <= _SHORTEST_2:
        return nan
    across_x, across_y, across_z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    across = sqrt(across_x * across_x + across_y * across_y + across_z * across_z)
    return degrees(atan2(across, ux * vx + uy * vy + uz * vz))


def plain_angles_deg(points: list[Point]) -> list[float]:
    """All `pose_core.geometry.definitions.ANGLES` of one skeleton: what `angles_deg` gives, with all landmarks visible.

    Parameters
    ----------
    points : list of 33 lists of 2 or 3 floats
        Landmarks in pixels or metres, y down.

    Returns
    -------
    list of float
        Degrees, in the order of `ANGLE_NAMES`; NaN where a limb has no length or a point is NaN.
    """
    interior_deg = _interior_in_plane_deg if len(points[0]) == 2 else _interior_in_space_deg
    angles = [interior_deg(points[first], points[vertex], points[last]) for first, vertex, last in _INTERIOR]
    for lower_left, lower_right, upper_left, upper_right in _LEANS:
        line = [
            (a + b - c - d) / 2
            for a, b, c, d in zip(
                points[upper_left], points[upper_right], points[lower_left], points[lower_right], strict=True
            )
        ]
        angles.append(_against_deg(hypot(line[0], *line[2:]), -line[1]))
    for left, right in _OBLIQUITIES:
        line = [a - b for a, b in zip(points[left], points[right], strict=True)]
        angles.append(_against_deg(-line[1], hypot(line[0], *line[2:])))
    return angles


def _against_deg(across: float, along: float) -> float:
    return degrees(atan2(across, along)) if across * across + along * along > _SHORTEST_2 else nan
