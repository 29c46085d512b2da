"""Where a person's 33 landmarks are, as validated read-only arrays: `Pose` at one moment, `PoseSequence` over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.skeleton import N_LANDMARKS

__all__ = ["Pose", "PoseSequence", "TrackedPerson"]


@dataclass(frozen=True, eq=False)
class Pose:
    """One person in one frame.

    Attributes
    ----------
    image_xy_px : ndarray, shape (33, 2)
        x to the right, y down, in pixels of a picture of `size_wh`. Landmarks outside the picture lie outside
        0..width, 0..height.
    image_z_px : ndarray, shape (33,)
        Depth relative to the middle of the hips, scaled like x, so also in pixels; smaller is nearer to the camera.
        A rough estimate of the model.
    world_xyz_m : ndarray, shape (33, 3)
        Metres, origin in the middle of the hips, x to the right, y down, z away from the camera.
    visibility, presence : ndarray, shape (33,)
        0 to 1: likelihood that the landmark is not hidden, and that it is inside the picture.
    size_wh : tuple of int
        Width and height in pixels of the picture that `image_xy_px` refers to.

    Notes
    -----
    Arrays are stored as read-only float64 copies. NaN stands for "not known".

    Raises
    ------
    ValueError
        If an array has another shape, or the size is not positive.
    """

    image_xy_px: FloatArray
    image_z_px: FloatArray
    world_xyz_m: FloatArray
    visibility: FloatArray
    presence: FloatArray
    size_wh: tuple[int, int]

    def __post_init__(self) -> None:
        shapes = {
            "image_xy_px": (N_LANDMARKS, 2),
            "image_z_px": (N_LANDMARKS,),
            "world_xyz_m": (N_LANDMARKS, 3),
            "visibility": (N_LANDMARKS,),
            "presence": (N_LANDMARKS,),
        }
        for name, shape in shapes.items():
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != shape:
                raise ValueError(f"{name} must have shape {shape}; got {array.shape}")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if min(self.size_wh) < 1:
            raise ValueError(f"size_wh must be positive; got {self.size_wh}")

    @property
    def image_xy_norm(self) -> FloatArray:
        """Positions as a share of width and height, shape (33, 2); 0..1 inside the picture.

        Never compute angles from these: where width and height differ, they are squeezed.
        """
        return self.image_xy_px / np.array(self.size_wh, dtype=np.float64)

    @property
    def image_z_norm(self) -> FloatArray:
        """Depth as MediaPipe gives it, shape (33,): a share of the picture's width."""
        return self.image_z_px / self.size_wh[0]

    def visible(self, limit: float) -> NDArray[np.bool_]:
        """Which landmarks have a visibility of at least `limit`, shape (33,); NaN is not visible."""
        return self.visibility >= limit

    def resized(self, size_wh: tuple[int, int]) -> Pose:
        """The same pose in the pixels of the same picture at another size; the same object at the same size."""
        if self.size_wh == size_wh:
            return self
        return Pose(
            image_xy_px=self.image_xy_norm * size_wh,
            image_z_px=self.image_z_norm * size_wh[0],
            world_xyz_m=self.world_xyz_m,
            visibility=self.visibility,
            presence=self.presence,
            size_wh=size_wh,
        )


@dataclass(frozen=True, slots=True, eq=False)
class TrackedPerson:
    """One person in one frame of a stream.

    Attributes
    ----------
    number : int
        From 1; stays with the person from frame to frame.
    raw : Pose
        As the model gave it.
    pose : Pose
        Smoothed; the same object as `raw` where smoothing is off.
    """

    number: int
    raw: Pose
    pose: Pose


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """One person over time.

    Attributes
    ----------
    time_s : ndarray, shape (T,)
        Seconds since the start, increasing.
    image_xy_px : ndarray, shape (T, 33, 2)
    image_z_px : ndarray, shape (T, 33)
    world_xyz_m : ndarray, shape (T, 33, 3)
    visibility, presence : ndarray, shape (T, 33)
        As in `Pose`, one row a frame.
    size_wh : tuple of int
        Width and height in pixels that `image_xy_px` refers to, the same for the whole sequence.

    Notes
    -----
    Arrays are stored as read-only float64 copies. A frame in which the person was not found is a row of NaN: never 0,
    never left out.

    Raises
    ------
    ValueError
        If an array has another shape, the times do not increase, or the size is not positive.
    """

    time_s: FloatArray
    image_xy_px: FloatArray
    image_z_px: FloatArray
    world_xyz_m: FloatArray
    visibility: FloatArray
    presence: FloatArray
    size_wh: tuple[int, int]

    def __post_init__(self) -> None:
        frames = np.size(self.time_s)
        shapes = {
            "time_s": (frames,),
            "image_xy_px": (frames, N_LANDMARKS, 2),
            "image_z_px": (frames, N_LANDMARKS),
            "world_xyz_m": (frames, N_LANDMARKS, 3),
            "visibility": (frames, N_LANDMARKS),
            "presence": (frames, N_LANDMARKS),
        }
        for name, shape in shapes.items():
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != shape:
                raise ValueError(f"{name} must have shape {shape}; got {array.shape}")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if not (np.isfinite(self.time_s).all() and (np.diff(self.time_s) > 0).all()):
            raise ValueError("time_s must be finite and increase from frame to frame; it does not")
        if min(self.size_wh) < 1:
            raise ValueError(f"size_wh must be positive; got {self.size_wh}")

    def __len__(self) -> int:
        """Number of frames, found or not."""
        return int(self.time_s.size)

    @property
    def found(self) -> NDArray[np.bool_]:
        """In which frames the person was found, shape (T,): any landmark has a place."""
        return np.asarray(np.isfinite(self.image_xy_px).any(axis=(1, 2)))
