"""A ``.task`` file of one's own: its structure, its metadata, and a trial detection in a process of its own.

MediaPipe trusts what it is given: a broken network ends the whole process, and one with zeroed weights is accepted
silently and finds nobody, or finds them in the wrong place. What a network is worth only a validation against
``full`` shows; this module keeps out what cannot work, and warns of what looks wrong.
"""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.errors import BundleError
from pose_core.performer import Camera, Person, render_scene
from pose_core.settings import DetectionSettings
from pose_core.skeleton import INDEX

__all__ = ["MAX_BUNDLE_MB", "BundleReport", "check_bundle", "main"]

MAX_BUNDLE_MB: Final = 200
_DETECTOR, _LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"
#: Height and width of each network's picture, and how long the rows of its outputs are.
_INPUTS: Final = {_DETECTOR: 224, _LANDMARKS: 256}
_OUTPUTS: Final = {_DETECTOR: (12, 1), _LANDMARKS: (195, 1, 117)}
_METADATA: Final = (b"TFLITE_METADATA", b"M001")
_LARGE_BUFFER: Final = 1000
_ZERO_SHARE: Final = 0.01
#: The shipped models stay below 0.1 on the trial's picture.
_FAR_TORSO: Final = 0.25
_TRIAL_S: Final = 60.0
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was found out about a bundle that works.

    Attributes
    ----------
    zero_share : float
        Share of the weights' bytes that lie in blocks of zeros, 0 to 1.
    trial_found : bool
        Whether the performer was found in the trial's picture.
    trial_error_torso : float
        Mean distance of the joints there, as a share of the torso; NaN if nobody was found.
    """

    zero_share: float
    trial_found: bool
    trial_error_torso: float

    @property
    def warnings(self) -> tuple[str, ...]:
        """What looks wrong, in sentences."""
        found = []
        if self.zero_share > _ZERO_SHARE:
            found.append(f"{self.zero_share:.0%} of its weights are zeros in blocks: it looks damaged.")
        if not self.trial_found:
            found.append("It found nobody in a picture in which the shipped models find one person.")
        elif self.trial_error_torso > _FAR_TORSO:
            found.append(
                f"Its joints are {self.trial_error_torso:.2f} torsos off in a picture in which the shipped models are "
                "below 0.1."
            )
        return tuple(found)


def check_bundle(data: bytes) -> BundleReport:
    """Check a bundle before it is used in this process.

    Parameters
    ----------
    data : bytes
        Content of a ``.task`` file.

    Raises
    ------
    BundleError
        If it is no pose bundle, a network has other inputs or outputs, or the trial failed.
    """
    zeros = weights = 0
    for name, network in _networks(data).items():
        zero, total = _check_network(name, network)
        zeros, weights = zeros + zero, weights + total
    found, error = _trial(data)
    return BundleReport(zeros / max(1, weights), found, error)


def _networks(data: bytes) -> dict[str, bytes]:
    if len(data) > MAX_BUNDLE_MB * 2**20:
        raise BundleError(
            "own_bundle_too_large",
            "A bundle must have at most {limit} MB; this one has {megabytes:.0f} MB. Choose another file.",
            limit=MAX_BUNDLE_MB,
            megabytes=len(data) / 2**20,
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            entries = {entry.filename: entry for entry in file.infolist()}
            if not {_DETECTOR, _LANDMARKS} <= entries.keys():
                raise _wrong("it is a ZIP without these two")
            chosen = {name: entries[name] for name in (_DETECTOR, _LANDMARKS)}
            if any(e.compress_type != zipfile.ZIP_STORED or e.file_size > len(data) for e in chosen.values()):
                raise _wrong("they are compressed, which MediaPipe does not read")
            return {name: file.read(entry) for name, entry in chosen.items()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise _wrong("it is no ZIP, cut off or damaged") from error


def _wrong(problem: str) -> BundleError:
    return BundleError(
        "own_bundle_wrong",
        "A bundle must be a .task file of MediaPipe's Pose Landmarker, with {detector} and {landmarks}; {problem}. "
        "Choose another file.",
        detector=_DETECTOR,
        landmarks=_LANDMARKS,
        problem=problem,
    )


def _network_wrong(name: str, problem: str) -> BundleError:
    return BundleError(
        "own_network_wrong",
        "{name} must be a TensorFlow Lite network with the inputs and outputs of MediaPipe's own; {problem}. Make the "
        "bundle again.",
        name=name,
        problem=problem,
    )


def _check_network(name: str, network: bytes) -> tuple[int, int]:
    """Check a network's form; bytes of its weights that are zeros in blocks, and of all weights."""
    import tflite

    if network[4:8] != b"TFL3":
        raise _network_wrong(name, "it is no TensorFlow Lite file")
    try:
        model = tflite.Model.GetRootAsModel(network, 0)
        graph = model.Subgraphs(0)
        inputs = [_shape(graph, graph.Inputs(i)) for i in range(graph.InputsLength())]
        outputs = [_shape(graph, graph.Outputs(i)) for i in range(graph.OutputsLength())]
        names = [model.Metadata(i).Name() for i in range(model.MetadataLength())]
        described = _METADATA[0] in names and _METADATA[1] in bytes(
            model.Buffers(model.Metadata(names.index(_METADATA[0])).Buffer()).DataAsNumpy()[:8]
        )
        counts = [_zeros(model.Buffers(i)) for i in range(model.BuffersLength())]
    except (
        struct.error,
        IndexError,
        AttributeError,
        TypeError,
        ValueError,
        OverflowError,
        MemoryError,
    ) as error:
        raise _network_wrong(name, "its structure is damaged") from error
    side = _INPUTS[name]
    if inputs != [[1, side, side, 3]]:
        raise _network_wrong(name, f"its input is {inputs}, not [1, {side}, {side}, 3]")
    missing = [length for length in _OUTPUTS[name] if length not in [shape[-1] for shape in outputs if shape]]
    if missing:
        raise _network_wrong(name, f"an output with rows of {missing[0]} is missing")
    if not described:
        raise _network_wrong(name, "it has no metadata that say how pixels are scaled")
    return sum(zero for zero, _ in counts), sum(total for _, total in counts)


def _shape(graph: Any, tensor: int) -> list[int]:
    return [int(size) for size in np.atleast_1d(graph.Tensors(tensor).ShapeAsNumpy())]


def _zeros(buffer: Any) -> tuple[int, int]:
    """Bytes in blocks of zeros, and all bytes, of a large buffer."""
    if buffer.DataLength() < _LARGE_BUFFER:
        return 0, 0
    data = buffer.DataAsNumpy()
    blocks = data[: len(data) // 256 * 256].reshape(-1, 256)
    return int((~blocks.any(axis=1)).sum()) * 256, len(data)


def _trial_picture() -> tuple[FrameRGB, FloatArray]:
    frame = render_scene([Person("jack", 0.4, yaw_deg=15)], camera=Camera())
    return frame.rgb, frame.landmarks_px[0]


def _trial(data: bytes) -> tuple[bool, float]:
    frame_rgb, true_px = _trial_picture()
    places = [str(Path(place).absolute()) for place in sys.path]
    code = f"import sys; sys.path[:] = {places!r}; from pose_core.evaluation.own_bundle import main; main()"
    head = struct.pack("<QII", len(data), frame_rgb.shape[1], frame_rgb.shape[0])
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=head + data + frame_rgb.tobytes(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TRIAL_S,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            check=False,
        )
        answer = json.loads(done.stdout or b"null") if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        answer = None
    if answer is None:
        raise BundleError(
            "own_bundle_fails",
            "A bundle must find people in a picture within {limit_s:.0f} s; with this one MediaPipe fails. Make the "
            "bundle again.",
            limit_s=_TRIAL_S,
        )
    if not answer:
        return False, float("nan")
    predicted = np.array(answer)
    torso = np.linalg.norm(true_px[INDEX["left_shoulder"]] - true_px[INDEX["right_hip"]])
    error = float(np.linalg.norm(predicted - true_px, axis=1).mean() / torso)
    return True, error


def main() -> None:
    """The trial's process: bundle and picture on standard input, landmarks as JSON on standard output."""
    from pose_core.models.landmarker import ImageLandmarker

    size, width, height = struct.unpack("<QII", sys.stdin.buffer.read(16))
    data = sys.stdin.buffer.read(size)
    pixels = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(height, width, 3)
    landmarker = ImageLandmarker(DetectionSettings(), data)
    poses = landmarker.detect(pixels)
    landmarker.close()
    sys.stdout.write(json.dumps(poses[0].image_xy_px.tolist() if poses else []))
