"""What a coach measures on a body in one frame: angles in the picture and in space, heights, distances, the view.

Heights and distances are in the metres of MediaPipe's average person, however tall the person is: the pose in
the picture is compared with the pose in space, which gives pixels for a metre. They are good for ratios and for large
changes, and no measure of a real body.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.geometry.definitions import ANGLE_NAMES
from pose_core.geometry.plain import plain_angles_deg
from pose_core.pose import Pose
from pose_core.skeleton import INDEX

__all__ = ["MEASURES", "N_MEASURES", "Body", "ScaleMeter", "index_of"]

_HEIGHTS: Final = (
    # Of the middles of left and right, in the picture, over the middle of the ankles or as named; up is positive.
    "hip_height_m",
    "shoulder_height_m",
    "shoulder_over_hip_m",
    "left_shoulder_over_wrist_m",
    "right_shoulder_over_wrist_m",
    "left_wrist_over_nose_m",
    "right_wrist_over_nose_m",
    "hip_over_knee_m",
    "heel_over_toe_m",
    "wrist_over_ankle_m",
)
_DISTANCES: Final = (
    "ankle_split_m",  # in space, between the ankles: forwards or backwards, as the hips face
    "ankle_straddle_m",  # the same, to the side
    "ankle_spread_image_m",  # in the picture, to the side
    "knee_spread_image_m",
    "ankle_apart_image_m",  # in the picture, in any direction
    "hip_sag_deg",  # bend at the hips in the picture: positive if the hips are below the line, 0 is straight
    "shin_lean_deg",  # of the two shins' middle line against the vertical, in the picture
    "head_drop_deg",  # bend at the shoulders between trunk and ears, in the picture
    "knees_per_ankles",  # distance of the knees by that of the ankles, to the side in the picture
    "elbow_difference_deg",  # between left and right, in the picture
    "knee_difference_deg",  # between left and right, in the picture or in space, whichever is smaller
)
_WHOLE: Final = (
    "yaw_deg",  # how far the body is turned away from the camera: 0 front or back, 90 side
    # Where the middles of hips, wrists and ankles are, from the middle of the picture: x to the right, y down.
    "hip_x_m",
    "hip_y_m",
    "wrist_x_m",
    "wrist_y_m",
    "ankle_x_m",
    "ankle_y_m",
    "left_seen",
    "right_seen",
    "left_arm_seen",
    "right_arm_seen",
    "left_leg_seen",
    "right_leg_seen",
)

#: Names of the measures, in the order of a row: angles in the picture, angles in space (``_world``), and the rest.
MEASURES: Final[tuple[str, ...]] = (
    *ANGLE_NAMES,
    *(f"{name}_world" for name in ANGLE_NAMES),
    *_HEIGHTS,
    *_DISTANCES,
    *_WHOLE,
)
N_MEASURES: Final = len(MEASURES)
_PLACE: Final = {name: i for i, name in enumerate(MEASURES)}

_KNEE_DIFFERENCE: Final = _PLACE["knee_difference_deg"]
_ELBOW_DIFFERENCE: Final = _PLACE["elbow_difference_deg"]
_ELBOWS: Final = (_PLACE["left_elbow"], _PLACE["right_elbow"])
_KNEES: Final = tuple((_PLACE[f"left_knee{space}"], _PLACE[f"right_knee{space}"]) for space in ("", "_world"))

_JOINTS: Final = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_LIMBS: Final = [INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in _JOINTS]
#: Time over which the scale is evened out: a body comes nearer more slowly than it bends.
_SCALE_TIME_S: Final = 1.5
_SHORTEST: Final = 1e-6


def index_of(measure: str) -> int:
    """Place of a measure in a row.

    Raises
    ------
    KeyError
        If there is no such measure.
    """
    return _PLACE[measure]


class ScaleMeter:
    """Pixels for a metre of the average person, evened out over time. One per person; not for several threads."""

    def __init__(self) -> None:
        self._px_per_m = math.nan
        self._time_s = math.nan

    def update(
        self, xy_px: list[list[float]], xyz_m: list[list[float]], seen: list[float], time_s: float
    ) -> float:
        """The scale after one more pose, from its landmarks; NaN before the first usable one."""
        newest = _px_per_m(xy_px, xyz_m, seen)
        if math.isnan(newest):
            return self._px_per_m
        if math.isnan(self._px_per_m):
            self._px_per_m = newest
        else:
            weight = 1 - math.exp(-max(0.0, time_s - self._time_s) / _SCALE_TIME_S)
            self._px_per_m += weight * (newest - self._px_per_m)
        self._time_s = time_s
        return self._px_per_m


def _px_per_m(xy_px: list[list[float]], xyz_m: list[list[float]], seen: list[float]) -> float:
    """Least-squares scale between the limbs in the picture and in space, weighted by visibility."""
    total = at_x = at_y = in_x = in_y = both = size = 0.0
    # About one of the limbs instead of the weighted middle, which is taken off at the end: the sums stay exact enough.
    x_0, y_0 = xy_px[_LIMBS[0]]
    for limb in _LIMBS:
        weight = min(1.0, max(0.05, seen[limb]))
        x, y = xy_px[limb]
        across, down, _ = xyz_m[limb]
        x, y = x - x_0, y - y_0
        total += weight
        at_x += weight * x
        at_y += weight * y
        in_x += weight * across
        in_y += weight * down
        both += weight * (x * across + y * down)
        size += weight * (across * across + down * down)
    size -= (in_x * in_x + in_y * in_y) / total
    both -= (at_x * in_x + at_y * in_y) / total
    scale = both / size if size > _SHORTEST else math.nan
    return scale if scale > _SHORTEST else math.nan


Point = tuple[float, float]


def _middle(one: list[float], other: list[float]) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _bend_deg(first: Point, vertex: Point, last: Point) -> float:
    """How far three points are from a straight line: positive if the vertex is below it in the picture."""
    ahead = (vertex[0] - first[0], vertex[1] - first[1])
    then = (last[0] - vertex[0], last[1] - vertex[1])
    turn = math.degrees(
        math.atan2(ahead[0] * then[1] - ahead[1] * then[0], ahead[0] * then[0] + ahead[1] * then[1])
    )
    # y points down: walking to the right, a turn to the left (negative) means that the vertex hangs down.
    return -turn if last[0] >= first[0] else turn


class Body:
    """One person's measures, frame by frame. Not for several threads.

    Examples
    --------
    >>> from pose_core.performer import render_frame
    >>> "left_knee" in MEASURES, "hip_height_m" in MEASURES
    (True, True)
    """

    def __init__(self) -> None:
        self._scale = ScaleMeter()

    def restart(self) -> None:
        """Forget the scale, after a cut or for another person."""
        self._scale = ScaleMeter()

    def measure(self, pose: Pose, time_s: float) -> FloatArray:
        """The row of one frame.

        Parameters
        ----------
        pose : Pose
            As the model gave it: what is evened out here is evened out once.
        time_s : float

        Returns
        -------
        ndarray, shape (N_MEASURES,)
            In the order of `MEASURES`; degrees, metres of the average person, and shares. NaN where a landmark is
            unknown. Hidden joints count: which side is to be believed, the ``_seen`` columns say.
        """
        # Plain numbers throughout: for one body they are several times faster than arrays.
        xy, world = pose.image_xy_px.tolist(), pose.world_xyz_m.tolist()
        seen = pose.visibility.tolist()
        px_per_m = self._scale.update(xy, world, seen, time_s)
        middle = (pose.size_wh[0] / 2, pose.size_wh[1] / 2)
        row = [*plain_angles_deg(xy), *plain_angles_deg(world), *_rest(xy, world, seen, px_per_m, middle)]
        row[_ELBOW_DIFFERENCE] = abs(row[_ELBOWS[0]] - row[_ELBOWS[1]])
        row[_KNEE_DIFFERENCE] = min(abs(row[left] - row[right]) for left, right in _KNEES)
        return np.array(row)


def _rest(
    xy: list[list[float]], world: list[list[float]], seen: list[float], px_per_m: float, middle: Point
) -> list[float]:
    at = {name: xy[i] for name, i in _USED.items()}
    space = {name: world[i] for name, i in _USED.items()}
    hip = _middle(at["left_hip"], at["right_hip"])
    shoulder = _middle(at["left_shoulder"], at["right_shoulder"])
    knee = _middle(at["left_knee"], at["right_knee"])
    ankle = _middle(at["left_ankle"], at["right_ankle"])
    wrist = _middle(at["left_wrist"], at["right_wrist"])
    ear = _middle(at["left_ear"], at["right_ear"])
    heel = _middle(at["left_heel"], at["right_heel"])
    toe = _middle(at["left_foot_index"], at["right_foot_index"])
    left, right = space["left_ankle"], space["right_ankle"]
    across = [a - b for a, b in zip(space["left_shoulder"], space["right_shoulder"], strict=True)]
    apart = (left[0] - right[0], left[2] - right[2])
    hips = [a - b for a, b in zip(space["left_hip"], space["right_hip"], strict=True)]
    width = max(math.hypot(hips[0], hips[2]), _SHORTEST)
    facing = (-hips[2] / width, hips[0] / width)
    return [
        (ankle[1] - hip[1]) / px_per_m,
        (ankle[1] - shoulder[1]) / px_per_m,
        (hip[1] - shoulder[1]) / px_per_m,
        (at["left_wrist"][1] - at["left_shoulder"][1]) / px_per_m,
        (at["right_wrist"][1] - at["right_shoulder"][1]) / px_per_m,
        (at["nose"][1] - at["left_wrist"][1]) / px_per_m,
        (at["nose"][1] - at["right_wrist"][1]) / px_per_m,
        (knee[1] - hip[1]) / px_per_m,
        (toe[1] - heel[1]) / px_per_m,
        (ankle[1] - wrist[1]) / px_per_m,
        abs(apart[0] * facing[0] + apart[1] * facing[1]),
        abs(apart[0] * facing[1] - apart[1] * facing[0]),
        abs(at["left_ankle"][0] - at["right_ankle"][0]) / px_per_m,
        abs(at["left_knee"][0] - at["right_knee"][0]) / px_per_m,
        math.hypot(at["left_ankle"][0] - at["right_ankle"][0], at["left_ankle"][1] - at["right_ankle"][1])
        / px_per_m,
        _bend_deg(shoulder, hip, knee),
        math.degrees(math.atan2(abs(knee[0] - ankle[0]), ankle[1] - knee[1])),
        _bend_deg(hip, shoulder, ear),
        abs(at["left_knee"][0] - at["right_knee"][0])
        / max(abs(at["left_ankle"][0] - at["right_ankle"][0]), 0.05 * px_per_m),
        math.nan,  # the two differences: see `measure`
        math.nan,
        math.degrees(math.atan2(abs(across[2]), math.hypot(across[0], across[1]))),
        *(
            (value - half) / px_per_m
            for point in (hip, wrist, ankle)
            for value, half in zip(point, middle, strict=True)
        ),
        *(sum([seen[place] for place in places]) / len(places) for places in _PARTS),
    ]


#: Landmarks of the whole body, of the arm and of the leg, each on the left and on the right.
_PARTS: Final = tuple(
    tuple(INDEX[f"{side}_{joint}"] for joint in joints)
    for joints in (_JOINTS, _JOINTS[:3], _JOINTS[3:])
    for side in ("left", "right")
)
_USED: Final = {
    name: INDEX[name]
    for name in (
        "nose",
        *(
            f"{side}_{joint}"
            for side in ("left", "right")
            for joint in (*_JOINTS, "ear", "heel", "foot_index")
        ),
    )
}
