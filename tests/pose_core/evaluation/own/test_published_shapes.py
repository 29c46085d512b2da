"""The example declarations fit exports with the names, shapes and types of RTMPose, MoveNet and YOLO-pose."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import pytest
from onnx import TensorProto

from pose_core.arrays import FrameRGB
from pose_core.evaluation.own.declaration import example, read_declaration
from pose_core.evaluation.own.onnx_check import OnnxNetwork
from tests.support.published_networks import movenet_lightning, rtmpose, yolo_pose_640

#: Of red, green and blue, in a picture as wide as high would not need bars.
PLACES = [(60, 40), (300, 150), (190, 90)]
SIZES_WH = [(360, 180), (200, 420), (1280, 960)]
NETWORKS = [
    pytest.param("simcc", rtmpose, id="rtmpose"),
    pytest.param("simcc", partial(rtmpose, half=True), id="rtmpose_half"),
    pytest.param("simcc", partial(rtmpose, dynamic=True), id="rtmpose_dynamic"),
    pytest.param("movenet", movenet_lightning, id="movenet_int32"),
    pytest.param("movenet", partial(movenet_lightning, TensorProto.UINT8), id="movenet_uint8"),
    pytest.param("yolo_pose", yolo_pose_640, id="yolo"),
    pytest.param("yolo_pose", partial(yolo_pose_640, half=True), id="yolo_half"),
    pytest.param("yolo_pose", partial(yolo_pose_640, dynamic=True), id="yolo_dynamic"),
]


def lights(size_wh: tuple[int, int]) -> tuple[FrameRGB, np.ndarray]:
    """A dark picture with a red, a green and a blue light, and where their middles are."""
    places = np.array(PLACES) * np.array(size_wh) / (360, 180)
    frame_rgb = np.zeros((size_wh[1], size_wh[0], 3), dtype=np.uint8)
    y, x = np.mgrid[: size_wh[1], : size_wh[0]]
    for colour, (at_x, at_y) in enumerate(places):
        away = np.hypot(x - at_x, y - at_y) / max(size_wh)
        frame_rgb[..., colour] = np.clip(255 - 2500 * away, 0, 255)
    return frame_rgb, places


@pytest.mark.parametrize(("decoder", "data"), NETWORKS)
def test_the_example_declaration_fits_and_joints_are_where_they_are_in_pictures_of_any_shape(
    decoder: str, data: Callable[[], bytes]
) -> None:
    declared = read_declaration(example(decoder))
    network = OnnxNetwork(data(), declared)
    for size_wh in SIZES_WH:
        frame_rgb, places = lights(size_wh)
        found_px, scores = network.detect(frame_rgb)
        assert found_px.shape == (1, 17, 2)
        assert scores[0] > 0.5
        # Within a pixel and a half of the network's input, which is smaller than the picture or larger.
        pixel = max(size_wh[0] / declared.width, size_wh[1] / declared.height)
        np.testing.assert_allclose(found_px[0], places[np.arange(17) % 3], atol=1.5 * max(1.0, pixel) + 0.5)
        assert not len(network.detect(np.zeros_like(frame_rgb))[0]) or decoder == "yolo_pose"


def test_a_bar_is_where_the_declaration_says() -> None:
    declared = read_declaration(example("yolo_pose"))
    network = OnnxNetwork(yolo_pose_640(), declared)
    frame_rgb, places = lights((360, 180))
    # As an export without bars would place it, the picture lies elsewhere: such a mistake shows as far-off joints.
    found_px, _ = network.detect(frame_rgb)
    stretched = declared.model_copy(update={"fit": "stretch"})
    tall_rgb = cv2.copyMakeBorder(frame_rgb, 90, 90, 0, 0, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    by_hand_px, _ = OnnxNetwork(yolo_pose_640(), stretched).detect(np.asarray(tall_rgb, dtype=np.uint8))
    np.testing.assert_allclose(found_px[0], by_hand_px[0] - (0, 90), atol=0.6)
    np.testing.assert_allclose(found_px[0, :3], places, atol=1.5)
