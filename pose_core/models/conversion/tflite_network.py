"""Reads a TFLite network: its operators in order, and its constants as arrays, whichever way they are stored.

Constants may be float16 behind a DEQUANTIZE operator, and sparse behind a DENSIFY operator; both are resolved here, so
that what remains is the network itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import tflite
from numpy.typing import NDArray

from pose_core.errors import BundleError

__all__ = ["Network", "Operator", "Tensor", "read_network"]

_IDENTIFIER: Final = b"TFL3"
_DTYPES: Final[Mapping[int, type]] = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.INT8: np.int8,
    tflite.TensorType.UINT8: np.uint8,
    tflite.TensorType.INT64: np.int64,
}
_KINDS: Final = {
    value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)
}
_INDEX_VECTORS: Final = {
    tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
    tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
    tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """Something that flows between operators.

    Attributes
    ----------
    name : str
    shape : tuple of int
        Pictures are (1, height, width, channels).
    """

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of a network.

    Attributes
    ----------
    kind : str
        TFLite's name, such as ``"CONV_2D"``.
    inputs, outputs : tuple of int
        Places in the network's tensors; -1 is an input that is left out.
    options : object or None
        TFLite's options of that kind; None if it has none.
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any


@dataclass(frozen=True, slots=True)
class Network:
    """A network as a list of steps.

    Attributes
    ----------
    tensors : tuple of Tensor
    constants : mapping of int to ndarray
        The values of those tensors that are weights or other constants.
    operators : tuple of Operator
        In the order in which they run, without those that only unpack constants.
    inputs, outputs : tuple of int
        Places in `tensors`.
    """

    tensors: tuple[Tensor, ...]
    constants: Mapping[int, NDArray[Any]]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_network(data: bytes) -> Network:
    """Read a TFLite file.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    BundleError
        With code ``"network_unreadable"`` if this is no TFLite network, or a damaged one.
    """
    try:
        if data[4:8] != _IDENTIFIER:
            raise ValueError("it is not a TFLite file")
        return _read(tflite.Model.GetRootAs(data, 0))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise _unreadable(error) from error
    except Exception as error:  # flatbuffers packs offsets with `struct`, whose error is a bare Exception
        if type(error).__module__ != "struct":
            raise
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> BundleError:
    return BundleError(
        "network_unreadable",
        "A network in a model file must be in TFLite's format; this one cannot be read ({reason}). Check that the file "
        "is complete.",
        reason=str(error) or type(error).__name__,
    )


def _read(model: Any) -> Network:
    graph = model.Subgraphs(0)
    stored = [graph.Tensors(place) for place in range(graph.TensorsLength())]
    tensors = tuple(
        Tensor(tensor.Name().decode(), tuple(int(n) for n in _numbers(tensor, "Shape"))) for tensor in stored
    )
    constants: dict[int, NDArray[Any]] = {}
    for place, tensor in enumerate(stored):
        values = model.Buffers(tensor.Buffer()).DataAsNumpy()
        if not isinstance(values, np.ndarray) or not values.size:
            continue
        flat: NDArray[Any] = np.frombuffer(values.tobytes(), _DTYPES[tensor.Type()])
        sparsity = tensor.Sparsity()
        constants[place] = (
            flat.reshape(tensors[place].shape)
            if sparsity is None
            else _dense(sparsity, flat, tensors[place].shape)
        )
    operators = []
    for number in range(graph.OperatorsLength()):
        operator = _operator(model, graph.Operators(number))
        if operator.kind in ("DENSIFY", "DEQUANTIZE") and operator.inputs[0] in constants:
            constants[operator.outputs[0]] = constants[operator.inputs[0]].astype(np.float32)
        else:
            operators.append(operator)
    return Network(
        tensors,
        constants,
        tuple(operators),
        tuple(int(place) for place in graph.InputsAsNumpy()),
        tuple(int(place) for place in graph.OutputsAsNumpy()),
    )


def _operator(model: Any, stored: Any) -> Operator:
    code = model.OperatorCodes(stored.OpcodeIndex())
    # Kinds below 127 stand in the older of the two fields.
    kind = _KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    table = stored.BuiltinOptions()
    options = None
    if table is not None:
        options_name = next(
            name
            for name, value in vars(tflite.BuiltinOptions).items()
            if value == stored.BuiltinOptionsType()
        )
        options = getattr(tflite, options_name)()
        options.Init(table.Bytes, table.Pos)
    inputs, outputs = (tuple(int(n) for n in _numbers(stored, name)) for name in ("Inputs", "Outputs"))
    return Operator(kind, inputs, outputs, options)


def _numbers(stored: Any, name: str) -> NDArray[Any]:
    """A vector of a FlatBuffers table; empty if it is left out."""
    values = getattr(stored, f"{name}AsNumpy")()
    return values if isinstance(values, np.ndarray) else np.empty(0, dtype=np.int64)


def _indices(kind: int, table: Any) -> NDArray[Any]:
    vector = _INDEX_VECTORS[kind]()
    vector.Init(table.Bytes, table.Pos)
    return _numbers(vector, "Values")


def _dense(sparsity: Any, values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The whole array that a sparse tensor stands for.

    TFLite stores it as a tree with a level for each dimension, in `TraversalOrder`, followed by a level for each
    dimension that is cut into blocks. A level is dense, with all of its children, or lists those that are there, as in
    compressed sparse rows.
    """
    rank = len(shape)
    order = [int(n) for n in _numbers(sparsity, "TraversalOrder")]
    blocked = [int(n) for n in _numbers(sparsity, "BlockMap")]
    levels = [sparsity.DimMetadata(level) for level in range(sparsity.DimMetadataLength())]
    block_sizes = {dimension: levels[rank + n].DenseSize() for n, dimension in enumerate(blocked)}

    # All nodes of a level at once: for each, where it is among its level's nodes, and its place in the array.
    nodes = np.zeros(1, dtype=np.int64)
    place = np.zeros((1, rank), dtype=np.int64)
    for level, dimension in zip(levels, order, strict=True):
        if level.Format() == tflite.DimensionType.DENSE:
            size = level.DenseSize()
            parents = np.repeat(np.arange(len(nodes)), size)
            index = np.tile(np.arange(size), len(nodes))
            nodes = nodes[parents] * size + index
        else:
            segments = np.asarray(_indices(level.ArraySegmentsType(), level.ArraySegments()), dtype=np.int64)
            listed = np.asarray(_indices(level.ArrayIndicesType(), level.ArrayIndices()), dtype=np.int64)
            counts = segments[nodes + 1] - segments[nodes]
            parents = np.repeat(np.arange(len(nodes)), counts)
            within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            nodes = segments[nodes][parents] + within
            index = listed[nodes]
        place = place[parents]
        if dimension < rank:
            place[:, dimension] += index * block_sizes.get(dimension, 1)
        else:
            place[:, blocked[dimension - rank]] += index
    dense = np.zeros(shape, dtype=values.dtype)
    dense[tuple(place.T)] = values[nodes]
    return dense
