"""A model of one's own before it is used: is it one, does it run, and does it find what the shipped models find?

MediaPipe trusts what it is given: a broken network ends the whole process, and one with zeroed weights is accepted
silently and finds nobody, or finds them in the wrong place. What a network is worth only a validation against
``full`` shows; this module keeps out what cannot work, and warns of what looks wrong.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.errors import BundleError, BusyError
from pose_core.evaluation.own.declaration import Declaration, YoloPose, read_declaration
from pose_core.evaluation.own.process import OwnProcess
from pose_core.performer import Camera, Person, render_scene
from pose_core.settings import DetectionSettings
from pose_core.skeleton import INDEX

__all__ = ["MAX_OWN_MB", "OwnModel", "OwnModelChecks", "check_own", "read_own_model"]

MAX_OWN_MB: Final = 200
_ZERO_SHARE: Final = 0.01
#: The shipped models stay below 0.1 on the trial's picture.
_FAR_TORSO: Final = 0.25
#: Checks at a time in one process: each may take `pose_core.evaluation.own.child.ADDRESS_MB`.
_CHECKS: Final = 2
_CROP: Final = 1.25
_DECLARATIONS: Final = (".json", ".toml")


@dataclass(frozen=True, eq=False, slots=True)
class OwnModel:
    """A model that was checked and tried.

    Attributes
    ----------
    name : str
        Of its file.
    data : bytes
        A ``.task`` file, or an ``.onnx`` file.
    declaration : Declaration or None
        Of an ONNX network.
    zero_share : float
        Share of a bundle's weights, in bytes, that lie in blocks of zeros, 0 to 1; NaN of an ONNX network.
    trial_found : bool
        Whether the performer was found in the trial's picture.
    trial_error_torso : float
        Mean distance of the joints there, as a share of the torso; NaN if nobody was found.
    """

    name: str
    data: bytes = field(repr=False)
    declaration: Declaration | None
    zero_share: float
    trial_found: bool
    trial_error_torso: float

    @property
    def label(self) -> str:
        """Its name among models, different from those of the shipped ones; letters, digits, ``.`` and ``-`` only."""
        stem = re.sub(r"[^\w.-]|_", "-", PurePath(self.name).stem)[:40]
        return f"own:{stem or 'model'}"

    @property
    def warnings(self) -> tuple[BundleError, ...]:
        """What looks wrong; never raised, only told."""
        found = []
        if self.zero_share > _ZERO_SHARE:
            found.append(
                BundleError(
                    "own_model_zeros",
                    "Weights must not be zero in blocks, and {percent:.0f} % of this model's are: it looks damaged. "
                    "Make or download it again.",
                    percent=100 * self.zero_share,
                )
            )
        if not self.trial_found:
            found.append(
                BundleError(
                    "own_model_finds_nobody",
                    "A model must find the one person that the shipped models find in the picture of the trial; this "
                    "one finds nobody. Check it, and its declaration if it has one.",
                )
            )
        elif self.trial_error_torso > _FAR_TORSO:
            found.append(
                BundleError(
                    "own_model_far_off",
                    "The joints of the trial must be within 0.1 torsos on average, as those of the shipped models are; "
                    "those of this one are {error:.2f} off. Check it, and its declaration if it has one.",
                    error=self.trial_error_torso,
                )
            )
        return tuple(found)


def read_own_model(files: Mapping[str, bytes]) -> OwnModel:
    """The model among some files: a ``.task``, or an ``.onnx`` with its declaration (``.json`` or ``.toml``).

    Parameters
    ----------
    files : mapping of str to bytes
        By name; nothing else may be among them.

    Raises
    ------
    BundleError
        If something is missing, too much, or cannot be used.
    """
    tasks = [name for name in files if name.lower().endswith(".task")]
    networks = [name for name in files if name.lower().endswith(".onnx")]
    declarations = [name for name in files if name.lower().endswith(_DECLARATIONS)]
    if len(tasks) == len(files) == 1:
        return check_own(tasks[0], files[tasks[0]])
    if len(networks) == len(declarations) == 1 and len(files) == 2:
        return check_own(networks[0], files[networks[0]], read_declaration(files[declarations[0]]))
    raise BundleError(
        "own_model_files",
        "A model must be one .task file, or one .onnx file with its declaration (.json or .toml); got {files}. Add or "
        "remove files.",
        files=", ".join(sorted(files))[:200] or "-",
    )


def check_own(name: str, data: bytes, declaration: Declaration | None = None) -> OwnModel:
    """Check a model, and try it on one picture.

    Parameters
    ----------
    name : str
        Of its file.
    data : bytes
    declaration : Declaration, optional
        Of an ONNX network.

    Raises
    ------
    BundleError
    """
    if len(data) > MAX_OWN_MB * 2**20:
        raise BundleError(
            "own_model_too_large",
            "A model must have at most {limit} MB; this one has {megabytes:.0f} MB. Choose another file.",
            limit=MAX_OWN_MB,
            megabytes=len(data) / 2**20,
        )
    frame_rgb, true_px, crop_rgb, corner = _trial_picture()
    one_person = declaration is not None and not isinstance(declaration, YoloPose)
    with closing(OwnProcess(data, declaration, DetectionSettings(people=1))) as process:
        found_px, _ = process.detect(crop_rgb if one_person else frame_rgb)
        zero_share = process.facts.get("zero_share", float("nan"))
    if not len(found_px):
        return OwnModel(name, data, declaration, zero_share, False, float("nan"))
    away = np.linalg.norm(found_px[0] + (corner if one_person else 0) - true_px, axis=1)
    torso = np.linalg.norm(true_px[INDEX["left_shoulder"]] - true_px[INDEX["right_hip"]])
    return OwnModel(name, data, declaration, zero_share, True, float(np.nanmean(away) / torso))


@cache
def _trial_picture() -> tuple[FrameRGB, FloatArray, FrameRGB, FloatArray]:
    """A picture, its true landmarks, the part around the person, and where that begins."""
    frame = render_scene([Person("jack", 0.4, yaw_deg=15)], camera=Camera())
    true_px = frame.landmarks_px[0]
    middle = (true_px.min(axis=0) + true_px.max(axis=0)) / 2
    half = np.ptp(true_px, axis=0) / 2 * _CROP
    size_wh = (frame.rgb.shape[1], frame.rgb.shape[0])
    left, top = np.clip(np.floor(middle - half), 0, size_wh).astype(int).tolist()
    right, bottom = np.clip(np.ceil(middle + half), 0, size_wh).astype(int).tolist()
    return frame.rgb, true_px, np.ascontiguousarray(frame.rgb[top:bottom, left:right]), np.array((left, top))


class OwnModelChecks:
    """Checks models for several people, a few at a time; from any thread."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(_CHECKS)

    def check(self, files: Mapping[str, bytes]) -> OwnModel:
        """As `read_own_model`.

        Raises
        ------
        BundleError
        BusyError
            If as many are being checked already.
        """
        if not self._places.acquire(timeout=1.0):
            raise BusyError(
                "own_model_busy",
                "At most {limit} models can be checked at a time, and that many are. Try again in a moment.",
                limit=_CHECKS,
            )
        try:
            return read_own_model(files)
        finally:
            self._places.release()
