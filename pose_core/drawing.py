"""The skeleton on a picture: red dots, white lines with a thin dark edge, names and angles beside the joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import cv2
import numpy as np

from pose_core.angles import pose_angles_deg
from pose_core.arrays import FloatArray, FrameRGB
from pose_core.colours import EDGE, GROUND, LINE, PEOPLE, rgb
from pose_core.pose import Pose
from pose_core.settings import DrawSettings
from pose_core.skeleton import CONNECTIONS, INDEX, MAIN_JOINTS, side_of

__all__ = ["draw_poses"]

_WEIGHT: Final = 600  # of the text, 100 to 900
_TEXT_RGB: Final = (255, 255, 255)
_FONT: Final = cv2.FontFace("sans")  # built into OpenCV, with Chinese
#: OpenCV opens its fonts once a thread, 20 to 50 ms, and every run of a page is a new thread: so one thread writes.
_WRITER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="posedeck-text")
_SUBPIXEL_BITS: Final = 4  # OpenCV's fixed-point coordinates: sixteenths of a pixel
#: OpenCV refuses coordinates beyond 16 bits; landmarks may lie far outside a picture.
_FARTHEST_PX: Final = 30000.0


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


def _point(xy: FloatArray) -> tuple[int, int]:
    fixed = np.clip(xy, -_FARTHEST_PX, _FARTHEST_PX) * (1 << _SUBPIXEL_BITS)
    return round(fixed[0]), round(fixed[1])


def _write(frame_rgb: FrameRGB, text: str, xy: tuple[int, int], size: int) -> None:
    halo = max(1, round(size / 11))
    for dx, dy in ((-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)):
        at = (xy[0] + dx * halo, xy[1] + dy * halo)
        cv2.putText(frame_rgb, text, at, rgb(EDGE), _FONT, size, _WEIGHT)
    cv2.putText(frame_rgb, text, xy, _TEXT_RGB, _FONT, size, _WEIGHT)


def _text_width(text: str, size: int) -> int:
    box = cv2.getTextSize((0, 0), text, (0, 0), _FONT, size, _WEIGHT)
    return int(box[2])


def _draw_bones(frame_rgb: FrameRGB, points: FloatArray, pen: _Pen, line_rgb: tuple[int, int, int]) -> None:
    ends = [(_point(points[a]), _point(points[b])) for a, b in CONNECTIONS]
    for colour, width in ((rgb(EDGE), pen.line + 2 * pen.edge), (line_rgb, pen.line)):
        for start, end in ends:
            cv2.line(frame_rgb, start, end, colour, width, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_dots(
    frame_rgb: FrameRGB,
    points: FloatArray,
    pen: _Pen,
    dot_rgb: tuple[int, int, int],
    visibility: FloatArray | None,
    limit: float,
) -> None:
    one = 1 << _SUBPIXEL_BITS
    for i, xy in enumerate(points):
        # Face points lie close together.
        radius = max(1.5, pen.dot * (0.6 if i < INDEX["left_shoulder"] else 1.0))
        centre = _point(xy)
        cv2.circle(
            frame_rgb, centre, int((radius + pen.edge) * one), rgb(EDGE), -1, cv2.LINE_AA, _SUBPIXEL_BITS
        )
        if visibility is None:
            cv2.circle(frame_rgb, centre, int(radius * one), dot_rgb, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
            continue
        # Hollow below the limit: the shape says it too, not colour alone.
        share = float(np.clip(np.nan_to_num(visibility[i]), 0, 1))
        colour = tuple(round(low + (high - low) * share) for low, high in zip(*_CONFIDENCE, strict=True))
        hollow = not visibility[i] >= limit  # NaN is not visible
        width = max(1, pen.edge) if hollow else -1
        cv2.circle(frame_rgb, centre, int(radius * one), colour, width, cv2.LINE_AA, _SUBPIXEL_BITS)


#: From unsure to sure, after Viridis' ends: also told apart by lightness alone.
_CONFIDENCE: Final = ((120, 60, 160), (253, 231, 37))


def _captions(
    pose: Pose, draw: DrawSettings, names: Mapping[str, str], visibility_limit: float
) -> dict[str, str]:
    captions = {}
    visible = pose.visible(visibility_limit)
    angles = pose_angles_deg(pose, "image", visibility_limit) if draw.angles else {}
    for joint in MAIN_JOINTS:
        parts = []
        if draw.names and visible[INDEX[joint]]:
            parts.append(names.get(joint, joint))
        if np.isfinite(angles.get(joint, np.nan)):
            parts.append(f"{round(angles[joint])}°")
        if parts:
            captions[joint] = " ".join(parts)
    return captions


def _draw_captions(frame_rgb: FrameRGB, points: FloatArray, captions: Mapping[str, str], pen: _Pen) -> None:
    """Write outwards from the body: on the side of the joint that the body's middle is not on."""
    height, width = frame_rgb.shape[:2]
    middle_x = float(points[[INDEX["left_shoulder"], INDEX["right_shoulder"]], 0].mean())
    taken: list[tuple[int, int, int, int]] = []
    gap = pen.dot + pen.edge + 4
    for joint, caption in captions.items():
        x, y = points[INDEX[joint]]
        if not (0 <= x < width and 0 <= y < height):
            continue
        text_width = _text_width(caption, pen.text)
        outward_right = x > middle_x if abs(x - middle_x) > 2 else side_of(joint) != "right"
        left = x + gap if outward_right else x - gap - text_width
        if left < 2 or left + text_width > width - 2:  # no room there: the other side
            left = x - gap - text_width if outward_right else x + gap
        left = float(np.clip(left, 2, max(2, width - text_width - 2)))
        base = float(np.clip(y + pen.text * 0.35, pen.text, height - 4))
        for _ in range(4):  # step down past captions that stand there already
            box = (int(left), int(base - pen.text), int(left + text_width), int(base + 3))
            clash = [b for b in taken if box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3]]
            if not clash:
                break
            base = max(b[3] for b in clash) + pen.text + 1
        taken.append(box)
        _write(frame_rgb, caption, (int(left), int(base)), pen.text)


def _write_all(
    frame_rgb: FrameRGB,
    numbers: Sequence[tuple[int, FloatArray]],
    captioned: Sequence[tuple[FloatArray, Mapping[str, str]]],
    pen: _Pen,
) -> None:
    """All text of a picture; runs on the `_WRITER` thread."""
    size = round(pen.text * 1.4)
    for number, points in numbers:
        x, y = points[points[:, 1].argmin()]
        left = int(np.clip(x, 2, frame_rgb.shape[1] - 20))
        _write(frame_rgb, str(number + 1), (left, int(max(size, y - pen.text))), size)
    for points, captions in captioned:
        _draw_captions(frame_rgb, points, captions, pen)


def draw_poses(
    frame_rgb: FrameRGB,
    poses: Sequence[Pose],
    draw: DrawSettings | None = None,
    *,
    names: Mapping[str, str] | None = None,
    visibility_limit: float = 0.5,
    chosen: int | None = None,
) -> FrameRGB:
    """A copy of the picture with the skeletons on it.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        May be of another size than the one the poses refer to (same aspect): they are scaled to it.
    poses : sequence of Pose
        With one person dots are red and lines white; with several, each has a colour of its own and a number. Who has
        a landmark whose place is NaN is left out.
    draw : DrawSettings, optional
    names : mapping, optional
        Landmark name to the text to write; the name itself where it is missing.
    visibility_limit : float
        Joints below it carry no caption, and are hollow when drawn by confidence.
    chosen : int, optional
        Index of the person who carries captions; all unless given.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    draw = draw or DrawSettings()
    canvas = np.array(frame_rgb, order="C")  # OpenCV draws into no other order
    if draw.skeleton_only:
        canvas[:] = rgb(GROUND)
    size_wh = np.array((canvas.shape[1], canvas.shape[0]), dtype=np.float64)
    several = len(poses) > 1
    numbered = ((number, pose, pose.image_xy_norm * size_wh) for number, pose in enumerate(poses))
    placed = [(number, pose, points) for number, pose, points in numbered if np.isfinite(points).all()]
    pen = _Pen(canvas, [pose for _, pose, _ in placed])
    for number, pose, points in placed:
        colour = rgb(PEOPLE[number % len(PEOPLE)])
        _draw_bones(canvas, points, pen, colour if several else rgb(LINE))
        _draw_dots(
            canvas,
            points,
            pen,
            rgb(LINE) if several else colour,
            pose.visibility if draw.confidence else None,
            visibility_limit,
        )
    captioned = [
        (points, _captions(pose, draw, names or {}, visibility_limit))
        for number, pose, points in placed
        if chosen is None or chosen == number
    ]
    numbers = [(number, points) for number, _, points in placed] if several else []
    _WRITER.submit(_write_all, canvas, numbers, captioned, pen).result()
    return canvas
