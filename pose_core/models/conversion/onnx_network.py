"""Writes a network that was read from a TFLite file as ONNX.

Covers the kinds of operators that MediaPipe's pose networks consist of; any other is refused by name. ONNX keeps
pictures as (1, channels, height, width), TFLite as (1, height, width, channels): inputs and outputs stay as TFLite has
them, and are turned at the edge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pose_core.errors import BundleError
from pose_core.models.conversion.tflite_network import Network, Operator

__all__ = ["OPSET", "to_onnx"]

OPSET: Final = 17
#: The version of ONNX's own format that goes with it; what is newer than a reader knows is refused by it.
_FORMAT_VERSION: Final = 8
#: Arrays of more values are stored with half precision, as Google ships them.
_SMALL: Final = 64
#: Where the dimensions (1, height, width, channels) go in (1, channels, height, width).
_PLACE_OF: Final = (0, 2, 3, 1)
_TO_CHANNELS_FIRST: Final = (0, 3, 1, 2)
_TO_CHANNELS_LAST: Final = (0, 2, 3, 1)


def to_onnx(network: Network, *, name: str, outputs: Mapping[int, str]) -> onnx.ModelProto:
    """Convert a network and check the result.

    Parameters
    ----------
    network : Network
    name : str
        The graph's name.
    outputs : mapping of int to str
        Which of the network's outputs to keep, by place, and their names.

    Returns
    -------
    onnx.ModelProto
        Takes ``"image"``, float32, in the shape that the network has; weights are stored as float16.

    Raises
    ------
    BundleError
        With code ``"network_operator"`` if it has an operator that is not known here.
    """
    return _Writer(network).write(name, outputs)


class _Writer:
    """Collects nodes and constants while it goes through a network's operators."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def write(self, name: str, outputs: Mapping[int, str]) -> onnx.ModelProto:
        network = self._network
        picture = network.inputs[0]
        self._node("Transpose", ["image"], _name(picture), perm=_TO_CHANNELS_FIRST)
        for operator in network.operators:
            write = _KINDS.get(operator.kind)
            if write is None:
                raise _unknown(operator.kind)
            write(self, operator)
        results = []
        for place, output_name in outputs.items():
            tensor = network.outputs[place]
            shape = network.tensors[tensor].shape
            if _is_picture(shape):
                self._node("Transpose", [_name(tensor)], output_name, perm=_TO_CHANNELS_LAST)
            else:
                self._node("Identity", [_name(tensor)], output_name)
            results.append(helper.make_tensor_value_info(output_name, TensorProto.FLOAT, shape))
        self._drop_unused(set(outputs.values()))
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, network.tensors[picture].shape)],
            results,
            list(self._constants.values()),
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="PoseDeck",
            ir_version=_FORMAT_VERSION,
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def _drop_unused(self, needed: set[str]) -> None:
        kept = []
        for node in reversed(self._nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
                kept.append(node)
        self._nodes = kept[::-1]
        self._constants = {name: value for name, value in self._constants.items() if name in needed}

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        """Store an array once, and return the name under which nodes get it."""
        if name in self._constants or f"{name}_half" in self._constants:
            return name
        if values.dtype == np.float32 and values.size > _SMALL:
            half = f"{name}_half"
            self._constants[half] = numpy_helper.from_array(values.astype(np.float16), half)
            self._node("Cast", [half], name, to=TensorProto.FLOAT)
        else:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def _value(self, tensor: int) -> str:
        """The name of what an operator takes: what another one gave, or a constant."""
        values = self._network.constants.get(tensor)
        if values is None:
            return _name(tensor)
        return self._constant(
            _name(tensor), values.transpose(_TO_CHANNELS_FIRST) if values.ndim == 4 else values
        )

    def _shape(self, tensor: int) -> tuple[int, ...]:
        return self._network.tensors[tensor].shape

    def _activated(self, kind: int, output: int, write: Callable[[str], None]) -> None:
        """Write a node and the activation that TFLite has inside of it."""
        name = _name(output)
        if kind == tflite.ActivationFunctionType.NONE:
            write(name)
            return
        raw = f"{name}_raw"
        write(raw)
        if kind == tflite.ActivationFunctionType.RELU:
            self._node("Relu", [raw], name)
        elif kind == tflite.ActivationFunctionType.RELU6:
            zero, six = (self._constant(f"clip_{n}", np.array(n, dtype=np.float32)) for n in (0, 6))
            self._node("Clip", [raw, zero, six], name)
        else:
            raise _unknown(f"activation {kind}")

    def _window(self, operator: Operator, size: tuple[int, int], dilation: tuple[int, int]) -> dict[str, Any]:
        """How a window of `size` moves over the picture: the attributes that convolution and pooling share."""
        options = operator.options
        strides = (options.StrideH(), options.StrideW())
        before, after = [0, 0], [0, 0]
        if options.Padding() == tflite.Padding.SAME:
            from_wh, to_wh = self._shape(operator.inputs[0])[1:3], self._shape(operator.outputs[0])[1:3]
            for axis in (0, 1):
                reach = (size[axis] - 1) * dilation[axis] + 1
                missing = max((to_wh[axis] - 1) * strides[axis] + reach - from_wh[axis], 0)
                before[axis], after[axis] = missing // 2, missing - missing // 2
        return {"kernel_shape": size, "strides": strides, "dilations": dilation, "pads": [*before, *after]}

    def convolution(self, operator: Operator) -> None:
        options = operator.options
        picture, kernel, *bias = operator.inputs
        each_channel = operator.kind == "DEPTHWISE_CONV_2D"
        weights = self._network.constants[kernel]
        size = (int(weights.shape[1]), int(weights.shape[2]))
        # TFLite: (outputs, height, width, inputs), or (1, height, width, channels) if each channel is on its own.
        weights = weights.transpose((3, 0, 1, 2) if each_channel else (0, 3, 1, 2))
        inputs = [self._value(picture), self._constant(f"{_name(kernel)}_kernel", weights)]
        inputs += [self._value(tensor) for tensor in bias if tensor >= 0]
        window = self._window(operator, size, (options.DilationHFactor(), options.DilationWFactor()))
        groups = self._shape(picture)[3] if each_channel else 1
        self._activated(
            options.FusedActivationFunction(),
            operator.outputs[0],
            lambda name: self._node("Conv", inputs, name, group=groups, **window),
        )

    def pooling(self, operator: Operator) -> None:
        options = operator.options
        window = self._window(operator, (options.FilterHeight(), options.FilterWidth()), (1, 1))
        inputs = [self._value(operator.inputs[0])]
        self._activated(
            options.FusedActivationFunction(),
            operator.outputs[0],
            lambda name: self._node("MaxPool", inputs, name, **window),
        )

    def addition(self, operator: Operator) -> None:
        inputs = [self._value(tensor) for tensor in operator.inputs]
        self._activated(
            operator.options.FusedActivationFunction(),
            operator.outputs[0],
            lambda name: self._node("Add", inputs, name),
        )

    def padding(self, operator: Operator) -> None:
        picture, amounts = operator.inputs
        before_after = self._network.constants[amounts].astype(np.int64)[list(_TO_CHANNELS_FIRST)]
        pads = self._constant(f"{_name(amounts)}_pads", before_after.T.reshape(-1))
        self._node("Pad", [self._value(picture), pads], _name(operator.outputs[0]))

    def enlarging(self, operator: Operator) -> None:
        options, output = operator.options, operator.outputs[0]
        size = np.array(self._shape(output), dtype=np.int64)[list(_TO_CHANNELS_FIRST)]
        mode = "align_corners" if options.AlignCorners() else "asymmetric"
        self._node(
            "Resize",
            [self._value(operator.inputs[0]), "", "", self._constant(f"{_name(output)}_size", size)],
            _name(output),
            mode="linear",
            coordinate_transformation_mode="half_pixel" if options.HalfPixelCenters() else mode,
        )

    def depth_to_space(self, operator: Operator) -> None:
        self._node(
            "DepthToSpace",
            [self._value(operator.inputs[0])],
            _name(operator.outputs[0]),
            blocksize=operator.options.BlockSize(),
            mode="DCR",
        )

    def logistic(self, operator: Operator) -> None:
        self._node("Sigmoid", [self._value(operator.inputs[0])], _name(operator.outputs[0]))

    def reshaping(self, operator: Operator) -> None:
        source, output = self._value(operator.inputs[0]), operator.outputs[0]
        shape = self._shape(output)
        if _is_picture(shape):
            raise _unknown("RESHAPE to a picture")
        if _is_picture(self._shape(operator.inputs[0])):
            self._node("Transpose", [source], f"{source}_last", perm=_TO_CHANNELS_LAST)
            source = f"{source}_last"
        if len(shape) == 4:
            shape = (shape[0], shape[3], shape[1], shape[2])
        target = self._constant(f"{_name(output)}_shape", np.array(shape, dtype=np.int64))
        self._node("Reshape", [source, target], _name(output))

    def joining(self, operator: Operator) -> None:
        rank = len(self._shape(operator.outputs[0]))
        axis = operator.options.Axis() % rank
        self._node(
            "Concat",
            [self._value(tensor) for tensor in operator.inputs],
            _name(operator.outputs[0]),
            axis=_PLACE_OF[axis] if rank == 4 else axis,
        )


_KINDS: Final[Mapping[str, Callable[[_Writer, Operator], None]]] = {
    "CONV_2D": _Writer.convolution,
    "DEPTHWISE_CONV_2D": _Writer.convolution,
    "MAX_POOL_2D": _Writer.pooling,
    "ADD": _Writer.addition,
    "PAD": _Writer.padding,
    "RESIZE_BILINEAR": _Writer.enlarging,
    "DEPTH_TO_SPACE": _Writer.depth_to_space,
    "LOGISTIC": _Writer.logistic,
    "RESHAPE": _Writer.reshaping,
    "CONCATENATION": _Writer.joining,
}


def _name(tensor: int) -> str:
    return f"t{tensor}"


def _is_picture(shape: tuple[int, ...]) -> bool:
    """Whether height and width make the order of dimensions matter."""
    return len(shape) == 4 and shape[1] * shape[2] > 1


def _unknown(kind: str) -> BundleError:
    return BundleError(
        "network_operator",
        "The export knows the operators of MediaPipe's pose networks; this network also has {kind}. Only lite, full "
        "and heavy can be exported.",
        kind=kind,
    )
