"""Own marks stand among the key moments, in JSON, in the report and on the sheet."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from pose_core.export.english import english
from pose_core.export.video_files import FileChoices, make_file, moments_of
from pose_core.movement.moments import Mark
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.video import VideoResult, VideoSettings, analyse_video
from pose_core.settings import DetectionSettings, PoseSettings

MARKS = (Mark(0.32, "脚跟离地 heels up"), Mark(0.0, "start"))


@pytest.fixture(scope="module")
def result() -> VideoResult:
    return analyse_video(sample_clip(), VideoSettings(PoseSettings(DetectionSettings("lite")), end_s=0.4))


def test_marks_stand_among_the_moments_in_order_of_time(result: VideoResult) -> None:
    found = moments_of(result, FileChoices(marks=MARKS))
    assert [moment.time_s for moment in found] == sorted(moment.time_s for moment in found)
    own = [moment for moment in found if moment.kind == "mark"]
    assert [(moment.text, moment.frame) for moment in own] == [("start", 0), ("脚跟离地 heels up", 8)]
    assert len({moment.frame for moment in found}) == len(found)
    assert len(moments_of(result, FileChoices())) >= 1


def test_marks_are_in_every_file_that_has_moments(result: VideoResult) -> None:
    def made(name: str, marks: tuple[Mark, ...] = MARKS) -> bytes:
        data = make_file(name, sample_clip(), result, english, FileChoices(marks=marks))
        assert data is not None
        return data

    assert json.loads(made("poses.json"))["marks"] == [
        {"time_s": mark.time_s, "text": mark.text} for mark in MARKS
    ]
    report = made("report.html").decode()
    assert "own mark" in report
    assert "脚跟离地 heels up" in report
    with_marks, without = (Image.open(io.BytesIO(made("moments.png", marks))) for marks in (MARKS, ()))
    assert with_marks.size[0] >= without.size[0]
    assert with_marks.tobytes() != without.tobytes()
