"""From a picture to a network's input, and from its outputs to joints: SimCC, MoveNet, YOLO-pose. Pure NumPy.

Positions go back onto the picture as they came in: a place ``p`` of the input's pixels is ``(p - shift) / scale`` on
the picture, without a half pixel in between, as the annotations are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.evaluation.own.declaration import Declaration, MoveNet, SimCC, YoloPose

__all__ = ["Placement", "WrongOutputsError", "decode", "prepare"]

#: Rows of YOLO-pose beyond the surest ones are never people.
_MOST_ROWS: Final = 1000
_BOX: Final = 4
_Outputs = Sequence[NDArray[Any]]


class WrongOutputsError(Exception):
    """The outputs have another shape than declared; says which must hold, and which there is."""


@dataclass(frozen=True, slots=True)
class Placement:
    """How a picture lies in the input: its size times `scale_xy`, moved by `shift_xy` pixels."""

    scale_xy: tuple[float, float]
    shift_xy: tuple[float, float]

    def to_picture(self, xy: FloatArray) -> FloatArray:
        """From pixels of the input to pixels of the picture, shape (..., 2)."""
        return np.asarray((xy - self.shift_xy) / self.scale_xy)


def prepare(frame_rgb: FrameRGB, declared: Declaration) -> tuple[FloatArray, Placement]:
    """The network's input, before it gets the network's own type.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
    declared : Declaration

    Returns
    -------
    ndarray of float64, shape (1, 3, height, width) or (1, height, width, 3)
    Placement
    """
    height, width = frame_rgb.shape[:2]
    scale_x, scale_y = declared.width / width, declared.height / height
    if declared.fit != "stretch":
        scale_x = scale_y = min(scale_x, scale_y)
    inner_wh = (max(1, round(width * scale_x)), max(1, round(height * scale_y)))
    resized = cv2.resize(frame_rgb, inner_wh, interpolation=cv2.INTER_LINEAR)
    spare = (declared.width - inner_wh[0], declared.height - inner_wh[1])
    left, top = (spare[0] // 2, spare[1] // 2) if declared.fit == "letterbox" else (0, 0)
    canvas = np.full((declared.height, declared.width, 3), declared.padding or 0, dtype=np.float64)
    canvas[top : top + inner_wh[1], left : left + inner_wh[0]] = resized
    if declared.colours == "bgr":
        canvas = canvas[..., ::-1]
    canvas = (canvas - declared.mean) / declared.std
    tensor = canvas[None] if declared.layout == "nhwc" else canvas.transpose(2, 0, 1)[None]
    scale_xy = (inner_wh[0] / width, inner_wh[1] / height)
    return np.ascontiguousarray(tensor), Placement(scale_xy, (float(left), float(top)))


def decode(outputs: _Outputs, declared: Declaration, placement: Placement) -> tuple[FloatArray, FloatArray]:
    """People, the surest first.

    Parameters
    ----------
    outputs : sequence of ndarray
        As declared, in that order.
    declared : Declaration
    placement : Placement

    Returns
    -------
    xy_px : ndarray, shape (P, J, 2)
        In the picture's pixels; finite, since a person with a joint that is not counts as not found.
    scores : ndarray, shape (P,)

    Raises
    ------
    WrongOutputsError
    """
    arrays = [np.asarray(output, dtype=np.float64) for output in outputs]
    if isinstance(declared, SimCC):
        xy, scores = _simcc(arrays, declared)
    elif isinstance(declared, MoveNet):
        xy, scores = _movenet(arrays[0], declared)
    else:
        xy, scores = _yolo(arrays[0], declared)
    good = np.isfinite(xy).all(axis=(1, 2)) & np.isfinite(scores) & (scores >= declared.confidence)
    order = np.flatnonzero(good)[np.argsort(-scores[good], kind="stable")]
    return placement.to_picture(xy[order]), scores[order]


def _check(name: str, output: NDArray[Any], shapes: Sequence[tuple[int, ...]]) -> None:
    """Each of `shapes` may have -1 for any size."""
    for shape in shapes:
        if len(shape) == output.ndim and all(
            wanted in (-1, there) for wanted, there in zip(shape, output.shape, strict=True)
        ):
            return
    wanted = " or ".join(str(list(shape)).replace("-1", "any") for shape in shapes)
    raise WrongOutputsError(f"output {name} must be {wanted}; it is {list(output.shape)}")


def _simcc(arrays: Sequence[FloatArray], declared: SimCC) -> tuple[FloatArray, FloatArray]:
    joints = len(declared.joints)
    places, least = [], []
    for name, row, side in zip(declared.outputs, arrays, (declared.width, declared.height), strict=True):
        _check(name, row, [(1, joints, round(side * declared.split))])
        places.append(row[0].argmax(axis=1) / declared.split)
        least.append(row[0].max(axis=1))
    # A joint is as sure as the less sure of its two coordinates, as MMPose has it.
    return np.stack(places, axis=1)[None], np.minimum(*least).mean(keepdims=True)


def _movenet(rows: FloatArray, declared: MoveNet) -> tuple[FloatArray, FloatArray]:
    joints = len(declared.joints)
    several = (1, -1, 3 * joints + _BOX + 1)
    _check(declared.outputs[0], rows, [(1, 1, joints, 3), several])
    points = rows[..., : 3 * joints].reshape(-1, joints, 3) if rows.ndim == 3 else rows[0]
    scores = rows[0, :, -1] if rows.ndim == 3 else points[..., 2].mean(axis=1)
    return points[..., 1::-1] * (declared.width, declared.height), scores


def _yolo(rows: FloatArray, declared: YoloPose) -> tuple[FloatArray, FloatArray]:
    joints = len(declared.joints)
    head = _BOX + (declared.classes if declared.rows == "raw" else 2)
    length = head + joints * declared.numbers
    if declared.rows == "raw":
        _check(declared.outputs[0], rows, [(1, length, -1), (1, -1, length)])
        rows = rows[0].T if rows.shape[1] == length else rows[0]
        scores = rows[:, _BOX + declared.person]
        of_person = scores >= rows[:, _BOX:head].max(axis=1)
    else:
        _check(declared.outputs[0], rows, [(1, -1, length)])
        rows = rows[0]
        scores = rows[:, _BOX]
        of_person = rows[:, _BOX + 1] == declared.person
    sure = np.flatnonzero(of_person & (scores >= declared.confidence))
    sure = sure[np.argsort(-scores[sure], kind="stable")][:_MOST_ROWS]
    rows, scores = rows[sure], scores[sure]
    if declared.rows == "raw":
        kept = _without_doubles(rows[:, :_BOX], declared.overlap or 0.0)
        rows, scores = rows[kept], scores[kept]
    return rows[:, head:].reshape(-1, joints, declared.numbers)[..., :2], scores


def _without_doubles(boxes: FloatArray, overlap: float) -> list[int]:
    """Of boxes by middle and size, the surest first, those that overlap no surer one by more."""
    low, high = boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2
    area = np.prod(np.clip(high - low, 0, None), axis=1)
    kept: list[int] = []
    for i in range(len(boxes)):
        shared = np.prod(
            np.clip(np.minimum(high[i], high[kept]) - np.maximum(low[i], low[kept]), 0, None), axis=1
        )
        if not (shared > overlap * (area[i] + area[kept] - shared)).any():
            kept.append(i)
    return kept
