"""Networks with the names, shapes and types of published exports; a joint is where a colour is brightest.

Joint ``j`` of the 17 follows red, green or blue: colour ``j % 3``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.support.networks import onnx_file

__all__ = ["movenet_lightning", "rtmpose", "yolo_pose_640"]

_JOINTS = 17
_COLOURS = np.arange(_JOINTS) % 3


class _Graph:
    """Nodes and constants as they are added; everything in between is float."""

    def __init__(self, name: str, kind: int, shape: list[int | str]) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._input = helper.make_tensor_value_info(name, kind, shape)
        self.picture = self.do("Cast", name, to=TensorProto.FLOAT)

    def const(self, value: Any, dtype: Any = np.int64) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(value, dtype=dtype), name))
        return name

    def do(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def file(self, outputs: dict[str, tuple[str, list[int | str]]], kind: int) -> bytes:
        """With these outputs: name, what it is made from, and its shape."""
        for name, (made_from, _) in outputs.items():
            self.do("Cast", made_from, output=name, to=kind)
        infos = [helper.make_tensor_value_info(name, kind, shape) for name, (_, shape) in outputs.items()]
        return onnx_file(helper.make_graph(self._nodes, "published", [self._input], infos, self._constants))


def _places(graph: _Graph, colours: str, width: int) -> tuple[str, str, str]:
    """x, y and brightness of each joint, (1, 17, 1), from colours (1, 3, height, width)."""
    flat = graph.do("Reshape", colours, graph.const([1, 3, -1]))
    flat = graph.do("Gather", flat, graph.const(_COLOURS), axis=1)
    at = graph.do("Cast", graph.do("ArgMax", flat, axis=2, keepdims=1), to=TensorProto.FLOAT)
    y = graph.do("Floor", graph.do("Div", at, graph.const(float(width), np.float32)))
    x = graph.do("Sub", at, graph.do("Mul", y, graph.const(float(width), np.float32)))
    return x, y, graph.do("ReduceMax", flat, axes=[2], keepdims=1)


def rtmpose(*, half: bool = False, dynamic: bool = False) -> bytes:
    """RTMPose: ``input`` 1x3x256x192 to ``simcc_x`` 1x17x384 and ``simcc_y`` 1x17x512."""
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    batch: int | str = "batch" if dynamic else 1
    graph = _Graph("input", kind, [batch, 3, 256, 192])
    outputs: dict[str, tuple[str, list[int | str]]] = {}
    for name, side, axis in (("simcc_x", 192, 2), ("simcc_y", 256, 3)):
        row = graph.do("ReduceMax", graph.picture, axes=[axis], keepdims=0)
        row = graph.do("Gather", row, graph.const(_COLOURS), axis=1)
        row = graph.do("Expand", graph.do("Unsqueeze", row, graph.const([3])), graph.const([1, 1, side, 2]))
        outputs[name] = (
            graph.do("Reshape", row, graph.const([1, _JOINTS, 2 * side])),
            [batch, _JOINTS, 2 * side],
        )
    return graph.file(outputs, kind)


def movenet_lightning(kind: int = TensorProto.INT32) -> bytes:
    """MoveNet: ``input`` 1x192x192x3 of whole numbers to ``output_0`` 1x1x17x3."""
    graph = _Graph("input", kind, [1, 192, 192, 3])
    x, y, most = _places(graph, graph.do("Transpose", graph.picture, perm=[0, 3, 1, 2]), 192)
    side = graph.const(192.0, np.float32)
    columns = [graph.do("Div", y, side), graph.do("Div", x, side)]
    score = graph.do("Div", most, graph.const(255.0, np.float32))
    joined = graph.do("Unsqueeze", graph.do("Concat", *columns, score, axis=2), graph.const([0]))
    return graph.file({"output_0": (joined, [1, 1, _JOINTS, 3])}, TensorProto.FLOAT)


def yolo_pose_640(*, half: bool = False, dynamic: bool = False) -> bytes:
    """YOLO-pose: ``images`` 1x3x640x640 to ``output0`` 1x56x8400, the person in one of the rows."""
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    shape: list[int | str] = ["batch", 3, "height", "width"] if dynamic else [1, 3, 640, 640]
    graph = _Graph("images", kind, shape)
    joints = graph.do("Concat", *_places(graph, graph.picture, 640), axis=2)
    joints = graph.do("Reshape", joints, graph.const([1, 3 * _JOINTS, 1]))
    head = graph.const(np.array([320, 320, 300, 500, 0.9]).reshape(1, 5, 1), np.float32)
    person = graph.do("Concat", head, joints, axis=1)
    before, after = (graph.const(np.zeros((1, 56, count)), np.float32) for count in (4000, 4399))
    rows = graph.do("Concat", before, person, after, axis=2)
    return graph.file(
        {"output0": (rows, ["batch" if dynamic else 1, 56, "anchors" if dynamic else 8400])}, kind
    )
