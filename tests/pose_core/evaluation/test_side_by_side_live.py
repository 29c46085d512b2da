"""Live settings of a comparison: A's and B's choices, and models of one's own in a few places."""

from __future__ import annotations

import json
from contextlib import closing

import numpy as np
import pytest

from pose_core.errors import BusyError
from pose_core.evaluation.own.declaration import read_declaration
from pose_core.evaluation.settings import Model
from pose_core.evaluation.side_by_side.live import MAX_OWN, OwnPlaces, live_settings
from pose_core.evaluation.side_by_side.settings import Setting, SideBySideSettings
from pose_core.pipeline.live import LiveSettings
from pose_core.skeleton import INDEX
from pose_core.tracking.smoothing import SmoothingSettings
from tests.support.networks import JOINTS, declared, dots, simcc

PLACES = [(10, 20), (30, 40), (50, 5)]
COMMON = LiveSettings(height_px=480, mirror=False)


def _own() -> Model:
    return Model("own:dots", simcc(), read_declaration(json.dumps(declared("simcc")).encode()))


def test_both_have_their_own_choices_and_share_the_number_of_people() -> None:
    pair = SideBySideSettings(
        Setting(Model("heavy"), 0.3, 0.6, height_px=240), Setting(Model("lite"), smoothed=False), people=3
    )
    first, second = live_settings(pair, COMMON, OwnPlaces(), "divider", 0.25)
    assert (first.pose.detection.model, second.detection.model) == ("heavy", "lite")
    assert (first.pose.detection.people, second.detection.people) == (3, 3)
    assert first.pose.detection.detection_confidence == 0.3
    assert first.pose.detection.presence_confidence == 0.6
    assert (first.height_px, second.height_px) == (240, None)
    assert (first.smoothing, second.smoothing) == (SmoothingSettings(), None)
    assert first.detector is second.detector is None
    assert not first.adaptive
    assert (second.view, second.divider) == ("divider", 0.25)
    plain, _ = live_settings(SideBySideSettings(), COMMON, OwnPlaces())
    assert plain.height_px == 480


def test_a_model_of_ones_own_runs_in_its_process_and_the_same_one_is_told_by_being_equal() -> None:
    places, model = OwnPlaces(), _own()
    pair = SideBySideSettings(Setting(Model("lite")), Setting(model))
    _, second = live_settings(pair, COMMON, places)
    _, again = live_settings(pair, COMMON, places, "both", 0.9)
    other = SideBySideSettings(Setting(Model("lite")), Setting(model, presence_confidence=0.7))
    assert second.detector == again.detector
    assert second.detector != live_settings(other, COMMON, places)[1].detector
    assert second.smoothing is None
    assert second.detector is not None
    with closing(second.detector()) as opened:
        (pose,) = opened.detect(dots(PLACES), 0.0)
        np.testing.assert_allclose(pose.image_xy_px[[INDEX[joint] for joint in JOINTS]], PLACES, atol=0.3)
        assert pose.size_wh == (64, 48)


def test_places_are_few_freed_and_not_lost_by_a_model_that_cannot_be_opened() -> None:
    places = OwnPlaces()
    _, second = live_settings(SideBySideSettings(b=Setting(_own())), COMMON, places)
    broken = Model("own:broken", b"no network", _own().declaration)
    _, bad = live_settings(SideBySideSettings(b=Setting(broken)), COMMON, places)
    assert second.detector is not None
    assert bad.detector is not None
    for _ in range(MAX_OWN + 1):
        with pytest.raises(Exception, match="must be an ONNX file"):
            bad.detector()
    opened = [second.detector() for _ in range(MAX_OWN)]
    try:
        with pytest.raises(BusyError) as error:
            second.detector()
        assert error.value.code == "own_live_busy"
    finally:
        for one in opened:
            one.close()
    second.detector().close()
