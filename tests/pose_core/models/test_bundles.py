"""The shipped model files are intact and trimmed, and errors are clear when they are not."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from mediapipe.tasks.metadata import schema_py_generated as schema

from pose_core.errors import BundleError, SettingsError
from pose_core.models.bundles import FOLDER, MANIFEST, bundle, verified_path
from pose_core.settings import VARIANTS

SEGMENTATION_SIDE = 256
OUTPUT_SHAPES = [
    (1, 195),
    (1, 1),
    (1, 1),
    (1, 64, 64, 39),
    (1, 117),
]  # MediaPipe looks outputs up by position


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the manifest and the smallest bundle, free to be damaged."""
    for name in (MANIFEST, "lite.task"):
        shutil.copy(FOLDER / name, tmp_path)
    return tmp_path


@pytest.fixture(scope="module", params=VARIANTS)
def landmark_graph(request: pytest.FixtureRequest) -> Any:
    with zipfile.ZipFile(verified_path(request.param)) as task:
        content = task.read("pose_landmarks_detector.tflite")
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0)).subgraphs[0]


def _shape(graph: Any, tensor: int) -> tuple[int, ...]:
    return tuple(int(size) for size in graph.tensors[tensor].shape)


def test_the_variants_are_lite_full_and_heavy_by_size() -> None:
    assert VARIANTS == ("lite", "full", "heavy")
    sizes = [bundle(variant).size_bytes for variant in VARIANTS]
    assert sizes == sorted(set(sizes))


def test_the_folder_contains_only_the_manifest_its_files_and_their_licence() -> None:
    names = {MANIFEST, "LICENSE"} | {bundle(variant).path.name for variant in VARIANTS}
    assert {path.name for path in FOLDER.iterdir()} == names
    assert set(json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))["bundles"]) == set(VARIANTS)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_manifest_matches_the_file(variant: str) -> None:
    described = bundle(variant)
    content = described.path.read_bytes()
    assert described.size_bytes == len(content)
    assert described.sha256 == hashlib.sha256(content).hexdigest()
    assert verified_path(variant) == described.path


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_manifest_says_licence_origin_and_changes_of_each_network(variant: str) -> None:
    described = bundle(variant)
    assert described.licence == "Apache-2.0"
    with zipfile.ZipFile(described.path) as task:
        assert [source.entry for source in described.sources] == task.namelist()
    detector, landmarks = described.sources
    assert "mediapipe==0.10.21" in detector.origin
    assert f"pose_landmark_{variant}.tflite" in landmarks.origin
    assert any("segmentation decoder removed" in change for change in landmarks.changes)
    assert not any("segmentation" in change for change in detector.changes)


def test_the_landmark_graph_has_no_segmentation_output(landmark_graph: Any) -> None:
    shapes = [_shape(landmark_graph, tensor) for tensor in landmark_graph.outputs]
    assert not [shape for shape in shapes if SEGMENTATION_SIDE in shape]


def test_the_landmark_graph_computes_nothing_of_the_size_of_a_mask(landmark_graph: Any) -> None:
    written = [tensor for operator in landmark_graph.operators for tensor in operator.outputs]
    assert written
    assert not [tensor for tensor in written if SEGMENTATION_SIDE in _shape(landmark_graph, tensor)[1:3]]


def test_the_landmark_graph_keeps_the_five_places_that_mediapipe_reads(landmark_graph: Any) -> None:
    assert [_shape(landmark_graph, tensor) for tensor in landmark_graph.outputs] == OUTPUT_SHAPES
    assert landmark_graph.outputs[2] == landmark_graph.outputs[1]


def test_every_operator_of_the_landmark_graph_is_needed_for_an_output(landmark_graph: Any) -> None:
    read = {tensor for operator in landmark_graph.operators for tensor in operator.inputs}
    read.update(landmark_graph.outputs)
    assert not [operator for operator in landmark_graph.operators if not read.intersection(operator.outputs)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_networks_start_where_their_weights_are_aligned(variant: str) -> None:
    path = bundle(variant).path
    content = path.read_bytes()
    with zipfile.ZipFile(path) as task:
        for entry in task.infolist():
            network = task.read(entry)
            assert entry.compress_type == zipfile.ZIP_STORED
            assert content.index(network, entry.header_offset) % 64 == 0


@pytest.mark.parametrize("variant", ["", "Full", "medium", "../full"])
def test_an_unknown_variant_is_refused_with_the_choices(variant: str) -> None:
    with pytest.raises(SettingsError, match="lite, full, heavy") as caught:
        bundle(variant)
    assert caught.value.code == "setting_model"
    assert caught.value.values["value"] == variant


def test_an_untouched_copy_is_accepted(copy: Path) -> None:
    assert verified_path("lite", copy) == copy / "lite.task"


@pytest.mark.parametrize("name", ["lite.task", MANIFEST])
def test_a_missing_file_is_named_with_the_fix(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleError, match="git checkout -- pose_core/models/bundles") as caught:
        verified_path("lite", copy)
    assert caught.value.code == "bundle_missing"
    assert name in str(caught.value)


def _flip_one_bit(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [_flip_one_bit, lambda content: content[:-1], lambda content: b""])
def test_a_damaged_file_is_named_with_the_fix(copy: Path, damage: Any) -> None:
    path = copy / "lite.task"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(
        BundleError, match=r"lite\.task is damaged.*git checkout -- pose_core/models/bundles"
    ) as caught:
        verified_path("lite", copy)
    assert caught.value.code == "bundle_damaged"
    assert caught.value.values["found_bytes"] == path.stat().st_size


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"bundles": {}}', '{"bundles": {"lite": {"file": "lite.task"}}}']
)
def test_a_damaged_manifest_is_named_with_the_fix(copy: Path, text: str) -> None:
    (copy / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match="git checkout -- pose_core/models/bundles") as caught:
        bundle("lite", copy)
    assert caught.value.code == "bundle_damaged"
    assert MANIFEST in str(caught.value)


def test_a_folder_instead_of_a_file_is_called_unreadable(copy: Path) -> None:
    (copy / "lite.task").unlink()
    (copy / "lite.task").mkdir()
    with pytest.raises(BundleError, match=r"lite\.task cannot be read") as caught:
        verified_path("lite", copy)
    assert caught.value.code == "bundle_unreadable"


def test_looking_up_a_bundle_does_not_load_mediapipe() -> None:
    program = "import sys, pose_core.models.bundles as b; b.verified_path('lite'); print('mediapipe' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=FOLDER.parents[2], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "False"
