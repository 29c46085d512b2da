"""Which pictures and results a visitor's session keeps, and which it discards."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from pose_core.errors import PictureError
from pose_core.media.images import encode_jpeg
from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_bytes
from pose_core.pipeline.photo import PhotoResult
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_ui.photo import session as photo_session
from pose_ui.photo.session import PhotoItem, PhotoSession

LITE = PoseSettings(DetectionSettings(model="lite"))
STAND = PhotoItem("stand.png", sample_bytes("stand"))
SQUAT = PhotoItem("squat.png", sample_bytes("squat"))
BROKEN = PhotoItem("broken.jpg", b"no picture")


def _looking_at(*items: PhotoItem) -> PhotoSession:
    session = PhotoSession()
    session.add_own(items)
    session.forget_if_changed(LITE)
    return session


def test_changing_the_drawing_keeps_results_and_changing_the_model_discards_them(lite_pool: PosePool) -> None:
    session = _looking_at(STAND)
    session.analyse(STAND, LITE, lite_pool)
    session.forget_if_changed(PoseSettings(LITE.detection, DrawSettings(angles=True), visibility_limit=0.7))
    assert session.pending() == []
    session.forget_if_changed(PoseSettings(DetectionSettings(model="lite", people=2)))
    assert session.pending() == [STAND]


def test_a_result_has_the_current_choices_and_its_own_name(lite_pool: PosePool) -> None:
    twin = PhotoItem("twin.png", STAND.data)
    session = _looking_at(STAND, twin)
    session.analyse(STAND, LITE, lite_pool)
    strict = PoseSettings(LITE.detection, visibility_limit=0.9)
    outcome = session.outcome(twin, strict)
    assert isinstance(outcome, PhotoResult)
    assert (outcome.name, outcome.settings.visibility_limit) == ("twin.png", 0.9)
    assert session.pending() == []  # the same file is analysed once


def test_a_picture_that_cannot_be_read_does_not_stop_the_others(lite_pool: PosePool) -> None:
    session = _looking_at(BROKEN, STAND)
    for item in session.pending():
        session.analyse(item, LITE, lite_pool)
    assert isinstance(session.outcome(BROKEN, LITE), PictureError)
    assert isinstance(session.outcome(STAND, LITE), PhotoResult)


def test_the_shown_picture_comes_first() -> None:
    session = _looking_at(STAND, SQUAT)
    session.step(1)
    assert [item.name for item in session.pending()] == ["squat.png", "stand.png"]


def test_steps_stay_within_the_batch() -> None:
    session = _looking_at(STAND, SQUAT)
    session.step(-1)
    assert session.item is STAND
    session.step(5)
    assert session.item is SQUAT


def test_added_pictures_join_the_others_and_the_first_new_one_is_shown() -> None:
    session = _looking_at(STAND)
    session.add_own([SQUAT, BROKEN])
    assert session.own == [STAND, SQUAT, BROKEN]
    assert session.item is SQUAT
    session.add_own([STAND])  # already there: shown, not added
    assert len(session.own) == 3
    assert session.item == STAND


def test_showing_a_sample_keeps_own_pictures_and_the_selected_one() -> None:
    session = _looking_at(STAND, SQUAT)
    session.step(1)
    session.show_sample("lunge")
    assert [item.name for item in session.items] == ["lunge.png"]
    session.show_own()
    assert session.item is SQUAT


def test_removing_all_pictures_shows_the_first_sample(lite_pool: PosePool) -> None:
    session = _looking_at(STAND, SQUAT)
    session.analyse(SQUAT, LITE, lite_pool)
    session.step(1)
    session.remove_selected()
    assert session.item is STAND
    assert session.outcome(SQUAT, LITE) is None
    session.remove_selected()
    assert session.sample is not None
    assert session.sample.name == f"{photo_session.FIRST_SAMPLE}.png"
    session.add_own([STAND, SQUAT])
    session.remove_all()
    assert session.own == []
    assert session.sample is not None


def test_pictures_beyond_the_limits_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_session, "MAX_PICTURES", 2)
    session = PhotoSession()
    session.add_own([STAND, SQUAT, BROKEN])
    assert (len(session.own), session.left_out) == (2, 1)
    monkeypatch.setattr(photo_session, "MAX_TOTAL_MB", 1)
    session = PhotoSession()
    session.add_own([PhotoItem(f"{i}", bytes(700_000)) for i in range(2)])
    assert (len(session.own), session.left_out) == (1, 1)
    session.add_own([PhotoItem("more", bytes(700_000))])
    assert (len(session.own), session.left_out) == (1, 1)  # what is already there counts too


def test_a_large_picture_in_the_middle_does_not_push_out_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_session, "MAX_TOTAL_MB", 1)
    session = PhotoSession()
    session.add_own([PhotoItem("a", bytes(10)), PhotoItem("b", bytes(2_000_000)), PhotoItem("c", bytes(10))])
    assert [item.name for item in session.own] == ["a", "c"]


def test_a_packed_batch_is_outdated_by_new_pictures() -> None:
    session = _looking_at(STAND, SQUAT)
    session.zip_file = b"packed"
    session.add_own([BROKEN])
    assert session.zip_file is None


def test_only_the_shown_picture_is_kept_decoded() -> None:
    session = _looking_at(STAND, SQUAT)
    first = session.preview()
    assert session.preview() is first
    session.step(1)
    assert session.preview().jpeg != first.jpeg


def test_a_preview_is_encoded_once() -> None:
    session = _looking_at(STAND)
    jpeg = session.preview().jpeg
    assert jpeg == encode_jpeg(session.preview().frame_rgb)
    assert session.preview().jpeg is jpeg


def test_a_result_has_the_checksum_of_its_file(lite_pool: PosePool) -> None:
    session = _looking_at(STAND)
    session.analyse(STAND, LITE, lite_pool)
    outcome = session.outcome(STAND, LITE)
    assert isinstance(outcome, PhotoResult)
    assert outcome.sha256 == STAND.sha256 == hashlib.sha256(STAND.data).hexdigest()


def test_of_a_large_picture_only_a_preview_is_kept(lite_pool: PosePool) -> None:
    large = PhotoItem("large.jpg", encode_jpeg(np.full((1800, 2400, 3), 128, np.uint8)))
    session = _looking_at(large)
    session.analyse(large, LITE, lite_pool)
    assert session.preview().frame_rgb.shape == (1200, 1600, 3)
    outcome = session.outcome(large, LITE)
    assert isinstance(outcome, PhotoResult)
    assert outcome.size_wh == (2400, 1800)


def test_new_pictures_start_a_stopped_batch_again() -> None:
    session = _looking_at(STAND, SQUAT)
    session.stopped = True
    session.add_own([BROKEN])
    assert not session.stopped
