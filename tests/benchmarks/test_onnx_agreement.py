"""The benchmark of the ONNX exports sees both networks, and would see one that differs."""

from __future__ import annotations

import onnx
from onnx import numpy_helper

from benchmarks.onnx_agreement import networks_apart
from pose_core.export.onnx_files import onnx_networks
from pose_core.models.bundles import verified_path
from pose_core.performer import render_frame


def test_networks_agree_with_litert_on_whole_pictures_and_on_crops_and_a_changed_one_does_not() -> None:
    pictures_rgb = [render_frame("squat", 0.4).rgb]
    detector, landmarks = onnx_networks(verified_path("lite").read_bytes())
    found = networks_apart("lite", (detector, landmarks), pictures_rgb)
    assert (found["detector_crops"], found["landmarks_crops"]) == (1, 1)
    assert max(found["detector_largest_px"], found["landmarks_largest_px"]) < 0.02
    model = onnx.load_model_from_string(landmarks)
    largest = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    largest.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(largest) * 1.1, largest.name))
    changed = networks_apart("lite", (detector, bytes(model.SerializeToString())), pictures_rgb)
    assert changed["landmarks_largest_px"] > 0.02
