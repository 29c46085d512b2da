"""Corrections make a new result from a moment on, and leave the one before for undo."""

from __future__ import annotations

import numpy as np
import pytest

from pose_core.performer.samples import sample_clip
from pose_core.pipeline.video import VideoResult, VideoSettings, analyse_video
from pose_core.pipeline.video_edits import exchange_people, exchange_sides
from pose_core.settings import DetectionSettings, PoseSettings
from pose_core.skeleton import INDEX

LEFT, RIGHT = INDEX["left_knee"], INDEX["right_knee"]


@pytest.fixture(scope="module")
def result() -> VideoResult:
    return analyse_video(sample_clip(), VideoSettings(PoseSettings(DetectionSettings("lite")), end_s=0.4))


def test_numbers_are_exchanged_from_a_moment_on(result: VideoResult) -> None:
    edited = exchange_people(result, 1, 2, 0.2)
    assert edited.people == (1, 2)
    assert edited.sequence(1).found.tolist() == [True] * 5 + [False] * 5
    assert edited.sequence(2).found.tolist() == [False] * 5 + [True] * 5
    assert result.people == (1,)
    np.testing.assert_array_equal(exchange_people(edited, 1, 2, 0.2).row_person, result.row_person)


def test_left_and_right_are_exchanged_in_both_layers_of_a_part(result: VideoResult) -> None:
    edited = exchange_sides(result, 1, 0.1, 0.3)
    for layer in ("raw", "smoothed"):
        before, after = (each.sequence(1, layer).image_xy_px for each in (result, edited))  # type: ignore[arg-type]
        inside = (result.time_s >= 0.1) & (result.time_s < 0.3)
        np.testing.assert_array_equal(after[inside][:, LEFT], before[inside][:, RIGHT])
        np.testing.assert_array_equal(after[~inside], before[~inside])
