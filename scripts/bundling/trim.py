"""Cut the segmentation decoder out of a pose landmark graph.

Google's landmark networks end in five outputs: landmarks, presence, segmentation mask, heatmap, world landmarks.
MediaPipe's pose graph uses the mask only on request, but the network computes it for every frame. This module removes
the operators that lead only to the mask; those that remain, and their weights, are untouched, so every landmark stays
bit-identical (``proof.py`` checks that on each build).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from mediapipe.tasks.metadata import schema_py_generated as schema

MASK_SHAPE = (1, 256, 256, 1)
PRESENCE_SHAPE = (1, 1)
FILE_IDENTIFIER = b"TFL3"
BUFFER_ALIGNMENT = 16  # `force_align: 16` of Buffer.data in the TFLite schema; the Python builder ignores it


class _Builder(flatbuffers.Builder):  # type: ignore[misc]
    """A builder that aligns byte vectors, which hold the weights, as the schema requires."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> Any:  # noqa: N802, N803
        if elemSize == 1:
            alignment = max(alignment, BUFFER_ALIGNMENT)
        return super().StartVector(elemSize, numElems, alignment)


def trim(landmark_model: bytes) -> bytes:
    """Return the landmark model without its segmentation decoder.

    Parameters
    ----------
    landmark_model : bytes
        A TFLite file of one subgraph, with one output of `MASK_SHAPE` and one of `PRESENCE_SHAPE`.

    Returns
    -------
    bytes
        The TFLite file with as many outputs as before, in the same order; MediaPipe finds them by position and
        refuses a model with fewer. The mask's output points to the presence tensor.

    Raises
    ------
    ValueError
        If the graph is not of that form.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(landmark_model, 0))
    if len(model.subgraphs) != 1 or model.signatureDefs:
        raise ValueError(
            f"the model must have one subgraph and no signatures; got {len(model.subgraphs)} subgraphs "
            f"and {len(model.signatureDefs or [])} signatures"
        )
    graph = model.subgraphs[0]
    mask = _only_output(graph, MASK_SHAPE)
    presence = _only_output(graph, PRESENCE_SHAPE)
    graph.outputs = _int32(presence if tensor == mask else tensor for tensor in graph.outputs)
    graph.operators = _needed_operators(graph)
    _drop_unused_tensors(graph)
    _drop_unused_buffers(model, graph)
    builder = _Builder(len(landmark_model))
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def _only_output(graph: Any, shape: tuple[int, ...]) -> int:
    found = [int(tensor) for tensor in graph.outputs if _shape(graph, tensor) == shape]
    if len(found) != 1:
        shapes = [_shape(graph, tensor) for tensor in graph.outputs]
        raise ValueError(f"the model must have exactly one output of shape {shape}; got outputs {shapes}")
    return found[0]


def _shape(graph: Any, tensor: int) -> tuple[int, ...]:
    return tuple(int(size) for size in graph.tensors[tensor].shape)


def _needed_operators(graph: Any) -> list[Any]:
    """Return the operators on a path to an output. TFLite keeps execution order, so one pass backwards is enough."""
    wanted = set(graph.outputs)
    kept = []
    for operator in reversed(graph.operators):
        if wanted.intersection(operator.outputs):
            wanted.update(operator.inputs)
            kept.append(operator)
    return kept[::-1]


def _drop_unused_tensors(graph: Any) -> None:
    used = {*graph.inputs, *graph.outputs}
    for operator in graph.operators:
        used.update(operator.inputs, operator.outputs)
    used.discard(-1)  # -1 is an optional input that is absent
    order = sorted(used)
    new = {-1: -1} | {old: place for place, old in enumerate(order)}
    graph.tensors = [graph.tensors[old] for old in order]
    for node in (graph, *graph.operators):
        node.inputs = _int32(new[tensor] for tensor in node.inputs)
        node.outputs = _int32(new[tensor] for tensor in node.outputs)


def _drop_unused_buffers(model: Any, graph: Any) -> None:
    model.metadataBuffer = (
        None  # deprecated twin of `metadata`: buffer numbers that would have to be renumbered
    )
    holders = [*graph.tensors, *(model.metadata or [])]
    order = sorted({0} | {holder.buffer for holder in holders})  # buffer 0 is the empty one by convention
    new = {old: place for place, old in enumerate(order)}
    model.buffers = [model.buffers[old] for old in order]
    for holder in holders:
        holder.buffer = new[holder.buffer]


def _int32(values: Iterable[int]) -> np.ndarray[Any, np.dtype[np.int32]]:
    return np.fromiter(values, dtype=np.int32)
