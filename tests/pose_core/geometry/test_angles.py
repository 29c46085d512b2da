"""Joint angles: computed by hand, under every change that must not matter, and where there is no angle."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pose_core.geometry.angles import (
    ANGLE_NAMES,
    ANGLES,
    LIMB_ANGLES,
    AngleDefinition,
    Space,
    angles_deg,
    image_angles_deg,
    interior_angle_deg,
    lean_deg,
    obliquity_deg,
    pose_angle_reasons,
    pose_angles_deg,
    sequence_angles,
)
from pose_core.geometry.reasons import PRESENCE_LIMIT, REASONS
from pose_core.pose import Pose, PoseSequence
from pose_core.skeleton import INDEX, LANDMARK_NAMES, N_LANDMARKS
from tests.support.poses import make_pose as make_hand_pose

FloatArray = NDArray[np.float64]

#: Coordinates below are up to 1000, with limbs of length 1 or more: moving and turning them costs a few units in the
#: last place of 1000, which on a limb of length 1 is about 1e-11 degrees. This is far coarser, and far finer than any
#: fault.
TOLERANCE_DEG = 1e-6

ALL_VISIBLE = np.ones(N_LANDMARKS, dtype=np.bool_)
LIMBS = [angle for angle in ANGLES if angle.kind == "interior"]
SWAPPED = np.array(
    [INDEX[n.replace("left", "*").replace("right", "left").replace("*", "right")] for n in LANDMARK_NAMES]
)

coordinate = st.floats(-1000, 1000)
turn_deg = st.floats(-360, 360)
factor = st.floats(0.01, 100)


def points(dimensions: int) -> st.SearchStrategy[FloatArray]:
    return st.tuples(*[coordinate] * dimensions).map(np.array)


def limbs(dimensions: int) -> st.SearchStrategy[tuple[FloatArray, FloatArray, FloatArray]]:
    """First, vertex and last point with both limbs at least 1 long."""
    three = st.tuples(points(dimensions), points(dimensions), points(dimensions))
    return three.filter(lambda p: np.linalg.norm(p[0] - p[1]) > 1 and np.linalg.norm(p[2] - p[1]) > 1)


skeletons = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).uniform(-1000, 1000, (N_LANDMARKS, 2))
)


def turned(point: FloatArray, degrees: float) -> FloatArray:
    """Turned about the origin in the plane of the first two coordinates."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = cos * point[..., 0] - sin * point[..., 1], sin * point[..., 0] + cos * point[..., 1]
    return np.stack([x, y, *np.moveaxis(point[..., 2:], -1, 0)], axis=-1)


def about_vertical(point: FloatArray, degrees: float) -> FloatArray:
    """A person seen in 3-D (x, y down, z), turned about the vertical."""
    return turned(point[..., [0, 2, 1]], degrees)[..., [0, 2, 1]]


# ---------------------------------------------------------------------- interior angles
@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ((0, 1), (2, 0), 90.0),
        ((1, 1), (3, 0), 45.0),
        ((-1, 1), (3, 0), 135.0),
        ((1, math.sqrt(3)), (0.5, 0), 60.0),
        ((5, 0), (2, 0), 0.0),
        ((1, 0, 0), (0, 0, 7), 90.0),
        ((1, 1, 0), (0, 1, 1), 60.0),
    ],
)
def test_interior_angle_by_hand(first: tuple[float, ...], last: tuple[float, ...], expected: float) -> None:
    vertex = np.zeros(len(first))
    assert interior_angle_deg(np.array(first), vertex, np.array(last)) == pytest.approx(expected)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_straight_limb_reads_exactly_180(axis: int) -> None:
    direction = np.eye(3)[axis]
    assert interior_angle_deg(-3 * direction, np.zeros(3), 0.7 * direction) == 180.0


def test_an_angle_just_off_straight_is_not_rounded_away() -> None:
    """Here arccos loses everything below a millionth of a degree."""
    bend = 1e-7
    last = np.array([-math.cos(bend), math.sin(bend)])
    angle = float(interior_angle_deg(np.array([1.0, 0.0]), np.zeros(2), last))
    assert 180 - angle == pytest.approx(math.degrees(bend), rel=1e-6)


@pytest.mark.parametrize("dimensions", [2, 3])
@given(data=st.data())
def test_interior_angle_is_between_0_and_180_and_agrees_with_the_cosine_rule(
    dimensions: int, data: st.DataObject
) -> None:
    first, vertex, last = data.draw(limbs(dimensions))
    angle = float(interior_angle_deg(first, vertex, last))
    assert 0 <= angle <= 180
    a, b = math.dist(first, vertex), math.dist(last, vertex)
    cosine = (a * a + b * b - math.dist(first, last) ** 2) / (2 * a * b)
    # The cosine suffers from cancellation where one limb is a thousand times the other, so this check is coarse.
    assert math.cos(math.radians(angle)) == pytest.approx(cosine, abs=1e-6)


@given(limb=limbs(3), move=points(3), scale=factor, degrees=turn_deg)
def test_interior_angle_ignores_translation_rotation_scale_and_mirroring(
    limb: tuple[FloatArray, FloatArray, FloatArray], move: FloatArray, scale: float, degrees: float
) -> None:
    angle = interior_angle_deg(*limb)
    mirror = np.array([-1, 1, 1])
    for changed in (
        [p + move for p in limb],
        [p * scale for p in limb],
        [turned(p, degrees) for p in limb],
        [about_vertical(p, degrees) for p in limb],
        [p * mirror for p in limb],
        limb[::-1],
    ):
        assert interior_angle_deg(*changed) == pytest.approx(angle, abs=TOLERANCE_DEG)


@given(point=points(2), other=points(2))
def test_a_limb_of_no_length_has_no_angle(point: FloatArray, other: FloatArray) -> None:
    assert np.isnan(interior_angle_deg(point, point, other))
    assert np.isnan(interior_angle_deg(other, point, point))


@pytest.mark.parametrize("which", [0, 1, 2])
def test_an_unknown_point_gives_no_angle(which: int) -> None:
    limb = [np.array([1.0, 0.0]), np.array([0.0, 0.0]), np.array([0.0, 1.0])]
    limb[which] = np.array([0.5, np.nan])
    assert np.isnan(interior_angle_deg(*limb))


# ---------------------------------------------------------------------- lean
@pytest.mark.parametrize(
    ("upper", "expected"),
    [
        ((0, -9), 0.0),
        ((5, -5), 45.0),
        ((-5, -5), 45.0),
        ((math.sqrt(3), -1), 60.0),
        ((4, 0), 90.0),
        ((0, 3), 180.0),
        ((0, -2, 0), 0.0),
        ((0, -2, 2), 45.0),
        ((3, -3, 0), 45.0),
    ],
)
def test_lean_by_hand(upper: tuple[float, ...], expected: float) -> None:
    assert lean_deg(np.zeros(len(upper)), np.array(upper)) == pytest.approx(expected)


@given(lower=points(3), upper=points(3), move=points(3), scale=factor, degrees=turn_deg)
def test_lean_ignores_translation_scale_mirroring_and_the_direction_faced(
    lower: FloatArray, upper: FloatArray, move: FloatArray, scale: float, degrees: float
) -> None:
    assume(math.dist(lower, upper) > 1)
    lean = lean_deg(lower, upper)
    assert 0 <= lean <= 180
    mirror = np.array([-1, 1, 1])
    for changed in (
        (lower + move, upper + move),
        (lower * scale, upper * scale),
        (lower * mirror, upper * mirror),
        (about_vertical(lower, degrees), about_vertical(upper, degrees)),
    ):
        assert lean_deg(*changed) == pytest.approx(lean, abs=TOLERANCE_DEG)


@given(degrees=st.floats(0, 180))
def test_lean_grows_as_the_picture_is_turned(degrees: float) -> None:
    upright = np.array([0.0, -100.0])
    assert lean_deg(np.zeros(2), turned(upright, degrees)) == pytest.approx(degrees, abs=TOLERANCE_DEG)


def test_lean_between_coinciding_points_is_unknown() -> None:
    assert np.isnan(lean_deg(np.array([3.0, 4.0]), np.array([3.0, 4.0])))
    assert np.isnan(lean_deg(np.array([3.0, np.nan]), np.array([3.0, 0.0])))


# ---------------------------------------------------------------------- obliquity
@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ((10, 0), (0, 0), 0.0),
        ((10, -10), (0, 0), 45.0),
        ((10, 10), (0, 0), -45.0),
        ((-10, -10), (0, 0), 45.0),
        ((0, -3), (0, 0), 90.0),
        ((0, 3), (0, 0), -90.0),
        ((math.sqrt(3), -1), (0, 0), 30.0),
        ((3, -5, 4), (0, 0, 0), 45.0),
        ((0, 5, -5), (0, 0, 0), -45.0),
    ],
)
def test_obliquity_by_hand(left: tuple[float, ...], right: tuple[float, ...], expected: float) -> None:
    assert obliquity_deg(np.array(left, dtype=float), np.array(right, dtype=float)) == pytest.approx(expected)


@given(left=points(3), right=points(3), move=points(3), scale=factor, degrees=turn_deg)
def test_obliquity_ignores_translation_scale_mirroring_and_the_direction_faced(
    left: FloatArray, right: FloatArray, move: FloatArray, scale: float, degrees: float
) -> None:
    assume(math.dist(left, right) > 1)
    obliquity = obliquity_deg(left, right)
    assert -90 <= obliquity <= 90
    mirror = np.array([-1, 1, 1])
    for changed in (
        (left + move, right + move),
        (left * scale, right * scale),
        (left * mirror, right * mirror),
        (about_vertical(left, degrees), about_vertical(right, degrees)),
    ):
        assert obliquity_deg(*changed) == pytest.approx(obliquity, abs=TOLERANCE_DEG)


@given(left=points(2), right=points(2))
def test_obliquity_is_positive_when_the_left_is_higher(left: FloatArray, right: FloatArray) -> None:
    assume(math.dist(left, right) > 1)
    assert np.sign(obliquity_deg(left, right)) == np.sign(right[1] - left[1])
    assert obliquity_deg(right, left) == pytest.approx(-obliquity_deg(left, right))


def test_obliquity_between_coinciding_points_is_unknown() -> None:
    assert np.isnan(obliquity_deg(np.array([3.0, 4.0]), np.array([3.0, 4.0])))
    assert np.isnan(obliquity_deg(np.array([np.nan, 4.0]), np.array([3.0, 4.0])))


# ---------------------------------------------------------------------- whole skeletons
def test_there_are_five_joints_per_side_and_five_angles_of_trunk_and_head() -> None:
    assert LIMB_ANGLES == ("elbow", "shoulder", "hip", "knee", "ankle")
    assert len(ANGLES) == 15
    assert tuple(angle.name for angle in ANGLES) == ANGLE_NAMES
    assert len(set(ANGLE_NAMES)) == 15


def test_angles_of_a_skeleton_by_hand(make_pose: Callable[..., Pose]) -> None:
    root3 = math.sqrt(3)
    pose = make_pose(
        {
            "left_shoulder": (400, 100),
            "left_elbow": (500, 100),
            "left_wrist": (450, 100 - 50 * root3),
            "left_hip": (400, 300),
            "left_knee": (500, 300),
            "left_ankle": (600, 400),
            "left_foot_index": (500, 400),
            "right_shoulder": (200, 100),
            "right_elbow": (100, 0),
            "right_wrist": (0, -100),
            "right_hip": (200, 300),
            "right_knee": (200, 400),
            "right_ankle": (200, 500),
            "right_foot_index": (150, 500),
            "left_ear": (360, 0),
            "right_ear": (340, 20),
        },
        shift_xy=(0, 200),  # all of it inside the picture
        size_wh=(1000, 800),
    )
    expected = {
        "left_elbow": 60,
        "left_shoulder": 90,
        "left_hip": 90,
        "left_knee": 135,
        "left_ankle": 45,
        "right_elbow": 180,
        "right_shoulder": 135,
        "right_hip": 180,
        "right_knee": 180,
        "right_ankle": 90,
        "trunk_lean": 0,
        "neck_lean": math.degrees(math.atan2(50, 90)),  # ears' middle (350, 10) above shoulders' (300, 100)
        "head_tilt": 45,
        "shoulder_obliquity": 0,
        "pelvis_obliquity": 0,
    }
    assert pose_angles_deg(pose, "image", 0.5) == pytest.approx(expected)


def test_angles_of_several_people_are_those_of_each(make_pose: Callable[..., Pose]) -> None:
    poses = [
        make_pose({"left_elbow": (470, 170)}, hidden=("right_ankle",)),
        make_pose(scale=0.5, size_wh=(320, 240)),
        make_pose(visibility=np.full(33, np.nan)),
    ]
    rows = image_angles_deg(poses, 0.5)
    assert rows.shape == (3, len(ANGLE_NAMES))
    for pose, row in zip(poses, rows, strict=True):
        expected = pose_angles_deg(pose, "image", 0.5)
        assert dict(zip(ANGLE_NAMES, row, strict=True)) == pytest.approx(expected, nan_ok=True)
    assert image_angles_deg([], 0.5).shape == (0, len(ANGLE_NAMES))


def test_trunk_lean_joins_the_middles_of_hips_and_shoulders(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose(
        {
            "left_hip": (340, 300),
            "right_hip": (300, 300),
            "left_shoulder": (480, 170),
            "right_shoulder": (360, 190),
        }
    )
    angles = pose_angles_deg(pose, "image", 0.5)  # from (320, 300) to (420, 180): 100 sideways, 120 up
    assert angles["trunk_lean"] == pytest.approx(math.degrees(math.atan2(100, 120)))
    assert angles["shoulder_obliquity"] == pytest.approx(math.degrees(math.atan2(20, 120)))


def test_a_right_angle_in_a_wide_picture_reads_90(make_pose: Callable[..., Pose]) -> None:
    """From normalised coordinates it would be 121 or 59 degrees."""
    places = {
        "left_shoulder": (540, 260),
        "left_elbow": (640, 360),
        "left_wrist": (740, 260),
        "right_shoulder": (540, 260),
        "right_elbow": (640, 360),
        "right_wrist": (540, 460),
    }
    pose = make_pose(places, size_wh=(1280, 720))
    angles = pose_angles_deg(pose, "image", 0.5)
    assert (angles["left_elbow"], angles["right_elbow"]) == pytest.approx((90, 90))
    squeezed = angles_deg(pose.image_xy_norm, ALL_VISIBLE)[[ANGLE_NAMES.index("left_elbow")]]
    assert abs(squeezed[0] - 90) > 30, "the fault that this test is for would show"


def test_world_angles_come_from_metres_in_three_dimensions(make_pose: Callable[..., Pose]) -> None:
    world = np.array(make_pose().world_xyz_m)
    world[[INDEX[n] for n in ("left_hip", "left_knee", "left_ankle")]] = (
        (0.1, 0, 0),
        (0.1, 0.4, 0),
        (0.1, 0.4, 0.4),
    )
    pose = make_pose(world_xyz_m=world)
    assert pose_angles_deg(pose, "world", 0.5)["left_knee"] == pytest.approx(90)
    assert pose_angles_deg(pose, "image", 0.5)["left_knee"] > 170


@pytest.mark.parametrize("angle", ANGLES, ids=lambda angle: angle.name)
def test_an_angle_needs_each_of_its_points_and_no_other(
    angle: AngleDefinition, make_pose: Callable[..., Pose]
) -> None:
    others = tuple(name for name in LANDMARK_NAMES if name not in angle.points)
    for space in ("image", "world"):
        assert np.isfinite(pose_angles_deg(make_pose(hidden=others), space, 0.5)[angle.name])
        for needed in angle.points:
            hidden = pose_angles_deg(make_pose(hidden=(needed,)), space, 0.5)
            assert np.isnan(hidden[angle.name]), f"without {needed} in {space}"


def test_the_visibility_limit_decides_what_is_hidden(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose(hidden=("left_knee",))  # visibility 0.1; all others 0.9
    assert np.isnan(pose_angles_deg(pose, "image", 0.11)["left_knee"])
    assert np.isfinite(pose_angles_deg(pose, "image", 0.1)["left_knee"])
    assert all(math.isnan(value) for value in pose_angles_deg(pose, "image", 0.95).values())


def test_a_pose_that_was_missed_has_no_angles(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose(image_xy_px=np.full((33, 2), np.nan))
    assert all(math.isnan(value) for value in pose_angles_deg(pose, "image", 0.0).values())


def test_many_skeletons_at_once_give_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(3)
    many = rng.uniform(-500, 500, (4, 5, N_LANDMARKS, 3))
    visible = rng.random((4, 5, N_LANDMARKS)) > 0.2
    together = angles_deg(many, visible)
    assert together.shape == (4, 5, len(ANGLES))
    for i, j in np.ndindex(4, 5):
        np.testing.assert_array_equal(together[i, j], angles_deg(many[i, j], visible[i, j]))


@given(skeleton=skeletons, move=points(2), scale=factor)
def test_all_angles_ignore_translation_and_scale(
    skeleton: FloatArray, move: FloatArray, scale: float
) -> None:
    angles = angles_deg(skeleton, ALL_VISIBLE)
    np.testing.assert_allclose(angles_deg(skeleton + move, ALL_VISIBLE), angles, atol=TOLERANCE_DEG)
    np.testing.assert_allclose(angles_deg(skeleton * scale, ALL_VISIBLE), angles, atol=TOLERANCE_DEG)


@given(skeleton=skeletons, degrees=turn_deg)
def test_limb_angles_ignore_rotation_of_the_picture(skeleton: FloatArray, degrees: float) -> None:
    before, after = (angles_deg(p, ALL_VISIBLE) for p in (skeleton, turned(skeleton, degrees)))
    limbs_only = [ANGLE_NAMES.index(angle.name) for angle in LIMBS]
    np.testing.assert_allclose(after[limbs_only], before[limbs_only], atol=TOLERANCE_DEG)


@given(skeleton=skeletons)
def test_a_mirrored_picture_of_the_same_person_gives_the_same_angles(skeleton: FloatArray) -> None:
    """Left stays the person's own left, so which side is higher does not change either."""
    mirrored = skeleton * (-1, 1)
    np.testing.assert_allclose(
        angles_deg(mirrored, ALL_VISIBLE), angles_deg(skeleton, ALL_VISIBLE), atol=TOLERANCE_DEG
    )


@given(skeleton=skeletons)
def test_detecting_in_a_mirrored_picture_swaps_sides_and_the_sign_of_obliquity(
    skeleton: FloatArray,
) -> None:
    """To a model, the left arm in a mirrored picture is a right one."""
    before = dict(zip(ANGLE_NAMES, angles_deg(skeleton, ALL_VISIBLE), strict=True))
    after = dict(zip(ANGLE_NAMES, angles_deg((skeleton * (-1, 1))[SWAPPED], ALL_VISIBLE), strict=True))
    for joint in LIMB_ANGLES:
        assert after[f"left_{joint}"] == pytest.approx(before[f"right_{joint}"], abs=TOLERANCE_DEG)
        assert after[f"right_{joint}"] == pytest.approx(before[f"left_{joint}"], abs=TOLERANCE_DEG)
    for name in ("trunk_lean", "neck_lean"):
        assert after[name] == pytest.approx(before[name], abs=TOLERANCE_DEG)
    for name in ("head_tilt", "shoulder_obliquity", "pelvis_obliquity"):
        assert after[name] == pytest.approx(-before[name], abs=TOLERANCE_DEG)


# ---------------------------------------------------------------------- reasons
def reasons(pose: Pose, space: Space = "image") -> dict[str, str]:
    return dict(pose_angle_reasons(pose, space, 0.5))


def test_a_joint_outside_the_picture_has_no_angle_and_says_so(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose(size_wh=(640, 300))  # ends above the knees
    for space in get_args(Space):
        angles, why = pose_angles_deg(pose, space, 0.5), reasons(pose, space)
        for joint in ("hip", "knee", "ankle"):
            assert math.isnan(angles[f"left_{joint}"])
            assert why[f"left_{joint}"] == "outside_picture"
        assert math.isfinite(angles["left_elbow"])
        assert math.isfinite(angles["trunk_lean"])


def test_a_joint_on_the_edge_is_inside(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose({"left_wrist": (640, 245)})
    assert math.isfinite(pose_angles_deg(pose, "image", 0.5)["left_elbow"])


def test_low_presence_counts_as_outside_wherever_the_model_puts_the_joint(
    make_pose: Callable[..., Pose],
) -> None:
    presence = np.full(33, 0.9)
    presence[INDEX["right_ankle"]] = PRESENCE_LIMIT - 0.01
    pose = make_pose(presence=presence)
    assert math.isnan(pose_angles_deg(pose, "world", 0.5)["right_knee"])
    assert reasons(pose)["right_knee"] == reasons(pose)["right_ankle"] == "outside_picture"
    assert reasons(pose)["left_knee"] == ""


def test_a_hidden_joint_is_not_visible_and_outside_explains_more(make_pose: Callable[..., Pose]) -> None:
    hidden = make_pose(hidden=("left_knee",))
    assert reasons(hidden)["left_knee"] == "not_visible"
    both = make_pose({"left_ankle": (348, 500)}, hidden=("left_knee",))
    assert reasons(both)["left_knee"] == "outside_picture"
    for name in ("visibility", "image_xy_px"):
        unknown = np.full_like(getattr(make_pose(), name), np.nan)
        assert reasons(make_pose(**{name: unknown}))["left_knee"] == "not_visible"


def test_an_unknown_presence_alone_decides_nothing(make_pose: Callable[..., Pose]) -> None:
    unknown = make_pose({"left_ankle": (348, 500)}, hidden=("right_knee",), presence=np.full(33, np.nan))
    found = reasons(unknown)
    assert (found["left_elbow"], found["left_knee"], found["right_knee"]) == (
        "",
        "outside_picture",
        "not_visible",
    )


def test_a_limb_that_points_at_the_camera_keeps_its_value_and_is_uncertain(
    make_pose: Callable[..., Pose],
) -> None:
    world = make_pose().world_xyz_m.copy()
    world[INDEX["left_knee"]] = world[INDEX["left_hip"]] + (0.0, 0.05, -0.4)
    pose = make_pose(world_xyz_m=world)
    assert pose_angles_deg(pose, "image", 0.5)["left_knee"] > 170
    assert reasons(pose)["left_knee"] == reasons(pose)["left_hip"] == "toward_camera"
    assert reasons(pose)["right_knee"] == reasons(pose, "world")["left_knee"] == ""


@given(turn=st.floats(0, 180), scale=st.floats(0.5, 2))
def test_seen_from_the_side_tilts_are_uncertain_whatever_the_size(turn: float, scale: float) -> None:
    assume(abs(abs(math.cos(math.radians(turn))) - 0.5) > 0.01)
    pose = make_hand_pose()
    world = pose.world_xyz_m.copy()
    world[:, 2] = 0.0
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    turned = world @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]) * scale
    why = reasons(make_hand_pose(world_xyz_m=turned))
    side_on = abs(cos) < 0.5
    # The ears, shoulders and hips of this figure are level, so only the turn shortens their lines.
    for name in ("head_tilt", "shoulder_obliquity", "pelvis_obliquity"):
        assert (why[name] == "profile") == side_on, name


def test_a_summary_of_a_sequence_has_the_same_reasons(make_pose: Callable[..., Pose]) -> None:
    poses = [make_pose(), None, make_pose(hidden=("left_knee",)), make_pose({"left_ankle": (348, 500)})]
    sequence = PoseSequence.from_poses(np.arange(4.0), poses, (640, 480))
    found = sequence_angles(sequence, "image", 0.5)
    for row, pose in zip(found.reasons.tolist(), poses, strict=True):
        expected = dict.fromkeys(ANGLE_NAMES, "") if pose is None else reasons(pose)
        assert {name: REASONS[code] for name, code in zip(ANGLE_NAMES, row, strict=True)} == expected
