"""ONNX networks in their own process: what they find arrives, and what would do harm ends with a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pose_core.errors import BundleError
from pose_core.evaluation.dataset import AnnotatedPicture, Dataset, make_person
from pose_core.evaluation.keypoint_sets import COCO_JOINTS, recognise
from pose_core.evaluation.own import process as own_process
from pose_core.evaluation.own.checking import read_own_model
from pose_core.evaluation.own.declaration import read_declaration
from pose_core.evaluation.own.process import OwnProcess
from pose_core.evaluation.settings import Model, ValidationSettings
from pose_core.evaluation.validate import validate
from pose_core.models.pool import PosePool
from pose_core.settings import DetectionSettings
from pose_core.skeleton import INDEX
from tests.support.networks import HEIGHT, JOINTS, WIDTH, declared, dots, movenet, onnx_file, simcc, yolo_pose

PLACES = [(10, 20), (30, 40), (50, 5)]
COLUMNS = [INDEX[joint] for joint in JOINTS]
NHWC = {"layout": "nhwc", "mean": [0, 0, 0], "std": [1, 1, 1]}


def opened(data: bytes, decoder: str = "simcc", **more: Any) -> OwnProcess:
    declaration = read_declaration(json.dumps(declared(decoder, **more)).encode())
    return OwnProcess(data, declaration, DetectionSettings(people=2))


@pytest.mark.parametrize(
    ("data", "decoder", "more"),
    [
        (simcc, "simcc", {}),
        (lambda: simcc("nhwc"), "simcc", {"layout": "nhwc"}),
        (movenet, "movenet", NHWC),
        (yolo_pose, "yolo_pose", {}),
        (lambda: yolo_pose(rows="final"), "yolo_pose", {"rows": "final"}),
    ],
    ids=["simcc", "simcc_nhwc", "movenet", "yolo_raw", "yolo_final"],
)
def test_joints_are_where_the_network_sees_them(
    data: Callable[[], bytes], decoder: str, more: dict[str, Any]
) -> None:
    with closing(opened(data(), decoder, **more)) as network:
        found_px, scores = network.detect(dots(PLACES))
        np.testing.assert_allclose(found_px[0, COLUMNS], PLACES, atol=1e-4)
        assert np.isnan(np.delete(found_px[0], COLUMNS, axis=0)).all()
        assert scores[0] >= 0.9 - 1e-6
        # On a picture twice as large, back in its own pixels.
        large_px, _ = network.detect(np.kron(dots(PLACES), np.ones((2, 2, 1), dtype=np.uint8)))
        np.testing.assert_allclose(large_px[0, COLUMNS], np.array(PLACES) * 2, atol=1e-3)


@pytest.mark.parametrize(("data", "decoder", "more"), [(simcc, "simcc", {}), (movenet, "movenet", NHWC)])
def test_nobody_is_found_where_nothing_is_sure(
    data: Callable[[], bytes], decoder: str, more: dict[str, Any]
) -> None:
    with closing(opened(data(), decoder, **more)) as network:
        assert network.detect(dots(PLACES) * 0)[0].shape == (0, 33, 2)


def test_colours_in_the_wrong_order_show_as_exchanged_joints() -> None:
    with closing(opened(simcc(), colours="bgr")) as network:
        found_px, _ = network.detect(dots(PLACES))
    np.testing.assert_allclose(found_px[0, COLUMNS], PLACES[::-1])


def _dataset(places: list[tuple[int, int]], names: tuple[str, ...] = COCO_JOINTS) -> Dataset:
    kit = recognise(names)
    points = np.zeros((len(names), 3))
    points[[names.index(joint) for joint in JOINTS]] = [(*place, 2) for place in places]
    points[names.index("left_knee")] = (5, 5, 2)
    person = make_person(1, points, kit, box_xywh=[0, 0, WIDTH, HEIGHT])
    return Dataset("dots", "coco", kit, (AnnotatedPicture(1, "a", (person,), lambda: dots(PLACES)),))


@pytest.mark.parametrize("data", [simcc, yolo_pose], ids=["simcc", "yolo_pose"])
def test_a_network_is_validated_like_any_model_on_the_joints_that_it_has(data: Callable[[], bytes]) -> None:
    declaration = read_declaration(json.dumps(declared(data.__name__)).encode())
    own = Model("own:tiny", data(), declaration)
    pool = PosePool(image_limit=1)
    try:
        right = validate(_dataset(PLACES), ValidationSettings((own,), resamples=100), pool)
        off = validate(
            _dataset([(10, 20), (30, 40), (20, 30)]),
            ValidationSettings((own, Model("lite")), resamples=100),
            pool,
        )
    finally:
        pool.close()
    assert set(right.dataset.keypoints.joints) == set(JOINTS)
    assert "left_knee" in right.dataset.keypoints.not_comparable
    for protocol in ("whole", "crop"):
        scores = right.scores["own:tiny", protocol]  # type: ignore[index]
        assert (scores.found.value, scores.pck.value) == (1.0, 1.0)
        assert scores.oks.value == pytest.approx(1.0)
        assert off.scores["own:tiny", protocol].pck.value == pytest.approx(2 / 3)  # type: ignore[index]
        assert off.scores["lite", protocol].found.value == 0  # type: ignore[index]


# ---------------------------------------------------------------------- what would do harm
def _graph(nodes: list[Any], constants: list[Any] = []) -> bytes:  # noqa: B006 - never changed
    """A network with the declared input and outputs, and these nodes in between."""
    return onnx_file(
        helper.make_graph(
            nodes,
            "hostile",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, HEIGHT, WIDTH])],
            [
                helper.make_tensor_value_info("x", TensorProto.FLOAT, None),
                helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
            ],
            constants,
        ),
        "evil",
    )


def _xy(name: str) -> list[Any]:
    return [helper.make_node("Identity", [name], ["x"]), helper.make_node("Identity", [name], ["y"])]


def external_data() -> bytes:
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1, 3, 128])
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="../../../../etc/passwd")
    return _graph(_xy("w"), [weight])


def external_data_in_a_branch() -> bytes:
    weight = TensorProto(name="v", data_type=TensorProto.FLOAT, dims=[4])
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="/etc/passwd")
    out = helper.make_tensor_value_info("o", TensorProto.FLOAT, None)
    inner = helper.make_graph([helper.make_node("Constant", [], ["o"], value=weight)], "inner", [], [out])
    node = helper.make_node("If", ["c"], ["z"], then_branch=inner, else_branch=inner)
    return _graph([node, *_xy("z")], [helper.make_tensor("c", TensorProto.BOOL, [], [True])])


def own_operator() -> bytes:
    return _graph([helper.make_node("Steal", ["image"], ["z"], domain="evil"), *_xy("z")])


def giant_shape() -> bytes:
    shape = helper.make_tensor("s", TensorProto.INT64, [4], [4096, 4096, 64, 8])
    return _graph([helper.make_node("ConstantOfShape", ["s"], ["z"]), *_xy("z")], [shape])


def endless_loop() -> bytes:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["v"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, None),
        ],
    )
    constants = [
        helper.make_tensor("n", TensorProto.INT64, [], [2**62]),
        helper.make_tensor("t", TensorProto.BOOL, [], [True]),
    ]
    return _graph([helper.make_node("Loop", ["n", "t", "image"], ["z"], body=body), *_xy("z")], constants)


def no_numbers() -> bytes:
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0])
    return _graph([helper.make_node("Div", ["image", "zero"], ["z"]), *_xy("z")], [zero])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: b"", "own_onnx_broken"),
        (lambda: os.urandom(5000), "own_onnx_no_onnx"),
        (lambda: simcc()[:-20], "own_onnx_no_onnx"),
        (external_data, "own_onnx_external"),
        (external_data_in_a_branch, "own_onnx_external"),
        (own_operator, "own_onnx_custom"),
        (giant_shape, "own_model_memory"),
        (no_numbers, "own_onnx_unlike"),
        (lambda: simcc("nhwc"), "own_onnx_unlike"),
        (lambda: simcc(split=1), "own_onnx_unlike"),
        (yolo_pose, "own_onnx_unlike"),
    ],
    ids=[
        *(
            "empty",
            "noise",
            "cut",
            "external",
            "external_deep",
            "custom",
            "giant",
            "shape",
            "layout",
            "split",
            "names",
        )
    ],
)
def test_a_network_that_cannot_be_used_gets_its_sentence(data: Callable[[], bytes], code: str) -> None:
    with pytest.raises(BundleError) as caught, closing(opened(data())) as network:
        network.detect(dots(PLACES))
    assert caught.value.code == code


def test_an_endless_loop_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_process, "PICTURE_S", 0.5)
    with pytest.raises(BundleError) as caught, closing(opened(endless_loop())) as network:
        network.detect(dots(PLACES))
    assert caught.value.code == "own_model_late"


def test_a_process_that_has_ended_says_so_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_process, "PICTURE_S", 0.5)
    with closing(opened(endless_loop())) as network:
        for _ in range(2):
            with pytest.raises(BundleError) as caught:
                network.detect(dots(PLACES))
            assert caught.value.code == "own_model_late"


@pytest.mark.skipif(sys.platform != "linux", reason="such limits are Linux's")
def test_the_process_of_a_network_can_write_no_file(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from pose_core.evaluation.own.child import _write_nothing; _write_nothing(); "
        f"Path({str(tmp_path / 'x')!r}).write_text('x')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr


# ---------------------------------------------------------------------- files
def test_a_network_comes_with_its_declaration() -> None:
    data, text = simcc(), json.dumps(declared("simcc")).encode()
    model = read_own_model({"net.onnx": data, "net.json": text})
    assert (model.label, model.trial_found) == ("own:net", True)
    assert model.trial_error_torso > 0.25
    assert [warning.code for warning in model.warnings] == ["own_model_far_off"]
    for files in (
        {"net.onnx": data},
        {"net.json": text},
        {},
        {"a.onnx": data, "b.onnx": data},
        {"a.txt": b""},
    ):
        with pytest.raises(BundleError) as caught:
            read_own_model(files)
        assert caught.value.code == "own_model_files"


def test_the_checkers_own_networks_are_valid() -> None:
    for data in (simcc(), movenet(), yolo_pose(), yolo_pose(rows="final")):
        onnx.checker.check_model(onnx.load_model_from_string(data))
