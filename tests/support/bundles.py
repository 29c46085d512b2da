"""Model files that are a little wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import numpy as np

from pose_core.models.bundles import bundle
from pose_core.settings import Variant

__all__ = ["DETECTOR", "LANDMARKS", "repacked", "with_other_weights", "with_zeros"]

DETECTOR, LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"


def repacked(
    change: Callable[[str, bytes], bytes | None] = lambda name, data: data,
    packing: int = zipfile.ZIP_STORED,
    variant: Variant = "lite",
) -> bytes:
    """A shipped model with its networks changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(bundle(variant).path) as source, zipfile.ZipFile(out, "w", packing) as target:
        for name in source.namelist():
            data = change(name, source.read(name))
            if data is not None:
                target.writestr(name, data)
    return out.getvalue()


def with_zeros(name: str, data: bytes) -> bytes:
    """200 kB of the landmark network's weights are zero; its structure is whole."""
    import tflite

    if name != LANDMARKS:
        return data
    changed = bytearray(data)
    model = tflite.Model.GetRootAsModel(data, 0)
    done = 0
    for i in range(model.BuffersLength()):
        length = model.Buffers(i).DataLength()
        if length > 10_000 and done < 200_000:
            weights = model.Buffers(i).DataAsNumpy().tobytes()
            at = data.index(weights)
            changed[at : at + length] = bytes(length)
            done += length
    assert done >= 200_000
    return bytes(changed)


def with_other_weights(variant: Variant, spread: float) -> bytes:
    """Every weight of the landmark network times 1 with a normal spread."""
    import tflite

    rng = np.random.default_rng(1)
    types = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.FLOAT16: np.float16}

    def change(name: str, data: bytes) -> bytes:
        if name != LANDMARKS:
            return data
        changed = bytearray(data)
        model = tflite.Model.GetRootAsModel(data, 0)
        graph = model.Subgraphs(0)
        for i in range(graph.TensorsLength()):
            tensor = graph.Tensors(i)
            buffer = model.Buffers(tensor.Buffer())
            if buffer.DataLength() > 2000 and tensor.Type() in types:
                raw = buffer.DataAsNumpy().tobytes()
                weights = np.frombuffer(raw, types[tensor.Type()])
                other = weights * rng.normal(1, spread, weights.shape)
                at = data.index(raw)
                changed[at : at + len(raw)] = other.astype(weights.dtype).tobytes()
        return bytes(changed)

    return repacked(change, variant=variant)
