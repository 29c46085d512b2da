"""The structure and the metadata of a ``.task`` file. Runs in the process of `pose_core.evaluation.own.child`."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any, Final

import numpy as np

from pose_core.errors import BundleError

__all__ = ["check_networks"]

_DETECTOR, _LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"
#: Height and width of each network's picture, and how long the rows of its outputs are.
_INPUTS: Final = {_DETECTOR: 224, _LANDMARKS: 256}
_OUTPUTS: Final = {_DETECTOR: (12, 1), _LANDMARKS: (195, 1, 117)}
_METADATA: Final = (b"TFLITE_METADATA", b"M001")
_LARGE_BUFFER: Final = 1000


def check_networks(data: bytes) -> float:
    """Check both networks of a bundle.

    Parameters
    ----------
    data : bytes
        Content of a ``.task`` file.

    Returns
    -------
    float
        Share of the weights' bytes that lie in blocks of zeros, 0 to 1.

    Raises
    ------
    BundleError
        If it is no pose bundle, or a network has other inputs or outputs.
    """
    zeros = weights = 0
    for name, network in _networks(data).items():
        zero, total = _check_network(name, network)
        zeros, weights = zeros + zero, weights + total
    return zeros / max(1, weights)


def _networks(data: bytes) -> dict[str, bytes]:
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
