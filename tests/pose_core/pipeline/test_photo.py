"""From the bytes of a file to poses in its own pixels, with timings, and without keeping pixels."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pose_core.errors import BusyError, PictureError
from pose_core.media.images import ENLARGE_TO_PX, encode_png, enlarge_small
from pose_core.models.pool import PosePool
from pose_core.performer import Camera, PerformerFrame, Person, render_frame, render_scene
from pose_core.pipeline.photo import PHOTO_STEPS, PhotoResult, analyse_photo, annotate_photo
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.skeleton import INDEX

Performer = Callable[..., PerformerFrame]

LITE = PoseSettings(detection=DetectionSettings(model="lite"))
LITE_AS_IT_IS = PoseSettings(detection=DetectionSettings(model="lite"), enlarge_small=False)
#: In torso lengths. The lite model on 160 pixels of height is coarser than the full one on 480; a landmark left in
#: pixels of the enlarged picture would be off by several torsos.
SMALL_ERROR = 0.2


def error_of(pose: Pose, truth_px: NDArray[np.float64]) -> float:
    torso = truth_px[INDEX["left_shoulder"]] - truth_px[INDEX["left_hip"]]
    distances = np.linalg.norm(pose.image_xy_px - truth_px, axis=1)[INDEX["left_shoulder"] :]
    return float(distances.mean() / np.linalg.norm(torso))


def analyse(frame_rgb: Any, pool: PosePool, settings: PoseSettings = LITE, **options: Any) -> PhotoResult:
    return analyse_photo(encode_png(frame_rgb), settings, pool, **options)[0]


# ---------------------------------------------------------------------- positions and sizes
@pytest.mark.parametrize("settings", [LITE, LITE_AS_IT_IS], ids=["enlarged", "as it is"])
def test_a_small_picture_is_reported_in_its_own_pixels(lite_pool: PosePool, settings: PoseSettings) -> None:
    frame = render_frame("jack", 0.0, camera=Camera(213, 160))
    result = analyse(frame.rgb, lite_pool, settings)
    assert result.size_wh == (213, 160)
    assert result.analysed_wh == ((639, ENLARGE_TO_PX) if settings.enlarge_small else (213, 160))
    (pose,) = result.poses
    assert pose.size_wh == (213, 160)
    assert error_of(pose, frame.landmarks_px[0]) < SMALL_ERROR


def test_enlarging_first_changes_the_pixels_and_nothing_else(lite_pool: PosePool) -> None:
    frame_rgb = render_frame("jack", 0.0, camera=Camera(200, 150)).rgb
    (small,) = analyse(frame_rgb, lite_pool).poses
    (large,) = analyse(enlarge_small(frame_rgb), lite_pool).poses
    np.testing.assert_allclose(small.image_xy_px * 3.2, large.image_xy_px)
    np.testing.assert_allclose(small.image_z_px * 3.2, large.image_z_px)
    np.testing.assert_array_equal(small.world_xyz_m, large.world_xyz_m)
    np.testing.assert_array_equal(small.visibility, large.visibility)
    np.testing.assert_array_equal(small.presence, large.presence)


def test_a_large_picture_is_analysed_unchanged(lite_pool: PosePool, performer: Performer) -> None:
    result = analyse(performer("jack", 0.0).rgb, lite_pool)
    assert result.size_wh == result.analysed_wh == result.poses[0].size_wh == (640, 480)


def test_a_picture_stored_on_its_side_gives_upright_landmarks(
    lite_pool: PosePool, performer: Performer
) -> None:
    frame = performer("jack", 0.0)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(np.rot90(frame.rgb).copy()).save(file, "PNG", exif=exif)
    result, picture = analyse_photo(file.getvalue(), LITE, lite_pool)
    assert result.notes == ("rotated",)
    np.testing.assert_array_equal(picture.frame_rgb, frame.rgb)
    np.testing.assert_array_equal(
        result.poses[0].image_xy_px, analyse(frame.rgb, lite_pool).poses[0].image_xy_px
    )


@pytest.mark.parametrize("near_on_the_left", [True, False])
def test_people_are_in_order_of_size(lite_pool: PosePool, near_on_the_left: bool) -> None:
    side = -1 if near_on_the_left else 1
    near, far = (
        Person("arm_raise", 0.1, x_m=side * 0.7, z_m=0.6),
        Person("walk", 0.12, x_m=-side * 0.9, z_m=-0.9),
    )
    frame = render_scene((far, near))
    result = analyse(frame.rgb, lite_pool, PoseSettings(detection=DetectionSettings(model="lite", people=2)))
    assert len(result.poses) == 2
    truth_far_px, truth_near_px = frame.landmarks_px
    assert error_of(result.poses[0], truth_near_px) < SMALL_ERROR
    assert error_of(result.poses[1], truth_far_px) < SMALL_ERROR


def test_nobody_found_is_a_result(lite_pool: PosePool) -> None:
    result = analyse(render_scene(()).rgb, lite_pool)
    assert result.poses == ()
    drawn, _ = annotate_photo(result, render_scene(()).rgb, LITE)
    np.testing.assert_array_equal(drawn, render_scene(()).rgb)


# ---------------------------------------------------------------------- what the result says
def test_the_result_says_which_file_was_read_and_with_which_settings(
    lite_pool: PosePool, performer: Performer
) -> None:
    data = encode_png(performer("jack", 0.0).rgb)
    result, picture = analyse_photo(data, LITE, lite_pool, name="../jack 1.png")
    assert result.name == "../jack 1.png"
    assert result.sha256 == hashlib.sha256(data).hexdigest()
    assert (result.format, result.notes) == ("PNG", ())
    assert result.settings is LITE
    assert picture.size_wh == result.size_wh
    known, _ = analyse_photo(data, LITE, lite_pool, sha256="known before")
    assert known.sha256 == "known before", "not computed again"


def test_every_step_is_timed(lite_pool: PosePool, performer: Performer) -> None:
    frame_rgb = performer("jack", 0.0).rgb
    result = analyse(frame_rgb, lite_pool)
    assert tuple(result.times_ms) == PHOTO_STEPS[:-1]
    assert result.times_ms["inference"] > result.times_ms["enlarge"] >= 0, "nothing was enlarged"
    _, draw_ms = annotate_photo(result, frame_rgb, LITE)
    assert draw_ms > 0


def test_the_result_contains_no_pixels(lite_pool: PosePool, performer: Performer) -> None:
    """Thousands can be kept in a session: 33 landmarks of nine numbers are 2.4 kB, the picture is 900 kB."""
    result, picture = analyse_photo(encode_png(performer("jack", 0.0).rgb), LITE, lite_pool)
    assert len(pickle.dumps(result)) < 5000
    assert picture.frame_rgb.nbytes > 900_000


# ---------------------------------------------------------------------- failures
def test_a_bad_file_never_reaches_the_model(lite_pool: PosePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite_pool, "borrow", lambda *_, **__: pytest.fail("borrowed"))
    with pytest.raises(PictureError) as caught:
        analyse_photo(b"no picture", LITE, lite_pool)
    assert caught.value.code == "picture_unknown"


def test_no_free_model_is_an_error_of_its_own(performer: Performer) -> None:
    pool = PosePool(image_limit=1)
    pool.close()
    with pytest.raises(BusyError):
        analyse(performer("jack", 0.0).rgb, pool)


def test_the_caller_decides_how_long_to_wait_for_a_model(performer: Performer) -> None:
    pool = PosePool(image_limit=1)
    with pool.borrow(LITE.detection), pytest.raises(BusyError) as caught:
        analyse(performer("jack", 0.0).rgb, pool, wait_s=0.01)
    assert caught.value.values["wait_s"] == 0.01
    pool.close()


# ---------------------------------------------------------------------- drawing
def test_a_small_picture_is_drawn_on_at_the_size_that_was_analysed(lite_pool: PosePool) -> None:
    frame_rgb = render_frame("jack", 0.0, camera=Camera(213, 160)).rgb
    enlarged, _ = annotate_photo(analyse(frame_rgb, lite_pool), frame_rgb, LITE)
    assert enlarged.shape == (ENLARGE_TO_PX, 639, 3)
    as_it_is, _ = annotate_photo(analyse(frame_rgb, lite_pool, LITE_AS_IT_IS), frame_rgb, LITE_AS_IT_IS)
    assert as_it_is.shape == (160, 213, 3)


def test_the_picture_is_drawn_with_the_given_settings_and_unchanged(
    lite_pool: PosePool, performer: Performer
) -> None:
    frame_rgb = performer("jack", 0.0).rgb
    before = frame_rgb.copy()
    result = analyse(frame_rgb, lite_pool)
    drawings = [
        annotate_photo(result, frame_rgb, PoseSettings(draw=draw), names={"nose": "nose"})[0]
        for draw in (DrawSettings(), DrawSettings(names=True), DrawSettings(skeleton_only=True))
    ]
    np.testing.assert_array_equal(frame_rgb, before)
    assert len({drawing.tobytes() for drawing in drawings}) == 3
    none_visible, none_named = (
        annotate_photo(result, frame_rgb, PoseSettings(draw=draw, visibility_limit=1.0))[0]
        for draw in (DrawSettings(), DrawSettings(names=True))
    )
    # No caption where nothing counts as visible, and hollow dots.
    np.testing.assert_array_equal(none_visible, none_named)
    assert (none_visible != drawings[0]).any()


# ---------------------------------------------------------------------- who is shown, and how sure that is
def test_asked_for_one_the_largest_and_most_central_is_shown(lite_pool: PosePool) -> None:
    frame = render_scene([Person("squat", 0.0, x_m=-1.3, z_m=-1.0), Person("squat", 0.0, x_m=0.3)])
    one = analyse(frame.rgb, lite_pool)
    two = analyse(frame.rgb, lite_pool, PoseSettings(detection=DetectionSettings("lite", people=2)))
    assert len(two.poses) == 2
    assert (len(one.poses), one.others, two.others) == (1, 1, 0)
    middle_x_px = one.poses[0].image_xy_px[:, 0].mean()
    assert abs(middle_x_px - frame.landmarks_px[1][:, 0].mean()) < 20


def test_nobody_is_doubtful_who_is_found_with_the_usual_confidence(
    lite_pool: PosePool, performer: Performer
) -> None:
    low = DetectionSettings("lite", detection_confidence=0.1, presence_confidence=0.1)
    assert analyse(performer("jack", 0.0).rgb, lite_pool, PoseSettings(detection=low)).doubtful == (False,)
