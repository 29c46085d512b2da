"""A model of one's own in a process of its own (`pose_core.evaluation.own.child`), seen from this one.

What comes back is counted before it is read, and is nothing but numbers: a model that has taken its process over gains
nothing here.
"""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Final, TypeVar

import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.errors import BundleError
from pose_core.evaluation.own.child import ADDRESS_MB, ANSWER, DETECT, OPEN
from pose_core.evaluation.own.declaration import Declaration
from pose_core.media.child_process import ChildProcess
from pose_core.media.child_side import NO_MEMORY, REFUSED
from pose_core.settings import MAX_PEOPLE, DetectionSettings
from pose_core.stopping import Stop

__all__ = ["OPEN_S", "PICTURE_S", "OwnProcess"]

#: Longest time to check and open a model, and for one picture: `heavy` takes 0.1 s on an idle core.
OPEN_S: Final = 60.0
PICTURE_S: Final = 20.0
_MOST_BYTES: Final = 64 * 1024
_N: Final = 33 * 2
#: How a process ends that was late, and one that the system chose when memory ran out.
_SIGALRM, _SIGKILL = 14, 9
_T = TypeVar("_T")


class OwnProcess:
    """Runs a model; one call at a time. Must be closed.

    Parameters
    ----------
    data : bytes
        A ``.task`` file, or an ``.onnx`` file.
    declaration : Declaration or None
        Of the ONNX network.
    detection : DetectionSettings
        How many people are looked for and, of a bundle, with which confidences.
    picture_s : float
        Longest time for one picture.

    Attributes
    ----------
    facts : dict
        What was found out when it was opened: ``zero_share`` of a bundle.

    Raises
    ------
    BundleError
        If the file cannot be used, with the reason.
    """

    def __init__(
        self,
        data: bytes,
        declaration: Declaration | None,
        detection: DetectionSettings,
        picture_s: float = PICTURE_S,
    ) -> None:
        self._picture_s = picture_s
        self._lock = threading.Lock()
        self._onnx = declaration is not None
        options = {
            "detection": asdict(detection),
            "declaration": None if declaration is None else declaration.model_dump(mode="json"),
        }
        head = json.dumps(options).encode()
        self._child = ChildProcess("pose_core.evaluation.own.child")
        try:
            self.facts = self._ask(OPEN, struct.pack("<I", len(head)) + head + data, OPEN_S, self._read_facts)
        except BaseException:
            self.close()
            raise

    def _read_facts(self, length: int) -> dict[str, float]:
        told = json.loads(self._child.read_bytes(_bounded(length, _MOST_BYTES)))
        return {str(name): float(value) for name, value in told.items()}

    def detect(self, frame_rgb: FrameRGB) -> tuple[FloatArray, FloatArray]:
        """Find people in one picture.

        Parameters
        ----------
        frame_rgb : ndarray of uint8, shape (H, W, 3)

        Returns
        -------
        xy_px : ndarray, shape (P, 33, 2)
            In pixels of the picture; NaN for landmarks that the model does not have.
        scores : ndarray, shape (P,)

        Raises
        ------
        BundleError
            If the model fails, takes too long, or needs too much memory.
        """
        size = struct.pack("<II", frame_rgb.shape[1], frame_rgb.shape[0])
        data = size + np.ascontiguousarray(frame_rgb).tobytes()
        return self._ask(DETECT, data, self._picture_s, self._read_people)

    def _read_people(self, people: int) -> tuple[FloatArray, FloatArray]:
        _bounded(people, MAX_PEOPLE)
        numbers = np.frombuffer(self._child.read_bytes(people * (_N + 1) * 8), "<f8")
        return numbers[: people * _N].reshape(people, 33, 2).copy(), numbers[people * _N :].copy()

    def _ask(self, job: int, data: bytes, limit_s: float, read: Callable[[int], _T]) -> _T:
        """What `read` makes of the answer, given its first number."""
        with self._lock:
            try:
                with self._child.within(limit_s, Stop()):
                    self._child.send(job, data, limit_s)
                    status, first, _ = struct.unpack(ANSWER, self._child.read_bytes(struct.calcsize(ANSWER)))
                    if status != REFUSED:
                        return read(first)
                    told = json.loads(self._child.read_bytes(_bounded(first, _MOST_BYTES)))
                    code = str(told["code"])
                    refused = BundleError(code, "{sentence}", sentence=told["sentence"])
                    refused.values = {**told["values"]}
            except (
                EOFError,
                OSError,
                ValueError,
                TypeError,
                KeyError,
            ) as error:  # it has ended, or answers nonsense
                raise self._failed() from error
        raise refused

    def _failed(self) -> BundleError:
        """Why the process is no more."""
        late, status = self._child.killed, self._child.close()
        if late or status == -_SIGALRM:  # it ended itself
            return BundleError(
                "own_model_late",
                "A model must open within {open_s:.0f} s and answer each picture within {picture_s:.0f} s; this one "
                "does not. Use a smaller one, or the command on a faster machine.",
                open_s=OPEN_S,
                picture_s=self._picture_s,
            )
        if status in (NO_MEMORY, -_SIGKILL):  # the system ends these processes first
            return BundleError(
                "own_model_memory",
                "A model must get by with {megabytes} MB of memory; this one needs more. Use a smaller one.",
                megabytes=ADDRESS_MB,
            )
        if self._onnx:
            return BundleError(
                "own_onnx_fails",
                "A network must run on one picture of the declared size; with this one onnxruntime fails. Check the "
                "declaration, or export it again.",
            )
        return BundleError(
            "own_bundle_fails",
            "A bundle must find people in a picture; with this one MediaPipe fails. Make the bundle again.",
        )

    def close(self) -> None:
        """End the process."""
        self._child.close()


def _bounded(count: int, most: int) -> int:
    if count > most:
        raise ValueError(count)
    return count
