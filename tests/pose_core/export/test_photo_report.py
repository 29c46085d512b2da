"""The report of photos: every picture, angle and doubt is in it."""

from __future__ import annotations

import re
from html import unescape

import numpy as np

from pose_core.export.photo_report import ReportedPhoto, photo_report
from pose_core.media.images import encode_jpeg
from pose_core.pipeline.photo import PhotoResult
from pose_core.pose import Pose
from pose_core.settings import PoseSettings
from pose_ui.texts import Translator
from tests.support.poses import PoseMaker

T = Translator("en")
JPEG = encode_jpeg(np.zeros((48, 64, 3), dtype=np.uint8))


def _result(*poses: Pose, doubtful: tuple[bool, ...] = ()) -> PhotoResult:
    return PhotoResult(
        "a.jpg", "0" * 64, "JPEG", (640, 480), (640, 480), (), poses, PoseSettings(), {}, doubtful=doubtful
    )


def _report(*photos: ReportedPhoto) -> str:
    return photo_report(photos, PoseSettings(), T, language="en", made="today").decode()


def _text(html: str) -> str:
    body = html.split("<body>")[1]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))


def test_one_photo_has_its_picture_its_angles_and_the_reasons_why_some_are_missing(
    make_pose: PoseMaker,
) -> None:
    html = _report(ReportedPhoto("<my> squat.jpg", _result(make_pose(hidden=("left_ankle",))), JPEG))
    text = _text(html)
    assert "<h1>&lt;my&gt; squat.jpg</h1>" in html
    assert html.count("<img ") == 1
    assert re.search(r"Knee not visible 1[78]\d° –", text)
    assert "Trunk lean 0°" in text
    assert "today" in text
    assert text.count(T("report.limits_heading")) == 1
    assert "<script" not in html, "it needs no Plotly"


def test_a_batch_lists_every_file_and_says_what_was_wrong(make_pose: PoseMaker) -> None:
    html = _report(
        ReportedPhoto("one.jpg", _result(make_pose(), make_pose(), doubtful=(False, True)), JPEG),
        ReportedPhoto("two.jpg", _result(), JPEG),
        ReportedPhoto("three.jpg", "It is empty."),
    )
    text = _text(html)
    assert "<h1>3 pictures</h1>" in html
    assert [html.count(f"<h2>{name}.jpg</h2>") for name in ("one", "two", "three")] == [1, 1, 1]
    assert html.count("<img ") == 2
    for sentence in (
        "one.jpg 2 people",
        "two.jpg nobody found",
        "three.jpg It is empty.",
        "Person 2 Doubtful",
    ):
        assert sentence in text
