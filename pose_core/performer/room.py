"""The room that performers stand in, and the shadows on its floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from pose_core.performer.body import Primitive
from pose_core.performer.camera import Camera
from pose_core.performer.skeleton import FloatArray

__all__ = ["LAMP_DIRECTION", "WALL_Z_M", "PictureArray", "Room", "room_seen_by", "shade_floor"]

PictureArray = npt.NDArray[np.float32]

LAMP_DIRECTION: FloatArray = np.array([0.45, 0.80, 0.55]) / np.linalg.norm([0.45, 0.80, 0.55])
"""Towards the lamp: above, to the right, in front."""

WALL_Z_M = -2.2
SKIRTING_M = 0.10
PLANK_M = 0.16
PLANK_LENGTH_M = 1.5
MAT_CENTRE_Z_M, MAT_HALF_WIDTH_M, MAT_HALF_DEPTH_M = 0.08, 1.18, 0.62

WALL_RGB = np.array((219, 217, 211), np.float32)
SKIRTING_RGB = np.array((233, 231, 226), np.float32)
PLANK_RGB = np.array((190, 164, 136), np.float32)
MAT_RGB = np.array((112, 128, 138), np.float32)

ROOM_SUPERSAMPLING = 2
"""The room is drawn once per camera, so smooth edges cost nothing later."""

SHADOW_SCALE = 0.5
"""Shadows are soft, so half the resolution is enough."""


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """The empty room as a camera sees it; the arrays are read-only.

    Attributes
    ----------
    rgb : (H, W, 3) float32
        0 to 255.
    is_floor : (H, 1) float32
        1 where the floor is, 0 where the wall is.
    """

    rgb: PictureArray
    is_floor: PictureArray


@lru_cache(maxsize=4)  # thread-safe, and what it returns is read-only
def room_seen_by(camera: Camera) -> Room:
    """The empty room; cached for the last few cameras."""
    width, height = (size * ROOM_SUPERSAMPLING for size in (camera.width_px, camera.height_px))
    focal = camera.focal_px * ROOM_SUPERSAMPLING
    _, down, forward = camera.axes.astype(np.float32)
    ray_x = ((np.arange(width, dtype=np.float32) + 0.5 - width / 2) / focal)[None, :]
    v = ((np.arange(height, dtype=np.float32) + 0.5 - height / 2) / focal)[:, None]
    ray_y, ray_z = v * down[1] + forward[1], v * down[2] + forward[2]
    to_wall = np.float32(WALL_Z_M - camera.distance_m) / ray_z
    wall_y_m = camera.height_m + to_wall * ray_y
    # The camera does not roll, so wall and floor meet along a row of the picture.
    n_wall = np.count_nonzero(wall_y_m >= 0)
    to_floor = -camera.height_m / ray_y[n_wall:]
    wall = _wall(to_wall[:n_wall] * ray_x, wall_y_m[:n_wall])
    floor = _floor(to_floor * ray_x, camera.distance_m + to_floor * ray_z[n_wall:])
    rgb = cv2.resize(
        np.concatenate([wall, floor]), (camera.width_px, camera.height_px), interpolation=cv2.INTER_AREA
    )
    is_floor = (wall_y_m < 0).reshape(camera.height_px, ROOM_SUPERSAMPLING).mean(axis=1, keepdims=True)
    room = Room(np.asarray(rgb, dtype=np.float32), is_floor.astype(np.float32))
    room.rgb.flags.writeable = room.is_floor.flags.writeable = False
    return room


def _wall(x_m: PictureArray, y_m: PictureArray) -> PictureArray:
    """Colour of the wall: a pool of light from the right, a skirting board, and shade where wall and floor meet."""
    pool = np.exp(-(((x_m - 0.7) / 3.0) ** 2) - ((y_m - 1.9) / 1.7) ** 2)
    light = 0.90 + 0.13 * pool - 0.05 * np.exp(-np.maximum(y_m, 0) / 0.25)
    is_skirting = y_m < SKIRTING_M
    edge = 1 - 0.18 * np.exp(-(((y_m - SKIRTING_M) / 0.008) ** 2))
    colour = np.where(is_skirting[..., None], SKIRTING_RGB, WALL_RGB)
    return np.asarray(colour * (light * edge)[..., None], dtype=np.float32)


def _floor(x_m: PictureArray, z_m: PictureArray) -> PictureArray:
    """Colour of the floor: planks that run towards the camera, and a mat."""
    plank = np.floor(x_m / PLANK_M)
    along = z_m / PLANK_LENGTH_M + _scatter(plank)
    tone = 1 + 0.05 * (_scatter(plank + 57 * np.floor(along)) - 0.5)
    to_seam_m = np.minimum(
        PLANK_M * (0.5 - np.abs(x_m / PLANK_M - plank - 0.5)),
        PLANK_LENGTH_M * (0.5 - np.abs(along - np.floor(along) - 0.5)),
    )
    seam = 1 - 0.10 * np.exp(-((to_seam_m / 0.004) ** 2))
    light = 0.94 + 0.10 * np.exp(-(((x_m - 0.5) / 2.2) ** 2) - ((z_m - 0.3) / 1.8) ** 2)
    light = light - 0.12 * np.exp(-np.maximum(z_m - WALL_Z_M, 0) / 0.20)
    planks = PLANK_RGB * (tone * seam)[..., None]
    return np.asarray(_with_mat(planks, x_m, z_m) * light[..., None], dtype=np.float32)


def _with_mat(planks: PictureArray, x_m: PictureArray, z_m: PictureArray) -> PictureArray:
    corner_m = 0.06
    beyond_x = np.maximum(np.abs(x_m) - MAT_HALF_WIDTH_M + corner_m, 0)
    beyond_z = np.maximum(np.abs(z_m - MAT_CENTRE_Z_M) - MAT_HALF_DEPTH_M + corner_m, 0)
    outside_m = np.hypot(beyond_x, beyond_z) - corner_m
    shade = 1 - 0.25 * np.exp(-np.maximum(outside_m, 0) / 0.012)
    border = np.where((outside_m > -0.055) & (outside_m < -0.040), 1.12, 1.0)
    mat = MAT_RGB * border[..., None]
    return np.asarray(np.where((outside_m < 0)[..., None], mat, planks * shade[..., None]), dtype=np.float32)


def _scatter(number: PictureArray) -> PictureArray:
    """A value from 0 to 1 that looks random but is the same for the same number."""
    value = np.sin(number * 12.9898) * 437.585
    return np.asarray(value - np.floor(value), dtype=np.float32)


def shade_floor(picture: PictureArray, room: Room, primitives: Sequence[Primitive], camera: Camera) -> None:
    """Darken the floor of `picture`, in place, where primitives block the lamp's light and the room's.

    The wall gets no shadow: it is far behind the performers.
    """
    centres_m = np.array([(primitive.origin_m, primitive.end_m()) for primitive in primitives])
    scales = np.linalg.norm([primitive.basis for primitive in primitives], axis=1).mean(axis=1)
    radii_m = scales[:, None] * [(primitive.start_radius, primitive.end_radius) for primitive in primitives]
    cast = _shadow(centres_m, radii_m, LAMP_DIRECTION / LAMP_DIRECTION[1], 0.030, camera)
    low = centres_m[..., 1].max(axis=1) < 0.25
    contact = _shadow(centres_m[low], radii_m[low], np.array([0.0, 1.0, 0.0]), 0.035, camera)
    picture *= ((1 - 0.42 * room.is_floor * cast) * (1 - 0.40 * room.is_floor * contact))[..., None]


def _shadow(
    centres_m: FloatArray, radii_m: FloatArray, slope: FloatArray, blur_m: float, camera: Camera
) -> PictureArray:
    """Shadow (H, W), 0 to 1, of capsules with ends (N, 2, 3) and radii (N, 2), cast along `slope`, whose y is 1."""
    mask = np.zeros((int(camera.height_px * SHADOW_SCALE), int(camera.width_px * SHADOW_SCALE)), np.uint8)
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.stack([np.cos(angles), 0 * angles, np.sin(angles)], axis=1)
    on_floor_m = centres_m - centres_m[..., 1:2] * slope
    outlines_m = on_floor_m[:, :, None] + ring * radii_m[:, :, None, None]
    outlines_px = camera.project(outlines_m.reshape(len(outlines_m), -1, 3)) * SHADOW_SCALE
    for outline_px in outlines_px.astype(np.int32):
        cv2.fillConvexPoly(mask, cv2.convexHull(outline_px), 255)
    soft = cv2.GaussianBlur(mask, (0, 0), blur_m * camera.px_per_m * SHADOW_SCALE)
    size_wh = camera.width_px, camera.height_px
    return np.asarray(cv2.resize(soft, size_wh), dtype=np.float32) / np.float32(255)
