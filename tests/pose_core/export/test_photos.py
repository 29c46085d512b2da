"""Files to download hold the same numbers, open in other programs, and have names that do no harm."""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pose_core.export.photo_batch import batch_xlsx, summary_csv
from pose_core.export.photos import (
    COLUMNS,
    SCHEMA_VERSION,
    landmark_rows,
    to_csv,
    to_json,
    to_xlsx,
    to_zip,
)
from pose_core.geometry.angles import ANGLE_NAMES, pose_angles_deg
from pose_core.models.bundles import bundle
from pose_core.models.landmarker import runtime_version
from pose_core.pipeline.photo import PhotoResult
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, PoseSettings
from pose_core.skeleton import INDEX, LANDMARK_NAMES
from pose_core.version import VERSION

PoseMaker = Callable[..., Pose]

#: The order that docs/conventions.md gives.
DOCUMENTED = [
    "frame",
    "time_s",
    "person",
    "landmark",
    "x_px",
    "y_px",
    "x_norm",
    "y_norm",
    "z",
    "world_x_m",
    "world_y_m",
    "world_z_m",
    "visibility",
    "presence",
    "reason",
]
#: The largest rounding error of each column.
HALF_A_DIGIT = {"px": 0.005, "_m": 0.00005, "else": 0.0000005}


def result_of(*poses: Pose, name: str = "a picture.jpg", **changes: Any) -> PhotoResult:
    values: dict[str, Any] = {
        "name": name,
        "sha256": "0" * 63 + "1",
        "format": "JPEG",
        "size_wh": (640, 480),
        "analysed_wh": (640, 480),
        "notes": ("rotated", "cmyk"),
        "poses": poses,
        "settings": PoseSettings(detection=DetectionSettings(model="lite", people=3)),
        "times_ms": MappingProxyType({"decode": 12.3456, "enlarge": 0.001, "inference": 20.0}),
    }
    return PhotoResult(**(values | changes))


@pytest.fixture
def odd_pose(make_pose: PoseMaker) -> Pose:
    """Numbers with many digits, some outside the picture, some unknown."""
    rng = np.random.default_rng(4)
    xy = rng.normal(300, 400, (33, 2))
    world = rng.normal(size=(33, 3))
    xy[5] = world[5] = np.nan
    return make_pose(image_xy_px=xy, world_xyz_m=world, image_z_px=rng.normal(0, 200, 33))


def tolerance(column: str) -> float:
    return HALF_A_DIGIT["px" if column.endswith("_px") else "_m" if column.endswith("_m") else "else"]


def expected_numbers(pose: Pose, i: int) -> dict[str, float]:
    x, y = pose.image_xy_px[i]
    return {
        "x_px": x,
        "y_px": y,
        "x_norm": x / 640,
        "y_norm": y / 480,
        "z": pose.image_z_px[i] / 640,
        "world_x_m": pose.world_xyz_m[i, 0],
        "world_y_m": pose.world_xyz_m[i, 1],
        "world_z_m": pose.world_xyz_m[i, 2],
        "visibility": pose.visibility[i],
        "presence": pose.presence[i],
    }


def assert_same_numbers(row: dict[str, Any], pose: Pose, i: int) -> None:
    for column, expected in expected_numbers(pose, i).items():
        cell = row[column]
        if math.isnan(expected):
            assert cell in ("", None), f"{column} is unknown"
        else:
            assert float(cell) == pytest.approx(expected, abs=tolerance(column) * 1.01), column


# ---------------------------------------------------------------------- CSV
def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_csv_parses_back_to_the_same_numbers(make_pose: PoseMaker, odd_pose: Pose) -> None:
    poses = [make_pose(), odd_pose]
    rows = read_csv(to_csv(result_of(*poses)))
    assert len(rows) == 2 * 33
    for number, row in enumerate(rows):
        person, i = divmod(number, 33)
        assert (row["frame"], float(row["time_s"])) == ("0", 0.0)
        assert (row["person"], row["landmark"]) == (str(person + 1), LANDMARK_NAMES[i])
        assert_same_numbers(row, poses[person], i)


def test_csv_of_several_pictures_numbers_them_as_frames(make_pose: PoseMaker) -> None:
    rows = read_csv(to_csv(result_of(make_pose()), result_of(), result_of(make_pose())))
    assert [row["frame"] for row in rows] == ["0"] * 33 + ["2"] * 33


def test_csv_has_the_documented_columns_and_plain_lines(make_pose: PoseMaker) -> None:
    data = to_csv(result_of(make_pose()))
    first, rest = data.split(b"\n", 1)
    assert first.decode().split(",") == DOCUMENTED == list(COLUMNS)
    assert b"\r" not in data
    assert not data.startswith(b"\xef\xbb\xbf")
    assert rest.endswith(b"\n")


def test_nobody_found_gives_only_the_header() -> None:
    assert to_csv(result_of()) == ",".join(DOCUMENTED).encode() + b"\n"


def test_rows_of_a_later_frame_carry_its_number_and_time(make_pose: PoseMaker) -> None:
    rows = list(landmark_rows([make_pose()], frame=7, time_s=0.23333))
    assert {(frame, time_s) for frame, time_s, *_ in rows} == {(7, 0.233)}


# ---------------------------------------------------------------------- JSON
def read_json(data: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    parsed: dict[str, Any] = json.loads(data.decode("utf-8"), parse_constant=refuse)
    return parsed


def test_json_says_where_the_numbers_come_from(make_pose: PoseMaker) -> None:
    result = result_of(make_pose(), analysed_wh=(853, 640))
    parsed = read_json(to_json(result))
    assert parsed["schema_version"] == SCHEMA_VERSION
    assert parsed["file"] == {
        "name": "a picture.jpg",
        "sha256": result.sha256,
        "format": "JPEG",
        "width_px": 640,
        "height_px": 480,
        "analysed_width_px": 853,
        "analysed_height_px": 640,
        "notes": ["rotated", "cmyk"],
    }
    assert parsed["model"] == {"variant": "lite", "sha256": bundle("lite").sha256}
    assert parsed["versions"]["posedeck"] == VERSION
    assert parsed["versions"]["mediapipe"] == runtime_version()
    assert parsed["settings"] == {
        "detection": {
            "model": "lite",
            "people": 3,
            "detection_confidence": 0.5,
            "presence_confidence": 0.5,
        },
        "draw": {
            "names": False,
            "angles": False,
            "confidence": False,
            "skeleton_only": False,
            "style": "classic",
            "letters": True,
            "arcs": [],
        },
        "visibility_limit": 0.5,
        "enlarge_small": True,
    }
    assert parsed["times_ms"] == {"decode": 12.35, "enlarge": 0.0, "inference": 20.0}


def test_json_holds_landmarks_and_angles_of_each_person(make_pose: PoseMaker, odd_pose: Pose) -> None:
    poses = [make_pose(hidden=("left_knee",)), odd_pose]
    people = read_json(to_json(result_of(*poses)))["people"]
    assert [person["person"] for person in people] == [1, 2]
    for person, pose in zip(people, poses, strict=True):
        assert [landmark["name"] for landmark in person["landmarks"]] == list(LANDMARK_NAMES)
        for i, landmark in enumerate(person["landmarks"]):
            assert_same_numbers(landmark, pose, i)
        for space in ("image", "world"):
            shown = person["angles_deg"][space]
            assert list(shown) == list(ANGLE_NAMES)
            for name, value in pose_angles_deg(pose, space, 0.5).items():
                if math.isnan(value):
                    assert shown[name] is None
                else:
                    assert shown[name] == pytest.approx(value, abs=0.0501)
    assert people[0]["angles_deg"]["image"]["left_knee"] is None
    assert people[0]["angles_deg"]["image"]["right_knee"] is not None


def test_json_of_nobody_is_an_empty_list() -> None:
    assert read_json(to_json(result_of()))["people"] == []


def test_json_keeps_chinese_readable_and_survives_broken_names() -> None:
    assert "深蹲.jpg".encode() in to_json(result_of(name="深蹲.jpg"))
    assert (
        read_json(to_json(result_of(name="half \udcff of a character")))["file"]["name"]
        == "half ? of a character"
    )


# ---------------------------------------------------------------------- XLSX
def read_xlsx(data: bytes) -> list[Worksheet]:
    return list(load_workbook(io.BytesIO(data)).worksheets)


def rows_of(sheet: Worksheet) -> list[dict[str, Any]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_workbook_has_three_sheets_with_headings_from_the_translator(make_pose: PoseMaker) -> None:
    sheets = read_xlsx(to_xlsx(result_of(make_pose()), lambda key: f"<{key[:20]}>"))
    assert [sheet.title for sheet in sheets] == ["<sheet.angles>", "<sheet.landmarks>", "<sheet.about>"]
    shown = [column for column in COLUMNS if column not in ("frame", "time_s")]  # there is one frame
    assert [cell.value for cell in sheets[1][1]] == [f"<column.{column}>"[:22] for column in shown]
    assert sheets[1]["B2"].value == "<landmark.nose>"
    assert all(sheet.freeze_panes == "A2" for sheet in sheets)


def test_workbook_holds_the_same_numbers(make_pose: PoseMaker, odd_pose: Pose) -> None:
    poses = [make_pose(hidden=("left_knee",)), odd_pose]
    angles, landmarks, _ = read_xlsx(to_xlsx(result_of(*poses)))
    rows = [{key.removeprefix("column."): value for key, value in row.items()} for row in rows_of(landmarks)]
    assert len(rows) == 2 * 33
    for number, row in enumerate(rows):
        person, i = divmod(number, 33)
        assert row["person"] == person + 1
        assert_same_numbers(row, poses[person], i)
    table = {(row["column.person"], row["column.angle"]): row for row in rows_of(angles)}
    assert len(table) == 2 * len(ANGLE_NAMES)
    expected = pose_angles_deg(poses[0], "image", 0.5)
    assert table[1, "angle.right_knee"]["column.image_deg"] == pytest.approx(
        expected["right_knee"], abs=0.0501
    )
    assert table[1, "angle.left_knee"]["column.image_deg"] is None
    assert table[1, "angle.left_knee"]["column.world_deg"] is None
    assert table[1, "angle.left_knee"]["column.image_reason"] == "reason.not_visible"
    assert table[1, "angle.left_knee"]["column.world_reason"] == "reason.not_visible"
    assert table[1, "angle.right_knee"]["column.image_reason"] is None


def test_workbook_says_where_the_numbers_come_from() -> None:
    angles, landmarks, about = read_xlsx(to_xlsx(result_of()))
    assert (landmarks.max_row, angles.max_row) == (1, 1), "nobody found: headings only"
    facts = {row["column.field"]: row["column.value"] for row in rows_of(about)}
    assert facts["schema_version"] == SCHEMA_VERSION
    assert facts["model.sha256"] == bundle("lite").sha256
    assert facts["file.notes"] == "rotated, cmyk"
    assert facts["settings.detection.people"] == 3
    assert facts["times_ms.decode"] == 12.35


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1+1.jpg", "'+1+1.jpg"),
        ("-2.jpg", "'-2.jpg"),
        ("@SUM(A1).jpg", "'@SUM(A1).jpg"),
        ("\t=1+1", "'=1+1"),
        ("\r\n=1+1", "'=1+1"),
        ("a\x00b\x1fc\ufffe.jpg", "abc.jpg"),
        ("\ud800.jpg", ".jpg"),
        ("a=b.jpg", "a=b.jpg"),
        ("深蹲.jpg", "深蹲.jpg"),
    ],
)
def test_a_hostile_file_name_is_only_text_in_a_workbook(name: str, shown: str) -> None:
    about = read_xlsx(to_xlsx(result_of(name=name)))[2]
    (cell,) = (row[1] for row in about.iter_rows() if row[0].value == "file.name")
    assert cell.value == shown
    assert cell.data_type == "s"


def test_negative_numbers_stay_numbers(make_pose: PoseMaker) -> None:
    sheet = read_xlsx(to_xlsx(result_of(make_pose(shift_xy=(-1000.0, 0.0)))))[1]
    cell = sheet.cell(2, COLUMNS.index("x_px") - 1)
    assert cell.value == -680
    assert cell.data_type == "n"


# ---------------------------------------------------------------------- reasons and marks
def cut_at_thighs(make_pose: PoseMaker) -> Pose:
    """The knees and all below them lie under the lower edge of the picture."""
    return make_pose(size_wh=(640, 300))


def test_a_joint_outside_the_picture_has_its_reason_in_every_file(make_pose: PoseMaker) -> None:
    result = result_of(cut_at_thighs(make_pose))
    (person,) = read_json(to_json(result))["people"]
    assert person["angles_deg"]["image"]["left_hip"] is None
    for space in ("image", "world"):
        assert person["angle_reasons"][space]["left_hip"] == "outside_picture"
        assert person["angle_reasons"][space]["left_elbow"] is None
    assert person["landmarks"][INDEX["left_knee"]]["reason"] == "outside_picture"
    assert read_csv(to_csv(result))[INDEX["left_knee"]]["reason"] == "outside_picture"
    angles, landmarks, _ = read_xlsx(to_xlsx(result))
    row = next(row for row in rows_of(angles) if row["column.angle"] == "angle.left_hip")
    assert row["column.image_reason"] == row["column.world_reason"] == "reason.outside_picture"
    assert rows_of(landmarks)[INDEX["left_knee"]]["column.reason"] == "reason.outside_picture"
    summary = list(csv.DictReader(io.StringIO(summary_csv([("a.jpg", "a", result)]).decode("utf-8-sig"))))
    assert (summary[0]["left_hip"], summary[0]["left_hip_reason"]) == ("", "outside_picture")


def test_an_uncertain_angle_keeps_its_value_and_is_marked(make_pose: PoseMaker) -> None:
    world = make_pose().world_xyz_m.copy()
    world[INDEX["left_knee"]] = world[INDEX["left_hip"]] + (0.0, 0.05, -0.4)  # the thigh points at the camera
    result = result_of(make_pose(world_xyz_m=world))
    (person,) = read_json(to_json(result))["people"]
    assert person["angles_deg"]["image"]["left_knee"] > 170
    assert person["angle_reasons"]["image"]["left_knee"] == "toward_camera"
    assert person["angle_reasons"]["world"]["left_knee"] is None


def test_the_summary_of_a_batch_has_true_names_angles_and_a_byte_order_mark(make_pose: PoseMaker) -> None:
    pose = make_pose(hidden=("left_knee",))
    data = summary_csv(
        [
            ("深蹲 1.jpg", "深蹲_1", result_of(pose, make_pose())),
            ("empty.png", "empty", result_of()),
            ("text.jpg", "text", "no picture"),
        ]
    )
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [(row["file"], row["people"], row["person"]) for row in rows] == [
        ("深蹲 1.jpg", "2", "1"),
        ("深蹲 1.jpg", "2", "2"),
        ("empty.png", "0", ""),
        ("text.jpg", "", ""),
    ]
    assert rows[3]["error"] == "no picture"
    expected = pose_angles_deg(pose, "image", 0.5)
    assert float(rows[0]["right_knee"]) == pytest.approx(expected["right_knee"], abs=0.0501)
    assert (rows[0]["left_knee"], rows[0]["left_knee_reason"]) == ("", "not_visible")


def test_the_workbook_of_a_batch_has_everybody_with_their_file(make_pose: PoseMaker) -> None:
    pose = make_pose(hidden=("left_knee",))
    outcomes = [
        ("=a.jpg", "a", result_of(pose, make_pose())),
        ("b.jpg", "b", result_of()),
        ("c", "c", "broken"),
    ]
    angles, landmarks, about = read_xlsx(batch_xlsx(outcomes))
    rows = rows_of(angles)
    assert [row["column.file"] for row in rows] == ["'=a.jpg", "'=a.jpg", "b.jpg", "c"]
    assert rows[3]["column.error"] == "broken"
    assert rows[0]["angle.left_knee"] is None
    assert rows[0]["angle.left_knee: column.note"] == "reason.not_visible"
    assert rows[1]["angle.left_knee"] == pytest.approx(
        pose_angles_deg(make_pose(), "image", 0.5)["left_knee"], abs=0.0501
    )
    joints = rows_of(landmarks)
    assert len(joints) == 66
    assert {row["column.file"] for row in joints} == {"'=a.jpg"}
    assert [row["column.person"] for row in joints] == [1] * 33 + [2] * 33
    made = {row["column.field"]: row["column.value"] for row in rows_of(about)}
    assert made["model.variant"] == "lite"
    assert not any(field.startswith(("file.", "times_ms.")) for field in made)


# ---------------------------------------------------------------------- ZIP
def test_zip_returns_every_file_unchanged() -> None:
    noise = np.random.default_rng(0).bytes(5000)
    files = [("深蹲_skeleton.png", noise), ("a.csv", b"1,2\n" * 500), ("a.json", b"{}"), ("empty.csv", b"")]
    data = to_zip(iter(files))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert [(info.filename, archive.read(info)) for info in archive.infolist()] == files
    assert len(data) < len(noise) + 1500, "text is compressed"


def test_zip_of_nothing_is_an_empty_archive() -> None:
    with zipfile.ZipFile(io.BytesIO(to_zip([]))) as archive:
        assert archive.namelist() == []
