"""The pinhole camera that looks at the performer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pose_core.errors import SettingsError
from pose_core.performer.skeleton import FloatArray

__all__ = ["Camera"]


@dataclass(frozen=True)
class Camera:
    """A camera in front of the performer; immutable, so that threads may share one.

    Parameters
    ----------
    width_px, height_px : int
        Size of the picture, 16 to 4096.
    distance_m : float
        How far the camera is from the middle of the room.
    height_m, target_height_m : float
        Height of the camera, and of the point above the middle of the room that it looks at.
    scene_height_m : float
        How many metres fit into the height of the picture at `distance_m`. The performer is 1.7 m tall.

    Attributes
    ----------
    focal_px : float
        Focal length.
    px_per_m : float
        Size of a metre in the picture at `distance_m`.
    position_m : (3,) float64
        Where the camera is, in the room's axes; read-only.
    axes : (3, 3) float64
        Rotation from the room to the camera; the rows are picture right, picture down, and forward; read-only.

    Raises
    ------
    SettingsError
        If a value is outside its range.
    """

    width_px: int = 640
    height_px: int = 480
    distance_m: float = 4.5
    height_m: float = 1.0
    target_height_m: float = 1.06
    scene_height_m: float = 2.5
    focal_px: float = field(init=False, compare=False)
    px_per_m: float = field(init=False, compare=False)
    position_m: FloatArray = field(init=False, compare=False, repr=False)
    axes: FloatArray = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("width_px", 16, 4096),
            ("height_px", 16, 4096),
            ("distance_m", 1.0, 100.0),
            ("height_m", 0.1, 10.0),
            ("target_height_m", 0.0, 10.0),
            ("scene_height_m", 0.1, 100.0),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(
                    "performer_camera_out_of_range",
                    "Camera {name} must be {low} to {high}; got {value}.",
                    name=name,
                    low=low,
                    high=high,
                    value=value,
                )
        position_m = np.array([0.0, self.height_m, self.distance_m])
        forward = np.array([0.0, self.target_height_m - self.height_m, -self.distance_m])
        forward /= np.linalg.norm(forward)
        right = np.array([1.0, 0.0, 0.0])
        axes = np.stack([right, np.cross(forward, right), forward])
        for array in (position_m, axes):
            array.flags.writeable = False
        object.__setattr__(self, "focal_px", self.height_px * self.distance_m / self.scene_height_m)
        object.__setattr__(self, "px_per_m", self.height_px / self.scene_height_m)
        object.__setattr__(self, "position_m", position_m)
        object.__setattr__(self, "axes", axes)

    def project(self, points_m: FloatArray) -> FloatArray:
        """Pinhole projection of points in the room.

        Parameters
        ----------
        points_m : (..., 3) float64
            Points in front of the camera; behind it the result is meaningless.

        Returns
        -------
        (..., 2) float64
            x and y in pixels; (0, 0) is the upper left corner of the picture, not the centre of its first pixel.
        """
        seen = (points_m - self.position_m) @ self.axes.T
        centre_px = np.array([self.width_px / 2, self.height_px / 2])
        projected: FloatArray = self.focal_px * seen[..., :2] / seen[..., 2:] + centre_px
        return projected
