"""Every form that is read, and what is said about the usual mistakes."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pose_core.errors import DatasetError
from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.files import FolderFiles, NameIndex, UploadedFiles, ZipFiles
from pose_core.evaluation.keypoint_sets import COCO_JOINTS
from pose_core.evaluation.reading import open_dataset, read_dataset
from pose_core.skeleton import LANDMARK_NAMES
from tests.support.annotations import annotation, coco

POINTS = np.column_stack([np.arange(17) + 10, np.arange(17) * 2 + 20, np.full(17, 2)])
PICTURE = {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}


def read(value: Any, *pictures: str, **files: bytes) -> Dataset:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_dataset(
        UploadedFiles({"a.json": data}), UploadedFiles(dict.fromkeys(pictures or ("a.jpg",), b""))
    )


def code_of(value: Any, *pictures: str) -> str:
    with pytest.raises(DatasetError) as caught:
        read(value, *pictures)
    return caught.value.code


def good(**more: Any) -> dict[str, Any]:
    return coco([PICTURE], [annotation(1, 1, POINTS, **more)])


# ---------------------------------------------------------------------- COCO
def test_coco_gives_points_flags_box_and_area() -> None:
    points = POINTS.copy()
    points[3, 2], points[4] = 1, 0
    dataset = read(coco([PICTURE], [annotation(7, 1, points, area=55.0, bbox=[1, 2, 30, 40])]))
    person = dataset.pictures[0].people[0]
    assert (person.id, person.area, person.box_xywh.tolist(), person.ignored) == (7, 55.0, [1, 2, 30, 40], "")
    assert person.flags.tolist() == [2, 2, 2, 1, 0, *[2] * 12]
    assert person.joints_xy[3].tolist() == [13, 26]
    assert np.isnan(person.joints_xy[4]).all()


def test_crowds_and_people_without_joints_are_not_scored() -> None:
    rows = [
        annotation(1, 1, POINTS, iscrowd=1),
        annotation(2, 1, POINTS * 0),
        annotation(3, 1, POINTS, num_keypoints=0),
        annotation(4, 1, POINTS),
    ]
    people = read(coco([PICTURE], rows)).pictures[0].people
    assert [person.ignored for person in people] == ["crowd", "no_keypoints", "no_keypoints", ""]


def test_joints_in_another_order_are_found_by_name() -> None:
    value = good()
    value["categories"][0]["keypoints"] = list(COCO_JOINTS[::-1])
    value["annotations"][0]["keypoints"] = POINTS[::-1].ravel().tolist()
    dataset = read(value)
    straight = read(good())
    order = [dataset.keypoints.joints.index(joint) for joint in COCO_JOINTS]
    np.testing.assert_array_equal(
        dataset.pictures[0].people[0].joints_xy[order], straight.pictures[0].people[0].joints_xy
    )


def test_ids_may_be_texts_in_one_place_and_numbers_in_another() -> None:
    value = good(image_id="1", category_id="1")
    assert len(read(value).pictures[0].people) == 1


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("a.jpg", "images/default/a.jpg"),
        ("sub/a.jpg", "pictures/sub/a.jpg"),
        ("images\\a.jpg", "a.jpg"),
        ("/data/upload/1/a.jpg", "images/a.jpg"),
        ("../../a.jpg", "x/a.jpg"),
        ("A.JPG", "a.jpg"),
    ],
    ids=["cvat", "subfolder", "windows", "label_studio", "upwards", "case"],
)
def test_a_picture_is_found_in_another_folder(wanted: str, there: str) -> None:
    value = good()
    value["images"][0]["file_name"] = wanted
    assert len(read(value, there, "other.jpg").pictures) == 1


def test_of_two_pictures_with_one_name_the_one_in_the_same_folder_counts() -> None:
    index = NameIndex(["images/one/a.jpg", "images/two/a.jpg"])
    assert index.find("two/a.jpg") == "images/two/a.jpg"
    assert index.find("a.jpg") is None


def test_missing_pictures_are_named_and_the_rest_is_read() -> None:
    value = good()
    value["images"].append({"id": 2, "file_name": "gone.jpg"})
    assert read(value).missing == ("gone.jpg",)


def test_people_are_taken_and_dogs_left_out() -> None:
    value = good()
    value["categories"].insert(0, {"id": 9, "name": "dog", "keypoints": ["nose", "tail"]})
    value["annotations"].append({"image_id": 1, "category_id": 9, "keypoints": [1, 1, 2, 3, 3, 2]})
    dataset = read(value)
    assert len(dataset.pictures[0].people) == 1
    assert "other_categories" in dataset.notes


def test_seventeen_unnamed_joints_are_taken_for_cocos_and_it_is_noted() -> None:
    value = good()
    del value["categories"][0]["keypoints"]
    assert "coco_order_assumed" in read(value).notes


def test_label_studios_export_without_area_takes_the_box() -> None:
    value = good()
    value["categories"] = [
        {"id": 0, "name": "Person"},
        {
            "id": 1,
            "name": "default",
            "supercategory": "default",
            "keypoints": list(COCO_JOINTS),
            "skeleton": [],
        },
    ]
    del value["annotations"][0]["area"]
    value["annotations"].append({"id": 5, "image_id": 1, "category_id": 0, "bbox": [1, 1, 2, 2], "area": 4})
    dataset = read(value)
    assert len(dataset.pictures[0].people) == 1
    assert "area_from_box" in dataset.notes


def _points_exported() -> dict[str, Any]:
    value = good()
    value["categories"] = [{"id": i, "name": name} for i, name in enumerate(COCO_JOINTS)]
    value["annotations"] = [
        {"id": i, "image_id": 1, "category_id": i, "keypoints": [5, 5, 2], "bbox": [5, 5, 1, 1]}
        for i in range(17)
    ]
    return value


def _edited(**more: Any) -> dict[str, Any]:
    return {**good(), **more}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b'{"images": [', "dataset_json_broken"),
        (b"\xff\xfe\x00", "dataset_json_broken"),
        (b"[" * 100_000, "dataset_json_broken"),
        ({"shapes": []}, "dataset_json_unknown"),
        (_edited(images=[{"id": 1}]), "dataset_field_wrong"),
        (_edited(images=[PICTURE, PICTURE]), "dataset_picture_twice"),
        (b'{"images": [], "annotations": [{"area": NaN}]}', "dataset_json_nan"),
        (b'{"images": [], "annotations": [{"area": -Infinity}]}', "dataset_json_nan"),
        (b'{"images": [{"id": 1e999}]}', "dataset_json_broken"),
        (_edited(annotations=[annotation(1, 1, POINTS)] * 2), "dataset_annotation_twice"),
        (_edited(annotations=[{}] * 500_001), "dataset_too_many_annotations"),
        (_edited(annotations="all"), "dataset_field_wrong"),
        (good(bbox=[0, 0, 1e300, 1e300]), "dataset_far_outside"),
        (good(image_id=99), "dataset_picture_unlisted"),
        (good(keypoints=[1, 2, 2]), "dataset_keypoints_length"),
        (good(keypoints=[1e9] * 51), "dataset_far_outside"),
        (good(keypoints=["x"] * 51), "dataset_field_wrong"),
        (_points_exported(), "dataset_points"),
        (
            _edited(annotations=[{"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2]}]),
            "dataset_no_keypoints",
        ),
        (_edited(annotations=[]), "dataset_no_keypoints"),
        (good(keypoints=[0] * 51, num_keypoints=0), "dataset_nobody"),
        ([{"image_id": 1, "category_id": 1, "keypoints": [], "score": 1}], "dataset_predictions"),
        ([{"id": 1, "annotations": [], "data": {"image": "x"}}], "dataset_label_studio"),
        (coco([PICTURE], [annotation(1, 1, POINTS[:2])], ("neck", "head_top")), "dataset_nothing_comparable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_has_its_own_sentence(value: Any, code: str) -> None:
    assert code_of(value) == code


def test_without_any_of_its_pictures_annotations_are_refused() -> None:
    assert code_of(good(), "other.jpg") == "dataset_pictures_missing"


def test_a_file_full_of_faults_is_refused_at_the_first() -> None:
    tracemalloc.start()
    try:
        assert code_of(_edited(annotations=[{}] * 200_000)) == "dataset_field_wrong"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60e6


#: Names as the data sets themselves write them, how the set is called, and what nothing is made up for.
SETS = {
    "MPII": (
        "r_ankle r_knee r_hip l_hip l_knee l_ankle pelvis thorax upper_neck head_top r_wrist r_elbow r_shoulder "
        "l_shoulder l_elbow l_wrist",
        {"pelvis", "thorax", "upper_neck", "head_top"},
    ),
    "AIC": (
        "right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist right_hip right_knee right_ankle "
        "left_hip left_knee left_ankle head_top neck",
        {"head_top", "neck"},
    ),
    "H36M": (
        "root right_hip right_knee right_foot left_hip left_knee left_foot spine thorax neck_base head left_shoulder "
        "left_elbow left_wrist right_shoulder right_elbow right_wrist",
        {"root", "spine", "thorax", "neck_base", "head"},
    ),
    "Halpe": (
        "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist "
        "right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle head neck hip left_big_toe "
        "right_big_toe left_small_toe right_small_toe left_heel right_heel",
        {"head", "neck", "hip", "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe"},
    ),
    "PoseTrack": (
        "nose head_bottom head_top left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist "
        "right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle",
        {"head_bottom", "head_top"},
    ),
    "LSP": (
        "right_ankle right_knee right_hip left_hip left_knee left_ankle right_wrist right_elbow right_shoulder "
        "left_shoulder left_elbow left_wrist neck head_top",
        {"neck", "head_top"},
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_other_sets_are_compared_by_name_in_coco_and_in_yolo(name: str) -> None:
    joints, others = tuple(SETS[name][0].split()), SETS[name][1]
    points = np.column_stack(
        [np.arange(len(joints)) + 10, np.arange(len(joints)) + 20, np.full(len(joints), 2)]
    )
    dataset = read(coco([PICTURE], [annotation(1, 1, points)], joints))
    kit = dataset.keypoints
    assert kit.name == name
    assert set(kit.not_comparable) == others
    assert set(kit.joints) <= set(LANDMARK_NAMES)
    assert len(kit.joints) == len(joints) - len(others)
    # Each joint has the place of its own column.
    np.testing.assert_array_equal(dataset.pictures[0].people[0].joints_xy[:, 0], 10 + kit.columns)
    listed = "".join(f"    - {joint}\n" for joint in joints)
    yolo = _yolo(_line(len(joints)), f"kpt_shape: [{len(joints)}, 3]\nkpt_names:\n  0:\n{listed}")
    assert yolo.keypoints.joints == kit.joints
    assert set(yolo.keypoints.not_comparable) == others


# ---------------------------------------------------------------------- YOLO
def _yolo(lines: str, yaml: str = "", *pictures: str) -> Dataset:
    files = {"labels/train/a.txt": lines.encode(), "data.yaml": yaml.encode()}
    return read_dataset(UploadedFiles({**files, **dict.fromkeys(pictures or ("images/train/a.jpg",), b"")}))


def _line(count: int = 17, dims: int = 3) -> str:
    joint = ["0.5", "0.25", "2"][:dims]
    return " ".join(["0", "0.5", "0.5", "0.2", "0.4", *(joint * (count - 1)), *(["0"] * dims)])


@pytest.mark.parametrize("dims", [2, 3])
def test_yolo_gives_shares_of_the_picture(dims: int) -> None:
    picture = _yolo(_line(dims=dims)).pictures[0]
    person = picture.people[0]
    assert picture.normalised
    np.testing.assert_allclose(person.box_xywh, [0.4, 0.3, 0.2, 0.4])
    assert person.joints_xy[0].tolist() == [0.5, 0.25]
    assert person.flags.tolist() == [*[2] * 16, 0]


def test_yolo_names_of_joints_come_from_its_yaml() -> None:
    yaml = "kpt_shape: [3, 3]\nkpt_names:\n  0:\n    - left_knee\n    - neck\n    - nose\n"
    dataset = _yolo(_line(3), yaml)
    assert dataset.keypoints.joints == ("left_knee", "nose")
    assert dataset.keypoints.not_comparable == ("neck",)


def test_a_picture_without_labels_shows_nobody() -> None:
    dataset = _yolo(_line(), "", "images/train/a.jpg", "images/train/empty.jpg")
    assert [len(picture.people) for picture in dataset.pictures] == [1, 0]


@pytest.mark.parametrize(
    ("lines", "yaml", "code"),
    [
        ("0 0.5 0.5 0.2 0.4", "", "dataset_yolo_boxes"),
        ("person here", "", "dataset_yolo_line"),
        ("0 320 240 100 200 " + "1 1 2 " * 17, "", "dataset_yolo_line"),
        (_line().replace("0.25", "nan"), "", "dataset_yolo_line"),
        (_line().replace("0.25", "1e300"), "", "dataset_yolo_line"),
        (_line(5), "", "dataset_joints_unnamed_yolo"),
        (_line().rsplit(" ", 1)[0], "", "dataset_joints_unnamed_yolo"),
        ((_line() + "\n") * 1001, "", "dataset_yolo_many"),
        (_line(17), "kpt_shape: [16, 3]", "dataset_yolo_length"),
    ],
    ids=["boxes", "words", "pixels", "nan", "huge", "unnamed", "one_less", "many", "length"],
)
def test_a_mistake_in_yolo_has_its_own_sentence(lines: str, yaml: str, code: str) -> None:
    with pytest.raises(DatasetError) as caught:
        _yolo(lines, yaml)
    assert caught.value.code == code


# ---------------------------------------------------------------------- our own
def test_our_own_photo_json_is_read_again() -> None:
    marks = [
        {"name": name, "x_px": i, "y_px": 2 * i, "visibility": 0.9 if i else 0.1, "reason": None}
        for i, name in enumerate(LANDMARK_NAMES)
    ]
    marks[5]["reason"] = "outside_picture"
    photo = {
        "schema_version": "1.0",
        "file": {"name": "a.jpg", "width_px": 640, "height_px": 480},
        "people": [{"person": 1, "landmarks": marks}],
    }
    person = read(photo).pictures[0].people[0]
    assert person.flags.tolist() == [1, 2, 2, 2, 2, 0, *[2] * 27]
    assert person.joints_xy[32].tolist() == [32, 64]
    photo["people"][0].pop("landmarks")  # type: ignore[attr-defined, index]
    assert code_of(photo) == "dataset_own_wrong"


# ---------------------------------------------------------------------- files
def _zip(entries: dict[str, bytes], **more: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries.items():
            packed.writestr(name, data)
        for info, data in more.get("infos", ()):
            packed.writestr(info, data)
    return file.getvalue()


def test_cvats_zip_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(
        _zip(
            {
                "annotations/person_keypoints_default.json": json.dumps(good()).encode(),
                "images/default/a.jpg": b"jpeg",
            }
        )
    )
    dataset = open_dataset(path)
    assert [picture.load() for picture in dataset.pictures] == [b"jpeg"]


def test_cvats_xml_with_points_has_its_own_sentence() -> None:
    xml = b"<annotations><image><points label='left_knee'/></image></annotations>"
    with pytest.raises(DatasetError) as caught:
        read_dataset(UploadedFiles({"annotations.xml": xml}))
    assert caught.value.code == "dataset_points"
    with pytest.raises(DatasetError) as caught:
        read_dataset(UploadedFiles({"annotations.xml": b"<annotations><skeleton/></annotations>"}))
    assert caught.value.code == "dataset_xml"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\x", "..\\x"])
def test_a_zip_with_a_name_outside_of_it_is_refused(name: str) -> None:
    with pytest.raises(DatasetError) as caught:
        ZipFiles(_zip({name: b"x"}), "a.zip")
    assert caught.value.code == "dataset_zip_outside"


def test_a_symbolic_link_in_a_zip_does_not_count() -> None:
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = 0o120777 << 16
    assert ZipFiles(_zip({"a.jpg": b"x"}, infos=[(link, b"/etc/passwd")]), "a.zip").names == ("a.jpg",)


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(DatasetError) as caught:
        ZipFiles(_zip({"a.json": bytes(12 * 2**20)}), "a.zip")
    assert caught.value.code == "dataset_zip_bomb"


def test_a_file_that_is_larger_than_its_zip_says_is_not_unpacked_further() -> None:
    data = bytearray(_zip({"a.jpg": os.urandom(1000)}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(DatasetError) as caught:
        ZipFiles(bytes(data), "a.zip").read("a.jpg")
    assert caught.value.code == "dataset_zip_damaged"


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04rest", _zip({"a.jpg": os.urandom(5000)})[:3000]], ids=["0", "1", "2"]
)
def test_a_damaged_zip_is_refused(data: bytes) -> None:
    with pytest.raises(DatasetError) as caught:
        ZipFiles(data, "a.zip")
    assert caught.value.code == "dataset_zip_damaged"


def test_damaged_content_of_a_zip_is_refused() -> None:
    data = bytearray(_zip({"a.jpg": bytes(range(256)) * 40}))
    data[60:80] = bytes(20)
    with pytest.raises(DatasetError) as caught:
        ZipFiles(bytes(data), "a.zip").read("a.jpg")
    assert caught.value.code == "dataset_zip_damaged"


def test_a_picture_may_not_be_larger_than_anywhere_else() -> None:
    with pytest.raises(DatasetError) as caught:
        UploadedFiles({"a.jpg": bytes(51 * 2**20)}).read("a.jpg")
    assert caught.value.code == "dataset_file_too_large"


def test_links_out_of_a_folder_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "in" / "a.jpg").write_bytes(b"a")
    (tmp_path / "in" / "b.jpg").symlink_to("a.jpg")
    (tmp_path / "in" / "c.jpg").symlink_to(tmp_path / "secret.jpg")
    (tmp_path / "in" / "d").symlink_to(tmp_path)
    files = FolderFiles(tmp_path / "in")
    assert files.names == ("a.jpg", "b.jpg")
    with pytest.raises(FileNotFoundError):
        files.read("../secret.jpg")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        open_dataset(tmp_path / "gone.json")
    assert caught.value.code == "dataset_not_there"
    with pytest.raises(DatasetError) as caught:
        open_dataset(tmp_path)
    assert caught.value.code == "dataset_no_annotations"
