"""The performer: true geometry, and pictures that agree with it."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_core.errors import SettingsError
from pose_core.performer import (
    MOTIONS,
    PALETTES,
    Camera,
    Palette,
    PerformerFrame,
    Person,
    render_frame,
    render_scene,
)
from pose_core.performer.motions import posture_at
from pose_core.performer.skeleton import SHANK_M, SOLE_M, THIGH_M, UPPER_ARM_M, place_skeleton
from pose_core.skeleton import INDEX, LANDMARK_NAMES

Array = npt.NDArray[np.float64]

SMALL = Camera(320, 240)
STANDING = Person("arm_raise", 0.0)
MIRRORED = [
    INDEX[name.replace("left", "?").replace("right", "left").replace("?", "right")] for name in LANDMARK_NAMES
]

any_motion = st.sampled_from(MOTIONS)
any_phase = st.floats(0, 1, exclude_max=True)
any_yaw = st.floats(-180, 180)


def points(frame: PerformerFrame, *names: str) -> list[Array]:
    return [frame.landmarks_m[0, INDEX[name]] for name in names]


def placed(motion: str, phase: float, yaw_deg: float = 0.0, x_m: float = 0.0, z_m: float = 0.0) -> Array:
    return place_skeleton(posture_at(motion, phase), yaw_deg=yaw_deg, x_m=x_m, z_m=z_m).landmarks_m()


def angle_deg(first: Array, middle: Array, last: Array) -> float:
    one, other = first - middle, last - middle
    return float(np.degrees(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other))))


def distance_m(landmarks_m: Array, first: str, last: str) -> float:
    return float(np.linalg.norm(landmarks_m[INDEX[first]] - landmarks_m[INDEX[last]]))


def material_at(frame: PerformerFrame, at_px: Array, palette: Palette) -> str:
    """Name of the colour in the palette whose hue is nearest to that of a pixel."""
    x, y = at_px.astype(int)
    pixel = frame.rgb[y, x].astype(float)
    names = [field.name for field in dataclasses.fields(palette)]
    hues = palette.as_array() / np.linalg.norm(palette.as_array(), axis=1, keepdims=True)
    return names[int(np.argmax(hues @ (pixel / np.linalg.norm(pixel))))]


# --- geometry --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("point_m", "expected_px"),
    [
        ((0.0, 1.0, 0.0), (320, 240)),  # in the middle: the camera looks straight at it
        ((0.5, 1.5, 0.0), (416, 144)),  # 480 px for 2.5 m are 192 px for a metre
        ((0.5, 1.5, 2.25), (512, 48)),  # at half the distance, twice as far from the middle
    ],
)
def test_camera_projects_known_points_as_computed_by_hand(
    point_m: tuple[float, ...], expected_px: tuple[float, ...]
) -> None:
    camera = Camera(640, 480, distance_m=4.5, height_m=1.0, target_height_m=1.0, scene_height_m=2.5)
    np.testing.assert_allclose(camera.project(np.array(point_m)), expected_px, atol=1e-9)


def test_a_tilted_camera_has_its_target_in_the_middle_of_the_picture() -> None:
    camera = Camera(height_m=2.0, target_height_m=0.5)
    np.testing.assert_allclose(camera.project(np.array([0.0, 0.5, 0.0])), (320, 240), atol=1e-9)


@pytest.mark.parametrize("motion", MOTIONS)
def test_left_is_at_larger_x_when_facing_the_camera_and_at_smaller_x_from_behind(motion: str) -> None:
    for joint in ("shoulder", "hip", "eye", "ear"):
        left, right = INDEX[f"left_{joint}"], INDEX[f"right_{joint}"]
        front = render_frame(motion, 0.2, camera=SMALL).landmarks_px[0]
        back = render_frame(motion, 0.2, yaw_deg=180, camera=SMALL).landmarks_px[0]
        assert front[left, 0] > front[right, 0]
        assert back[left, 0] < back[right, 0]


def test_nose_points_to_the_right_of_the_picture_at_yaw_90() -> None:
    landmarks_px = render_frame("arm_raise", 0.0, yaw_deg=90).landmarks_px[0]
    assert landmarks_px[INDEX["nose"], 0] > landmarks_px[INDEX["left_ear"], 0] + 10


def test_hips_overlap_at_yaw_90() -> None:
    landmarks_px = render_frame("arm_raise", 0.0, yaw_deg=90).landmarks_px[0]
    apart_px = landmarks_px[INDEX["left_hip"]] - landmarks_px[INDEX["right_hip"]]
    np.testing.assert_allclose(apart_px, 0, atol=2)


def test_standing_knees_are_straight() -> None:
    frame = render_frame("arm_raise", 0.0, camera=SMALL)
    for side in ("left", "right"):
        assert angle_deg(*points(frame, f"{side}_hip", f"{side}_knee", f"{side}_ankle")) == pytest.approx(180)


def test_knees_are_at_56_degrees_at_the_bottom_of_a_squat() -> None:
    frame = render_frame("squat", 0.5, camera=SMALL)  # flexed by 98 + 26
    for side in ("left", "right"):
        assert angle_deg(*points(frame, f"{side}_hip", f"{side}_knee", f"{side}_ankle")) == pytest.approx(56)


def test_elbow_is_at_110_degrees_when_bent_by_70() -> None:
    frame = render_frame("lunge", 0.0, camera=SMALL)
    joints = points(frame, "left_shoulder", "left_elbow", "left_wrist")
    assert angle_deg(*joints) == pytest.approx(110)


@given(any_motion, any_phase, any_yaw)
def test_bones_keep_their_length(motion: str, phase: float, yaw_deg: float) -> None:
    landmarks_m = placed(motion, phase, yaw_deg)
    for side in ("left", "right"):
        assert distance_m(landmarks_m, f"{side}_hip", f"{side}_knee") == pytest.approx(THIGH_M)
        assert distance_m(landmarks_m, f"{side}_knee", f"{side}_ankle") == pytest.approx(SHANK_M)
        assert distance_m(landmarks_m, f"{side}_shoulder", f"{side}_elbow") == pytest.approx(UPPER_ARM_M)


@given(any_motion, any_phase, any_yaw)
def test_the_lower_foot_stands_on_the_floor_unless_it_jumps(
    motion: str, phase: float, yaw_deg: float
) -> None:
    landmarks_m = placed(motion, phase, yaw_deg)
    feet = [name for name in LANDMARK_NAMES if name.endswith(("heel", "foot_index"))]
    lowest_m = min(landmarks_m[INDEX[name], 1] for name in feet) - SOLE_M
    expected_m = 0.07 * abs(np.sin(2 * np.pi * phase)) if motion == "jack" else 0.0
    assert lowest_m == pytest.approx(expected_m, abs=1e-9)


@given(any_motion, any_phase, any_yaw, st.floats(-2, 2), st.floats(-1, 3))
def test_placing_moves_and_turning_keeps_heights(
    motion: str, phase: float, yaw_deg: float, x_m: float, z_m: float
) -> None:
    here, there = placed(motion, phase, yaw_deg), placed(motion, phase, yaw_deg, x_m, z_m)
    np.testing.assert_allclose(there - here, np.broadcast_to([x_m, 0, z_m], here.shape), atol=1e-9)
    np.testing.assert_allclose(here[:, 1], placed(motion, phase)[:, 1], atol=1e-9)


@given(st.sampled_from(("squat", "arm_raise", "jack")), any_phase)
def test_symmetric_motions_are_their_own_mirror_image(motion: str, phase: float) -> None:
    landmarks_m = placed(motion, phase)
    np.testing.assert_allclose(landmarks_m[MIRRORED] * [-1, 1, 1], landmarks_m, atol=1e-9)


@given(any_phase)
def test_walking_mirrors_itself_after_half_a_cycle(phase: float) -> None:
    np.testing.assert_allclose(
        placed("walk", phase + 0.5)[MIRRORED] * [-1, 1, 1], placed("walk", phase), atol=1e-9
    )


@given(any_motion, any_phase, st.integers(-3, 3))
def test_only_the_fraction_of_the_phase_counts(motion: str, phase: float, cycles: int) -> None:
    np.testing.assert_allclose(placed(motion, phase + cycles), placed(motion, phase), atol=1e-6)


def test_true_landmarks_scale_with_the_picture() -> None:
    small, large = (render_frame("lunge", 0.3, camera=Camera(w, h)) for w, h in ((320, 240), (640, 480)))
    assert large.rgb.shape == (480, 640, 3)
    np.testing.assert_allclose(large.landmarks_px, 2 * small.landmarks_px)


def test_each_person_in_a_scene_has_the_same_landmarks_as_alone() -> None:
    people = [Person("squat", 0.3, 45, x_m=-0.7), Person("jack", 0.4, -20, x_m=0.8, z_m=-0.3)]
    together = render_scene(people, camera=SMALL)
    assert together.landmarks_px.shape == (2, 33, 2)
    for index, person in enumerate(people):
        alone = render_scene([person], camera=SMALL)
        np.testing.assert_array_equal(together.landmarks_px[index], alone.landmarks_px[0])
        in_the_middle = render_frame(person.motion, person.phase, yaw_deg=person.yaw_deg, camera=SMALL)
        shifted_m = in_the_middle.landmarks_m[0] + [person.x_m, 0, person.z_m]
        np.testing.assert_allclose(together.landmarks_m[index], shifted_m, atol=1e-9)
        np.testing.assert_allclose(together.landmarks_px[index], SMALL.project(shifted_m), atol=1e-9)


# --- picture ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("motion", ["arm_raise", "jack", "walk"])
def test_pixels_at_true_positions_have_the_colour_of_the_body_part(motion: str, palette: Palette) -> None:
    frame = render_scene([Person(motion, 0.4, palette=palette)])
    at = dict(zip(LANDMARK_NAMES, frame.landmarks_px[0], strict=True))
    chest = 0.35 * (at["left_shoulder"] + at["right_shoulder"]) + 0.15 * (at["left_hip"] + at["right_hip"])
    assert material_at(frame, chest, palette) == "shirt"
    for side in ("left", "right"):
        assert material_at(frame, at[f"{side}_hip"], palette) in (
            "shorts",
            "sole",
            "shoe",
        )  # all of them greys
        assert material_at(frame, at[f"{side}_elbow"], palette) == "skin"
        assert material_at(frame, at[f"{side}_knee"], palette) == "skin"


def shirt_pixels(frame: PerformerFrame) -> npt.NDArray[np.bool_]:
    red, _, blue = np.moveaxis(frame.rgb.astype(int), 2, 0)
    return np.asarray(blue - red > 0.4 * blue)


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("x_m", [0.0, 0.013, -0.35])
def test_supersampling_smooths_edges_and_moves_nothing(factor: int, x_m: float) -> None:
    people = [Person("walk", 0.3, yaw_deg=45, x_m=x_m)]
    room = render_scene([]).rgb.mean(axis=2)
    rough, smooth = (render_scene(people, supersampling=n).rgb.mean(axis=2) - room for n in (1, factor))
    (right_px, down_px), _ = cv2.phaseCorrelate(rough, smooth)
    assert abs(right_px) < 0.1
    assert abs(down_px) < 0.1
    assert np.square(np.diff(smooth)).mean() < np.square(np.diff(rough)).mean()


@pytest.mark.parametrize("order", [1, -1])
def test_the_nearer_person_hides_the_farther_one(order: int) -> None:
    near = Person("arm_raise", 0.0, z_m=1.0, palette=PALETTES[1])
    far = Person("arm_raise", 0.0, z_m=-0.5, palette=PALETTES[0])
    frame = render_scene([near, far][::order])
    chest = frame.landmarks_px[[near, far][::order].index(near)][[11, 12, 23, 24]].mean(axis=0)
    assert material_at(frame, chest, PALETTES[1]) == "shirt"
    assert np.count_nonzero(shirt_pixels(frame)) < 0.3 * np.count_nonzero(shirt_pixels(render_scene([far])))


def test_order_of_people_does_not_change_the_picture() -> None:
    people = [Person("walk", 0.3, x_m=-0.3), Person("jack", 0.2, x_m=0.2, z_m=-0.6, palette=PALETTES[2])]
    forth, back = render_scene(people, camera=SMALL), render_scene(people[::-1], camera=SMALL)
    np.testing.assert_array_equal(forth.rgb, back.rgb)
    np.testing.assert_array_equal(forth.landmarks_px, back.landmarks_px[::-1])


def test_the_empty_room_shows_nobody() -> None:
    frame = render_scene([], camera=SMALL)
    assert frame.rgb.shape == (240, 320, 3)
    assert frame.rgb.dtype == np.uint8
    assert frame.landmarks_px.shape == (0, 33, 2)
    assert frame.landmarks_m.shape == (0, 33, 3)


def test_a_person_outside_the_picture_leaves_the_room_unchanged_but_has_true_landmarks() -> None:
    frame = render_scene([Person("walk", 0.1, x_m=60.0)], camera=SMALL)
    np.testing.assert_array_equal(frame.rgb, render_scene([], camera=SMALL).rgb)
    assert np.all(frame.landmarks_px[0, :, 0] > SMALL.width_px)


def test_a_person_cut_off_by_the_edge_is_drawn_as_far_as_visible() -> None:
    frame = render_scene([Person("arm_raise", 0.0, x_m=1.6)])
    assert frame.landmarks_px[0, :, 0].max() > 640 > frame.landmarks_px[0, :, 0].min()
    assert shirt_pixels(frame)[:, -1].any()


@pytest.mark.parametrize("z_m", [0.0, -1.0])
def test_shadow_falls_on_the_floor_behind_and_not_on_the_wall(z_m: float) -> None:
    frame, empty = (
        render_scene(people).rgb.astype(int) for people in ([Person("arm_raise", 0, z_m=z_m)], [])
    )
    darker_px = np.argwhere((empty - frame).mean(axis=2) > 10)
    camera = Camera()
    on_floor_px = camera.project(np.array([-0.4, 0.0, -0.45 + z_m])).astype(int)
    assert (on_floor_px[::-1] == darker_px).all(axis=1).any()
    wall_meets_floor_px = camera.project(np.array([0.0, 0.0, -2.2]))[1]
    beside_body_px = darker_px[np.abs(darker_px[:, 1] - 320) > 75]
    assert beside_body_px[:, 0].min() >= wall_meets_floor_px - 1


def test_the_same_call_gives_the_same_picture() -> None:
    first, second = (render_frame("lunge", 0.4, yaw_deg=30, camera=SMALL, noise=3.0).rgb for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_noise_has_the_requested_strength_and_changes_with_the_seed() -> None:
    clean = render_scene([], camera=SMALL).rgb.astype(float)
    noisy = render_scene([], camera=SMALL, noise=4.0).rgb
    other = render_scene([], camera=SMALL, noise=4.0, seed=1).rgb
    assert (noisy - clean).std() == pytest.approx(4.0, rel=0.05)
    assert (noisy - clean).mean() == pytest.approx(0.0, abs=0.1)
    assert not np.array_equal(noisy, other)


def test_threads_may_share_a_camera() -> None:
    tasks = [(motion, phase) for motion in MOTIONS for phase in (0.1, 0.3, 0.5, 0.8)]
    shared = Camera(333, 222)  # nothing is cached for this one yet

    def draw(task: tuple[str, float]) -> npt.NDArray[np.uint8]:
        return render_frame(*task, yaw_deg=30, camera=shared).rgb

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(draw, tasks))
    for task, picture in zip(tasks, together, strict=True):
        np.testing.assert_array_equal(picture, render_frame(*task, yaw_deg=30, camera=Camera(333, 222)).rgb)


def test_a_camera_cannot_be_changed() -> None:
    camera = Camera()
    with pytest.raises(dataclasses.FrozenInstanceError):
        camera.width_px = 1  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        camera.axes[0, 0] = 2
    assert camera == Camera()
    assert hash(camera) == hash(Camera())


def test_changing_a_picture_does_not_change_the_next_one() -> None:
    first = render_scene([], camera=SMALL)
    before = first.rgb.copy()
    first.rgb[:] = 0
    np.testing.assert_array_equal(render_scene([], camera=SMALL).rgb, before)


# --- wrong arguments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        (Person("moonwalk", 0.0), "moonwalk"),
        (Person("squat", float("nan")), "nan"),
        (Person("squat", float("inf")), "inf"),
        (Person("squat", 0.0, yaw_deg=float("nan")), "nan"),
        (Person("squat", 0.0, x_m=1e9), "1000000000"),
        (Person("squat", 0.0, x_m=float("nan")), "nan"),
        (Person("squat", 0.0, z_m=-1.9), "-1.9"),
        (Person("squat", 0.0, z_m=4.4), "4.4"),
    ],
)
def test_an_impossible_person_is_refused_by_value(person: Person, shown: str) -> None:
    with pytest.raises(SettingsError) as caught:
        render_scene([STANDING, person], camera=SMALL)
    assert shown in str(caught.value)


@pytest.mark.parametrize("supersampling", [0, -1, 5])
def test_supersampling_outside_its_range_is_refused(supersampling: int) -> None:
    with pytest.raises(SettingsError, match="supersampling must be 1 to 4"):
        render_scene([], supersampling=supersampling)


@pytest.mark.parametrize("noise", [-1.0, float("nan"), float("inf")])
def test_noise_outside_its_range_is_refused(noise: float) -> None:
    with pytest.raises(SettingsError, match="noise must be 0 or more"):
        render_scene([], noise=noise)


@pytest.mark.parametrize(
    ("field", "value"),
    [("width_px", 8), ("height_px", 100_000), ("distance_m", 0.0), ("scene_height_m", float("nan"))],
)
def test_a_camera_outside_its_ranges_is_refused(field: str, value: float) -> None:
    with pytest.raises(SettingsError, match=f"{field} must be"):
        Camera(**{field: value})  # type: ignore[arg-type]


def test_the_error_for_an_unknown_motion_names_those_that_exist() -> None:
    with pytest.raises(SettingsError, match="squat, arm_raise, lunge, walk, jack"):
        render_frame("dance", 0.0)
