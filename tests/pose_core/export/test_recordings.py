"""Files of a recording hold its numbers, open in other programs, and say which frames showed nobody."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

import pose_core.export.recordings as recording_files
from pose_core.export.recordings import (
    MAX_XLSX_LANDMARK_ROWS,
    RECORDING_COLUMNS,
    recording_to_csv,
    recording_to_json,
    recording_to_xlsx,
)
from pose_core.geometry.angles import ANGLE_NAMES, pose_angles_deg
from pose_core.models.bundles import bundle
from pose_core.models.landmarker import runtime_version
from pose_core.pose import Layer, Pose, PoseSequence, TrackedPerson
from pose_core.settings import DetectionSettings, PoseSettings
from pose_core.skeleton import INDEX, LANDMARK_NAMES
from pose_core.tracking.recorder import Recorder
from pose_core.tracking.recording import Recording
from pose_core.tracking.recording_summary import summarise
from pose_core.version import VERSION
from tests.support.watching import watched

PoseMaker = Callable[..., Pose]
SIZE = (640, 480)
#: The order that docs/conventions.md gives.
DOCUMENTED = (
    "frame,time_s,person,landmark,x_px,y_px,x_norm,y_norm,z,world_x_m,world_y_m,world_z_m,"
    "visibility,presence,x_raw_px,y_raw_px,reason"
)


def odd_pose(make_pose: PoseMaker, seed: int) -> Pose:
    """Numbers with many digits, some outside the picture, some unknown."""
    rng = np.random.default_rng(seed)
    xy, world = rng.normal(300, 400, (33, 2)), rng.normal(size=(33, 3))
    xy[5] = world[5] = np.nan
    return make_pose(
        image_xy_px=xy,
        world_xyz_m=world,
        image_z_px=rng.normal(0, 200, 33),
        visibility=rng.random(33),
        presence=rng.random(33),
    )


@pytest.fixture
def poses(make_pose: PoseMaker) -> list[Pose]:
    return [odd_pose(make_pose, seed) for seed in range(5)]


@pytest.fixture
def recording(make_pose: PoseMaker, poses: list[Pose]) -> Recording:
    """Four frames: nobody; persons 1 and 4; nobody; person 4. Person 4 stands still, with a hidden knee."""
    still = make_pose(hidden=("left_knee",))
    recorder = Recorder(PoseSettings(detection=DetectionSettings(model="lite", people=2)))
    recorder.add(watched(10.0, [], SIZE))
    recorder.add(
        watched(10.03333, [TrackedPerson(1, poses[0], poses[1]), TrackedPerson(4, poses[2], still)], SIZE)
    )
    recorder.add(watched(10.06667, [], SIZE))
    recorder.add(watched(10.1, [TrackedPerson(4, poses[3], still)], SIZE))
    return recorder.stop()


@pytest.fixture
def nobody() -> Recording:
    recorder = Recorder(PoseSettings())
    recorder.add(watched(0.0, [], SIZE))
    recorder.add(watched(0.5, [], SIZE))
    return recorder.stop()


def expected_numbers(raw: Pose, pose: Pose, i: int) -> dict[str, tuple[float, float]]:
    """Value and half a digit of each column."""
    x, y = pose.image_xy_px[i]
    world = pose.world_xyz_m[i]
    return {
        "x_px": (x, 0.005),
        "y_px": (y, 0.005),
        "x_norm": (x / 640, 5e-7),
        "y_norm": (y / 480, 5e-7),
        "z": (pose.image_z_px[i] / 640, 5e-7),
        "world_x_m": (world[0], 5e-5),
        "world_y_m": (world[1], 5e-5),
        "world_z_m": (world[2], 5e-5),
        "visibility": (pose.visibility[i], 5e-7),
        "presence": (pose.presence[i], 5e-7),
        "x_raw_px": (raw.image_xy_px[i, 0], 0.005),
        "y_raw_px": (raw.image_xy_px[i, 1], 0.005),
    }


def assert_same_numbers(row: dict[str, Any], raw: Pose, pose: Pose, i: int) -> None:
    for column, (expected, half_a_digit) in expected_numbers(raw, pose, i).items():
        if column not in row:
            assert column in ("x_norm", "y_norm")
        elif math.isnan(expected):
            assert row[column] in ("", None), f"{column} is unknown"
        else:  # stored as float32
            assert float(row[column]) == pytest.approx(expected, rel=1e-6, abs=half_a_digit * 1.01), column


def of_frames(frames: int, make_pose: PoseMaker) -> Recording:
    """Person 2 in every frame, person 1 in two of three; each stands somewhere else in each frame."""
    recorder = Recorder(PoseSettings())
    for n in range(frames):
        numbers = [1, 2] if n % 3 else [2]
        poses = {number: make_pose(shift_xy=(n / 10, float(number))) for number in numbers}
        people = [TrackedPerson(number, pose, pose) for number, pose in poses.items()]
        recorder.add(watched(n / 30, people, SIZE))
    return recorder.stop()


class Sequences:
    """People over time that nobody recorded, as a video has them."""

    def __init__(self, recording: Recording) -> None:
        layers: tuple[Layer, Layer] = ("raw", "smoothed")
        self.time_s, self.people, self.settings = recording.time_s, recording.people, recording.settings
        self._sequences = {
            (person, layer): recording.sequence(person, layer) for person in self.people for layer in layers
        }

    def sequence(self, person: int, layer: Layer, frames: slice = slice(None)) -> PoseSequence:
        return self._sequences[person, layer][frames]


def test_sequences_from_anywhere_give_the_same_summary_and_csv(
    recording: Recording, make_pose: PoseMaker
) -> None:
    for one in (recording, of_frames(700, make_pose)):
        assert recording_to_csv(Sequences(one)) == recording_to_csv(one)
        assert repr(summarise(Sequences(one))) == repr(one.summary)


def test_times_of_other_sequences_may_start_anywhere(recording: Recording) -> None:
    later = Sequences(recording)
    later.time_s = recording.time_s + 5.0
    assert summarise(later).duration_s == pytest.approx(recording.summary.duration_s)
    assert summarise(later).rate_hz == pytest.approx(recording.summary.rate_hz)


# ---------------------------------------------------------------------- CSV
def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_csv_parses_back_to_the_same_numbers(
    recording: Recording, poses: list[Pose], make_pose: PoseMaker
) -> None:
    rows = read_csv(recording_to_csv(recording))
    still = make_pose(hidden=("left_knee",))
    shown = [("1", "1", 0.033, poses[0], poses[1]), ("1", "4", 0.033, poses[2], still)]
    shown.append(("3", "4", 0.1, poses[3], still))
    assert len(rows) == 3 * 33
    for number, row in enumerate(rows):
        frame, person, time_s, raw, pose = shown[number // 33]
        assert (row["frame"], row["person"], float(row["time_s"])) == (frame, person, time_s)
        assert row["landmark"] == LANDMARK_NAMES[number % 33]
        assert_same_numbers(row, raw, pose, number % 33)


def test_rows_of_a_long_recording_are_ordered_by_frame_and_then_by_person(make_pose: PoseMaker) -> None:
    """Longer than the part that is laid out at once."""
    rows = read_csv(recording_to_csv(of_frames(700, make_pose)))[::33]
    expected = [(n, number) for n in range(700) for number in ((1, 2) if n % 3 else (2,))]
    assert [(int(row["frame"]), int(row["person"])) for row in rows] == expected
    for row, (n, number) in zip(rows, expected, strict=True):
        assert float(row["time_s"]) == pytest.approx(n / 30, abs=0.00051)
        assert float(row["x_px"]) == pytest.approx(320 + n / 10, abs=0.0051)
        assert float(row["y_px"]) == 90 + number


def test_csv_has_the_documented_columns_and_plain_lines(recording: Recording) -> None:
    data = recording_to_csv(recording)
    assert data.split(b"\n", 1)[0].decode() == DOCUMENTED == ",".join(RECORDING_COLUMNS)
    assert b'"' not in data
    assert b"\r" not in data
    assert b"nan" not in data
    assert data.endswith(b"\n")


def test_csv_of_nobody_has_its_heading_only(nobody: Recording) -> None:
    for empty in (nobody, Recorder(PoseSettings()).stop()):
        assert recording_to_csv(empty) == DOCUMENTED.encode() + b"\n"


# ---------------------------------------------------------------------- JSON
def read_json(data: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    parsed: dict[str, Any] = json.loads(data.decode("utf-8"), parse_constant=refuse)
    return parsed


def test_json_has_every_frame_and_columns_for_each_person(
    recording: Recording, poses: list[Pose], make_pose: PoseMaker
) -> None:
    parsed = read_json(recording_to_json(recording))
    still = make_pose(hidden=("left_knee",))
    assert parsed["time_s"] == [0.0, 0.033, 0.067, 0.1]
    assert (parsed["landmarks"], parsed["angles"]) == (list(LANDMARK_NAMES), list(ANGLE_NAMES))
    shown = {
        1: ([1], [(poses[0], poses[1])]),
        4: ([1, 3], [(poses[2], still), (poses[3], still)]),
    }
    assert [person["person"] for person in parsed["people"]] == [1, 4]
    for person in parsed["people"]:
        frames, pairs = shown[person["person"]]
        assert person["frame"] == frames
        columns = {
            key: value
            for key, value in person.items()
            if key not in ("person", "frame", "angles_deg", "angle_reasons")
        }
        assert list(columns) == [
            name for name in RECORDING_COLUMNS[4:] if name not in ("x_norm", "y_norm", "reason")
        ]
        reasons = person["angle_reasons"]["image"]
        for name, degrees in person["angles_deg"]["image"].items():
            for value, code in zip(degrees, reasons[name], strict=True):
                assert (value is None) == (parsed["reasons"][code] in ("not_visible", "outside_picture"))
        for row, (raw, pose) in enumerate(pairs):
            for i in range(33):
                assert_same_numbers({name: values[row][i] for name, values in columns.items()}, raw, pose, i)
        assert all(len(values) == len(frames) for values in columns.values())


def test_json_has_the_angles_of_both_spaces_over_time(
    recording: Recording, poses: list[Pose], make_pose: PoseMaker
) -> None:
    first, second = read_json(recording_to_json(recording))["people"]
    still = make_pose(hidden=("left_knee",))
    for person, pose, frames in ((first, poses[1], 1), (second, still, 2)):
        for space in ("image", "world"):
            shown = person["angles_deg"][space]
            assert list(shown) == list(ANGLE_NAMES)
            for name, value in pose_angles_deg(pose, space, 0.5).items():
                assert len(shown[name]) == frames
                for cell in shown[name]:
                    if math.isnan(value):
                        assert cell is None
                    else:
                        assert cell == pytest.approx(value, abs=0.0511)
    assert second["angles_deg"]["image"]["left_knee"] == [None, None]
    assert None not in second["angles_deg"]["image"]["right_knee"]


def test_json_of_a_long_recording_holds_every_frame(make_pose: PoseMaker) -> None:
    first, second = read_json(recording_to_json(of_frames(700, make_pose)))["people"]
    assert second["frame"] == list(range(700))
    assert first["frame"] == [n for n in range(700) if n % 3]
    for person, number in ((first, 1), (second, 2)):
        nose = [values[INDEX["nose"]] for values in person["x_px"]]
        assert nose == pytest.approx([320 + n / 10 for n in person["frame"]], abs=0.0051)
        assert {values[INDEX["nose"]] for values in person["y_px"]} == {90 + number}


def test_json_says_where_the_numbers_come_from(recording: Recording) -> None:
    parsed = read_json(recording_to_json(recording))
    assert parsed["schema_version"] == "1.0"
    assert parsed["recording"] == {
        "started_at": recording.started_at.isoformat(timespec="milliseconds"),
        "width_px": 640,
        "height_px": 480,
        "sizes": [{"time_s": 0.0, "width_px": 640, "height_px": 480}],
        "ended_by": "stop",
    }
    assert parsed["model"] == {"variant": "lite", "sha256": bundle("lite").sha256}
    assert (parsed["versions"]["posedeck"], parsed["versions"]["mediapipe"]) == (VERSION, runtime_version())
    assert parsed["settings"]["detection"]["people"] == 2
    assert parsed["settings"]["visibility_limit"] == 0.5


def test_json_sums_up_as_the_page_does(recording: Recording) -> None:
    shown, summary = read_json(recording_to_json(recording))["summary"], summarise(recording)
    assert (shown["frames"], shown["duration_s"], shown["found_share"]) == (4, 0.1, 0.5)
    assert shown["longest_gap_s"] == pytest.approx(summary.longest_gap_s, abs=0.005)
    assert shown["rate_hz"] == 30.0
    assert shown["jitter_raw_px"] is None, "nobody was seen in three frames in a row"
    ranges = shown["people"][1]["angle_ranges_deg"]
    assert ranges["left_knee"] == [None, None]
    assert ranges["right_knee"] == pytest.approx(summary.people[1].angle_ranges_deg["right_knee"], abs=0.0501)


def test_json_of_nobody_keeps_the_times(nobody: Recording) -> None:
    parsed = read_json(recording_to_json(nobody))
    assert (parsed["time_s"], parsed["people"]) == ([0.0, 0.5], [])
    parsed = read_json(recording_to_json(Recorder(PoseSettings()).stop()))
    assert (parsed["time_s"], parsed["people"], parsed["recording"]["width_px"]) == ([], [], None)


def test_json_takes_less_than_half_of_an_object_for_each_landmark(recording: Recording) -> None:
    """With one object for each landmark, as in a photo's JSON, a frame of one person takes about 7 kB."""
    recorder = Recorder(PoseSettings())
    for n in range(100):
        raw, smooth = (Pose(*_arrays(seed), size_wh=SIZE) for seed in (n, n + 1))
        recorder.add(watched(n / 30, [TrackedPerson(1, raw, smooth)], SIZE))
    assert len(recording_to_json(recorder.stop())) / 100 < 3500


def _arrays(seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return (
        rng.normal(300, 99, (33, 2)),
        rng.normal(0, 99, 33),
        rng.normal(size=(33, 3)),
        rng.random(33),
        rng.random(33),
    )


# ---------------------------------------------------------------------- XLSX
def read_xlsx(data: bytes) -> dict[str, Worksheet]:
    return {sheet.title: sheet for sheet in load_workbook(io.BytesIO(data)).worksheets}


def rows_of(sheet: Worksheet) -> list[dict[str, Any]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_workbook_has_its_sheets_with_headings_from_the_translator(recording: Recording) -> None:
    sheets = read_xlsx(recording_to_xlsx(recording, lambda key: f"<{key}>"))
    assert list(sheets) == ["<sheet.summary>", "<sheet.angles>", "<sheet.landmarks>", "<sheet.about>"]
    landmarks = sheets["<sheet.landmarks>"]
    assert [cell.value for cell in landmarks[1]] == [f"<column.{name}>" for name in RECORDING_COLUMNS]
    assert landmarks["D2"].value == "<landmark.nose>"
    assert all(sheet.freeze_panes == "A2" and sheet["A1"].font.bold for sheet in sheets.values())


def test_workbook_holds_the_same_landmarks(
    recording: Recording, poses: list[Pose], make_pose: PoseMaker
) -> None:
    rows = rows_of(read_xlsx(recording_to_xlsx(recording))["sheet.landmarks"])
    still = make_pose(hidden=("left_knee",))
    pairs = [(poses[0], poses[1]), (poses[2], still), (poses[3], still)]
    assert len(rows) == 3 * 33
    for number, row in enumerate(rows):
        assert_same_numbers(
            {key.removeprefix("column."): value for key, value in row.items()},
            *pairs[number // 33],
            number % 33,
        )
    assert [row["column.person"] for row in rows[::33]] == [1, 4, 4]


def test_the_angles_sheet_has_a_row_for_each_frame_and_person_and_empty_cells(
    recording: Recording, make_pose: PoseMaker
) -> None:
    rows = rows_of(read_xlsx(recording_to_xlsx(recording))["sheet.angles"])
    keys = [(row["column.frame"], row["column.time_s"], row["column.person"]) for row in rows]
    assert keys == [(0, 0.0, None), (1, 0.033, 1), (1, 0.033, 4), (2, 0.067, None), (3, 0.1, 4)]
    assert all(len(row) == 3 + 3 * len(ANGLE_NAMES) for row in rows)
    assert {value for key, value in rows[0].items() if key.startswith("angle.")} == {None}
    still = make_pose(hidden=("left_knee",))
    for row in (rows[2], rows[4]):
        assert row["angle.left_knee column.image_deg"] is None
        assert row["angle.left_knee column.image_reason"] == "reason.not_visible"
        assert row["angle.right_elbow column.image_reason"] is None
        for space in ("image", "world"):
            expected = pose_angles_deg(still, space, 0.5)["right_elbow"]
            assert row[f"angle.right_elbow column.{space}_deg"] == pytest.approx(expected, abs=0.0511)


def test_the_summary_sheet_shows_what_the_page_shows(recording: Recording) -> None:
    sheet = read_xlsx(recording_to_xlsx(recording))["sheet.summary"]
    rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    facts = {row[0]: row[1] for row in rows[:9]}
    assert (facts["summary.frames"], facts["summary.duration_s"], facts["summary.found_share"]) == (
        4,
        0.1,
        0.5,
    )
    assert facts["summary.jitter_raw_px"] is None
    start = rows.index(("column.person", 4, None, None, None, None))
    assert rows[start + 1] == ("summary.frames", 2, None, None, None, None)
    ranges = {row[0]: row[2:4] for row in rows[start + 2 :]}
    notes = {row[0]: row[4:] for row in rows[start + 2 :]}
    assert notes["angle.left_knee column.image_deg"] == (0, "reason.not_visible")
    assert notes["angle.right_knee column.image_deg"][1] is None
    assert len(ranges) == len(ANGLE_NAMES)
    assert ranges["angle.left_knee column.image_deg"] == (None, None)
    expected = summarise(recording).people[1].angle_ranges_deg["right_knee"]
    assert ranges["angle.right_knee column.image_deg"] == pytest.approx(expected, abs=0.0501)


def test_too_many_landmarks_are_left_to_the_csv_and_the_summary_says_so(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first_column() -> list[Any]:
        return [row[0].value for row in read_xlsx(recording_to_xlsx(recording))["sheet.summary"].iter_rows()]

    monkeypatch.setattr(recording_files, "MAX_XLSX_LANDMARK_ROWS", 99)
    assert "summary.landmarks_in_csv" not in first_column()
    monkeypatch.setattr(recording_files, "MAX_XLSX_LANDMARK_ROWS", 98)
    assert "summary.landmarks_in_csv" in first_column()
    sheets = read_xlsx(recording_to_xlsx(recording))
    assert list(sheets) == ["sheet.summary", "sheet.angles", "sheet.about"]
    assert sheets["sheet.angles"].max_row == 6, "angles are always whole"
    assert MAX_XLSX_LANDMARK_ROWS < 1_048_576, "a sheet holds no more"


def test_a_recording_that_a_limit_ended_says_which(make_pose: PoseMaker) -> None:
    recorder = Recorder(PoseSettings(), max_s=1.0)
    recorder.add(watched(0.0, [TrackedPerson(1, make_pose(), make_pose())], SIZE))
    recorder.add(watched(2.0, [], SIZE))
    recording = recorder.stop()
    column = [row[0].value for row in read_xlsx(recording_to_xlsx(recording))["sheet.summary"].iter_rows()]
    assert "summary.ended_by_time" in column
    assert read_json(recording_to_json(recording))["recording"]["ended_by"] == "time"


def test_workbook_of_nobody_opens(nobody: Recording) -> None:
    for empty, frames in ((nobody, 2), (Recorder(PoseSettings()).stop(), 0)):
        sheets = read_xlsx(recording_to_xlsx(empty))
        assert sheets["sheet.angles"].max_row == 1 + frames
        assert sheets["sheet.landmarks"].max_row == 1


def test_workbook_says_where_the_numbers_come_from(recording: Recording) -> None:
    about = {
        row["column.field"]: row["column.value"]
        for row in rows_of(read_xlsx(recording_to_xlsx(recording))["sheet.about"])
    }
    assert about["model.sha256"] == bundle("lite").sha256
    assert about["recording.width_px"] == 640
    assert about["settings.detection.people"] == 2


def test_places_after_a_change_of_size_are_in_pixels_of_the_first(make_pose: PoseMaker) -> None:
    pose = make_pose()
    half = make_pose(image_xy_px=pose.image_xy_px / 2, image_z_px=pose.image_z_px / 2, size_wh=(320, 240))
    recorder = Recorder(PoseSettings())
    recorder.add(watched(0.0, [TrackedPerson(1, pose, pose)], SIZE))
    recorder.add(watched(0.1, [TrackedPerson(1, half, half)], (320, 240)))
    first, second = np.split(np.array(read_csv(recording_to_csv(recorder.stop()))), 2)
    for before, after in zip(first, second, strict=True):
        for column in RECORDING_COLUMNS[3:]:
            assert before[column] == after[column]
    assert first[INDEX["nose"]]["x_px"] in ("320", "320.0")
