"""Less jitter without much lag: the One-Euro filter, and a smoother for one person.

MediaPipe itself smooths a single tracked person, but nobody if it looks for several; this filter serves both cases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose_core.arrays import FloatArray
from pose_core.geometry.body import body_size
from pose_core.pose import Pose
from pose_core.settings import check_range
from pose_core.skeleton import N_LANDMARKS

__all__ = ["OneEuroFilter", "PoseSmoother", "SmoothingSettings"]

CUTOFF_RANGE_HZ: Final = (0.01, 100.0)
BETA_RANGE: Final = (0.0, 100.0)

#: After this long without a pose the old position says nothing about the new one: about 4 frames at 15 a second.
RESTART_AFTER_S: Final = 0.25

#: 10 m/s with a torso of half a metre: the fist of a boxer, or the hand of a tennis player.
FASTEST_TORSOS_PER_S: Final = 20.0
#: The model's error, on top of movement: twice its usual error on the performer.
JUMP_MARGIN_TORSOS: Final = 0.1
#: A landmark that stays away for more frames than this has really moved there.
HELD_FRAMES_MAX: Final = 2
#: An arm and a leg on one side have 9 landmarks. If more jump at once, the model sees another posture, not an outlier.
HELD_LANDMARKS_MAX: Final = 9


_Number = TypeVar("_Number", float, FloatArray)


@dataclass(frozen=True, slots=True)
class SmoothingSettings:
    """How strongly to smooth; see `OneEuroFilter`. The defaults were measured with ``benchmarks/smoothing.py``.

    Attributes
    ----------
    min_cutoff_hz : float
        Cutoff frequency at rest, 0.01 to 100. Lower: steadier at rest, but slower to follow.
    beta : float
        What speed adds to the cutoff: Hz per torso length a second, 0 to 100. Higher: less lag in movement, but more
        jitter. Relative to the torso, so that people near and far are treated alike. At constant speed the result lags
        by less than ``1 / (2 pi beta)`` torso lengths: by less than a centimetre at 10.
    derivative_cutoff_hz : float
        Cutoff frequency of the speed itself, 0.01 to 100; 1 Hz is the paper's choice.

    Raises
    ------
    SettingsError
        If a value is outside its range.
    """

    min_cutoff_hz: float = 0.5
    beta: float = 10.0
    derivative_cutoff_hz: float = 1.0

    def __post_init__(self) -> None:
        check_range("min_cutoff_hz", self.min_cutoff_hz, *CUTOFF_RANGE_HZ)
        check_range("beta", self.beta, *BETA_RANGE)
        check_range("derivative_cutoff_hz", self.derivative_cutoff_hz, *CUTOFF_RANGE_HZ)


class OneEuroFilter:
    """Low-pass filter whose cutoff rises with speed: steady at rest, quick in movement.

    Filters each element of an array separately. Not for several threads at once.

    Parameters
    ----------
    settings : SmoothingSettings
        May be replaced at any time; the filter's past is kept.

    Notes
    -----
    G. Casiez, N. Roussel, D. Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
    Systems", CHI '12, pp. 2527-2530, doi:10.1145/2207676.2208639. With the time T since the last sample:
    ``alpha(f) = 1 / (1 + 1 / (2 pi f T))``, ``speed = (x - last result) / T``, low-passed with
    ``alpha(derivative_cutoff)``; ``cutoff = min_cutoff + beta |speed|``;
    ``result = alpha(cutoff) x + (1 - alpha(cutoff)) last result``. The first result is the sample itself, at speed 0.
    """

    def __init__(self, settings: SmoothingSettings) -> None:
        self.settings = settings
        self._time_s = math.nan
        # NaN: this element has no past.
        self._result: FloatArray | None = None
        self._speed: FloatArray | None = None

    def __call__(self, values: ArrayLike, time_s: float, size: float | FloatArray = 1.0) -> FloatArray:
        """Filter the next sample.

        Parameters
        ----------
        values : array_like, any shape
            Finite or NaN: a NaN gives NaN, and that element starts again with its next value. A new shape starts
            everything again.
        time_s : float
            Seconds on any clock. Everything starts again when it does not increase.
        size : float or ndarray, optional
            Positive; broadcast to `values`. Speed is measured in units of it.

        Returns
        -------
        ndarray, shape of `values`
        """
        new = np.asarray(values, dtype=np.float64)
        last, speed = self._result, self._speed
        step_s = time_s - self._time_s
        self._time_s = time_s
        if last is None or speed is None or last.shape != new.shape or not step_s > 0:
            self._result, self._speed = new.copy(), np.zeros_like(new)
            return new.copy()
        weight = _alpha(self.settings.derivative_cutoff_hz, step_s)
        speed = weight * (new - last) / step_s + (1 - weight) * speed
        cutoff_hz: FloatArray = self.settings.min_cutoff_hz + self.settings.beta * np.abs(speed) / size
        weights = _alpha(cutoff_hz, step_s)
        result = weights * new + (1 - weights) * last
        starting = np.isnan(result)
        self._result = np.where(starting, new, result)
        self._speed = np.where(starting, 0.0, speed)
        return self._result.copy()

    def reset(self, where: NDArray[np.bool_] | None = None) -> None:
        """Forget the past of all elements, or of those marked in `where` (broadcast from the left)."""
        if where is None:
            self._result = self._speed = None
            self._time_s = math.nan
        elif self._result is not None:
            self._result[where] = np.nan


def _alpha(cutoff_hz: _Number, step_s: float) -> _Number:
    """Weight of the new sample, 0 to 1: the paper's ``alpha``."""
    turn = 2 * math.pi * step_s * cutoff_hz
    return turn / (1 + turn)


class _JumpGate:
    """Holds back single landmarks that jump farther than a person can move.

    Takes stacked values (33, 6): x, y, z in the picture, then x, y, z in space.
    """

    def __init__(self) -> None:
        self._last: FloatArray | None = None
        self._held_frames = np.zeros(N_LANDMARKS, dtype=np.int64)

    def reset(self) -> None:
        self._last = None
        self._held_frames[:] = 0

    def __call__(
        self, values: FloatArray, step_s: float, sizes: FloatArray
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Values with jumps held back, and which landmarks (33,) are accepted at a new position."""
        none = np.zeros(N_LANDMARKS, dtype=np.bool_)
        if self._last is None:
            self._last = values
            return values, none
        moved = (values - self._last) / sizes
        # Movement common to all is the person or the camera moving, and held landmarks follow it. It is the median, by
        # sorting, which takes a fifth of the time of `np.median`; NaN sorts last and never counts as a jump.
        together = np.sort(moved, axis=0)[N_LANDMARKS // 2]
        own = moved - together
        squared = np.maximum((own[:, :2] ** 2).sum(axis=1), (own[:, 3:] ** 2).sum(axis=1))
        limit = FASTEST_TORSOS_PER_S * step_s * (1 + self._held_frames) + JUMP_MARGIN_TORSOS
        jumped = squared > limit**2
        if np.count_nonzero(jumped) > HELD_LANDMARKS_MAX:
            self._held_frames[:] = 0
            self._last = values
            return values, ~none
        held = jumped & (self._held_frames < HELD_FRAMES_MAX)
        self._held_frames = np.where(held, self._held_frames + 1, 0)
        self._last = np.where(held[:, None], self._last + together * sizes, values)
        return self._last, jumped & ~held


class PoseSmoother:
    """One-Euro filter for one person from frame to frame. Not for several threads at once.

    Filters `image_xy_px`, `image_z_px` and `world_xyz_m`; visibility and presence stay as they are. A single landmark
    that jumps farther than a person can move is held where it was for at most two frames; if it is still away in the
    third, it is accepted there at once. The smoother starts again after `RESTART_AFTER_S` without a pose, when time
    does not increase, and when the picture gets another shape; another size of the same shape changes nothing.

    Parameters
    ----------
    settings : SmoothingSettings
    """

    def __init__(self, settings: SmoothingSettings) -> None:
        self._filter = OneEuroFilter(settings)
        self._gate = _JumpGate()
        self._time_s = math.nan
        self._shape_wh: tuple[int, int] = (1, 1)

    @property
    def settings(self) -> SmoothingSettings:
        """How strongly to smooth; may be replaced at any time."""
        return self._filter.settings

    @settings.setter
    def settings(self, settings: SmoothingSettings) -> None:
        self._filter.settings = settings

    def reset(self) -> None:
        """Forget the past: the next pose is returned unchanged."""
        self._filter.reset()
        self._gate.reset()
        self._time_s = math.nan

    def smooth(self, pose: Pose, time_s: float) -> Pose:
        """The next pose, smoothed.

        Parameters
        ----------
        pose : Pose
            A landmark with NaN stays NaN and starts again when it is back. If shoulders or hips are unknown, so is the
            body's size: such a pose is returned unchanged, and the next one starts again.
        time_s : float
            Seconds on any clock.

        Returns
        -------
        Pose
        """
        sizes_px_m = body_size(pose.image_xy_px), body_size(pose.world_xyz_m)
        if not all(0 < size < math.inf for size in sizes_px_m):
            self.reset()
            return pose
        width, height = pose.size_wh
        step_s = time_s - self._time_s
        other_shape = width * self._shape_wh[1] != height * self._shape_wh[0]
        if other_shape or not 0 < step_s <= RESTART_AFTER_S:
            self.reset()
            step_s = 0.0
        self._time_s, self._shape_wh = time_s, pose.size_wh

        # In units of the picture's width, so that another size of the same picture makes no difference.
        unit = np.array([width] * 3 + [1.0] * 3)
        sizes = np.repeat(sizes_px_m, 3) / unit
        values = np.column_stack((pose.image_xy_px, pose.image_z_px, pose.world_xyz_m)) / unit
        values, newly_placed = self._gate(values, step_s, sizes)
        self._filter.reset(newly_placed)
        smooth = self._filter(values, time_s, sizes) * unit
        return Pose(
            image_xy_px=smooth[:, :2],
            image_z_px=smooth[:, 2],
            world_xyz_m=smooth[:, 3:],
            visibility=pose.visibility,
            presence=pose.presence,
            size_wh=pose.size_wh,
        )
