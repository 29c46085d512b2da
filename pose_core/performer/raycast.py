"""Which primitive a camera's rays hit first, and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pose_core.performer.body import Primitive
from pose_core.performer.camera import Camera
from pose_core.performer.room import PictureArray
from pose_core.performer.skeleton import FloatArray

__all__ = ["Box", "boxes_of", "cast"]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the supersampled picture: its first column and row, and those after its last."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> tuple[slice, slice]:
        """Rows and columns, to index a picture with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def boxes_of(primitives: Sequence[Primitive], camera: Camera, supersampling: int) -> list[Box | None]:
    """A box around each primitive in the picture; None if it is outside."""
    starts_m = np.array([primitive.origin_m for primitive in primitives])
    ends_m = np.array([primitive.end_m() for primitive in primitives])
    radii = np.array([max(primitive.start_radius, primitive.end_radius) for primitive in primitives])
    widest = np.linalg.norm([primitive.basis for primitive in primitives], axis=1).max(axis=1)
    both_m = np.stack([starts_m, ends_m])
    nearest_m = ((both_m - camera.position_m) @ camera.axes[2]).min(axis=0) - radii * widest
    reach_px = (radii * widest * camera.focal_px * supersampling / nearest_m + 2)[:, None]
    both_px = camera.project(both_m) * supersampling
    size_wh = camera.width_px * supersampling, camera.height_px * supersampling
    low = np.maximum(np.floor(both_px.min(axis=0) - reach_px), 0).astype(int)
    high = np.minimum(np.ceil(both_px.max(axis=0) + reach_px), size_wh).astype(int)
    return [
        Box(left, top, right, bottom) if left < right and top < bottom else None
        for (left, top), (right, bottom) in zip(low.tolist(), high.tolist(), strict=True)
    ]


def cast(
    primitive: Primitive,
    box: Box,
    camera: Camera,
    supersampling: int,
    near: PictureArray,
    normals: PictureArray,
    materials: npt.NDArray[np.uint8],
) -> None:
    """Draw one primitive into the buffers of its box, in place.

    A ray is ``origin + t (u right + v down + forward)`` in the primitive's own coordinates, so every scalar product
    with a ray's direction is the sum of a row and a column, and `t` is the depth in front of the camera.
    """
    to_own = np.linalg.inv(primitive.basis)
    right, down, forward = (to_own @ axis for axis in camera.axes)
    centre_px = np.array([camera.width_px, camera.height_px]) / 2
    u = ((np.arange(box.left, box.right) + 0.5) / supersampling - centre_px[0]) / camera.focal_px
    v = ((np.arange(box.top, box.bottom) + 0.5) / supersampling - centre_px[1]) / camera.focal_px
    v = v[:, None]
    origin = to_own @ (camera.position_m - primitive.origin_m)
    squared = (u * u * (right @ right) + 2 * (forward @ right) * u) + (
        v * v * (down @ down) + 2 * (forward @ down) * v
    )
    squared += 2 * (right @ down) * u * v + forward @ forward

    def along(direction: FloatArray) -> FloatArray:
        product: FloatArray = (right @ direction) * u + ((down @ direction) * v + forward @ direction)
        return product

    t, s = _first_hit(primitive, origin, squared, along)
    nearer = t < near
    rows, columns = np.nonzero(nearer)
    if not len(rows):
        return
    t_hit, s_hit = t[rows, columns][:, None], s[rows, columns][:, None]
    rays = u[columns][:, None] * right + v[rows] * down + forward
    # Normals are transformed by the inverse transpose of what transforms points.
    own_normals = (origin + t_hit * rays - s_hit * primitive.end) @ to_own
    lengths = np.linalg.norm(own_normals, axis=1, keepdims=True)
    near[rows, columns] = t_hit[:, 0]
    normals[rows, columns] = own_normals / np.maximum(lengths, 1e-9)
    materials[rows, columns] = primitive.material


def _first_hit(
    primitive: Primitive, origin: FloatArray, squared: FloatArray, along: Callable[[FloatArray], FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Depth `t` of the first hit (inf: none) and position `s` along the axis, 0 to 1, for the rays of a box.

    The surface is the envelope of spheres centred at ``s end`` with radius ``ra - s q``, 0 <= s <= 1, where
    ``q = ra - rb``. On it both ``F = |x - s end|^2 - (ra - s q)^2`` and dF/ds vanish, hence ``s = (end.x - ra q) / k``
    with ``k = |end|^2 - q^2``, and F = 0 becomes ``k (|x|^2 - ra^2) = (end.x - ra q)^2``: quadratic in t.
    """
    end, start_radius, end_radius = primitive.end, primitive.start_radius, primitive.end_radius
    along_origin = along(origin)
    outside = origin @ origin - start_radius**2
    t = _nearer_root(squared, along_origin, outside)
    s = np.zeros_like(t)
    narrowing = start_radius - end_radius
    k = end @ end - narrowing**2
    if k < 1e-9:  # an ellipsoid: both spheres coincide
        return t, s
    from_end = origin - end
    t_end = _nearer_root(squared, along(from_end), from_end @ from_end - end_radius**2)
    s[t_end < t] = 1.0
    t = np.minimum(t, t_end)
    along_end, g = along(end), origin @ end - start_radius * narrowing
    a = np.maximum(k * squared - along_end**2, 1e-12)
    t_side = _nearer_root(a, k * along_origin - g * along_end, k * outside - g * g)
    s_side = (g + np.where(np.isinf(t_side), 0, t_side) * along_end) / k
    on_side = (s_side > 0) & (s_side < 1) & (t_side < t)
    return np.where(on_side, t_side, t), np.where(on_side, s_side, s)


def _nearer_root(a: FloatArray, b: FloatArray, c: FloatArray | float) -> FloatArray:
    """Smaller root t of ``a t^2 + 2 b t + c``; inf where there is none."""
    discriminant = b * b - a * c
    root: FloatArray = np.where(discriminant > 0, (-b - np.sqrt(np.maximum(discriminant, 0))) / a, np.inf)
    return root
