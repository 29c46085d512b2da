"""Networks read from model files and written as ONNX give what LiteRT gives for the originals."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from pose_core.errors import BundleError
from pose_core.export.onnx_files import onnx_networks
from pose_core.export.onnx_run import DETECTOR_PX, LANDMARKS_PX, Square
from pose_core.models.bundles import verified_path
from pose_core.models.conversion.onnx_network import to_onnx
from pose_core.models.conversion.tflite_network import Network, Operator, Tensor, read_network
from pose_core.performer import render_frame
from pose_core.settings import Variant

MOTIONS = ("squat", "lunge", "jack")


def original(variant: Variant, name: str) -> bytes:
    with zipfile.ZipFile(verified_path(variant)) as archive:
        return archive.read(f"{name}.tflite")


def litert(network: bytes, picture: NDArray[np.float32]) -> Mapping[tuple[int, ...], NDArray[Any]]:
    """The original's outputs, by shape."""
    interpreter = Interpreter(model_content=network)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    outputs = (interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details())
    return {output.shape: output.copy() for output in outputs}


def converted(network: bytes, picture: NDArray[np.float32]) -> Mapping[str, NDArray[Any]]:
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"image": picture}), strict=True))


def crops(size_px: int) -> list[NDArray[np.float32]]:
    """What a network sees of the performer, from 0 to 1."""
    pictures = [render_frame(motion, 0.4).rgb for motion in MOTIONS]
    return [
        np.float32(
            Square(rgb.shape[1] / 2, rgb.shape[0] / 2, rgb.shape[1], 0.1 * turn).cut_out(
                rgb, size_px, repeat_border=True
            )[None]
            / 255
        )
        for turn, rgb in enumerate(pictures)
    ]


@pytest.mark.parametrize("variant", ["lite", "full", pytest.param("heavy", marks=pytest.mark.nightly)])
def test_networks_agree_with_litert_within_a_fiftieth_of_a_pixel(variant: Variant) -> None:
    detector, landmarks = onnx_networks(verified_path(variant).read_bytes())
    for picture in crops(LANDMARKS_PX):
        ours, theirs = (
            converted(landmarks, picture),
            litert(original(variant, "pose_landmarks_detector"), picture),
        )
        assert set(ours) == {"landmarks", "presence", "heatmaps", "world_landmarks"}
        for output in ours.values():
            assert np.ptp(theirs[output.shape]) > 0 or output.shape == (1, 1)
        np.testing.assert_allclose(ours["landmarks"], theirs[1, 195], atol=0.02)  # pixels
        np.testing.assert_allclose(ours["world_landmarks"], theirs[1, 117], atol=1e-4)  # metres
        np.testing.assert_allclose(ours["heatmaps"], theirs[1, 64, 64, 39], atol=0.005)
        np.testing.assert_allclose(ours["presence"], theirs[1, 1], atol=1e-5)
    for picture in crops(DETECTOR_PX):
        picture = picture * 2 - 1
        ours, theirs = converted(detector, picture), litert(original(variant, "pose_detector"), picture)
        np.testing.assert_allclose(ours["boxes"], theirs[1, 2254, 12], atol=0.02)
        np.testing.assert_allclose(ours["scores"], theirs[1, 2254, 1], atol=0.02)


def test_weights_are_stored_in_half_precision_and_the_checker_agrees() -> None:
    data = original("lite", "pose_landmarks_detector")
    model = to_onnx(read_network(data), name="n", outputs={0: "landmarks"})
    onnx.checker.check_model(model, full_check=True)
    assert [opset.version for opset in model.opset_import] == [17]
    large = [tensor for tensor in model.graph.initializer if np.prod(tensor.dims) > 64]
    assert large
    assert all(tensor.data_type in (onnx.TensorProto.FLOAT16, onnx.TensorProto.INT64) for tensor in large)
    assert len(model.SerializeToString()) < len(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"not a network at all", b"\x00\x00\x00\x00TFL3" + b"\xff" * 64],
    ids=["empty", "text", "garbage behind the mark"],
)
def test_what_is_no_network_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(BundleError, match="TFLite") as error:
        read_network(data)
    assert error.value.code == "network_unreadable"


def test_an_operator_that_is_not_known_is_named() -> None:
    picture = Tensor("picture", (1, 8, 8, 3))
    network = Network((picture, picture), {}, (Operator("SOFTMAX", (0,), (1,), None),), (0,), (1,))
    with pytest.raises(BundleError, match="SOFTMAX"):
        to_onnx(network, name="n", outputs={0: "result"})
