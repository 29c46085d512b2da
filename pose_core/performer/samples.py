"""The sample pictures that ship with the project, their true landmarks, and a sample clip.

``scripts/make_samples.py`` draws them with the performer; rendering a sample again gives the same picture together with
the positions of all landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pose_core.arrays import FloatArray
from pose_core.errors import SettingsError
from pose_core.performer import PALETTES, Camera, PerformerFrame, Person, landmarks_px, render_scene

__all__ = ["CLIP_FPS", "SAMPLES", "Sample", "clip_frame", "clip_landmarks_px", "sample_bytes", "sample_clip"]

SAMPLES_DIR: Final = Path(__file__).with_name("samples")
SUPERSAMPLING: Final = 3
CLIP_FILE: Final = SAMPLES_DIR / "clip.mp4"
CLIP_FPS: Final = 25
_CLIP_CYCLE_S: Final = 3.0
_CLIP_CAMERA: Final = Camera(640, 480)
#: The sample clip shows one cycle of each motion, with the performer facing this way.
_CLIP_SCENES: Final = (("squat", -45.0), ("arm_raise", 0.0), ("lunge", 55.0))


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample picture.

    Attributes
    ----------
    id : str
        Stable name, such as ``"squat"``.
    people : tuple of Person
        Who is in the picture, from left to right; empty in the empty room.
    camera : Camera
        The camera that took the picture.
    """

    id: str
    people: tuple[Person, ...]
    camera: Camera

    @property
    def file(self) -> str:
        """Name of the picture file."""
        return f"{self.id}.png"

    def render(self) -> PerformerFrame:
        """Draw the sample again (about a second), to get its true landmarks."""
        return render_scene(self.people, camera=self.camera, supersampling=SUPERSAMPLING)


def _camera(scene_height_m: float, target_height_m: float) -> Camera:
    """A 4:3 camera whose picture shows `scene_height_m` around `target_height_m`."""
    return Camera(960, 720, height_m=1.15, target_height_m=target_height_m, scene_height_m=scene_height_m)


SAMPLES: Final[tuple[Sample, ...]] = (
    Sample("stand", (Person("arm_raise", 0.0),), _camera(2.30, 0.93)),
    Sample("squat", (Person("squat", 0.46, yaw_deg=-45, x_m=0.12),), _camera(1.62, 0.60)),
    Sample("lunge", (Person("lunge", 0.5, yaw_deg=90, palette=PALETTES[2]),), _camera(1.95, 0.76)),
    Sample("arms_raised", (Person("arm_raise", 0.5, palette=PALETTES[3]),), _camera(2.75, 1.16)),
    Sample(
        "two_people",
        (
            Person("jack", 0.5, yaw_deg=10, x_m=-0.68, palette=PALETTES[1]),
            Person("walk", 0.12, yaw_deg=-20, x_m=0.72),
        ),
        _camera(2.60, 1.06),
    ),
    Sample("empty_room", (), _camera(2.30, 0.93)),
)
"""All samples, in the order in which the page shows them."""

_BY_ID: Final = {sample.id: sample for sample in SAMPLES}


def sample_bytes(sample_id: str) -> bytes:
    """Content of a sample's picture file.

    Raises
    ------
    SettingsError
        If there is no such sample.
    """
    if sample_id not in _BY_ID:
        raise SettingsError(
            "sample_unknown",
            "The sample must be one of {known}; got {sample_id!r}.",
            known=", ".join(_BY_ID),
            sample_id=sample_id,
        )
    return (SAMPLES_DIR / _BY_ID[sample_id].file).read_bytes()


def _clip_person(number: int) -> Person | None:
    scene, phase = divmod(number / CLIP_FPS / _CLIP_CYCLE_S, 1.0)
    if scene >= len(_CLIP_SCENES):
        return None
    motion, yaw_deg = _CLIP_SCENES[int(scene)]
    return Person(motion, phase, yaw_deg)


def clip_frame(number: int) -> PerformerFrame | None:
    """A frame of the sample clip, drawn again to get its true landmarks; None after the last frame."""
    person = _clip_person(number)
    return render_scene([person], camera=_CLIP_CAMERA, supersampling=2) if person is not None else None


def clip_landmarks_px(number: int) -> FloatArray | None:
    """True positions of the landmarks in a frame of the sample clip, shape (33, 2); None after the last frame."""
    person = _clip_person(number)
    return landmarks_px(person, _CLIP_CAMERA) if person is not None else None


def sample_clip() -> bytes:
    """Content of the sample clip, an MP4 file."""
    return CLIP_FILE.read_bytes()
