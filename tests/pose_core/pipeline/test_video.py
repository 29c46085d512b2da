"""A film becomes people over time, with the times that the file states."""

from __future__ import annotations

import numpy as np
import pytest

from pose_core.media.clips import read_clip
from pose_core.performer.samples import clip_landmarks_px, sample_clip
from pose_core.pipeline.video import VideoProgress, VideoResult, VideoSettings, analyse_video
from pose_core.settings import DetectionSettings, PoseSettings
from pose_core.skeleton import INDEX

LITE = PoseSettings(DetectionSettings("lite"))
MAIN = [
    INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("shoulder", "hip", "knee", "ankle")
]


@pytest.fixture(scope="module")
def performer() -> VideoResult:
    return analyse_video(sample_clip(), VideoSettings(LITE))


def test_the_performer_is_found_where_the_true_joints_are(performer: VideoResult) -> None:
    sequence = performer.sequence(1, "raw")
    truth = [clip_landmarks_px(frame) for frame in range(len(sequence))]
    there = [n for n, points in enumerate(truth) if points is not None and sequence.found[n]]
    assert len(there) > 0.95 * len(sequence)
    errors_px = [np.linalg.norm(sequence.image_xy_px[n] - truth[n], axis=1)[MAIN].mean() for n in there]
    assert np.mean(errors_px) < 8


def test_every_frame_has_its_time_whether_somebody_is_there_or_not(performer: VideoResult) -> None:
    times_s = [time_s for time_s, _ in read_clip(sample_clip()).frames()]
    np.testing.assert_allclose(performer.time_s, times_s, atol=1e-6)
    assert performer.ended_by == "end"


def test_a_part_keeps_the_times_of_the_whole_film() -> None:
    part = analyse_video(sample_clip(), VideoSettings(LITE, start_s=4.0, end_s=4.5))
    assert part.time_s[0] == pytest.approx(4.0, abs=0.04)
    assert part.time_s[-1] < 4.5
    assert len(part.time_s) in (12, 13)


def test_slow_motion_gives_the_times_of_the_movement_itself() -> None:
    slow = analyse_video(sample_clip(), VideoSettings(LITE, end_s=0.4, slowed=8))
    assert np.diff(slow.time_s) == pytest.approx(0.04 / 8)


def test_cancelling_keeps_what_is_there() -> None:
    seen: list[VideoProgress] = []
    result = analyse_video(
        sample_clip(), VideoSettings(LITE), on_progress=seen.append, cancelled=lambda: len(seen) >= 5
    )
    assert (result.ended_by, len(result.time_s), seen[-1].frames) == ("cancelled", 5, 5)
    assert seen[-1].done_s / seen[-1].total_s == pytest.approx(0.16 / 9, abs=0.01)
