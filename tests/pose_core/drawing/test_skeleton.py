"""What is visible on the picture: dots, lines, names and angles, where they belong and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import drawing
from pose_core.colours import DOT, EDGE, GROUND, LINE, PEOPLE, SIDES, rgb
from pose_core.drawing.captions import text_sprite
from pose_core.drawing.marks import draw_dots
from pose_core.drawing.pen import Pen
from pose_core.drawing.skeleton import draw_poses
from pose_core.errors import SettingsError
from pose_core.geometry.angles import ANGLE_NAMES, image_angles_deg
from pose_core.pose import Pose
from pose_core.settings import DrawSettings, Style
from pose_core.skeleton import INDEX, LANDMARK_NAMES, N_LANDMARKS, side_of

Frame = NDArray[np.uint8]
PoseMaker = Callable[..., Pose]

BARE = DrawSettings(names=False)
SIZE_WH = (640, 480)


def plain(level: int, size_wh: tuple[int, int] = SIZE_WH) -> Frame:
    return np.full((size_wh[1], size_wh[0], 3), level, dtype=np.uint8)


def is_colour(frame_rgb: Frame, colour: str, levels: int = 12) -> NDArray[np.bool_]:
    """Where the picture has a colour, give or take what smooth edges blend in."""
    return np.asarray((np.abs(frame_rgb.astype(int) - rgb(colour)) <= levels).all(axis=-1))


@pytest.fixture
def spread(make_pose: PoseMaker) -> Pose:
    """Not a person: landmarks so far apart that no dot covers another."""
    columns, rows = np.arange(N_LANDMARKS) % 7, np.arange(N_LANDMARKS) // 7
    return make_pose(image_xy_px=np.column_stack([50 + columns * 90, 40 + rows * 100]).astype(float))


def pixel(frame_rgb: Frame, xy: Any) -> tuple[int, ...]:
    return tuple(int(level) for level in frame_rgb[round(xy[1]), round(xy[0])])


def changed(drawn: Frame, before: Frame) -> NDArray[np.bool_]:
    return np.asarray((drawn != before).any(axis=-1))


# ---------------------------------------------------------------------- dots and lines
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_every_landmark_has_a_red_dot(spread: Pose, ground: int) -> None:
    drawn = draw_poses(plain(ground), [spread], BARE)
    assert {pixel(drawn, xy) for xy in spread.image_xy_px} == {rgb(DOT)}


def test_the_original_picture_is_unchanged(make_pose: PoseMaker) -> None:
    frame_rgb = plain(200)
    frame_rgb.flags.writeable = False
    drawn = draw_poses(frame_rgb, [make_pose()])
    assert (frame_rgb == 200).all()
    assert changed(drawn, frame_rgb).any()


def test_without_people_the_result_is_a_copy_of_the_picture() -> None:
    frame_rgb = plain(90)
    drawn = draw_poses(frame_rgb, [])
    np.testing.assert_array_equal(drawn, frame_rgb)
    assert not np.shares_memory(drawn, frame_rgb)


@pytest.mark.parametrize("ground", [0, 255])
def test_a_line_is_white_between_dark_edges_on_any_background(make_pose: PoseMaker, ground: int) -> None:
    pose = make_pose({"left_hip": (500, 200), "left_knee": (500, 300)})
    drawn = draw_poses(plain(ground), [pose], BARE)
    across = drawn[250, 490:511]  # the thigh runs down at x = 500
    white, dark = is_colour(across, LINE), is_colour(across, EDGE, levels=60)
    middle = 10
    assert white[middle]
    left_edge, right_edge = dark[:middle], dark[middle + 1 :]
    assert left_edge.any()
    assert right_edge.any()
    assert pixel(drawn, (506, 250)) == (ground,) * 3, "a line is thin"


def test_several_people_have_their_own_colours_and_numbers(make_pose: PoseMaker) -> None:
    people = [make_pose(scale=0.5, shift_xy=(x, 120)) for x in (-60.0, 120.0, 300.0)]
    before = plain(0, (1280, 960))  # twice the size that the poses refer to
    drawn = draw_poses(before, people, BARE)
    for number, pose in enumerate(people):
        points = pose.image_xy_px * 2
        x, y = (int(v) for v in (points[INDEX["left_hip"]] + points[INDEX["left_knee"]]) / 2)
        assert is_colour(drawn[y - 2 : y + 3, x - 2 : x + 3], PEOPLE[number]).any()
        assert pixel(drawn, points[INDEX["left_elbow"]]) == rgb(LINE)
        above_head = drawn[int(points[:, 1].min()) - 50 :, int(points[0, 0]) - 20 :][:35, :70]
        assert above_head.any(), "a number stands there"


def test_sizes_grow_with_the_picture(spread: Pose) -> None:
    """The same share of the picture is covered at any resolution, so a dot never becomes a speck or a blob."""
    areas = []
    for factor in (1, 2, 4):
        size_wh = (SIZE_WH[0] * factor, SIZE_WH[1] * factor)
        drawn = draw_poses(plain(0, size_wh), [spread], BARE)
        areas.append(is_colour(drawn, DOT).mean())
    assert areas[1] == pytest.approx(areas[0], rel=0.35)
    assert areas[2] == pytest.approx(areas[1], rel=0.35)


def test_dots_of_a_small_person_are_smaller(make_pose: PoseMaker) -> None:
    large, small = (
        is_colour(draw_poses(plain(0), [make_pose(scale=scale)], BARE), DOT).sum() for scale in (1.0, 0.4)
    )
    assert small < large / 2


def test_a_pose_is_drawn_in_place_on_a_picture_of_another_size(spread: Pose) -> None:
    drawn = draw_poses(plain(0, (1280, 960)), [spread], BARE)
    assert {pixel(drawn, xy * 2) for xy in spread.image_xy_px} == {rgb(DOT)}


def test_a_picture_in_another_memory_order_can_be_drawn_on(make_pose: PoseMaker) -> None:
    frame_rgb = plain(0, (480, 640)).transpose(1, 0, 2)
    np.testing.assert_array_equal(draw_poses(frame_rgb, [make_pose()]), draw_poses(plain(0), [make_pose()]))


# ---------------------------------------------------------------------- outside and unknown
@pytest.mark.parametrize("shift", [(5000.0, 0.0), (0.0, -5000.0), (1e9, 1e9), (-1e12, 0.0)])
def test_a_person_outside_the_picture_leaves_no_mark(
    make_pose: PoseMaker, shift: tuple[float, float]
) -> None:
    frame_rgb = plain(200)
    drawn = draw_poses(frame_rgb, [make_pose(shift_xy=shift)], DrawSettings(angles=True))
    np.testing.assert_array_equal(drawn, frame_rgb)


def test_landmarks_far_outside_on_all_sides_do_no_harm(make_pose: PoseMaker) -> None:
    rng = np.random.default_rng(2)
    for reach in (1e3, 1e5, 1e8, 1e12):
        pose = make_pose(image_xy_px=rng.normal(size=(N_LANDMARKS, 2)) * reach)
        drawn = draw_poses(plain(200), [pose], DrawSettings(angles=True, confidence=True))
        assert drawn.shape == (480, 640, 3)


def test_a_limb_that_leaves_the_picture_is_drawn_up_to_its_border(make_pose: PoseMaker) -> None:
    places = {"left_elbow": (700, 130), "left_wrist": (780, 130)}
    before = plain(0)
    drawn = draw_poses(before, [make_pose(places)], BARE)
    assert changed(drawn, before)[120:141, -1].any()
    assert pixel(drawn, (630, 130)) == rgb(LINE)


def test_a_person_with_unknown_positions_is_left_out_and_the_others_are_drawn(make_pose: PoseMaker) -> None:
    unknown = make_pose(image_xy_px=np.full((N_LANDMARKS, 2), np.nan))
    np.testing.assert_array_equal(draw_poses(plain(9), [unknown], DrawSettings(angles=True)), plain(9))
    both = draw_poses(plain(9), [unknown, make_pose()], BARE)
    assert is_colour(both, PEOPLE[1]).any(), "the second keeps the second colour"
    assert not is_colour(both, PEOPLE[0]).any()


@pytest.mark.parametrize("style", ["classic", "sides"])
def test_landmarks_that_a_model_does_not_have_are_not_drawn_and_the_others_are(
    make_pose: PoseMaker, style: Style
) -> None:
    whole = make_pose()
    xy_px = whole.image_xy_px.copy()
    missing = [INDEX["left_wrist"], INDEX["left_pinky"], INDEX["left_index"], INDEX["left_thumb"]]
    xy_px[missing] = np.nan
    settings = DrawSettings(style=style, angles=True)
    some = draw_poses(plain(9), [make_pose(image_xy_px=xy_px)] * 2, settings)
    everything = draw_poses(plain(9), [whole] * 2, settings)
    hand = tuple(whole.image_xy_px[INDEX["left_index"]].round().astype(int).tolist())
    knee = tuple(whole.image_xy_px[INDEX["left_knee"]].round().astype(int).tolist())
    assert pixel(some, hand) == (9, 9, 9) != pixel(everything, hand)
    assert pixel(some, knee) == pixel(everything, knee) != (9, 9, 9)


def test_people_can_have_a_colour_that_is_given_and_no_number(make_pose: PoseMaker) -> None:
    drawn = draw_poses(plain(9), [make_pose()], BARE, tints=[PEOPLE[4]])
    assert is_colour(drawn, PEOPLE[4]).any()
    assert not is_colour(drawn, PEOPLE[0]).any()
    with pytest.raises(ValueError, match="tints must have one entry"):
        draw_poses(plain(9), [make_pose()], BARE, tints=[])


def test_a_landmark_with_unknown_visibility_is_drawn_as_not_visible(
    spread: Pose, make_pose: PoseMaker
) -> None:
    visibility = np.full(N_LANDMARKS, 1.0)
    visibility[20] = np.nan
    pose = make_pose(image_xy_px=spread.image_xy_px, visibility=visibility)
    drawn = draw_poses(plain(255), [pose], DrawSettings(names=False, confidence=True))
    assert pixel(drawn, spread.image_xy_px[20]) == rgb(EDGE)


@pytest.mark.parametrize("size_wh", [(1, 1), (1, 40), (16, 16), (16, 160), (160, 16)])
def test_the_smallest_pictures_can_be_drawn_on(make_pose: PoseMaker, size_wh: tuple[int, int]) -> None:
    poses = [make_pose(), make_pose(scale=0.5)]
    drawn = draw_poses(plain(200, size_wh), poses, DrawSettings(angles=True, confidence=True))
    assert drawn.shape == (size_wh[1], size_wh[0], 3)


# ---------------------------------------------------------------------- choices
def test_skeleton_only_leaves_nothing_of_the_picture(make_pose: PoseMaker) -> None:
    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, 256, (480, 640, 3), dtype=np.uint8) for _ in range(2)]
    draw = DrawSettings(skeleton_only=True, angles=True)
    drawn = [draw_poses(picture, [make_pose()], draw) for picture in pictures]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert is_colour(drawn[0], DOT).any()


def test_by_confidence_dots_are_hollow_below_the_limit_and_change_colour_with_it(
    spread: Pose, make_pose: PoseMaker
) -> None:
    visibility = np.linspace(0, 1, N_LANDMARKS)
    pose = make_pose(image_xy_px=spread.image_xy_px, visibility=visibility)
    drawn = draw_poses(plain(255), [pose], DrawSettings(names=False, confidence=True), visibility_limit=0.5)
    centres = [pixel(drawn, xy) for xy in spread.image_xy_px]
    hollow = visibility < 0.5
    assert {centre for centre, is_hollow in zip(centres, hollow, strict=True) if is_hollow} == {rgb(EDGE)}
    filled = [centre for centre, is_hollow in zip(centres, hollow, strict=True) if not is_hollow]
    brightness = [sum(centre) for centre in filled]
    assert rgb(EDGE) not in filled
    assert brightness == sorted(set(brightness)), "the surer, the brighter"


@pytest.mark.parametrize(("which", "below"), [("visibility", 0.4), ("presence", 0.4), ("visibility", np.nan)])
def test_dots_of_hidden_joints_are_hollow_in_their_own_colour(
    spread: Pose, make_pose: PoseMaker, which: str, below: float
) -> None:
    share = np.ones(N_LANDMARKS)
    share[12:] = below
    pose = make_pose(image_xy_px=spread.image_xy_px, **{which: share})
    drawn = draw_poses(plain(255), [pose], BARE)
    centres = [pixel(drawn, xy) for xy in spread.image_xy_px]
    assert set(centres[:12]) == {rgb(DOT)}
    assert set(centres[12:]) == {rgb(EDGE)}
    x, y = spread.image_xy_px[12].astype(int)
    assert is_colour(drawn[y - 12 : y + 13, x - 12 : x + 13], DOT, 60).any()


# ---------------------------------------------------------------------- sides
SIDES_BARE = DrawSettings(style="sides", letters=False)


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_left_is_blue_and_right_is_orange_on_any_background(spread: Pose, ground: int) -> None:
    drawn = draw_poses(plain(ground), [spread], SIDES_BARE)
    for name, xy in zip(LANDMARK_NAMES, spread.image_xy_px, strict=True):
        near_joint = drawn[round(xy[1]) - 1 : round(xy[1]) + 2, round(xy[0]) - 1 : round(xy[0]) + 2]
        assert is_colour(near_joint, SIDES[side_of(name)]).all(), name


def test_a_bone_has_the_colour_of_its_side_and_is_white_between_the_sides(make_pose: PoseMaker) -> None:
    pose = make_pose()
    drawn = draw_poses(plain(128), [pose], SIDES_BARE)
    for a, b, colour in (
        ("left_hip", "left_knee", SIDES["left"]),
        ("right_hip", "right_knee", SIDES["right"]),
        ("left_shoulder", "right_shoulder", LINE),
    ):
        middle = pose.image_xy_px[[INDEX[a], INDEX[b]]].mean(axis=0)
        assert pixel(drawn, middle) == rgb(colour), a


def test_right_dots_are_square_and_left_ones_round(spread: Pose) -> None:
    canvas = plain(0, (1280, 960))
    draw_dots(canvas, spread.image_xy_px * 2, Pen(canvas, []), None, None, np.zeros(N_LANDMARKS, dtype=bool))
    share = {}
    for side in ("left", "right"):
        x, y = np.rint(spread.image_xy_px[INDEX[f"{side}_knee"]] * 2).astype(int)
        inside = is_colour(canvas[y - 12 : y + 13, x - 12 : x + 13], SIDES[side], 60)
        rows, columns = np.nonzero(inside)
        share[side] = inside.sum() / (np.ptp(rows) + 1) / (np.ptp(columns) + 1)
    assert share["right"] > 0.95
    assert share["left"] < 0.85, "a circle fills 0.79 of its square"


def test_of_several_people_lines_keep_the_colour_of_the_person_and_dots_that_of_the_side(
    make_pose: PoseMaker,
) -> None:
    people = [make_pose(shift_xy=(x, 0.0)) for x in (-150.0, 150.0)]
    drawn = draw_poses(plain(128), people, SIDES_BARE, numbers=[3, 2])
    for pose, number in zip(people, (3, 2), strict=True):
        points = pose.image_xy_px
        thigh = points[[INDEX["left_hip"], INDEX["left_knee"]]].mean(axis=0)
        assert pixel(drawn, thigh) == rgb(PEOPLE[number - 1])
        assert pixel(drawn, points[INDEX["left_knee"]]) == rgb(SIDES["left"])
        assert pixel(drawn, points[INDEX["right_knee"]]) == rgb(SIDES["right"])


def test_letters_say_the_sides_unless_names_do_or_nobody_wants_them(make_pose: PoseMaker) -> None:
    pose = make_pose()
    bare = draw_poses(plain(120), [pose], SIDES_BARE)

    def added(**choices: Any) -> NDArray[np.bool_]:
        drawn = draw_poses(plain(120), [pose], DrawSettings(style="sides", **choices), names={})
        return changed(drawn, bare)

    letters = added()
    for joint in ("left_shoulder", "right_shoulder", "left_knee", "right_knee"):
        assert near(letters, pose.image_xy_px[INDEX[joint]], 40), joint
    assert not near(letters, pose.image_xy_px[INDEX["left_ankle"]], 30)
    np.testing.assert_array_equal(added(names=True), added(names=True, letters=False))
    assert not changed(
        draw_poses(plain(120), [pose], BARE), draw_poses(plain(120), [pose], DrawSettings())
    ).any()


# ---------------------------------------------------------------------- arcs
def test_an_arc_opens_between_the_limbs_and_has_its_degrees(make_pose: PoseMaker) -> None:
    bent = {"left_hip": (346, 250), "left_knee": (346, 330), "left_ankle": (426, 330)}
    pose = make_pose(bent, hidden=("right_ankle",))
    added = changed(
        draw_poses(plain(0), [pose], DrawSettings(arcs=("knee",))), draw_poses(plain(0), [pose], BARE)
    )
    assert added[330 - 14, 346 + 14], "the quarter between the limbs"
    assert not added[350:, :330].any(), "the far side"
    written = (text_sprite("90°", 19).keep < 255).any(axis=-1)
    assert added.sum() > written.sum() + 32**2 / 2, "more than the degrees"


def test_an_angle_that_is_missing_has_no_arc(make_pose: PoseMaker) -> None:
    pose = make_pose(hidden=("left_ankle", "right_ankle"))
    drawn = draw_poses(plain(128), [pose], DrawSettings(arcs=("knee",)))
    np.testing.assert_array_equal(drawn, draw_poses(plain(128), [pose], BARE))


def test_only_the_chosen_person_has_arcs(make_pose: PoseMaker) -> None:
    people = [make_pose(scale=0.6, shift_xy=(x, 60)) for x in (-90.0, 270.0)]
    bare = draw_poses(plain(120), people, BARE)
    arcs = changed(draw_poses(plain(120), people, DrawSettings(arcs=("elbow",)), chosen=0), bare)
    middle = int(np.mean([pose.image_xy_px[:, 0].mean() for pose in people]))
    assert arcs[:, :middle].any()
    assert not arcs[:, middle:].any()


@pytest.mark.parametrize("choices", [{"style": "neon"}, {"arcs": ("nose",)}], ids=["style", "arcs"])
def test_a_drawing_that_does_not_exist_is_refused(choices: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="must be one of"):
        DrawSettings(**choices)


# ---------------------------------------------------------------------- names and angles
def caption_pixels(pose: Pose, draw: DrawSettings, **options: Any) -> NDArray[np.bool_]:
    """What captions add to a drawing."""
    bare = draw_poses(plain(120), [pose], BARE)
    return changed(draw_poses(plain(120), [pose], draw, **options), bare)


def near(mask: NDArray[np.bool_], xy: Any, reach_px: int = 70) -> bool:
    x, y = (int(v) for v in xy)
    return bool(mask[max(0, y - 14) : y + 14, max(0, x - reach_px) : x + reach_px].any())


def test_main_joints_have_their_names_and_the_face_has_only_one(make_pose: PoseMaker) -> None:
    pose = make_pose()
    added = caption_pixels(pose, DrawSettings(names=True), names={"left_knee": "knee"})
    for joint in ("left_knee", "right_shoulder", "left_wrist", "right_ankle"):
        assert near(added, pose.image_xy_px[INDEX[joint]]), joint
    only_nose = caption_pixels(
        make_pose(hidden=tuple(n for n in LANDMARK_NAMES if n != "nose")), DrawSettings(names=True)
    )
    rows = np.flatnonzero(only_nose.any(axis=1))
    assert rows.size
    assert abs(rows.mean() - pose.image_xy_px[0, 1]) < 15


def test_chinese_names_are_drawn_as_themselves(make_pose: PoseMaker) -> None:
    """A font without Chinese would draw the same empty box for each."""
    hidden = tuple(name for name in LANDMARK_NAMES if name != "left_wrist")
    pose = make_pose(hidden=hidden)
    pictures = [
        caption_pixels(pose, DrawSettings(names=True), names={"left_wrist": name})
        for name in ("左", "腕", "膝")
    ]
    assert all(picture.sum() > 30 for picture in pictures)
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


def test_a_hidden_joint_has_neither_name_nor_angle(make_pose: PoseMaker) -> None:
    draw = DrawSettings(names=True, angles=True)
    places = {"left_wrist": (560, 370)}
    assert near(caption_pixels(make_pose(places), draw), places["left_wrist"])
    assert not near(caption_pixels(make_pose(places, hidden=("left_wrist",)), draw), places["left_wrist"], 30)


def test_angles_are_written_at_limb_joints_and_follow_the_visibility_limit(make_pose: PoseMaker) -> None:
    draw = DrawSettings(names=False, angles=True)
    pose = make_pose(hidden=("left_ankle",))
    knees = [pose.image_xy_px[INDEX[f"{side}_knee"]] for side in ("left", "right")]
    added = caption_pixels(pose, draw)
    assert not near(added, knees[0], 45), "the left knee's angle needs the ankle"
    assert near(added, knees[1], 45)
    assert near(caption_pixels(pose, draw, visibility_limit=0.05), knees[0], 45)
    assert not near(added, pose.image_xy_px[0], 30), "the nose has no angle"


def test_the_angles_written_are_those_of_the_angle_table(make_pose: PoseMaker) -> None:
    """The number beside a joint is that of `image_angles_deg`, and no other."""
    poses = [
        make_pose({"left_elbow": (470, 170), "right_knee": (250, 320)}, hidden=("left_ankle",)),
        make_pose({"left_knee": (400, 330)}, shift_xy=(-200, 0)),
    ]
    angles_deg = image_angles_deg(poses, 0.5)

    def drawn(**options: Any) -> Frame:
        return draw_poses(plain(120), poses, DrawSettings(names=False, angles=True), **options)

    np.testing.assert_array_equal(drawn(), drawn(angles_deg=angles_deg))
    other_deg = angles_deg.copy()
    other_deg[1, ANGLE_NAMES.index("left_knee")] += 20
    where = near(changed(drawn(angles_deg=other_deg), drawn()), poses[1].image_xy_px[INDEX["left_knee"]], 60)
    assert where, "what is given is what is written"
    right_elbow = make_pose(
        {"right_shoulder": (280, 130), "right_elbow": (200, 130), "right_wrist": (200, 200)},
        hidden=tuple(n for n in LANDMARK_NAMES if n not in ("right_shoulder", "right_elbow", "right_wrist")),
    )
    added = caption_pixels(right_elbow, DrawSettings(names=False, angles=True))
    expected = (text_sprite("90°", 19).keep < 255).any(axis=-1)
    assert added.sum() == pytest.approx(expected.sum(), rel=0.03)


def test_only_the_chosen_person_has_captions(make_pose: PoseMaker) -> None:
    people = [make_pose(scale=0.6, shift_xy=(x, 60)) for x in (-90.0, 270.0)]
    bare = draw_poses(plain(120), people, BARE)
    halves = {}
    for chosen in (0, 1, None):
        drawn = draw_poses(plain(120), people, DrawSettings(names=True), names={}, chosen=chosen)
        by_column = changed(drawn, bare).any(axis=0)
        halves[chosen] = bool(by_column[:120].any()), bool(by_column[-120:].any())
    assert halves == {0: (True, False), 1: (False, True), None: (True, True)}


def only(name: str) -> tuple[str, ...]:
    """All landmarks except one, to hide them."""
    return tuple(other for other in LANDMARK_NAMES if other != name)


def test_a_caption_without_room_moves_to_the_other_side_of_its_joint(make_pose: PoseMaker) -> None:
    names = {"left_wrist": "left wrist"}
    draw = DrawSettings(names=True)
    at_edge, in_middle = (
        caption_pixels(make_pose({"left_wrist": (x, 245)}, hidden=only("left_wrist")), draw, names=names)
        for x in (625.0, 500.0)
    )
    assert at_edge.sum() == pytest.approx(in_middle.sum(), rel=0.1), "nothing is cut off"
    assert np.flatnonzero(at_edge.any(axis=0)).max() < 625
    assert np.flatnonzero(in_middle.any(axis=0)).min() > 500


def test_name_and_angle_are_separated_by_a_space(make_pose: PoseMaker) -> None:
    hidden = tuple(n for n in LANDMARK_NAMES if n not in ("left_shoulder", "left_elbow", "left_wrist"))
    pose = make_pose({"left_elbow": (460, 130), "left_wrist": (460, 200)}, hidden=hidden)
    names = {"left_shoulder": " ", "left_elbow": "FF", "left_wrist": " "}
    added = caption_pixels(pose, DrawSettings(names=True, angles=True), names=names)
    columns = np.flatnonzero(added.any(axis=0))
    assert columns[-1] - columns[0] + 1 == pytest.approx(text_sprite("FF 90°", 19).ink.shape[1], abs=1)


def test_a_caption_too_wide_for_the_picture_keeps_its_beginning(make_pose: PoseMaker) -> None:
    pose = make_pose(hidden=only("left_wrist"), size_wh=(640, 480))
    small = plain(120, (160, 120))
    bare = draw_poses(small, [pose], BARE)
    added = changed(draw_poses(small, [pose], DrawSettings(names=True), names={"left_wrist": "W" * 40}), bare)
    columns = np.flatnonzero(added.any(axis=0))
    assert 0 < columns.min() < 4


# ---------------------------------------------------------------------- live: numbers, mirror, in place
def noise(size_wh: tuple[int, int] = SIZE_WH) -> Frame:
    return np.random.default_rng(4).integers(0, 256, (size_wh[1], size_wh[0], 3), dtype=np.uint8)


def test_tracked_numbers_decide_label_and_colour(make_pose: PoseMaker) -> None:
    people = [make_pose(scale=0.5, shift_xy=(x, 120)) for x in (-60.0, 300.0)]
    large = plain(120, (1280, 960))  # lines wide enough to show their own colour
    drawn = draw_poses(large, people, BARE, numbers=[3, 7])
    for half, number in ((drawn[:, :400], 3), (drawn[:, 800:], 7)):
        shown = {i for i, colour in enumerate(PEOPLE) if is_colour(half, colour).any()}
        assert shown == {(number - 1) % len(PEOPLE)}
    swapped = draw_poses(large, people[::-1], BARE, numbers=[7, 3])
    np.testing.assert_array_equal(swapped, drawn)
    other_label = draw_poses(large, people, BARE, numbers=[8, 7])  # 8 has the colour of 3
    different = changed(other_label, drawn)
    assert different.any()
    assert not different[int(people[0].image_xy_px[:, 1].min() * 2) :].any(), "only the label differs"


def test_a_single_person_looks_the_same_with_any_number(make_pose: PoseMaker) -> None:
    """Someone who was lost and found again has another number, and is still the only one."""
    one = [make_pose()]
    np.testing.assert_array_equal(
        draw_poses(plain(120), one, BARE, numbers=[7]), draw_poses(plain(120), one, BARE)
    )


def test_numbers_and_angles_must_match_the_people(make_pose: PoseMaker) -> None:
    with pytest.raises(ValueError, match="numbers must have one entry for each of 1 poses; got 2"):
        draw_poses(plain(0), [make_pose()], numbers=[1, 2])
    with pytest.raises(ValueError, match="angles_deg must have one entry for each of 1 poses; got 2"):
        draw_poses(plain(0), [make_pose()], angles_deg=image_angles_deg([make_pose()] * 2, 0.5))


def test_in_a_mirror_picture_and_skeleton_are_flipped_together(spread: Pose) -> None:
    frame_rgb = noise()
    mirrored = draw_poses(frame_rgb, [spread], BARE, mirrored=True)
    flipped = draw_poses(frame_rgb, [spread], BARE)[:, ::-1]
    difference = np.abs(mirrored.astype(int) - flipped)
    assert difference.max() < 40, "only smooth edges may round otherwise"
    assert (difference > 0).mean() < 0.02
    np.testing.assert_array_equal(draw_poses(frame_rgb, [], mirrored=True), frame_rgb[:, ::-1])


def test_in_a_mirror_text_stays_readable_and_left_stays_the_persons_left(make_pose: PoseMaker) -> None:
    """An F, which is not its own mirror image, beside the left wrist, which a mirror shows on the left."""
    pose = make_pose({"left_wrist": (500, 245)}, hidden=only("left_wrist"))
    bare = draw_poses(plain(120), [pose], BARE, mirrored=True)
    draw = DrawSettings(names=True)
    added = changed(draw_poses(plain(120), [pose], draw, names={"left_wrist": "F"}, mirrored=True), bare)
    rows, columns = np.flatnonzero(added.any(axis=1)), np.flatnonzero(added.any(axis=0))
    written = added[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    expected = (text_sprite("F", 19).keep < 255).any(axis=-1)
    assert not np.array_equal(expected, expected[:, ::-1])
    assert (written == expected).mean() > 0.97, "a faint edge may round to the ground"
    assert columns[-1] < 639 - 500 < columns[-1] + 20, "outside the wrist, close to it"


def test_a_mirror_changes_no_angle(make_pose: PoseMaker) -> None:
    hidden = tuple(n for n in LANDMARK_NAMES if n not in ("left_shoulder", "left_elbow", "left_wrist"))
    pose = make_pose({"left_wrist": (500, 300)}, hidden=hidden)
    draw = DrawSettings(names=False, angles=True)
    covered = [
        changed(
            draw_poses(plain(120), [pose], draw, mirrored=mirrored),
            draw_poses(plain(120), [pose], BARE, mirrored=mirrored),
        )
        for mirrored in (False, True)
    ]
    assert covered[0].sum() > 100
    assert covered[1].sum() == pytest.approx(covered[0].sum(), rel=0.02)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("draw", [DrawSettings(angles=True), DrawSettings(skeleton_only=True)])
def test_drawing_in_place_gives_the_same_picture(
    make_pose: PoseMaker, mirrored: bool, draw: DrawSettings
) -> None:
    source = noise()
    expected = draw_poses(source, [make_pose()], draw, mirrored=mirrored)
    np.testing.assert_array_equal(source, noise())
    same = source.copy()
    assert draw_poses(same, [make_pose()], draw, mirrored=mirrored, into=same) is same
    np.testing.assert_array_equal(same, expected)
    other = np.zeros_like(source)
    source.flags.writeable = False
    assert draw_poses(source, [make_pose()], draw, mirrored=mirrored, into=other) is other
    np.testing.assert_array_equal(other, expected)


def test_skeleton_only_has_its_background_up_to_every_border() -> None:
    drawn = draw_poses(noise(), [], DrawSettings(skeleton_only=True))
    assert (drawn == rgb(GROUND)).all()


def _read_only() -> Frame:
    frame_rgb = plain(0)
    frame_rgb.flags.writeable = False
    return frame_rgb


@pytest.mark.parametrize(
    "into",
    [plain(0, (480, 640)), plain(0).astype(np.float32), plain(0)[:, ::-1], _read_only()],
    ids=["shape", "type", "order", "read-only"],
)
def test_an_array_that_cannot_be_drawn_in_is_refused(into: Any) -> None:
    with pytest.raises(ValueError, match="into must be"):
        draw_poses(plain(0), [], into=into)


def test_the_benchmark_gives_every_figure() -> None:
    result = json.loads(json.dumps(drawing.measure(frames=2), allow_nan=False))
    assert set(result["draw_ms"]) == set(drawing.CASES)
    for by_size in result["draw_ms"].values():
        assert set(by_size) == set(drawing.SIZES_WH)
        assert all(s["n"] == 2 and 0 < s["median"] <= s["p95"] for s in by_size.values())
    text = drawing.report(result)
    assert all(case in text for case in drawing.CASES)
