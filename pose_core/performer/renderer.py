"""Light and shade on people, and who is in front of whom.

Each person is drawn into separate buffers (depth, normal, material), shaded there, and copied to the picture wherever
they are nearer than what is already drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from pose_core.performer.body import Primitive
from pose_core.performer.camera import Camera
from pose_core.performer.palette import Palette
from pose_core.performer.raycast import Box, boxes_of, cast
from pose_core.performer.room import LAMP_DIRECTION, PictureArray, room_seen_by, shade_floor
from pose_core.performer.skeleton import FloatArray

__all__ = ["render_people"]

CREASE_BLUR_M = 0.00625
"""Blur of the normals, which softens the creases where primitives of a body meet."""
CREVICE_M = 0.047
"""A crevice is what lies deeper than the mean depth of a square of this size."""
CREVICE_PER_M = 1.4
EDGE, EDGE_REACH = 0.7, 0.5
"""Light where the body turns away from the camera, and how far it may turn before it darkens: dark edges show which of
two legs is in front."""

# Colours of the lights: from all sides, more from above, from the lamp, and a weaker one from the left.
EVERYWHERE_RGB = np.array([0.40, 0.40, 0.41], np.float32)
FROM_ABOVE_RGB = np.array([0.14, 0.15, 0.16], np.float32)
LAMP_RGB = np.array([0.47, 0.45, 0.43], np.float32)
FILL_RGB = np.array([0.36, 0.36, 0.36], np.float32)
FILL_DIRECTION: FloatArray = np.array([-0.30, 0.05, 0.95])


def render_people(
    people: Sequence[tuple[Sequence[Primitive], Palette]], camera: Camera, supersampling: int
) -> PictureArray:
    """Draw bodies into the room.

    Parameters
    ----------
    people : sequence of (primitives, palette)
    camera : Camera
    supersampling : int
        Samples per pixel, in each direction.

    Returns
    -------
    (H, W, 3) float32
        RGB, about 0 to 255, not clipped.
    """
    room = room_seen_by(camera)
    picture = room.rgb.copy()
    if not people:
        return picture
    all_primitives = [primitive for primitives, _ in people for primitive in primitives]
    shade_floor(picture, room, all_primitives, camera)
    size_wh = camera.width_px * supersampling, camera.height_px * supersampling
    if supersampling > 1:
        picture = np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_NEAREST), dtype=np.float32)
    depth = np.full(size_wh[::-1], np.inf, np.float32)
    for primitives, palette in people:
        _draw_person(picture, depth, primitives, palette, camera, supersampling)
    if supersampling > 1:
        size_wh = camera.width_px, camera.height_px
        picture = np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), dtype=np.float32)
    return picture


def _draw_person(
    picture: PictureArray,
    depth: PictureArray,
    primitives: Sequence[Primitive],
    palette: Palette,
    camera: Camera,
    supersampling: int,
) -> None:
    """Draw one person over `picture` and `depth`, in place."""
    boxes = boxes_of(primitives, camera, supersampling)
    drawn = [(primitive, box) for primitive, box in zip(primitives, boxes, strict=True) if box is not None]
    if not drawn:
        return
    px_per_m = camera.px_per_m * supersampling
    margin = round(CREVICE_M * px_per_m)  # how far the blurs in `_light` reach
    left = max(min(box.left for _, box in drawn) - margin, 0)
    top = max(min(box.top for _, box in drawn) - margin, 0)
    right = min(max(box.right for _, box in drawn) + margin, picture.shape[1])
    bottom = min(max(box.bottom for _, box in drawn) + margin, picture.shape[0])
    near = np.full((bottom - top, right - left), np.inf, np.float32)
    normals = np.zeros((*near.shape, 3), np.float32)
    materials = np.zeros(near.shape, np.uint8)
    for primitive, box in drawn:
        own = Box(box.left - left, box.top - top, box.right - left, box.bottom - top).area
        cast(primitive, box, camera, supersampling, near[own], normals[own], materials[own])
    area = slice(top, bottom), slice(left, right)
    shown = near < depth[area]
    if not shown.any():
        return
    colours = palette.as_array().astype(np.float32)[materials[shown]]
    picture[area][shown] = colours * _light(near, normals, shown, px_per_m)
    depth[area][shown] = near[shown]


def _light(
    near: PictureArray, normals: PictureArray, shown: npt.NDArray[np.bool_], px_per_m: float
) -> PictureArray:
    """Factors for the colours of the N pixels `shown`, shape (N, 3)."""
    blurred = cv2.GaussianBlur(normals, (0, 0), CREASE_BLUR_M * px_per_m)
    smooth = np.asarray(blurred, dtype=np.float32)[shown]
    smooth /= np.linalg.norm(smooth, axis=1, keepdims=True) + 1e-9
    lamp = np.maximum(smooth @ LAMP_DIRECTION.astype(np.float32), 0)
    fill = np.maximum(smooth @ FILL_DIRECTION.astype(np.float32), 0)
    amounts = np.stack([np.ones_like(lamp), smooth[:, 1], lamp, fill], axis=1)
    light = amounts @ np.stack([EVERYWHERE_RGB, FROM_ABOVE_RGB, LAMP_RGB, FILL_RGB])
    light *= np.clip(EDGE + (1 - EDGE) / EDGE_REACH * normals[shown][:, 2:], EDGE, 1)
    hit = np.isfinite(near)
    filled = np.where(hit, near, near[hit].max() + 0.1)
    around = cv2.blur(filled, (2 * round(CREVICE_M * px_per_m / 2) + 1,) * 2)
    sunk_m = np.maximum(filled - around, 0)[shown]
    return np.asarray(light * np.clip(1 - CREVICE_PER_M * sunk_m, 0.6, 1)[:, None], dtype=np.float32)
