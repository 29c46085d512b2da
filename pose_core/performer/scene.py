"""Pictures of performers, with the true positions of their joints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pose_core.errors import SettingsError
from pose_core.performer.body import body_primitives
from pose_core.performer.camera import Camera
from pose_core.performer.motions import posture_at
from pose_core.performer.palette import PALETTES, Palette
from pose_core.performer.renderer import render_people
from pose_core.performer.room import WALL_Z_M
from pose_core.performer.skeleton import FloatArray, Skeleton, place_skeleton

__all__ = ["PerformerFrame", "Person", "landmarks_px", "render_frame", "render_scene"]

ROOM_FOR_A_BODY_M = 1.0
"""Smallest distance of a person's middle from the wall and from the camera."""
X_MAX_M = 100.0
"""Far outside any picture, but near enough for arithmetic."""
SUPERSAMPLING_MAX = 4
DEFAULT_CAMERA = Camera()


@dataclass(frozen=True, slots=True)
class Person:
    """One performer in a scene.

    Attributes
    ----------
    motion : str
        One of `MOTIONS`.
    phase : float
        Position in the motion's cycle; only the fraction counts.
    yaw_deg : float
        Direction that the person faces: 0 the camera, 90 the right of the picture, 180 away from the camera.
    x_m, z_m : float
        Where the feet are: to the right of the picture's middle, and towards the camera.
    palette : Palette
        Colours of skin, hair and clothes.
    """

    motion: str
    phase: float
    yaw_deg: float = 0.0
    x_m: float = 0.0
    z_m: float = 0.0
    palette: Palette = PALETTES[0]


@dataclass(frozen=True, slots=True, eq=False)
class PerformerFrame:
    """A picture, and the true positions of the joints in it.

    Attributes
    ----------
    rgb : (H, W, 3) uint8
    landmarks_px : (P, 33, 2) float64
        x and y of the landmarks of P people in the order given, including those hidden or outside the picture; (0, 0)
        is the picture's upper left corner.
    landmarks_m : (P, 33, 3) float64
        The same points in the room: x right, y up from the floor, z towards the camera.
    """

    rgb: npt.NDArray[np.uint8]
    landmarks_px: FloatArray
    landmarks_m: FloatArray


def render_frame(
    motion: str,
    phase: float,
    *,
    yaw_deg: float = 0.0,
    camera: Camera | None = None,
    supersampling: int = 1,
    noise: float = 0.0,
    seed: int = 0,
) -> PerformerFrame:
    """One performer in the middle of the room; the parameters are those of `Person` and `render_scene`.

    Examples
    --------
    >>> frame = render_frame("squat", 0.5)
    >>> frame.rgb.shape, frame.landmarks_px.shape
    ((480, 640, 3), (1, 33, 2))
    """
    people = [Person(motion, phase, yaw_deg)]
    return render_scene(people, camera=camera, supersampling=supersampling, noise=noise, seed=seed)


def render_scene(
    people: Sequence[Person],
    *,
    camera: Camera | None = None,
    supersampling: int = 1,
    noise: float = 0.0,
    seed: int = 0,
) -> PerformerFrame:
    """Any number of performers in the room; those nearer the camera cover the others.

    Parameters
    ----------
    people : sequence of Person
        May be empty; the picture then shows the empty room.
    camera : Camera, optional
        By default 640x480, 4.5 m away.
    supersampling : int
        1 to 4, for smooth edges; time grows with its square.
    noise : float
        Standard deviation of the camera's noise in grey levels, at least 0.
    seed : int
        Seed of the noise; the same arguments give the same picture.

    Returns
    -------
    PerformerFrame

    Raises
    ------
    SettingsError
        If a motion is unknown, a number is not finite or outside its range, or a person is too close to the wall or to
        the camera.
    """
    camera = camera or DEFAULT_CAMERA
    _check_scene(people, camera, supersampling, noise)
    skeletons = [_placed(person) for person in people]
    bodies = [
        (body_primitives(skeleton), person.palette)
        for skeleton, person in zip(skeletons, people, strict=True)
    ]
    picture = render_people(bodies, camera, supersampling)
    if noise:
        picture += np.random.default_rng(seed).standard_normal(picture.shape, np.float32) * np.float32(noise)
    landmarks_m = np.array([skeleton.landmarks_m() for skeleton in skeletons]).reshape(-1, 33, 3)
    rgb = np.rint(np.clip(picture, 0, 255)).astype(np.uint8)
    return PerformerFrame(rgb, camera.project(landmarks_m), landmarks_m)


def landmarks_px(person: Person, camera: Camera) -> FloatArray:
    """True positions of a performer's landmarks in a camera's picture, without drawing it, shape (33, 2)."""
    return camera.project(_placed(person).landmarks_m())


def _placed(person: Person) -> Skeleton:
    return place_skeleton(
        posture_at(person.motion, person.phase), yaw_deg=person.yaw_deg, x_m=person.x_m, z_m=person.z_m
    )


def _check_scene(people: Sequence[Person], camera: Camera, supersampling: int, noise: float) -> None:
    if not 1 <= supersampling <= SUPERSAMPLING_MAX:
        raise SettingsError(
            "performer_supersampling_out_of_range",
            "supersampling must be 1 to {high}; got {value}.",
            high=SUPERSAMPLING_MAX,
            value=supersampling,
        )
    if not 0 <= noise < math.inf:
        raise SettingsError(
            "performer_noise_out_of_range", "noise must be 0 or more; got {value}.", value=noise
        )
    low, high = WALL_Z_M + ROOM_FOR_A_BODY_M, camera.distance_m - ROOM_FOR_A_BODY_M
    for person in people:
        if not math.isfinite(person.yaw_deg):
            raise SettingsError(
                "performer_yaw_not_finite",
                "yaw_deg must be a finite number; got {value}.",
                value=person.yaw_deg,
            )
        if not abs(person.x_m) <= X_MAX_M:
            raise SettingsError(
                "performer_outside_room",
                "x_m must be -{high:g} to {high:g}; got {value}.",
                high=X_MAX_M,
                value=person.x_m,
            )
        if not low <= person.z_m <= high:
            raise SettingsError(
                "performer_outside_room",
                "z_m must be {low:g} (near the wall) to {high:g} (near the camera); got {value}.",
                low=low,
                high=high,
                value=person.z_m,
            )
