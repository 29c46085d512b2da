"""The skeleton on a picture: red dots, white lines with a thin dark edge, names and angles beside the joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.colours import DOT, EDGE, GROUND, LINE, PEOPLE, rgb
from pose_core.drawing.captions import stamp, text_sprite
from pose_core.geometry.angles import ANGLE_NAMES, image_angles
from pose_core.geometry.reasons import REASONS, UNCERTAIN, Codes
from pose_core.pose import Pose
from pose_core.settings import DrawSettings
from pose_core.skeleton import CONNECTIONS, INDEX, MAIN_JOINTS, side_of

__all__ = ["draw_poses"]

_SUBPIXEL_BITS: Final = 4  # OpenCV's fixed-point coordinates: sixteenths of a pixel
#: OpenCV rejects coordinates beyond 16 bits, and landmarks may lie far outside a picture.
_FARTHEST_PX: Final = 30000.0
_ENDS: Final = np.array(CONNECTIONS)  # of the bones, shape (35, 2)
_FIRST_UNCERTAIN: Final = REASONS.index(UNCERTAIN[0])
_SPACE: Final = 0.28  # between a name and an angle: the font's own space, as a share of the text size


class _Pen:
    """Sizes that suit the picture and the person in it."""

    def __init__(self, frame_rgb: FrameRGB, poses: Sequence[Pose]) -> None:
        height, width = frame_rgb.shape[:2]
        scale = min(height, width) / 480
        if poses:
            # People small in the picture get finer dots, so that a face does not become one blob.
            tallest = max(float(np.ptp(pose.image_xy_px[:, 1])) / pose.size_wh[1] for pose in poses)
            scale *= float(np.clip(tallest / 0.6, 0.45, 1.0))
        self.line = max(1, round(2.2 * scale))
        self.dot = max(2, round(4.2 * scale))
        self.edge = max(1, round(1.0 * scale))
        self.text = max(11, round(19 * max(scale, min(height, width) / 900)))


def _fixed(points: FloatArray) -> NDArray[np.int32]:
    """Points in OpenCV's fixed-point coordinates, of the same shape."""
    clipped = np.clip(points, -_FARTHEST_PX, _FARTHEST_PX)
    return np.rint(clipped * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def _draw_bones(frame_rgb: FrameRGB, points: FloatArray, pen: _Pen, line_rgb: tuple[int, int, int]) -> None:
    bones = list(_fixed(points)[_ENDS])
    for colour, width in ((rgb(EDGE), pen.line + 2 * pen.edge), (line_rgb, pen.line)):
        # All lines in one call: the same pixels as one call for each, in a third of the time.
        cv2.polylines(frame_rgb, bones, False, colour, width, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_dots(
    frame_rgb: FrameRGB,
    points: FloatArray,
    pen: _Pen,
    dot_rgb: tuple[int, int, int],
    visibility: FloatArray | None,
    limit: float,
) -> None:
    one = 1 << _SUBPIXEL_BITS
    edge_rgb = rgb(EDGE)
    centres = _fixed(points).tolist()
    # Python's numbers from here on: NumPy's are slow one by one.
    shares = None if visibility is None else np.clip(np.nan_to_num(visibility), 0, 1).tolist()
    visible = None if visibility is None else (visibility >= limit).tolist()  # NaN is not visible
    for i, centre in enumerate(centres):
        # Face points lie close together.
        radius = max(1.5, pen.dot * (0.6 if i < INDEX["left_shoulder"] else 1.0))
        outer, inner = int((radius + pen.edge) * one), int(radius * one)
        cv2.circle(frame_rgb, centre, outer, edge_rgb, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
        if shares is None or visible is None:
            cv2.circle(frame_rgb, centre, inner, dot_rgb, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
            continue
        # Hollow below the limit: the shape shows it, not the colour alone.
        colour = tuple(round(low + (high - low) * shares[i]) for low, high in zip(*_CONFIDENCE, strict=True))
        width = -1 if visible[i] else max(1, pen.edge)
        cv2.circle(frame_rgb, centre, inner, colour, width, cv2.LINE_AA, _SUBPIXEL_BITS)


#: From uncertain to certain, after the ends of Viridis: distinguishable by lightness alone.
_CONFIDENCE: Final = ((120, 60, 160), (253, 231, 37))


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
    for joint in MAIN_JOINTS:
        parts = []
        if draw.names and visible[INDEX[joint]]:
            parts.append(names.get(joint, joint))
        if isfinite(angles.get(joint, nan)):  # a limb angle has the name of its joint
            parts.append(f"{round(angles[joint])}°{'?' if uncertain.get(joint) else ''}")
        if parts:
            captions[joint] = tuple(parts)
    return captions


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _draw_captions(
    frame_rgb: FrameRGB, points: FloatArray, captions: Mapping[str, Sequence[str]], pen: _Pen
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


def _draw_number(frame_rgb: FrameRGB, points: FloatArray, number: int, pen: _Pen) -> None:
    """Draw a person's number above their highest point."""
    size = round(pen.text * 1.4)
    x, y = points[points[:, 1].argmin()].tolist()
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
        One person has red dots and white lines; of several, each has their own colour and a number. People who have a
        landmark at NaN are left out.
    draw : DrawSettings, optional
    names : mapping, optional
        Landmark name to the text to write; the name itself where it is missing.
    visibility_limit : float
        Joints below it have no caption, and are hollow when drawn by confidence.
    chosen : int, optional
        Index of the only person with captions; everyone has them unless given.
    numbers : sequence of int, optional
        Number of each person, from 1, for label and colour, so that both stay with a tracked person; the index in
        `poses` plus 1 unless given. A single person has no label.
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
        If `into` has another shape, type or memory order or is read-only, or if `numbers` or `angles_deg` do not have
        one entry per pose.
    """
    for name, given in (("numbers", numbers), ("angles_deg", angles_deg)):
        if given is not None and len(given) != len(poses):
            raise ValueError(f"{name} must have one entry for each of {len(poses)} poses; got {len(given)}.")
    draw = draw or DrawSettings()
    if not draw.angles:
        angles_deg = None
    elif angles_deg is None:
        angles = image_angles(poses, visibility_limit)
        angles_deg, angle_reasons = angles.deg, angles.reasons
    canvas = _canvas(frame_rgb, into, mirrored, draw.skeleton_only)
    several = len(poses) > 1
    size_wh = np.array((canvas.shape[1], canvas.shape[0]), dtype=np.float64)
    placed = []
    for i, pose in enumerate(poses):
        points = pose.image_xy_norm * size_wh
        if mirrored:  # as the flip moves pixels: the first column becomes the last
            points[:, 0] = canvas.shape[1] - 1 - points[:, 0]
        if np.isfinite(points).all():
            placed.append((i, numbers[i] if numbers is not None else i + 1, pose, points))
    pen = _Pen(canvas, [pose for _, _, pose, _ in placed])
    for _, number, pose, points in placed:
        colour = rgb(PEOPLE[(number - 1) % len(PEOPLE)] if several else DOT)
        _draw_bones(canvas, points, pen, colour if several else rgb(LINE))
        _draw_dots(
            canvas,
            points,
            pen,
            rgb(LINE) if several else colour,
            pose.visibility if draw.confidence else None,
            visibility_limit,
        )
    if several:
        for _, number, _, points in placed:
            _draw_number(canvas, points, number, pen)
    for i, _, pose, points in placed:
        if chosen is None or chosen == i:
            degrees = None if angles_deg is None else angles_deg[i]
            reasons = None if angle_reasons is None else angle_reasons[i]
            captions = _captions(pose, draw, names or {}, visibility_limit, degrees, reasons)
            _draw_captions(canvas, points, captions, pen)
    return canvas
