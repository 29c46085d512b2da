"""An exported model runs by itself, and finds what MediaPipe finds."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pose_core.errors import BundleError
from pose_core.export.onnx_background import OnnxExporter
from pose_core.export.onnx_files import agreement, onnx_files, onnx_networks
from pose_core.export.onnx_run import N_LANDMARKS, PosePipeline, Square, find_anchors
from pose_core.media.images import decode_picture
from pose_core.models.landmarker import ImageLandmarker
from pose_core.performer import render_frame
from pose_core.performer.samples import sample_bytes
from pose_core.settings import DetectionSettings

#: Runs a script in which nothing can be imported but the standard library and three packages with what they need.
ALONE = """
import runpy, sys
allowed = {"onnxruntime", "numpy", "PIL", *sys.stdlib_module_names}
needed = {"google", "flatbuffers", "packaging"}

class Guard:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in allowed | needed and not top.startswith("_"):
            raise ModuleNotFoundError(f"{name} may not be imported")
        return None

sys.meta_path.insert(0, Guard())
sys.argv = sys.argv[1:]
sys.path[0] = ""
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    return onnx_files("lite")


@pytest.fixture(scope="module")
def pipeline(files: Mapping[str, bytes]) -> PosePipeline:
    return PosePipeline(files["detector.onnx"], files["landmarks.onnx"], find_anchors())


def test_files_are_complete_and_the_agreement_was_measured(files: Mapping[str, bytes]) -> None:
    assert set(files) == {
        *("detector.onnx", "landmarks.onnx", "anchors.npy", "run.py", "agreement.json"),
        *("README.md", "LICENSE", "NOTICE"),
    }
    measured = json.loads(files["agreement.json"])["agreement"]
    assert (measured["pictures"], measured["found_by_both"], measured["found_by_one"]) == (6, 5, 0)
    assert 0 <= measured["median_px"] <= measured["p90_px"] <= 0.15
    assert measured["largest_px"] < 1
    assert f"within {measured['median_px']} pixels" in files["README.md"].decode()


def test_script_runs_with_onnxruntime_numpy_and_pillow_alone(
    files: Mapping[str, bytes], tmp_path: Path
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    frame = render_frame("squat", 0.4)
    Image.fromarray(frame.rgb).save(tmp_path / "photo.png")
    command = [sys.executable, "-c", ALONE, str(tmp_path / "run.py"), str(tmp_path / "photo.png")]
    done = subprocess.run(
        [*command, "--draw", str(tmp_path / "drawn.png")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (person,) = json.loads(done.stdout)["people"]
    assert np.shape(person["landmarks_px"]) == np.shape(person["world_landmarks_m"]) == (N_LANDMARKS, 3)
    with closing(ImageLandmarker(DetectionSettings(model="lite"))) as landmarker:
        (pose,) = landmarker.detect(frame.rgb)
    away_px = np.linalg.norm(np.array(person["landmarks_px"])[:, :2] - pose.image_xy_px, axis=1)
    assert np.median(away_px) < 0.05
    np.testing.assert_allclose(np.array(person["landmarks_px"])[:, 2], pose.image_z_px, atol=0.5)
    np.testing.assert_allclose(person["world_landmarks_m"], pose.world_xyz_m, atol=0.002)
    np.testing.assert_allclose(person["visibility"], pose.visibility, atol=0.005)
    np.testing.assert_allclose(person["presence"], pose.presence, atol=0.005)
    drawn = np.asarray(Image.open(tmp_path / "drawn.png").convert("RGB"))
    assert (drawn != frame.rgb).any()


def test_guard_of_the_test_above_refuses_another_package(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("import cv2")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path / "run.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "cv2 may not be imported" in done.stderr


def test_two_people_are_told_apart(pipeline: PosePipeline) -> None:
    rgb = decode_picture(sample_bytes("two_people")).frame_rgb
    people = pipeline.find(rgb, people=5)
    middles = sorted(person.xyz_px[23:25, 0].mean() / rgb.shape[1] for person in people)
    assert len(people) == 2
    assert middles[0] < 0.5 < middles[1]


def test_nobody_is_found_in_a_grey_picture(pipeline: PosePipeline) -> None:
    grey = np.full((120, 160, 3), 128, dtype=np.uint8)
    assert pipeline.find(grey) == []
    assert agreement("lite", pipeline, [grey])["median_px"] is None


def test_anchors_are_the_middles_of_the_detectors_cells() -> None:
    anchors = find_anchors()
    assert anchors.shape == (2254, 2)
    np.testing.assert_allclose(
        anchors[[0, 1, 2]], [[4 / 224, 4 / 224], [4 / 224, 4 / 224], [12 / 224, 4 / 224]]
    )
    np.testing.assert_allclose(anchors[-1], [208 / 224, 208 / 224])


def test_square_cuts_out_turned_pixels_and_repeats_the_border() -> None:
    picture = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)
    np.testing.assert_array_equal(Square(2, 2, 4, 0).cut_out(picture, 4, repeat_border=False), picture)
    # A quarter turn clockwise: the square's right side shows what is at the bottom.
    turned = Square(1.5, 1.5, 4, np.pi / 2).to_picture(np.array([[1.0, 0.5]]))
    np.testing.assert_allclose(turned, [[1.5, 3.5]], atol=1e-12)
    left_of_it = Square(-2, 2, 4, 0)
    np.testing.assert_array_equal(
        left_of_it.cut_out(picture, 4, repeat_border=True), np.repeat(picture[:, :1], 4, axis=1)
    )
    assert not left_of_it.cut_out(picture, 4, repeat_border=False)[:, :3].any()


@pytest.mark.parametrize("content", [b"no zip", None], ids=["no zip", "zip without networks"])
def test_another_file_is_no_model(content: bytes | None) -> None:
    if content is None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("notes.txt", "nothing")
        content = buffer.getvalue()
    with pytest.raises(BundleError, match=r"\.task"):
        onnx_networks(content)


def test_an_export_is_made_once_in_the_background_and_the_last_is_kept() -> None:
    exporter = OnnxExporter()
    assert exporter.export("lite") is None
    for _ in range(2):
        exporter.start("lite")
    exporter.wait("lite", 60)
    made = exporter.export("lite")
    assert made is not None
    assert (exporter.making("lite"), exporter.problem("lite")) == (False, None)
    assert made.agreement["median_px"] <= 0.05
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        assert "run.py" in archive.namelist()
    exporter.start("lite")
    assert not exporter.making("lite")
    assert exporter.export("lite") is made


def test_an_export_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise BundleError("bundle_missing", "The model is missing.")

    monkeypatch.setattr("pose_core.export.onnx_files.onnx_files", broken)
    exporter = OnnxExporter()
    exporter.start("lite")
    exporter.wait("lite", 60)
    problem = exporter.problem("lite")
    assert problem is not None
    assert problem.code == "bundle_missing"
    assert not exporter.making("lite")
