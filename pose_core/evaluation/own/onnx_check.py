"""An ONNX file: checked, opened, run. Runs in the process of `pose_core.evaluation.own.child`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.errors import BundleError
from pose_core.evaluation.own.declaration import Declaration
from pose_core.evaluation.own.decoders import WrongOutputsError, decode, prepare

__all__ = ["OnnxNetwork"]

#: Operators of these are onnxruntime's own code; those of others would have to be loaded from elsewhere.
_DOMAINS: Final = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
#: onnxruntime says so in text only.
_NO_ROOM: Final = re.compile("bad.alloc|failed to allocate memory", re.IGNORECASE)
_TYPES: Final = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
}


class OnnxNetwork:
    """A network that is ready to be run.

    Parameters
    ----------
    data : bytes
        Content of an ``.onnx`` file, in which everything is.
    declared : Declaration

    Raises
    ------
    BundleError
    """

    def __init__(self, data: bytes, declared: Declaration) -> None:
        import onnxruntime

        _check(data)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except MemoryError:
            raise
        except Exception as error:  # its kinds have no common parent
            if _NO_ROOM.search(str(error)):
                raise MemoryError from error
            raise BundleError(
                "own_onnx_broken",
                "A network must be an ONNX file that onnxruntime can open; this one is cut off, damaged or newer than "
                "it. Export it again.",
            ) from error
        self._declared = declared
        self._name, self._type = self._input()
        known = {output.name for output in self._session.get_outputs()}
        missing = [name for name in declared.outputs if name not in known]
        if missing:
            raise _unlike(
                f"an output {_safe(missing[0])} must be there; it has {_safe(', '.join(sorted(known)))}"
            )

    def _input(self) -> tuple[str, Any]:
        declared = self._declared
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise _unlike(f"there must be one input; it has {len(inputs)}")
        (only,) = inputs
        if only.type not in _TYPES:
            raise _unlike(f"its input must hold float, float16, uint8 or int32; it holds {_safe(only.type)}")
        wanted = (
            (1, 3, declared.height, declared.width)
            if declared.layout == "nchw"
            else (1, declared.height, declared.width, 3)
        )
        shape = only.shape
        if len(shape) != 4 or any(
            isinstance(there, int) and there != size for there, size in zip(shape, wanted, strict=True)
        ):
            raise _unlike(f"its input must be {list(wanted)}; it is {_safe(str(shape))}")
        return only.name, _TYPES[only.type]

    def detect(self, frame_rgb: FrameRGB) -> tuple[FloatArray, FloatArray]:
        """People and their scores, as `decode`.

        Raises
        ------
        BundleError
        """
        tensor, placement = prepare(frame_rgb, self._declared)
        if np.issubdtype(self._type, np.integer):
            limits = np.iinfo(self._type)
            tensor = np.clip(np.rint(tensor), limits.min, limits.max)
        try:
            outputs = self._session.run(list(self._declared.outputs), {self._name: tensor.astype(self._type)})
            return decode(outputs, self._declared, placement)
        except MemoryError:
            raise
        except WrongOutputsError as error:
            raise _unlike(str(error)) from error
        except Exception as error:  # as above
            if _NO_ROOM.search(str(error)):
                raise MemoryError from error
            raise BundleError(
                "own_onnx_fails",
                "A network must run on one picture of the declared size; with this one onnxruntime fails. Check the "
                "declaration, or export it again.",
            ) from error


def _safe(text: str) -> str:
    """What a file calls something, fit for a sentence."""
    return re.sub(r"[^\w .,:/\[\]'-]", "?", text, flags=re.ASCII)[:120]


def _unlike(problem: str) -> BundleError:
    return BundleError(
        "own_onnx_unlike",
        "A network must be as its declaration says: {problem}. Correct the declaration, or export the network again.",
        problem=_safe(problem),
    )


def _check(data: bytes) -> None:
    """Whatever would be read from elsewhere is refused before anything is opened."""
    import onnx

    try:
        model = onnx.load_model_from_string(data)
    except MemoryError:
        raise
    except Exception as error:  # protobuf's errors have changed their place more than once
        raise BundleError(
            "own_onnx_no_onnx",
            "A network must be an ONNX file; this one is not, or is cut off. Export it again.",
        ) from error
    own = {function.domain for function in model.functions}
    for graph in (model.graph, *model.functions):
        for node in _nodes(graph):
            if node.domain not in _DOMAINS and node.domain not in own:
                raise BundleError(
                    "own_onnx_custom",
                    "A network must have standard operators only; this one has {name}, which would need a library of "
                    "its own. Export it without.",
                    name=_safe(f"{node.domain}.{node.op_type}"),
                )
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise BundleError(
                "own_onnx_external",
                "A network must be one file; this one keeps weights in others, such as {name}. Save it as one file.",
                name=_safe(
                    next((entry.value for entry in tensor.external_data if entry.key == "location"), "-")
                ),
            )


def _graphs(attributes: Any) -> Iterator[Any]:
    for attribute in attributes:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _nodes(graph: Any) -> Iterator[Any]:
    """All nodes, also those inside of loops and branches; without recursion, as a file can nest them deeply."""
    waiting = [graph]
    while waiting:
        for node in waiting.pop().node:
            yield node
            waiting += _graphs(node.attribute)


def _tensors(model: Any) -> Iterator[Any]:
    """Everything that has weights, wherever it is."""
    waiting = [model.graph]
    while waiting:
        graph = waiting.pop()
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
        for node in graph.node:
            yield from _of_node(node)
            waiting += _graphs(node.attribute)
    for function in model.functions:
        for node in _nodes(function):
            yield from _of_node(node)
    yield from (tensor for info in model.training_info for tensor in info.initialization.initializer)


def _of_node(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors
        sparse = [
            *attribute.sparse_tensors,
            *([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []),
        ]
        for one in sparse:
            yield from (one.values, one.indices)
