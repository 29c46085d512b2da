"""The report of a live recording: pictures of both ends of the movement, curves, limits, in both languages."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from pose_core.export.recording_report import recording_report
from pose_core.figures.curves import angle_curves_figure
from pose_core.geometry.angles import ANGLE_NAMES, LIMB_ANGLES
from pose_core.media.stills import MOST_STILLS, Stills
from pose_core.settings import PoseSettings
from pose_core.tracking.recorder import Recorder
from pose_core.tracking.recording import Recording
from pose_ui.texts import LANGUAGES, Language, Translator
from tests.support.performing import Show, truly
from tests.support.watching import watched

SQUATS = Show("squat_right", yaw_deg=90.0, cycle_s=2.0, cycles=2)


@cache
def squats() -> Recording:
    recorder = Recorder(PoseSettings(), stills=True)
    for frame in truly(SQUATS):
        recorder.add(frame)
        for sink in recorder.sinks:
            sink.add(frame.time_s, np.full((48, 64, 3), 120, dtype=np.uint8))
    return recorder.stop()


def report(recording: Recording, language: Language = "en") -> str:
    made = "Made on 2026-05-04 10:00"
    return recording_report(
        recording, Translator(language), language=language, made=made, source="Performer <1>"
    ).decode()


def test_the_report_says_what_moved_most_and_shows_both_ends_of_it() -> None:
    html = report(squats())
    found = re.search(r"Moved most: ([A-Z][a-z ]+), from (\d+)° to (\d+)°", html)
    assert found is not None, re.findall("Moved.*", html)
    angle, low, high = found[1], float(found[2]), float(found[3])
    captions = [float(degrees) for degrees in re.findall(rf"{angle} (\d+)°</figcaption>", html)]
    assert len(captions) == 2
    assert min(captions) - low < 25
    assert high - max(captions) < 25
    assert "Performer &lt;1&gt;" in html
    assert "not a medical device" in html
    assert html.count('<div class="chart"') == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_of_nobody_is_short_and_complete(language: Language) -> None:
    recorder = Recorder(PoseSettings(), stills=True)
    for number in range(3):
        recorder.add(watched(5.0 + number / 10, [], (64, 48)))
    html = report(recorder.stop(), language)
    assert Translator(language)("count.nobody") in html
    assert "<figure" not in html
    assert "{" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)


def test_stills_are_spread_over_a_stream_of_any_length_and_belong_to_recorded_frames() -> None:
    stills = Stills()
    for number in range(3000):
        stills.add(7.0 + number / 10, np.zeros((8, 8, 3), dtype=np.uint8))
    times_s = [time_s for time_s, _ in stills.pictures]
    assert MOST_STILLS / 2 <= len(times_s) <= MOST_STILLS
    steps_s = np.diff(times_s)
    assert steps_s.min() > 0.9 * steps_s.max()
    assert times_s[0] == 7.0
    assert times_s[-1] > 7.0 + 300 * 0.8
    recording = squats()
    assert recording.stills[0][0] == 0.0
    assert all(0 <= time_s <= recording.duration_s for time_s, _ in recording.stills)


def test_curves_show_left_solid_and_right_dashed_a_row_for_each_joint() -> None:
    angles_deg = np.full((4000, len(ANGLE_NAMES)), np.nan)
    angles_deg[:, ANGLE_NAMES.index("left_knee")] = 90.0
    figure = angle_curves_figure(np.arange(4000) / 30, angles_deg, Translator("en"))
    assert len(figure.data) == 2 * len(LIMB_ANGLES)
    assert {line.line.dash for line in figure.data[::2]} == {"solid"}
    assert {line.line.dash for line in figure.data[1::2]} == {"dash"}
    assert all(len(line.x) <= 1000 for line in figure.data)
    with pytest.raises(ValueError, match="must name at least one joint"):
        angle_curves_figure(np.zeros(0), np.zeros((0, len(ANGLE_NAMES))), Translator("en"), ())
    with pytest.raises(ValueError, match="must have the shape"):
        angle_curves_figure(np.zeros(3), np.zeros((2, len(ANGLE_NAMES))), Translator("en"))
