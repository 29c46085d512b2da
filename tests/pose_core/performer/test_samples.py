"""The shipped sample pictures are what the performer draws, and match their names."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from pose_core.errors import SettingsError
from pose_core.performer import PerformerFrame
from pose_core.performer.samples import CLIP_FILE, SAMPLES, SAMPLES_DIR, Sample, sample_bytes
from pose_core.skeleton import INDEX

MEAN_DIFFERENCE_MAX = 2.0
"""Grey levels; another build of OpenCV or NumPy may round differently."""
CHANGED_LEVELS, CHANGED_SHARE_MAX = 8, 0.005
"""How many pixels may differ, and by how many grey levels: rounding affects edges, a changed figure its surface."""
FILE_SIZE_MAX = 250_000

by_id = {sample.id: sample for sample in SAMPLES}
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=by_id)


@cache
def truth(sample_id: str) -> PerformerFrame:
    return by_id[sample_id].render()


def landmark(sample_id: str, name: str, person: int = 0) -> npt.NDArray[np.float64]:
    at_m: npt.NDArray[np.float64] = truth(sample_id).landmarks_m[person, INDEX[name]]
    return at_m


def knee_deg(sample_id: str, side: str) -> float:
    hip, knee, ankle = (landmark(sample_id, f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    thigh, shank = hip - knee, ankle - knee
    return float(np.degrees(np.arccos(thigh @ shank / np.linalg.norm(thigh) / np.linalg.norm(shank))))


def test_samples_are_in_the_order_of_the_page() -> None:
    assert list(by_id) == ["stand", "squat", "lunge", "arms_raised", "two_people", "empty_room"]


def test_there_is_no_other_file_beside_the_samples() -> None:
    assert {path.name for path in SAMPLES_DIR.iterdir()} == {
        *(sample.file for sample in SAMPLES),
        CLIP_FILE.name,
    }


@each_sample
def test_shipped_file_equals_a_fresh_render(sample: Sample) -> None:
    with Image.open(io.BytesIO(sample_bytes(sample.id))) as picture:
        shipped = np.asarray(picture)
    fresh = truth(sample.id).rgb
    assert shipped.shape == fresh.shape == (720, 960, 3)
    difference = np.abs(shipped.astype(int) - fresh)
    assert difference.mean() <= MEAN_DIFFERENCE_MAX
    assert np.mean(difference > CHANGED_LEVELS) <= CHANGED_SHARE_MAX


@each_sample
def test_the_file_is_small_and_contains_only_the_picture(sample: Sample) -> None:
    assert len(sample_bytes(sample.id)) < FILE_SIZE_MAX
    with Image.open(io.BytesIO(sample_bytes(sample.id))) as picture:
        assert picture.format == "PNG"
        assert picture.info == {}


@each_sample
def test_people_are_complete_and_fill_the_picture(sample: Sample) -> None:
    for landmarks_px in truth(sample.id).landmarks_px:
        assert landmarks_px.min() > 20
        assert np.all(landmarks_px < [940, 700])
        height = np.ptp(landmarks_px[:, 1]) / 720
        assert 0.55 < height < 0.85


@pytest.mark.parametrize(
    ("sample_id", "people"),
    [("stand", 1), ("squat", 1), ("lunge", 1), ("arms_raised", 1), ("two_people", 2), ("empty_room", 0)],
)
def test_there_are_true_landmarks_for_everyone_in_the_sample(sample_id: str, people: int) -> None:
    assert truth(sample_id).landmarks_px.shape == (people, 33, 2)


@pytest.mark.parametrize("side", ["left", "right"])
def test_stand_has_straight_legs_and_hanging_arms(side: str) -> None:
    assert knee_deg("stand", side) > 170
    assert landmark("stand", f"{side}_wrist")[1] < landmark("stand", f"{side}_hip")[1]


@pytest.mark.parametrize("side", ["left", "right"])
def test_squat_is_deep_and_turned_by_45_degrees(side: str) -> None:
    assert knee_deg("squat", side) < 90
    across = landmark("squat", "left_shoulder") - landmark("squat", "right_shoulder")
    assert abs(np.degrees(np.arctan2(across[2], across[0]))) == pytest.approx(45, abs=1)


def test_lunge_is_seen_from_the_side_with_both_knees_bent() -> None:
    across = landmark("lunge", "left_hip") - landmark("lunge", "right_hip")
    assert abs(across[0]) < 0.01
    assert 80 < knee_deg("lunge", "left") < 110
    assert 80 < knee_deg("lunge", "right") < 110


@pytest.mark.parametrize("side", ["left", "right"])
def test_raised_arms_are_above_the_head(side: str) -> None:
    assert landmark("arms_raised", f"{side}_wrist")[1] > landmark("arms_raised", "nose")[1] + 0.3


def test_two_people_stand_apart_in_different_clothes() -> None:
    left, right = truth("two_people").landmarks_px
    assert left[:, 0].max() + 50 < right[:, 0].min()
    first, second = by_id["two_people"].people
    assert first.palette != second.palette
    assert first.motion != second.motion


@pytest.mark.parametrize("sample_id", ["", "Stand", "../stand", "stand.png"])
def test_an_unknown_sample_is_refused_with_the_choices(sample_id: str) -> None:
    with pytest.raises(SettingsError, match="stand, squat, lunge"):
        sample_bytes(sample_id)
