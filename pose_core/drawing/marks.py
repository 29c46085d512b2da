"""Lines and dots of a skeleton, in one colour or in those of the sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.colours import EDGE, LINE, SIDES, rgb
from pose_core.drawing.pen import SUBPIXEL_BITS, Pen, fixed
from pose_core.skeleton import CONNECTIONS, INDEX, LANDMARK_NAMES, Side, side_of

__all__ = ["SIDE_RGB", "draw_bones", "draw_dots"]

#: Side of each landmark.
_SIDE_OF: Final[tuple[Side, ...]] = tuple(side_of(name) for name in LANDMARK_NAMES)
_ENDS: Final = np.array(CONNECTIONS)  # of the bones, shape (35, 2)
#: The bones of each side, shape (N, 2); those between the sides belong to the middle.
_SIDE_ENDS: Final = {
    side: np.array(
        [(a, b) for a, b in CONNECTIONS if (_SIDE_OF[a] if _SIDE_OF[a] == _SIDE_OF[b] else "middle") == side]
    )
    for side in ("left", "right", "middle")
}
#: Colours of the sides, white where a bone or a dot belongs to neither.
SIDE_RGB: Final[dict[Side, tuple[int, int, int]]] = {
    "left": rgb(SIDES["left"]),
    "right": rgb(SIDES["right"]),
    "middle": rgb(LINE),
}
#: Half a side of a square as a share of the radius of a dot that looks as large.
_SQUARE: Final = 0.88
#: Width of a hollow dot's ring as a share of its radius.
_RING: Final = 0.4
_DOT_RGB: Final[dict[Side, tuple[int, int, int]]] = {**SIDE_RGB, "middle": rgb(SIDES["middle"])}
#: From uncertain to certain, after the ends of Viridis: distinguishable by lightness alone.
_CONFIDENCE: Final = ((120, 60, 160), (253, 231, 37))


def draw_bones(
    frame_rgb: FrameRGB, points: FloatArray, pen: Pen, line_rgb: tuple[int, int, int] | None
) -> None:
    """All bones in one colour, or each in that of its side; a bone with an end at NaN is not drawn."""
    known = np.asarray(np.isfinite(points).all(axis=1))
    ends = fixed(np.nan_to_num(points))

    def lines(bones: NDArray[np.intp]) -> list[NDArray[np.int32]]:
        return list(ends[bones[known[bones].all(axis=1)]])

    edge_width = pen.line + 2 * pen.edge
    # All lines in one call: the same pixels as one call for each, in a third of the time.
    cv2.polylines(frame_rgb, lines(_ENDS), False, rgb(EDGE), edge_width, cv2.LINE_AA, SUBPIXEL_BITS)
    parts = (
        ((_ENDS, line_rgb),) if line_rgb else tuple((_SIDE_ENDS[side], SIDE_RGB[side]) for side in SIDE_RGB)
    )
    for bones, colour in parts:
        cv2.polylines(frame_rgb, lines(bones), False, colour, pen.line, cv2.LINE_AA, SUBPIXEL_BITS)


def _mark(
    frame_rgb: FrameRGB,
    centre: Sequence[int],
    radius: int,
    colour: tuple[int, int, int],
    square: bool,
    width: int,
) -> None:
    """A round or square mark; `radius` in fixed-point units, `width` -1 to fill it."""
    if not square:
        cv2.circle(frame_rgb, centre, radius, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)
        return
    half = int(radius * _SQUARE)
    x, y = centre
    corners = np.array(
        [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
    )
    if width < 0:
        cv2.fillConvexPoly(frame_rgb, corners, colour, cv2.LINE_AA, SUBPIXEL_BITS)
    else:
        cv2.polylines(frame_rgb, [corners], True, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)


def draw_dots(
    frame_rgb: FrameRGB,
    points: FloatArray,
    pen: Pen,
    dot_rgb: tuple[int, int, int] | None,
    visibility: FloatArray | None,
    hidden: NDArray[np.bool_],
) -> None:
    """All dots round and in one colour, or round and square in those of the sides; or coloured by visibility, if given.

    None at NaN. Those that are hidden are hollow: the model only guesses where they are.
    """
    one = 1 << SUBPIXEL_BITS
    known = np.asarray(np.isfinite(points).all(axis=1)).tolist()
    centres = fixed(np.nan_to_num(points)).tolist()
    # Python's numbers from here on: NumPy's are slow one by one.
    shares = None if visibility is None else np.clip(np.nan_to_num(visibility), 0, 1).tolist()
    hollow = hidden.tolist()
    # Blue and orange stand out from their own lines by a white edge.
    edge_rgb = rgb(LINE if dot_rgb is None and shares is None else EDGE)
    for i, centre in enumerate(centres):
        if not known[i]:
            continue
        # Face points lie close together.
        radius = max(1.5, pen.dot * (0.6 if i < INDEX["left_shoulder"] else 1.0))
        outer, inner = int((radius + pen.edge) * one), int(radius * one)
        square = dot_rgb is None and _SIDE_OF[i] == "right"
        _mark(frame_rgb, centre, outer, edge_rgb, square, -1)
        colour = dot_rgb or _DOT_RGB[_SIDE_OF[i]]
        if shares is not None:
            colour = tuple(
                round(low + (high - low) * shares[i]) for low, high in zip(*_CONFIDENCE, strict=True)
            )
        # The shape shows it, not the colour alone.
        _mark(frame_rgb, centre, inner, colour, square, max(1, round(_RING * radius)) if hollow[i] else -1)
