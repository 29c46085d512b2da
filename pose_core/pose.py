"""Where a person's 33 landmarks are, as validated read-only arrays: `Pose` at one moment, `PoseSequence` over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.settings import PoseSettings
from pose_core.skeleton import N_LANDMARKS

__all__ = ["Layer", "PeopleOverTime", "Pose", "PoseSequence", "TrackedPerson"]

#: As the model gave it, or smoothed.
Layer = Literal["raw", "smoothed"]

#: The arrays of a pose, and their shapes.
_SHAPES: Final[Mapping[str, tuple[int, ...]]] = {
    "image_xy_px": (N_LANDMARKS, 2),
    "image_z_px": (N_LANDMARKS,),
    "world_xyz_m": (N_LANDMARKS, 3),
    "visibility": (N_LANDMARKS,),
    "presence": (N_LANDMARKS,),
}


def _store_arrays(owner: object, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Replace the arrays of a frozen dataclass with read-only float64 copies, after checking their shapes."""
    for name, shape in shapes.items():
        array = np.array(getattr(owner, name), dtype=np.float64)
        if array.shape != shape:
            raise ValueError(f"{name} must have shape {shape}; got {array.shape}")
        array.flags.writeable = False
        object.__setattr__(owner, name, array)


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
        The model's rough estimate.
    world_xyz_m : ndarray, shape (33, 3)
        Metres, origin in the middle of the hips, x to the right, y down, z away from the camera.
    visibility, presence : ndarray, shape (33,)
        0 to 1: the likelihood that the landmark is not hidden, and that it is inside the picture.
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
        _store_arrays(self, _SHAPES)
        if min(self.size_wh) < 1:
            raise ValueError(f"size_wh must be positive; got {self.size_wh}")

    @property
    def image_xy_norm(self) -> FloatArray:
        """Positions as fractions of width and height, shape (33, 2); 0..1 inside the picture.

        Never compute angles from these: unless width and height are equal, they are distorted.
        """
        return self.image_xy_px / np.array(self.size_wh, dtype=np.float64)

    @property
    def image_z_norm(self) -> FloatArray:
        """Depth as MediaPipe gives it, shape (33,): a fraction of the picture's width."""
        return self.image_z_px / self.size_wh[0]

    def visible(self, limit: float) -> NDArray[np.bool_]:
        """Which landmarks have a visibility of at least `limit`, shape (33,); NaN is not visible."""
        return self.visibility >= limit

    def resized(self, size_wh: tuple[int, int]) -> Pose:
        """The pose in pixels of the same picture at another size; the same object if the size is the same."""
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
        Mended and smoothed; the same object as `raw` if there was nothing to do.
    flipped : bool
        Whether the model had exchanged left and right of the whole body, which `pose` has put right.
    """

    number: int
    raw: Pose
    pose: Pose
    flipped: bool = False


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """One person over time: what analysis works on, wherever the poses come from.

    ``sequence[10:20]`` is the sequence of those frames.

    Attributes
    ----------
    time_s : ndarray, shape (T,)
        Seconds since the start of the recording or video, increasing; the first need not be 0.
    image_xy_px : ndarray, shape (T, 33, 2)
    image_z_px : ndarray, shape (T, 33)
    world_xyz_m : ndarray, shape (T, 33, 3)
    visibility, presence : ndarray, shape (T, 33)
        As in `Pose`, one row per frame.
    size_wh : tuple of int
        Width and height in pixels that `image_xy_px` refers to, the same for the whole sequence.
    picture_px : ndarray, shape (T, 4)
        Left, top, right and bottom edge of each frame's own picture, in pixels; all of `size_wh` unless given. A
        recording fits frames of another shape into the middle.

    Notes
    -----
    Arrays are stored as read-only float64 copies. A frame in which the person was not found is a row of NaN: never 0,
    never left out. `pose_core.geometry.angles.sequence_angles_deg` gives the angles.

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
    picture_px: FloatArray = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        frames = np.size(self.time_s)
        if not self.picture_px.size:
            object.__setattr__(self, "picture_px", np.tile((0.0, 0.0, *self.size_wh), (frames, 1)))
        shapes = {"time_s": (frames,), "picture_px": (frames, 4)}
        shapes |= {name: (frames, *shape) for name, shape in _SHAPES.items()}
        _store_arrays(self, shapes)
        if not (np.isfinite(self.time_s).all() and (np.diff(self.time_s) > 0).all()):
            raise ValueError("time_s must be finite and increase from frame to frame; it does not")
        if min(self.size_wh) < 1:
            raise ValueError(f"size_wh must be positive; got {self.size_wh}")

    @classmethod
    def from_poses(
        cls, time_s: FloatArray, poses: Sequence[Pose | None], size_wh: tuple[int, int]
    ) -> PoseSequence:
        """Make a sequence from one pose per frame.

        Parameters
        ----------
        time_s : array_like, shape (T,)
            Increasing.
        poses : sequence of Pose or None, length T
            None where the person was not found: a row of NaN.
        size_wh : tuple of int
            Width and height of the picture in pixels. `Pose.resized` converts a pose of the same picture at another
            size.

        Raises
        ------
        ValueError
            If a pose is in pixels of another size, and for the reasons that the class lists.
        """
        for pose in poses:
            if pose is not None and pose.size_wh != size_wh:
                raise ValueError(
                    f"Poses must be in pixels of {size_wh}; got one of {pose.size_wh}. Use Pose.resized first."
                )
        arrays = {
            name: np.array(
                [np.full(shape, np.nan) if pose is None else getattr(pose, name) for pose in poses]
            ).reshape(len(poses), *shape)
            for name, shape in _SHAPES.items()
        }
        return cls(time_s=time_s, size_wh=size_wh, **arrays)

    def __len__(self) -> int:
        """Number of frames, found or not."""
        return int(self.time_s.size)

    def __getitem__(self, frames: slice) -> PoseSequence:
        """The sequence of some of its frames, with unchanged times."""
        arrays = {name: getattr(self, name)[frames] for name in (*_SHAPES, "picture_px")}
        return PoseSequence(time_s=self.time_s[frames], size_wh=self.size_wh, **arrays)

    def between(self, start_s: float, end_s: float) -> PoseSequence:
        """The frames from `start_s` to before `end_s`, with unchanged times; may be empty."""
        first, end = np.searchsorted(self.time_s, (start_s, end_s)).tolist()
        return self[first : max(first, end)]

    @property
    def found(self) -> NDArray[np.bool_]:
        """In which frames the person was found, shape (T,): at least one landmark has a position."""
        return np.asarray(np.isfinite(self.image_xy_px).any(axis=(1, 2)))

    def visible(self, limit: float) -> NDArray[np.bool_]:
        """Which landmarks have a visibility of at least `limit`, shape (T, 33); NaN is not visible."""
        return self.visibility >= limit


class PeopleOverTime(Protocol):
    """Several people over the same frames: what summaries and files are made from, such as a `Recording`."""

    @property
    def time_s(self) -> FloatArray:
        """Time of every frame, shape (T,), including those without anybody."""

    @property
    def people(self) -> tuple[int, ...]:
        """Numbers of the people seen, ascending."""

    @property
    def settings(self) -> PoseSettings:
        """What the poses were found with; its visibility limit decides which angles are available."""

    def sequence(self, person: int, layer: Layer, frames: slice = slice(None)) -> PoseSequence:
        """One of `people` over all frames, or over some of them: a slice without a step."""
