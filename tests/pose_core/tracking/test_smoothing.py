"""The One-Euro filter against the paper's equations, one person's smoothing, jitter, and the choice of the defaults."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks import smoothing as benchmark
from pose_core.errors import SettingsError
from pose_core.geometry.body import body_size, jitter_px
from pose_core.models.landmarker import StreamLandmarker
from pose_core.performer import render_frame
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings
from pose_core.skeleton import INDEX, LANDMARK_NAMES
from pose_core.tracking.smoothing import (
    FASTEST_TORSOS_PER_S,
    RESTART_AFTER_S,
    OneEuroFilter,
    PoseSmoother,
    SmoothingSettings,
)
from tests.support.paths import ROOT

FloatArray = NDArray[np.float64]
PoseMaker = Callable[..., Pose]

RESULTS = ROOT / "benchmarks" / "results" / "smoothing.json"
STEP_S = 1 / 30
WRIST = INDEX["left_wrist"]
#: Of the hand-made pose: 1.5 times its shoulders of 80 px, which is as long as its torso.
TORSO_PX = 120.0


def paper(samples: list[float], times_s: list[float], settings: SmoothingSettings) -> list[float]:
    """Algorithm 1 of the paper, one number at a time, as printed there."""

    def alpha(rate_hz: float, cutoff_hz: float) -> float:
        tau, period = 1 / (2 * math.pi * cutoff_hz), 1 / rate_hz
        return 1 / (1 + tau / period)

    results, speed = [samples[0]], 0.0
    for (last_s, now_s), x in zip(pairwise(times_s), samples[1:], strict=True):
        rate_hz = 1 / (now_s - last_s)
        dx = (x - results[-1]) * rate_hz
        a = alpha(rate_hz, settings.derivative_cutoff_hz)
        speed = a * dx + (1 - a) * speed
        a = alpha(rate_hz, settings.min_cutoff_hz + settings.beta * abs(speed))
        results.append(a * x + (1 - a) * results[-1])
    return results


# ---------------------------------------------------------------------- settings
@pytest.mark.parametrize("name", ["min_cutoff_hz", "beta", "derivative_cutoff_hz"])
@pytest.mark.parametrize("value", [-1.0, 101.0, math.nan])
def test_settings_outside_their_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(SettingsError, match=rf"{name} must be 0\.\d+ to 100\.0; got") as caught:
        SmoothingSettings(**{name: value})
    assert caught.value.code == "setting_range"


def test_a_cutoff_of_zero_is_refused_and_a_beta_of_zero_is_not() -> None:
    assert SmoothingSettings(beta=0.0).beta == 0.0
    with pytest.raises(SettingsError):
        SmoothingSettings(min_cutoff_hz=0.0)


# ---------------------------------------------------------------------- the filter
def test_the_filter_gives_values_computed_by_hand() -> None:
    # A cutoff of 1/(2 pi) Hz is a time constant of 1 s, so alpha = 1/2 at a step of 1 s.
    settings = SmoothingSettings(1 / (2 * math.pi), 1 / (2 * math.pi), 1 / (2 * math.pi))
    one_euro = OneEuroFilter(settings)
    assert one_euro(4.0, 0.0) == 4.0
    # Speed (12 - 4) / 1 = 8, half of it, as there was none before: 4. 2 pi cutoff = 1 + 4, alpha = 5/6: 4 + 5/6 * 8.
    second = one_euro(12.0, 1.0)
    assert second == pytest.approx(4 + 40 / 6)
    # Speed (32/3 - 32/3) = 0, half of it and half of 4: 2. 2 pi cutoff = 3, alpha = 3/4, and nothing to move to.
    assert one_euro(second, 2.0) == pytest.approx(32 / 3)
    # Two seconds later and 6 higher: speed 3, of which alpha is 2/3, and 1/3 of the 2 before: 8/3.
    # 2 pi cutoff * 2 s = (1 + 8/3) * 2 = 22/3, alpha = 22/25.
    assert one_euro(32 / 3 + 6, 4.0) == pytest.approx(32 / 3 + 6 * 22 / 25)


@given(
    st.lists(st.floats(-1000, 1000), min_size=2, max_size=20),
    st.floats(0.01, 10),
    st.floats(0, 20),
    st.floats(0.1, 5),
    st.randoms(use_true_random=False),
)
def test_the_filter_is_the_algorithm_of_the_paper(
    samples: list[float], min_cutoff_hz: float, beta: float, derivative_cutoff_hz: float, random: Any
) -> None:
    settings = SmoothingSettings(min_cutoff_hz, beta, derivative_cutoff_hz)
    times_s = list(np.cumsum([random.uniform(0.005, 0.2) for _ in samples]))
    one_euro = OneEuroFilter(settings)
    ours = [float(one_euro(x, t)) for x, t in zip(samples, times_s, strict=True)]
    np.testing.assert_allclose(ours, paper(samples, times_s, settings), rtol=1e-9, atol=1e-9)


def test_each_element_is_filtered_separately_in_any_shape() -> None:
    settings = SmoothingSettings(1.0, 0.5)
    values = np.random.default_rng(1).normal(size=(12, 2, 3, 4))
    times_s = [i * STEP_S for i in range(12)]
    one_euro = OneEuroFilter(settings)
    ours = np.array([one_euro(x, t) for x, t in zip(values, times_s, strict=True)])
    assert ours.shape == values.shape
    expected = paper(values[:, 1, 2, 3].tolist(), times_s, settings)
    np.testing.assert_allclose(ours[:, 1, 2, 3], expected)


def test_size_divides_the_speed() -> None:
    # Ten times as large and ten times as fast: the same filter.
    small, large = OneEuroFilter(SmoothingSettings(1, 2)), OneEuroFilter(SmoothingSettings(1, 2))
    for i, x in enumerate([0.0, 1.0, 5.0, 3.0]):
        assert large(10 * x, i * STEP_S, size=10.0) == pytest.approx(10 * small(x, i * STEP_S))


def test_at_constant_speed_the_result_lags_by_no_more_than_beta_allows() -> None:
    for speed in (0.1, 1.0, 20.0):
        one_euro = OneEuroFilter(SmoothingSettings(0.01, 4.0))
        for i in range(300):
            trail = speed * i * STEP_S - one_euro(speed * i * STEP_S, i * STEP_S)
        assert 0 < trail < 1 / (2 * math.pi * 4.0)


def test_a_gap_stays_a_gap_and_restarts_that_element() -> None:
    one_euro = OneEuroFilter(SmoothingSettings(0.5, 0))
    one_euro([0.0, 0.0], 0.0)
    gap = one_euro([math.nan, 10.0], STEP_S)
    assert math.isnan(gap[0])
    assert 0 < gap[1] < 2
    back = one_euro([50.0, 10.0], 2 * STEP_S)
    assert back[0] == 50.0
    assert gap[1] < back[1] < 10


def test_a_gap_forgets_the_speed() -> None:
    settings = SmoothingSettings(1.0, 5.0)
    fresh, gapped = OneEuroFilter(settings), OneEuroFilter(settings)
    for i, x in enumerate([0.0, 10.0, 20.0, math.nan]):
        gapped(x, i * STEP_S)
    for i, x in enumerate([5.0, 6.0, 6.5], start=4):
        assert gapped(x, i * STEP_S) == pytest.approx(fresh(x, i * STEP_S))


@pytest.mark.parametrize("time_s", [1.0, 0.5])
def test_a_time_that_does_not_increase_restarts_the_filter(time_s: float) -> None:
    one_euro = OneEuroFilter(SmoothingSettings(0.1, 0))
    one_euro(0.0, 1.0)
    assert one_euro(7.0, time_s) == 7.0


def test_another_shape_and_a_reset_restart_the_filter() -> None:
    one_euro = OneEuroFilter(SmoothingSettings(0.1, 0))
    one_euro([0.0, 0.0], 0.0)
    assert one_euro([9.0, 9.0, 9.0], STEP_S).tolist() == [9, 9, 9]
    one_euro.reset()
    assert one_euro([1.0, 2.0, 3.0], 2 * STEP_S).tolist() == [1, 2, 3]
    one_euro.reset(np.array([True, False, False]))
    third = one_euro([5.0, 2.0, 9.0], 3 * STEP_S)
    assert third[0] == 5.0
    assert third[1] == 2.0
    assert 3 < third[2] < 9


def test_the_caller_may_change_results() -> None:
    one_euro = OneEuroFilter(SmoothingSettings(0.1, 0))
    for i in range(3):
        result = one_euro(np.zeros(2), i * STEP_S)
        assert np.abs(result).max() == 0
        result[:] = 1e6


# ---------------------------------------------------------------------- the size of a body
def test_body_size_is_the_torso_or_the_shoulders_times_one_and_a_half(make_pose: PoseMaker) -> None:
    standing = make_pose()
    assert body_size(standing.image_xy_px) == pytest.approx(TORSO_PX)
    bent = make_pose({"left_hip": (344, 150), "right_hip": (296, 150)})
    assert body_size(bent.image_xy_px) == pytest.approx(1.5 * 80)
    aside = make_pose({"left_shoulder": (325, 130), "right_shoulder": (315, 130)})
    assert body_size(aside.image_xy_px) == pytest.approx(120)


def test_body_size_is_unknown_without_a_hip(make_pose: PoseMaker) -> None:
    assert math.isnan(body_size(make_pose({"left_hip": (math.nan, math.nan)}).image_xy_px))


# ---------------------------------------------------------------------- one person
def smoothed(smoother: PoseSmoother, poses: list[Pose], start_s: float = 0.0) -> list[Pose]:
    return [smoother.smooth(pose, start_s + i * STEP_S) for i, pose in enumerate(poses)]


def noisy(make_pose: PoseMaker, frames: int, sigma_px: float = 2.0, scale: float = 1.0) -> list[Pose]:
    random = np.random.default_rng(3)
    still = make_pose(scale=scale)
    return [
        make_pose(image_xy_px=still.image_xy_px + random.normal(0, sigma_px * scale, (33, 2)))
        for _ in range(frames)
    ]


def test_the_first_pose_is_returned_unchanged(make_pose: PoseMaker) -> None:
    pose = make_pose()
    first = PoseSmoother(SmoothingSettings()).smooth(pose, 5.0)
    np.testing.assert_allclose(first.image_xy_px, pose.image_xy_px)
    np.testing.assert_allclose(first.image_z_px, pose.image_z_px)
    np.testing.assert_allclose(first.world_xyz_m, pose.world_xyz_m)


def test_positions_follow_the_paper_with_speeds_in_torso_lengths(make_pose: PoseMaker) -> None:
    settings = SmoothingSettings(1.0, 3.0)
    xs = [386.0, 392.0, 401.0, 405.0]
    depths_m = [0.1, 0.12, 0.17, 0.2]
    poses = []
    for x, depth_m in zip(xs, depths_m, strict=True):
        world = make_pose().world_xyz_m.copy()
        world[WRIST, 2] = depth_m
        poses.append(make_pose({"left_wrist": (x, 245)}, world_xyz_m=world))
    results = smoothed(PoseSmoother(settings), poses)
    times_s = [i * STEP_S for i in range(4)]
    expected_x = np.array(paper([x / TORSO_PX for x in xs], times_s, settings)) * TORSO_PX
    np.testing.assert_allclose([pose.image_xy_px[WRIST, 0] for pose in results], expected_x)
    # In the hand-made pose 200 px are a metre, and the hips are 12 landmarks of 0.0125 m behind the shoulders.
    torso_m = math.hypot(0.6, 12 * 0.0125)
    expected_z = np.array(paper([z / torso_m for z in depths_m], times_s, settings)) * torso_m
    np.testing.assert_allclose([pose.world_xyz_m[WRIST, 2] for pose in results], expected_z)


def test_visibility_and_presence_are_unchanged(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings(0.1, 0))
    smoother.smooth(make_pose(), 0.0)
    hidden = make_pose(hidden=("nose",), presence=np.linspace(0, 1, 33))
    after = smoother.smooth(hidden, STEP_S)
    np.testing.assert_array_equal(after.visibility, hidden.visibility)
    np.testing.assert_array_equal(after.presence, hidden.presence)


def test_jitter_at_rest_is_reduced(make_pose: PoseMaker) -> None:
    poses = noisy(make_pose, 60)
    after = smoothed(PoseSmoother(SmoothingSettings(1.0, 0.0)), poses)
    times_s = np.arange(60) * STEP_S
    before_px = jitter_px(np.array([p.image_xy_px for p in poses]), times_s)
    after_px = jitter_px(np.array([p.image_xy_px for p in after]), times_s)
    assert before_px == pytest.approx(2 * math.sqrt(2), rel=0.1)
    assert after_px < 0.3 * before_px


def test_near_and_far_people_are_smoothed_alike(make_pose: PoseMaker) -> None:
    near = smoothed(PoseSmoother(SmoothingSettings()), noisy(make_pose, 10))
    far = smoothed(PoseSmoother(SmoothingSettings()), noisy(make_pose, 10, scale=0.25))
    np.testing.assert_allclose(far[-1].image_xy_px * 4, near[-1].image_xy_px)


def test_another_size_of_the_same_picture_changes_nothing(make_pose: PoseMaker) -> None:
    poses = noisy(make_pose, 8)
    steady = smoothed(PoseSmoother(SmoothingSettings(0.5, 0)), poses)
    halved = [
        make_pose(image_xy_px=p.image_xy_px / 2, image_z_px=p.image_z_px / 2, size_wh=(320, 240))
        for p in poses
    ]
    mixed = smoothed(PoseSmoother(SmoothingSettings(0.5, 0)), poses[:4] + halved[4:])
    np.testing.assert_allclose(mixed[-1].image_xy_px * 2, steady[-1].image_xy_px)
    np.testing.assert_allclose(mixed[-1].image_z_px * 2, steady[-1].image_z_px)
    assert mixed[-1].size_wh == (320, 240)


def test_another_shape_of_picture_restarts_smoothing(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings(0.1, 0))
    smoother.smooth(make_pose(), 0.0)
    wide = make_pose(shift_xy=(40, 0), size_wh=(640, 360))
    np.testing.assert_allclose(smoother.smooth(wide, STEP_S).image_xy_px, wide.image_xy_px)


@pytest.mark.parametrize(
    ("gap_s", "restarts"), [(RESTART_AFTER_S * 0.9, False), (RESTART_AFTER_S * 1.1, True), (-1, True)]
)
def test_a_long_gap_or_time_running_back_restarts_smoothing(
    make_pose: PoseMaker, gap_s: float, restarts: bool
) -> None:
    smoother = PoseSmoother(SmoothingSettings(0.1, 0))
    smoother.smooth(make_pose(), 2.0)
    moved = make_pose(shift_xy=(10, 0))
    after = smoother.smooth(moved, 2.0 + gap_s)
    assert np.allclose(after.image_xy_px, moved.image_xy_px) == restarts


def test_settings_can_be_replaced_while_running_without_a_jump(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings(0.01, 0))
    smoother.smooth(make_pose(), 0.0)
    moved = make_pose(shift_xy=(10, 0))
    stuck = smoother.smooth(moved, STEP_S)
    smoother.settings = SmoothingSettings(100, 0)
    assert smoother.settings.min_cutoff_hz == 100
    quick = smoother.smooth(moved, 2 * STEP_S)
    start_x, end_x = make_pose().image_xy_px[0, 0], moved.image_xy_px[0, 0]
    assert stuck.image_xy_px[0, 0] < start_x + 0.1
    assert end_x - 1 < quick.image_xy_px[0, 0] < end_x  # alpha = 0.954: still with a past


def test_an_unknown_landmark_stays_unknown_and_harms_no_other(make_pose: PoseMaker) -> None:
    poses = noisy(make_pose, 5)
    lost = poses[2].image_xy_px.copy()
    lost[WRIST] = math.nan
    gapped = [*poses[:2], make_pose(image_xy_px=lost), *poses[3:]]
    expected = smoothed(PoseSmoother(SmoothingSettings()), poses)
    got = smoothed(PoseSmoother(SmoothingSettings()), gapped)
    assert np.isnan(got[2].image_xy_px[WRIST]).all()
    np.testing.assert_allclose(got[3].image_xy_px[WRIST], poses[3].image_xy_px[WRIST])
    others = np.arange(33) != WRIST
    np.testing.assert_allclose(got[4].image_xy_px[others], expected[4].image_xy_px[others])


def test_a_pose_without_size_is_returned_unchanged_and_the_next_restarts_smoothing(
    make_pose: PoseMaker,
) -> None:
    smoother = PoseSmoother(SmoothingSettings(0.1, 0))
    smoother.smooth(make_pose(), 0.0)
    sizeless = make_pose(world_xyz_m=np.zeros((33, 3)))
    assert smoother.smooth(sizeless, STEP_S) is sizeless
    moved = make_pose(shift_xy=(10, 0))
    np.testing.assert_allclose(smoother.smooth(moved, 2 * STEP_S).image_xy_px, moved.image_xy_px)


# ---------------------------------------------------------------------- impossible jumps
LIMIT_PX = FASTEST_TORSOS_PER_S * STEP_S * TORSO_PX  # and a small margin


def jumping(make_pose: PoseMaker, frames: int, jump: set[int], by_px: float) -> list[Pose]:
    return [make_pose({"left_wrist": (386 + by_px * (i in jump), 245)}) for i in range(frames)]


def test_a_single_frame_outlier_moves_nothing(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings(5, 5))
    for i, pose in enumerate(jumping(make_pose, 6, {3}, 3 * LIMIT_PX)):
        np.testing.assert_allclose(smoother.smooth(pose, i * STEP_S).image_xy_px, make_pose().image_xy_px)


def test_a_jump_that_stays_is_accepted_at_once_in_the_third_frame(make_pose: PoseMaker) -> None:
    results = smoothed(
        PoseSmoother(SmoothingSettings(0.5, 0)), jumping(make_pose, 6, {2, 3, 4, 5}, 4 * LIMIT_PX)
    )
    far_px = 386 + 4 * LIMIT_PX
    xs = [pose.image_xy_px[WRIST, 0] for pose in results]
    assert xs == pytest.approx([386, 386, 386, 386, far_px, far_px])


def test_an_outlier_in_space_alone_is_held_too(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings(5, 5))
    smoother.smooth(make_pose(), 0.0)
    world = make_pose().world_xyz_m.copy()
    world[WRIST, 2] += 2.0
    after = smoother.smooth(make_pose(world_xyz_m=world), STEP_S)
    np.testing.assert_allclose(after.world_xyz_m, make_pose().world_xyz_m)


def test_a_fast_but_possible_movement_is_not_held(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings(100, 100))
    for i, pose in enumerate(jumping(make_pose, 4, {2, 3}, 0.95 * LIMIT_PX)):
        x_px = smoother.smooth(pose, i * STEP_S).image_xy_px[WRIST, 0]
        assert x_px == pytest.approx(386 + 0.95 * LIMIT_PX * (i >= 2), abs=0.05 * LIMIT_PX)


def test_a_held_landmark_may_have_moved_as_far_as_the_time_since_allows(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings(100, 100))
    smoother.smooth(make_pose(), 0.0)
    held = smoother.smooth(make_pose({"left_wrist": (386 - 4 * LIMIT_PX, 245)}), STEP_S)
    assert held.image_xy_px[WRIST, 0] == pytest.approx(386)
    after = smoother.smooth(make_pose({"left_wrist": (386 + 1.9 * LIMIT_PX, 245)}), 2 * STEP_S)
    assert after.image_xy_px[WRIST, 0] == pytest.approx(386 + 1.9 * LIMIT_PX, abs=0.1 * LIMIT_PX)


def test_an_outlier_is_held_even_with_unknown_landmarks(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings())
    unknown = dict.fromkeys(LANDMARK_NAMES[:9], (math.nan, math.nan))
    smoother.smooth(make_pose(unknown), 0.0)
    after = smoother.smooth(make_pose(unknown | {"left_wrist": (386 + 4 * LIMIT_PX, 245)}), STEP_S)
    assert after.image_xy_px[WRIST, 0] == pytest.approx(386)


def test_at_the_same_time_again_nothing_is_held(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings())
    smoother.smooth(make_pose(), 0.0)
    after = smoother.smooth(make_pose({"left_wrist": (500, 245)}), 0.0)
    assert after.image_xy_px[WRIST, 0] == pytest.approx(500)


def test_a_jump_of_the_camera_is_not_held_and_a_held_landmark_follows_it(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings(100, 100))
    smoother.smooth(make_pose(), 0.0)
    outlier = make_pose({"left_wrist": (386 + 4 * LIMIT_PX, 245)}, shift_xy=(0, 2 * LIMIT_PX))
    after = smoother.smooth(outlier, STEP_S)
    here = after.image_xy_px - make_pose().image_xy_px
    np.testing.assert_allclose(here, np.broadcast_to(here[0], here.shape))
    assert here[0, 1] > 1.9 * LIMIT_PX


def test_a_completely_different_posture_is_accepted_at_once(make_pose: PoseMaker) -> None:
    smoother = PoseSmoother(SmoothingSettings(0.1, 0))
    smoother.smooth(make_pose(), 0.0)
    legs_up = {
        name: (300.0, 10.0 - 3 * LIMIT_PX)
        for name in LANDMARK_NAMES
        if any(part in name for part in ("knee", "ankle", "heel", "foot", "wrist", "index"))
    }
    assert len(legs_up) > 9
    other = make_pose(legs_up)
    np.testing.assert_allclose(smoother.smooth(other, STEP_S).image_xy_px, other.image_xy_px)


# ---------------------------------------------------------------------- jitter
def test_jitter_of_noise_at_rest_is_its_root_mean_square_distance() -> None:
    noise = np.random.default_rng(0).normal(0, 1.5, (400, 33, 2))
    assert jitter_px(100 + noise, np.arange(400) * STEP_S) == pytest.approx(1.5 * math.sqrt(2), rel=0.02)


def test_jitter_computed_by_hand_at_uneven_steps() -> None:
    # One point at x = 0, 1, 0 at 0, 1 and 3 s: on the line between its neighbours it would be at 0. Their weights are
    # 2/3 and 1/3, so 1 / (1 + 4/9 + 1/9) of its square counts.
    path = np.array([[[0.0, 0.0]], [[1.0, 0.0]], [[0.0, 0.0]]])
    assert jitter_px(path, np.array([0.0, 1.0, 3.0])) == pytest.approx(math.sqrt(9 / 14))


def test_steady_movement_is_not_jitter_at_uneven_steps() -> None:
    times_s = np.array([0.0, 0.1, 0.15, 0.4, 0.5])
    path = times_s[:, None, None] * np.full((1, 33, 2), 300.0)
    assert jitter_px(path, times_s) == pytest.approx(0, abs=1e-9)


def test_real_movement_hardly_counts() -> None:
    # A hand that moves 300 px up and down each second, with a noise of 1 px.
    times_s = np.arange(150) * STEP_S
    random = np.random.default_rng(0)
    path = random.normal(0, 1, (150, 33, 2))
    still_px = jitter_px(path, times_s)
    path[:, WRIST, 1] += 150 * np.sin(2 * np.pi * times_s)
    assert jitter_px(path, times_s) < 1.15 * still_px


def test_jitter_scales_with_the_picture_and_does_not_depend_on_position() -> None:
    path = np.random.default_rng(0).normal(0, 1, (20, 33, 2))
    times_s = np.arange(20) * STEP_S
    assert jitter_px(3 * path + 50, times_s) == pytest.approx(3 * jitter_px(path, times_s))


def test_gaps_are_left_out_and_too_short_paths_have_no_jitter() -> None:
    times_s = np.arange(8) * STEP_S
    path = np.zeros((8, 33, 2))
    path[4, :, 0] = 1.0
    assert jitter_px(path, times_s) > 0
    path[4] = (
        math.nan
    )  # the only position that is off is gone, and its neighbours are not compared across the gap
    assert jitter_px(path, times_s) == 0
    assert math.isnan(jitter_px(path[:2], times_s[:2]))
    assert math.isnan(jitter_px(path[3:6], times_s[3:6]))
    assert math.isnan(jitter_px(np.empty((0, 33, 2)), np.empty(0)))


@pytest.mark.parametrize("times_s", [np.arange(4.0), np.array([0.0, 1.0, 1.0])])
def test_times_that_do_not_match_are_refused(times_s: FloatArray) -> None:
    with pytest.raises(ValueError, match="time_s must"):
        jitter_px(np.zeros((3, 33, 2)), times_s)


# ---------------------------------------------------------------------- with the real model, and the defaults
def test_on_the_performer_the_defaults_remove_most_jitter() -> None:
    stream = StreamLandmarker(DetectionSettings(people=2))
    try:
        frames = [render_frame("arm_raise", 0.0, noise=6, seed=i).rgb for i in range(30)]
        poses = [stream.detect(frame, i * STEP_S)[0] for i, frame in enumerate(frames)]
    finally:
        stream.close()
    after = smoothed(PoseSmoother(SmoothingSettings()), poses)
    times_s = np.arange(20) * STEP_S
    before_px = jitter_px(np.array([p.image_xy_px for p in poses[10:]]), times_s)
    after_px = jitter_px(np.array([p.image_xy_px for p in after[10:]]), times_s)
    assert after_px < 0.3 * before_px  # 0.12 measured


def test_the_defaults_are_those_of_the_committed_measurement() -> None:
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    defaults = SmoothingSettings()
    assert kept["chosen"] == {"min_cutoff_hz": defaults.min_cutoff_hz, "beta": defaults.beta}
    chosen = benchmark.choose(kept["grid"])
    assert chosen is not None
    assert {name: chosen[name] for name in kept["chosen"]} == kept["chosen"]
    assert "least jitter" in benchmark.report(kept)


@pytest.mark.parametrize("late_s", [0.0, 0.012, 0.05, 0.2])
def test_lag_is_found_between_frames(late_s: float) -> None:
    times_s = np.arange(120) * STEP_S

    def path(at_s: FloatArray) -> FloatArray:
        angles = 2 * np.pi * at_s[:, None, None] / 2.0 + np.arange(33)[None, :, None]
        return np.concatenate([np.sin(angles), 0.5 * np.cos(2 * angles)], axis=2) * 80

    found_ms = benchmark.lag_ms(path(times_s - late_s), path(times_s), 1 / STEP_S)
    assert found_ms == pytest.approx(late_s * 1000, abs=1.0)


def test_the_choice_has_the_least_jitter_of_those_allowed() -> None:
    def row(jitter: float, lag: float, error: float) -> dict[str, Any]:
        return {"jitter_px": jitter, "added_lag_ms": lag, "added_error_torsos": error}

    allowed = row(0.3, benchmark.LAG_LIMIT_MS, benchmark.ERROR_LIMIT)
    late, wrong, shaky = row(0.1, 50, 0), row(0.1, 0, 0.5), row(0.8, 0, 0)
    assert benchmark.choose([late, shaky, allowed, wrong]) is allowed
    assert benchmark.choose([late, wrong]) is None


@pytest.mark.nightly
def test_the_benchmark_gives_every_figure() -> None:
    result = benchmark.measure()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert len(result["raw"]["clips"]) == len(benchmark.CLIPS) * len(benchmark.MODES)
    assert len(result["grid"]) == len(benchmark.MIN_CUTOFFS_HZ) * len(benchmark.BETAS)
    assert "squat" in benchmark.report(result)


def test_a_small_run_gives_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    lite = lambda settings: StreamLandmarker(replace(settings, model="lite"))  # noqa: E731
    monkeypatch.setattr(benchmark, "StreamLandmarker", lite)
    clips = (benchmark.Clip("arm_raise", 34), benchmark.Clip("jack", 54, cycle_s=1.0))
    result = benchmark.measure(clips, min_cutoffs_hz=(1.0,), betas=(8.0,), cost_rounds=1)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert set(result["raw"]["clips"]) == {
        f"{name}, people={people}" for name in ("arm_raise still", "jack 1 s") for people in (1, 2)
    }
    assert result["grid"][0]["jitter_px"] < result["raw"]["jitter_px"]
    assert math.isfinite(result["grid"][0]["added_lag_ms"])
    assert set(result["cost_us"]) == {"1 person", "4 people"}
    assert "jack 1 s" in benchmark.report(result)
