"""Tiny ONNX networks whose answer is known: a joint is where the picture's red, green or blue is brightest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from pose_core.arrays import FrameRGB

__all__ = ["HEIGHT", "JOINTS", "WIDTH", "declared", "dots", "movenet", "onnx_file", "simcc", "yolo_pose"]

WIDTH, HEIGHT = 64, 48
#: At the brightest red, green and blue.
JOINTS = ("left_shoulder", "right_hip", "nose")


def declared(decoder: str, /, **more: Any) -> dict[str, Any]:
    """A declaration that fits the network of that decoder."""
    own: dict[str, dict[str, Any]] = {
        "simcc": {"outputs": ["x", "y"], "split": 2.0},
        "movenet": {"outputs": ["out"]},
        "yolo_pose": {
            "outputs": ["out"],
            "rows": "raw",
            "classes": 1,
            "person": 0,
            "numbers": 3,
            "overlap": 0.5,
        },
    }
    return {
        "decoder": decoder,
        "width": WIDTH,
        "height": HEIGHT,
        "colours": "rgb",
        "layout": "nchw",
        "mean": [0.0, 0.0, 0.0],
        "std": [255.0, 255.0, 255.0],
        "fit": "letterbox",
        "padding": 0,
        "joints": list(JOINTS),
        "confidence": 0.3,
        **own[decoder],
        **more,
    }


def dots(places: Sequence[tuple[int, int]], size_wh: tuple[int, int] = (WIDTH, HEIGHT)) -> FrameRGB:
    """A black picture with a red, a green and a blue pixel at these places, x and y."""
    frame_rgb = np.zeros((size_wh[1], size_wh[0], 3), dtype=np.uint8)
    for colour, (x, y) in enumerate(places):
        frame_rgb[y, x, colour] = 255
    return frame_rgb


class _Net:
    """A graph as it is built."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def const(self, value: Any, dtype: Any = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, dtype=dtype), name))
        return name

    def do(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def colours(self, layout: str, cast: bool) -> str:
        """The picture as (1, 3, height, width) floats."""
        name = self.do("Cast", "image", to=TensorProto.FLOAT) if cast else "image"
        return self.do("Transpose", name, perm=[0, 3, 1, 2]) if layout == "nhwc" else name

    def places(self, layout: str, cast: bool = False) -> tuple[str, str, str]:
        """x and y in pixels and brightness of each colour's brightest pixel, (1, 3) each."""
        flat = self.do("Reshape", self.colours(layout, cast), self.const([1, 3, -1], np.int64))
        at = self.do("Cast", self.do("ArgMax", flat, axis=2, keepdims=0), to=TensorProto.FLOAT)
        y = self.do("Floor", self.do("Div", at, self.const(float(WIDTH))))
        x = self.do("Sub", at, self.do("Mul", y, self.const(float(WIDTH))))
        most = self.do("ReduceMax", flat, axes=[2], keepdims=0)
        return x, y, most

    def file(self, outputs: dict[str, Sequence[int]], layout: str, kind: int = TensorProto.FLOAT) -> bytes:
        shape = [1, 3, HEIGHT, WIDTH] if layout == "nchw" else [1, HEIGHT, WIDTH, 3]
        graph = helper.make_graph(
            self.nodes,
            "tiny",
            [helper.make_tensor_value_info("image", kind, shape)],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, list(s)) for n, s in outputs.items()],
            self.constants,
        )
        return onnx_file(graph)


def onnx_file(graph: Any, *extra_domains: str) -> bytes:
    """A graph as a file."""
    imports = [helper.make_opsetid("", 17), *(helper.make_opsetid(name, 1) for name in extra_domains)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    return bytes(model.SerializeToString())


def simcc(layout: str = "nchw", split: int = 2) -> bytes:
    """Rows ``x`` and ``y`` with the brightest pixel of each column and line, each `split` times."""
    net = _Net()
    picture = net.colours(layout, cast=False)
    for name, side, axis in (("x", WIDTH, 2), ("y", HEIGHT, 3)):
        row = net.do("ReduceMax", picture, axes=[axis], keepdims=0)
        row = net.do("Unsqueeze", row, net.const([3], np.int64))
        row = net.do("Expand", row, net.const([1, 3, side, split], np.int64))
        net.do("Reshape", row, net.const([1, 3, side * split], np.int64), output=name)
    return net.file({"x": (1, 3, WIDTH * split), "y": (1, 3, HEIGHT * split)}, layout)


def movenet(layout: str = "nhwc") -> bytes:
    """``out``: y, x as shares and a score; whole numbers in, as MoveNet takes them."""
    net = _Net()
    x, y, most = net.places(layout, cast=True)
    columns = [
        net.do("Div", y, net.const(float(HEIGHT))),
        net.do("Div", x, net.const(float(WIDTH))),
        net.do("Div", most, net.const(255.0)),
    ]
    net.do(
        "Reshape",
        net.do("Concat", *(net.do("Unsqueeze", c, net.const([2], np.int64)) for c in columns), axis=2),
        net.const([1, 1, 3, 3], np.int64),
        output="out",
    )
    return net.file({"out": (1, 1, 3, 3)}, layout, TensorProto.INT32)


def yolo_pose(layout: str = "nchw", rows: str = "raw") -> bytes:
    """``out``: the person, the same again and less sure, and one of whom nothing is sure."""
    net = _Net()
    x, y, most = net.places(layout)
    joints = net.do(
        "Concat", *(net.do("Unsqueeze", c, net.const([2], np.int64)) for c in (x, y, most)), axis=2
    )
    joints = net.do("Reshape", joints, net.const([1, 9], np.int64))
    people = []
    for box, score in (((20, 20, 30, 30), 0.9), ((21, 20, 30, 30), 0.8), ((55, 40, 10, 10), 0.1)):
        head = [*box, score] if rows == "raw" else [*box, score, 0.0]
        people.append(net.do("Concat", net.const([head]), joints, axis=1))
    together = net.do("Unsqueeze", net.do("Concat", *people, axis=0), net.const([0], np.int64))
    if rows == "raw":
        net.do("Transpose", together, perm=[0, 2, 1], output="out")
        return net.file({"out": (1, 14, 3)}, layout)
    net.do("Identity", together, output="out")
    return net.file({"out": (1, 3, 15)}, layout)
