"""The skeleton on a picture: dots, lines with a thin dark edge, names and angles beside the joints.

In two styles: red dots and white lines, or the person's left in blue and their right in orange.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import Final

import cv2
import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.colours import DOT, GROUND, LINE, PEOPLE, rgb
from pose_core.drawing.arcs import draw_arcs
from pose_core.drawing.captions import stamp, text_sprite
from pose_core.drawing.marks import SIDE_RGB, draw_bones, draw_dots
from pose_core.drawing.pen import Pen
from pose_core.geometry.angles import ANGLE_NAMES, image_angles
from pose_core.geometry.reasons import PRESENCE_LIMIT, REASONS, UNCERTAIN, Codes
from pose_core.pose import Pose
from pose_core.settings import DrawSettings
from pose_core.skeleton import INDEX, MAIN_JOINTS, side_of

__all__ = ["draw_poses"]

_LETTERS: Final = {"left": "L", "right": "R"}
#: Where a letter stands if neither a name nor an angle is there.
_LETTERED: Final = ("shoulder", "knee")
_FIRST_UNCERTAIN: Final = REASONS.index(UNCERTAIN[0])
_SPACE: Final = 0.28  # between a name and an angle: the font's own space, as a share of the text size


def _captions(
    pose: Pose,
    draw: DrawSettings,
    names: Mapping[str, str],
    visibility_limit: float,
    angles_deg: FloatArray | None,
    reasons: Codes | None,
) -> dict[str, tuple[str, ...]]:
    """By joint: its name, its angle, or both; an uncertain angle with a question mark.

    They are separate, since a few names and the angles 0 to 180 can be cached as sprites, but not all their pairs.
    """
    captions = {}
    visible = pose.visible(visibility_limit).tolist()
    angles = {} if angles_deg is None else dict(zip(ANGLE_NAMES, angles_deg.tolist(), strict=True))
    uncertain = (
        {} if reasons is None else dict(zip(ANGLE_NAMES, (reasons >= _FIRST_UNCERTAIN).tolist(), strict=True))
    )
    lettered = draw.style == "sides" and draw.letters and not draw.names  # a name says the side
    for joint in MAIN_JOINTS:
        parts = []
        side, _, kind = joint.partition("_")
        if draw.names and visible[INDEX[joint]]:
            parts.append(names.get(joint, joint))
        # A limb angle has the name of its joint.
        if (draw.angles or kind in draw.arcs) and isfinite(angles.get(joint, nan)):
            parts.append(f"{round(angles[joint])}°{'?' if uncertain.get(joint) else ''}")
        if lettered and (parts or (kind in _LETTERED and visible[INDEX[joint]])):
            parts.insert(0, _LETTERS[side])
        if parts:
            captions[joint] = tuple(parts)
    return captions


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _draw_captions(
    frame_rgb: FrameRGB, points: FloatArray, captions: Mapping[str, Sequence[str]], pen: Pen
) -> None:
    """Write outwards: on the side of each joint that faces away from the middle of the body."""
    height, width = frame_rgb.shape[:2]
    middle_x = float(points[[INDEX["left_shoulder"], INDEX["right_shoulder"]], 0].mean())
    places = points.tolist()
    taken: list[tuple[int, int, int, int]] = []
    gap = pen.dot + pen.edge + 4
    space = round(pen.text * _SPACE)
    for joint, parts in captions.items():
        x, y = places[INDEX[joint]]
        if not (0 <= x < width and 0 <= y < height):
            continue
        sprites = [text_sprite(part, pen.text) for part in parts]
        text_width = sum(sprite.width_px for sprite in sprites) + space * (len(sprites) - 1)
        outward_right = x > middle_x if abs(x - middle_x) > 2 else side_of(joint) != "right"
        left = x + gap if outward_right else x - gap - text_width
        if left < 2 or left + text_width > width - 2:  # no room: use the other side
            left = x - gap - text_width if outward_right else x + gap
        left = _clip(left, 2, max(2, width - text_width - 2))
        base = _clip(y + pen.text * 0.35, pen.text, height - 4)
        for _ in range(4):  # move down past captions that are already there
            box = (int(left), int(base - pen.text), int(left + text_width), int(base + 3))
            clash = [b for b in taken if box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3]]
            if not clash:
                break
            base = max(b[3] for b in clash) + pen.text + 1
        taken.append(box)
        start = int(left)
        for sprite in sprites:
            stamp(frame_rgb, sprite, (start, int(base)))
            start += sprite.width_px + space


def _draw_number(frame_rgb: FrameRGB, points: FloatArray, number: int, pen: Pen) -> None:
    """Draw a person's number above their highest point."""
    size = round(pen.text * 1.4)
    x, y = points[np.nanargmin(points[:, 1])].tolist()
    left = _clip(x, 2, frame_rgb.shape[1] - 20)
    stamp(frame_rgb, text_sprite(str(number), size), (int(left), int(max(size, y - pen.text))))


def _canvas(frame_rgb: FrameRGB, into: FrameRGB | None, mirrored: bool, plain: bool) -> FrameRGB:
    """What to draw on: the picture or a plain background, in a new array or in `into`."""
    if into is None:
        into = np.empty(frame_rgb.shape, dtype=np.uint8)  # C-contiguous: OpenCV draws into no other order
    elif into.shape != frame_rgb.shape or into.dtype != np.uint8:
        raise ValueError(
            f"into must be uint8 of the picture's shape {frame_rgb.shape}; got {into.dtype} of shape {into.shape}"
        )
    elif into.strides[1:] != (3, 1) or not into.flags.writeable:  # OpenCV draws into no other order
        raise ValueError("into must be writable, with rows in C order; this array is not")
    if plain:
        height, width = into.shape[:2]
        cv2.rectangle(into, (0, 0), (width, height), rgb(GROUND), -1)
    elif mirrored:
        cv2.flip(frame_rgb, 1, dst=into)  # may be the same array
    elif into is not frame_rgb:
        np.copyto(into, frame_rgb)
    return into


def draw_poses(
    frame_rgb: FrameRGB,
    poses: Sequence[Pose],
    draw: DrawSettings | None = None,
    *,
    names: Mapping[str, str] | None = None,
    visibility_limit: float = 0.5,
    chosen: int | None = None,
    numbers: Sequence[int] | None = None,
    tints: Sequence[str] | None = None,
    angles_deg: FloatArray | None = None,
    angle_reasons: Codes | None = None,
    mirrored: bool = False,
    into: FrameRGB | None = None,
) -> FrameRGB:
    """The picture with the skeletons on it: a copy, unless `into` is given.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        May have another size than the one that the poses refer to (same aspect ratio): they are scaled to it.
    poses : sequence of Pose
        One person has red dots and white lines; of several, each has their own colour and a number. A landmark at NaN
        is not drawn, nor are its bones.
    draw : DrawSettings, optional
        The other style, and what else is drawn.
    names : mapping, optional
        Landmark name to the text to write; the name itself where it is missing.
    visibility_limit : float
        Joints below it have no caption, and are hollow, as are those that the model believes to be outside the picture.
    chosen : int, optional
        Index of the only person with captions; everyone has them unless given.
    numbers : sequence of int, optional
        Number of each person, from 1, for label and colour, so that both stay with a tracked person; the index in
        `poses` plus 1 unless given. A single person has no label.
    tints : sequence of str, optional
        Colour of each person, as ``"#RRGGBB"``, in place of that of the number; nobody has a label then.
    angles_deg, angle_reasons : ndarray, shape (len(poses), len(ANGLE_NAMES)), optional
        The result of `pose_core.geometry.angles.image_angles`, if the caller has it already; else computed if needed.
        Without reasons no angle is marked as uncertain.
    mirrored : bool
        Show everything as in a mirror: picture and poses are given unmirrored, picture and skeleton are flipped left to
        right, text stays readable, and names stay: left is the person's left.
    into : ndarray of uint8, shape (H, W, 3), optional
        Array to draw in, writable and in C order (rows may be padded), for video without a copy per frame. May be
        `frame_rgb` itself, which is then overwritten; must not overlap it in any other way.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        `into` if given, else a new array.

    Raises
    ------
    ValueError
        If `into` has another shape, type or memory order or is read-only, or if `numbers`, `tints` or `angles_deg` do
        not have one entry per pose.
    """
    for name, given in (("numbers", numbers), ("tints", tints), ("angles_deg", angles_deg)):
        if given is not None and len(given) != len(poses):
            raise ValueError(f"{name} must have one entry for each of {len(poses)} poses; got {len(given)}.")
    draw = draw or DrawSettings()
    if not (draw.angles or draw.arcs):
        angles_deg = None
    elif angles_deg is None:
        angles = image_angles(poses, visibility_limit)
        angles_deg, angle_reasons = angles.deg, angles.reasons
    canvas = _canvas(frame_rgb, into, mirrored, draw.skeleton_only)
    several = len(poses) > 1 or tints is not None
    size_wh = np.array((canvas.shape[1], canvas.shape[0]), dtype=np.float64)
    placed = []
    for i, pose in enumerate(poses):
        points = pose.image_xy_norm * size_wh
        if mirrored:  # as the flip moves pixels: the first column becomes the last
            points[:, 0] = canvas.shape[1] - 1 - points[:, 0]
        if np.isfinite(points).all(axis=1).any():
            placed.append((i, numbers[i] if numbers is not None else i + 1, pose, points))
    pen = Pen(canvas, [pose for _, _, pose, _ in placed])
    sides = draw.style == "sides"
    for i, number, pose, points in placed:
        own = rgb(PEOPLE[(number - 1) % len(PEOPLE)] if tints is None else tints[i])
        line = own if several else None if sides else rgb(LINE)
        draw_bones(canvas, points, pen, line)
        if draw.arcs and angles_deg is not None and chosen in (None, i):
            of_side = SIDE_RGB if sides else dict.fromkeys(SIDE_RGB, line or own)
            degrees = dict(zip(ANGLE_NAMES, angles_deg[i].tolist(), strict=True))
            draw_arcs(canvas, points, draw.arcs, degrees, of_side, pen)
        draw_dots(
            canvas,
            points,
            pen,
            None if sides else rgb(LINE) if several else rgb(DOT),
            pose.visibility if draw.confidence else None,
            ~pose.visible(visibility_limit) | (pose.presence < PRESENCE_LIMIT),
        )
    if several and tints is None:
        for _, number, _, points in placed:
            _draw_number(canvas, points, number, pen)
    for i, _, pose, points in placed:
        if chosen is None or chosen == i:
            values = None if angles_deg is None else angles_deg[i]
            reasons = None if angle_reasons is None else angle_reasons[i]
            captions = _captions(pose, draw, names or {}, visibility_limit, values, reasons)
            _draw_captions(canvas, points, captions, pen)
    return canvas
