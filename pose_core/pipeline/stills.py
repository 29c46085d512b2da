"""Stills of a film at chosen times, with skeletons, and one sheet of all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FrameRGB
from pose_core.drawing.skeleton import draw_poses
from pose_core.media.films import read_film
from pose_core.media.fitting import letterbox
from pose_core.pipeline.video import VideoResult
from pose_core.settings import DrawSettings
from pose_core.tracking.recording import pose_of_row

__all__ = ["Portrait", "Still", "portrait", "still_sheet", "stills"]

#: Of a still on the sheet, in pixels, and the space between them.
_CELL_WH: Final = (480, 360)
_GAP_PX: Final = 12
_TEXT_PX: Final = 34
_WHITE: Final = 255
_INK_RGB: Final = (30, 30, 30)
_FONT_PX: Final = 22
_WEIGHT: Final = 500
_LONGEST_CAPTION: Final = 40
#: A portrait reaches so far beyond the joints, as a share of their box.
_MARGIN: Final = 0.15


@dataclass(frozen=True, eq=False)
class Still:
    """One frame of a film.

    Attributes
    ----------
    time_s : float
        Time of the movement, as in `VideoResult.time_s`.
    frame : int
        Place in the result.
    plain_rgb, drawn_rgb : ndarray of uint8, shape (H, W, 3)
        Upright, within 1280 x 720; without and with skeletons.
    """

    time_s: float
    frame: int
    plain_rgb: FrameRGB = field(repr=False)
    drawn_rgb: FrameRGB = field(repr=False)


def stills(
    data: bytes,
    result: VideoResult,
    frames: Sequence[int],
    draw: DrawSettings | None = None,
    *,
    labels: Mapping[str, str] | None = None,
) -> tuple[Still, ...]:
    """Some frames of the analysed film, in order of time; 5.5 MB each at 720p.

    Parameters
    ----------
    data : bytes
        The film.
    result : VideoResult
    frames : sequence of int
        Places in the result; those that it does not have are left out.
    draw, labels
        As in `pose_core.drawing.skeleton.draw_poses`.
    """
    settings = result.video_settings
    film = read_film(data, mirrored=settings.mirrored, checked=True)
    several = settings.pose.detection.people > 1
    found = []
    for frame in sorted({frame for frame in frames if 0 <= frame < len(result.time_s)}):
        played_s = float(result.time_s[frame]) * settings.slowed
        picture = next(film.frames(max(0.0, played_s - 1e-4), math.inf), None)
        if picture is None:
            continue
        rows = np.flatnonzero(result.row_frame == frame).tolist()
        drawn_rgb = draw_poses(
            picture[1],
            [pose_of_row(result.values[row], "smoothed", result.size_wh) for row in rows],
            draw or settings.pose.draw,
            names=labels,
            visibility_limit=settings.pose.visibility_limit,
            numbers=[int(result.row_person[row]) for row in rows] if several else None,
        )
        found.append(Still(float(result.time_s[frame]), frame, picture[1], drawn_rgb))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Portrait:
    """One person where they are seen best.

    Attributes
    ----------
    frame : int
        Place in the result.
    rgb : ndarray of uint8, shape (H, W, 3)
        A square around the person, as far as it lies in the picture, without drawing.
    """

    frame: int
    rgb: FrameRGB = field(repr=False)


def portrait(data: bytes, result: VideoResult, person: int) -> Portrait | None:
    """Cut one person out of the frame in which their joints are seen best.

    Parameters
    ----------
    data : bytes
        The film.
    result : VideoResult
    person : int
        One of ``result.people``.

    Returns
    -------
    Portrait or None
        None if the frame cannot be read again, or nothing of the person lies in the picture.
    """
    sequence = result.sequence(person)
    visibility = np.nan_to_num(sequence.visibility)
    width, height = result.size_wh
    xy_px = sequence.image_xy_px
    inside: NDArray[np.bool_] = np.asarray(
        (np.isfinite(xy_px) & (xy_px >= 0) & (xy_px <= (width, height))).all(axis=2)
    )
    frame = int((visibility * inside).sum(axis=1).argmax())
    points_px = xy_px[frame, inside[frame]]
    pictures = stills(data, result, [frame])
    if not len(points_px) or not pictures:
        return None
    plain_rgb = pictures[0].plain_rgb
    scale = plain_rgb.shape[1] / width
    least, most = points_px.min(axis=0) * scale, points_px.max(axis=0) * scale
    reach = (0.5 + _MARGIN) * max(1.0, float((most - least).max()))
    left, top = np.maximum((least + most) / 2 - reach, 0).astype(int)
    right, bottom = np.ceil((least + most) / 2 + reach).astype(int)
    return Portrait(frame, np.ascontiguousarray(plain_rgb[top:bottom, left:right]))


def still_sheet(pictures: Sequence[Still], captions: Sequence[str]) -> FrameRGB:
    """All stills on one white sheet, three in a row, each with a line of text below it.

    Parameters
    ----------
    pictures : sequence of Still
        At least one.
    captions : sequence of str
        One for each.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    columns = min(3, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    step_x, step_y = _CELL_WH[0] + _GAP_PX, _CELL_WH[1] + _TEXT_PX + _GAP_PX
    font = cv2.FontFace("sans")  # built into OpenCV, with Chinese
    sheet = np.full((rows * step_y + _GAP_PX, columns * step_x + _GAP_PX, 3), _WHITE, dtype=np.uint8)
    for number, (still, caption) in enumerate(zip(pictures, captions, strict=True)):
        x0, y0 = _GAP_PX + number % columns * step_x, _GAP_PX + number // columns * step_y
        height, width = still.drawn_rgb.shape[:2]
        scale, left, top = letterbox((width, height), _CELL_WH)
        inner = max(1, int(width * scale)), max(1, int(height * scale))
        small = cv2.resize(still.drawn_rgb, inner, interpolation=cv2.INTER_AREA)
        x, y = x0 + int(left), y0 + int(top)
        sheet[y : y + inner[1], x : x + inner[0]] = small
        place = (x0, y0 + _CELL_WH[1] + _TEXT_PX - 10)
        short = caption if len(caption) <= _LONGEST_CAPTION else f"{caption[: _LONGEST_CAPTION - 1]}…"
        cv2.putText(sheet, short, place, _INK_RGB, font, _FONT_PX, _WEIGHT)
    return sheet
