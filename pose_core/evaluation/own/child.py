"""The process in which a model of one's own runs: the model first, then pictures in, joints out.

Started by `pose_core.evaluation.own.process`, which also says what goes through the pipes. Whatever the model does, it
does here: this process has no secrets, may write no file, has a limit on memory, and ends itself when it is late.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.errors import BundleError
from pose_core.media.child_side import (
    HEAD,
    NO_MEMORY,
    OK,
    REFUSED,
    leave_signals_to_the_server,
    limit_memory,
    open_pipes,
)

if TYPE_CHECKING:
    from pose_core.evaluation.finding import Find

__all__ = ["ADDRESS_MB", "ANSWER", "DETECT", "OPEN", "main"]

#: What to do with a file.
OPEN: Final = 0
DETECT: Final = 1
#: How an answer begins: `OK` or `REFUSED`, two numbers: of people and of joints, or of bytes.
ANSWER: Final = "<BII"
#: Address space beyond what the libraries take: the largest network three times, and what it computes.
ADDRESS_MB: Final = 1500
#: The other side has given up long before; this is for when there is none any more.
_LATE_S: Final = 5.0


def _bundle(data: bytes, options: dict[str, Any]) -> tuple[Find, dict[str, Any]]:
    from pose_core.evaluation.finding import with_landmarker
    from pose_core.evaluation.own.bundle_check import check_networks
    from pose_core.models.landmarker import ImageLandmarker
    from pose_core.settings import DetectionSettings

    facts = {"zero_share": check_networks(data)}
    landmarker = ImageLandmarker(DetectionSettings(**options["detection"]), data)
    return with_landmarker(landmarker), facts


def _onnx(data: bytes, options: dict[str, Any]) -> tuple[Find, dict[str, Any]]:
    from pose_core.evaluation.own.declaration import read_declaration
    from pose_core.evaluation.own.onnx_check import OnnxNetwork

    declared = read_declaration(json.dumps(options["declaration"]).encode())
    network, most = OnnxNetwork(data, declared), options["detection"]["people"]
    kit = declared.keypoints

    def find(frame_rgb: FrameRGB) -> tuple[FloatArray, FloatArray]:
        xy_px, scores = network.detect(frame_rgb)
        landmarks = np.full((min(most, len(xy_px)), 33, 2), np.nan)
        landmarks[:, kit.landmarks] = xy_px[:most, kit.columns]
        return landmarks, scores[:most]

    return find, {}


def _import(options: dict[str, Any]) -> None:
    """Before the limit on memory: libraries are not the model's."""
    if options["declaration"] is None:
        import tflite  # noqa: F401

        from pose_core.models.landmarker import import_mediapipe

        import_mediapipe()
    else:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401


def _write_nothing() -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _end_when_late(limit_s: float) -> None:
    """Ends this process, even in the middle of a network's loop, unless called again in time; 0 is never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, limit_s + _LATE_S if limit_s else 0.0)


def main() -> None:
    """Open the model, then answer one picture after the other until the input ends."""
    leave_signals_to_the_server()
    files, out = open_pipes()
    find: Find | None = None
    try:
        while head := files.read(struct.calcsize(HEAD)):
            job, limit_s, length = struct.unpack(HEAD, head)
            data = files.read(length)
            _end_when_late(limit_s)
            try:
                if job == OPEN:
                    (size,) = struct.unpack_from("<I", data)
                    options = json.loads(data[4 : 4 + size])
                    _import(options)
                    _write_nothing()
                    limit_memory(ADDRESS_MB)
                    make = _bundle if options["declaration"] is None else _onnx
                    find, facts = make(data[4 + size :], options)
                    answer = json.dumps(facts).encode()
                    out.write(struct.pack(ANSWER, OK, len(answer), 0) + answer)
                else:
                    assert find is not None
                    size_wh = struct.unpack_from("<II", data)
                    frame_rgb = np.frombuffer(data, np.uint8, offset=8).reshape(size_wh[1], size_wh[0], 3)
                    landmarks, scores = find(frame_rgb)
                    out.write(struct.pack(ANSWER, OK, len(landmarks), 0))
                    out.write(landmarks.astype("<f8").tobytes() + scores.astype("<f8").tobytes())
            except BundleError as error:
                told = {"code": error.code, "sentence": str(error), "values": error.values}
                answer = json.dumps(told).encode()
                out.write(struct.pack(ANSWER, REFUSED, len(answer), 0) + answer)
            _end_when_late(0)
            del data
    except (BrokenPipeError, struct.error):  # the server is gone
        pass
    except MemoryError:
        os._exit(NO_MEMORY)
