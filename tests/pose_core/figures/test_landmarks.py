"""Charts show the numbers they were given, on axes that do not distort, with translated text."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pose_core.colours import PEOPLE, SIDES
from pose_core.figures.landmarks import angle_figure, picture_figure, world_figure
from pose_core.geometry.angles import ANGLE_NAMES, LIMB_ANGLES
from pose_core.geometry.reasons import Reason
from pose_core.pose import Pose
from pose_core.skeleton import CONNECTIONS, LANDMARK_NAMES, side_of

PoseMaker = Callable[..., Pose]
JPEG = b"\xff\xd8 only carried along"
SIDE_NAMES = ("left", "right", "middle")


def t(key: str, **values: object) -> str:
    """A translator that shows the key and values it got."""
    return "|".join([key, *(f"{name}={value}" for name, value in values.items())])


def as_json(figure: Any) -> dict[str, Any]:
    """As the page sends it to the browser; NaN would be no JSON."""

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} in a figure")

    parsed: dict[str, Any] = json.loads(figure.to_json(), parse_constant=refuse)
    return parsed


def markers(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if getattr(trace, "mode", "") == "markers"]


def lines(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if getattr(trace, "mode", "") == "lines"]


def indices_of(side: str) -> list[int]:
    return [i for i, name in enumerate(LANDMARK_NAMES) if side_of(name) == side]


# ---------------------------------------------------------------------- over the picture
def test_axes_are_the_pictures_pixels_with_y_down_and_no_distortion(make_pose: PoseMaker) -> None:
    layout = picture_figure(JPEG, [make_pose()], t, visibility_limit=0.5).layout
    assert tuple(layout.xaxis.range) == (0, 640)
    assert tuple(layout.yaxis.range) == (480, 0)
    assert layout.yaxis.scaleanchor == "x"
    (image,) = layout.images
    assert (image.x, image.y, image.sizex, image.sizey, image.layer) == (0, 0, 640, 480, "below")
    assert base64.b64decode(image.source.removeprefix("data:image/jpeg;base64,")) == JPEG


def test_the_picture_can_be_left_out(make_pose: PoseMaker) -> None:
    figure = picture_figure(None, [make_pose()], t, visibility_limit=0.5)
    assert not figure.layout.images
    assert base64.b64encode(JPEG).decode() not in figure.to_json()


def test_every_landmark_is_shown_once_at_its_pixel_on_its_side(make_pose: PoseMaker) -> None:
    pose = make_pose()
    dots = markers(picture_figure(JPEG, [pose], t, visibility_limit=0.5))
    assert [trace.name for trace in dots] == [f"side.{side}" for side in SIDE_NAMES]
    for side, trace in zip(SIDE_NAMES, dots, strict=True):
        np.testing.assert_array_equal(np.column_stack([trace.x, trace.y]), pose.image_xy_px[indices_of(side)])
        assert trace.marker.color == SIDES[side]
    shapes = {symbol for trace in dots for symbol in trace.marker.symbol}
    assert len(shapes) == 3, "sides differ in shape too"


def test_hovering_shows_name_pixel_depth_and_visibility(make_pose: PoseMaker) -> None:
    z_px = np.zeros(33)
    z_px[0] = -64.0  # a tenth of the width, nearer
    visibility = np.full(33, 0.9)
    visibility[0] = 0.875
    pose = make_pose({"nose": (12.4, 90.6)}, image_z_px=z_px, visibility=visibility)
    middle = markers(picture_figure(JPEG, [pose], t, visibility_limit=0.5))[2]
    assert middle.hovertext == ("figure.hover|name=landmark.nose|x=12|y=91|z=-0.10|visibility=0.88",)
    assert middle.hoverinfo == "text"


def test_lines_join_what_is_connected_and_lift_the_pen_between(make_pose: PoseMaker) -> None:
    pose = make_pose()
    for trace in lines(picture_figure(JPEG, [pose], t, visibility_limit=0.5)):
        path = np.column_stack([trace.x, trace.y]).reshape(len(CONNECTIONS), 3, 2)
        assert np.isnan(path[:, 2]).all()
        np.testing.assert_array_equal(path[:, :2], pose.image_xy_px[np.array(CONNECTIONS)])


@pytest.mark.parametrize("draw", ["picture", "world"])
def test_landmarks_below_the_limit_are_hollow(make_pose: PoseMaker, draw: str) -> None:
    pose = make_pose(hidden=("left_knee", "right_wrist", "nose"))
    if draw == "picture":
        figure = picture_figure(JPEG, [pose], t, visibility_limit=0.5)
    else:
        figure = world_figure(pose, t, visibility_limit=0.5)
    hollow = {
        LANDMARK_NAMES[i]
        for side, trace in zip(SIDE_NAMES, markers(figure), strict=True)
        for i, symbol in zip(indices_of(side), trace.marker.symbol, strict=True)
        if symbol.endswith("-open")
    }
    assert hollow == {"left_knee", "right_wrist", "nose"}


def test_several_people_have_a_colour_and_one_entry_in_the_legend_each(make_pose: PoseMaker) -> None:
    people = [make_pose(), make_pose(scale=0.5), make_pose(scale=0.7)]
    figure = picture_figure(JPEG, people, t, visibility_limit=0.5)
    named = [trace.name for trace in figure.data if trace.showlegend]
    assert named == [f"person.number|number={n}" for n in (1, 2, 3)]
    assert [trace.marker.color for trace in figure.data if trace.showlegend] == list(PEOPLE[:3])


@pytest.mark.parametrize("number", [1, 2])
def test_the_picture_figure_is_json_for_the_browser(make_pose: PoseMaker, number: int) -> None:
    figure = picture_figure(JPEG, [make_pose()] * number, t, visibility_limit=0.5)
    assert len(as_json(figure)["data"]) == 5 * number


# ---------------------------------------------------------------------- in space
def test_height_points_up_depth_away_and_all_axes_have_one_scale(make_pose: PoseMaker) -> None:
    pose = make_pose()
    figure = world_figure(pose, t, visibility_limit=0.5)
    for side, trace in zip(SIDE_NAMES, markers(figure), strict=True):
        world = pose.world_xyz_m[indices_of(side)]
        np.testing.assert_array_equal(trace.x, world[:, 0])
        np.testing.assert_array_equal(trace.y, world[:, 2])
        np.testing.assert_array_equal(trace.z, -world[:, 1])
    scene = figure.layout.scene
    lengths = [axis.range[1] - axis.range[0] for axis in (scene.xaxis, scene.yaxis, scene.zaxis)]
    assert lengths == pytest.approx([lengths[0]] * 3)
    assert scene.aspectmode == "cube"
    titles = [axis.title.text for axis in (scene.xaxis, scene.yaxis, scene.zaxis)]
    assert titles == ["axis.right", "axis.depth", "axis.height"]


def test_everything_lies_inside_the_axes_and_on_or_above_the_floor(make_pose: PoseMaker) -> None:
    figure = world_figure(make_pose(), t, visibility_limit=0.5)
    scene = figure.layout.scene
    (floor,) = (trace for trace in figure.data if trace.type == "mesh3d")
    lowest = min(min(trace.z) for trace in markers(figure))
    assert set(floor.z) == {lowest}
    for name in "xyz":
        low, high = getattr(scene, f"{name}axis").range
        values = np.concatenate([np.asarray(getattr(trace, name)) for trace in markers(figure)])
        assert low <= values.min()
        assert values.max() <= high


def test_hovering_in_space_shows_metres_as_the_model_gives_them(make_pose: PoseMaker) -> None:
    world = np.zeros((33, 3))
    world[0] = (0.123, -0.6, -0.25)
    figure = world_figure(make_pose(world_xyz_m=world), t, visibility_limit=0.5)
    assert markers(figure)[2].hovertext == (
        "figure.hover_world|name=landmark.nose|x=0.12|y=-0.60|z=-0.25|visibility=0.90",
    )


def test_three_buttons_turn_the_view(make_pose: PoseMaker) -> None:
    (menu,) = world_figure(make_pose(), t, visibility_limit=0.5).layout.updatemenus
    eyes = {button.label: button.args[0]["scene.camera"]["eye"] for button in menu.buttons}
    assert list(eyes) == ["view.front", "view.side", "view.top"]
    # The camera's side of the person is at small depth: the front is seen from there.
    assert eyes["view.front"]["y"] < -1
    assert abs(eyes["view.side"]["x"]) > 1
    assert eyes["view.top"]["z"] > 1


def test_a_pose_of_one_point_still_has_axes(make_pose: PoseMaker) -> None:
    scene = world_figure(make_pose(world_xyz_m=np.zeros((33, 3))), t, visibility_limit=0.5).layout.scene
    assert scene.xaxis.range[1] - scene.xaxis.range[0] >= 1


def test_the_world_figure_is_json_for_the_browser(make_pose: PoseMaker) -> None:
    assert {
        trace["type"] for trace in as_json(world_figure(make_pose(), t, visibility_limit=0.5))["data"]
    } == {
        "scatter3d",
        "mesh3d",
    }


# ---------------------------------------------------------------------- angles
def angles(**given: float) -> dict[str, float]:
    return dict.fromkeys(ANGLE_NAMES, 100.0) | given


def bars(figure: Any) -> dict[str, dict[str, tuple[float, str]]]:
    """Side to joint to length and text."""
    return {
        bar.name.removeprefix("side."): {
            joint.removeprefix("joint."): (length, text)
            for joint, length, text in zip(bar.y, bar.x, bar.text, strict=True)
        }
        for bar in figure.data
        if bar.showlegend is False
    }


def test_each_joint_has_a_bar_on_each_side_as_long_as_its_angle() -> None:
    shown = bars(angle_figure(angles(left_knee=90.4, right_knee=170.6), t))
    assert set(shown) == {"left", "right"}
    assert set(shown["left"]) == set(shown["right"]) == set(LIMB_ANGLES)
    assert shown["left"]["knee"] == (90.4, "side.left_letter 90°")
    assert shown["right"]["knee"] == (170.6, "side.right_letter 171°")


def test_an_angle_that_is_not_known_says_so_and_has_no_length() -> None:
    figure = angle_figure(angles(left_elbow=math.nan), t)
    assert bars(figure)["left"]["elbow"] == (0, "side.left_letter reason.not_visible")
    as_json(figure)


def test_the_difference_of_the_sides_is_written_where_both_are_known() -> None:
    figure = angle_figure(angles(left_knee=92.0, right_knee=80.0, left_hip=math.nan, right_ankle=math.nan), t)
    notes = {note.y: note.text for note in figure.layout.annotations}
    assert set(notes) == {"joint.elbow", "joint.shoulder", "joint.knee"}
    assert notes["joint.knee"] == "Δ 12°"
    assert notes["joint.elbow"] == "Δ 0°"


@pytest.mark.parametrize("reasons", [{}, dict.fromkeys(ANGLE_NAMES, "toward_camera")])
def test_sides_keep_their_colours_in_the_legend_whatever_is_uncertain(reasons: dict[str, Reason]) -> None:
    figure = angle_figure(angles(), t, reasons)
    left, right = sorted(
        (bar for bar in figure.data if bar.showlegend is not False), key=lambda bar: bar.name
    )
    assert (left.x[0], right.x[0]) == (0, 0)
    assert (left.marker.color, right.marker.color) == (SIDES["left"], SIDES["right"])
    assert left.marker.pattern.shape != right.marker.pattern.shape


def test_180_degrees_and_its_text_fit_on_the_axis() -> None:
    figure = angle_figure(angles(), t)
    assert figure.layout.xaxis.range[0] == 0
    assert figure.layout.xaxis.range[1] > 180
    assert list(figure.layout.xaxis.ticktext) == ["0°", "45°", "90°", "135°", "180°"]


def test_joints_are_listed_from_top_to_bottom_as_in_the_body() -> None:
    """Plotly counts categories from the bottom."""
    labels = [joint.removeprefix("joint.") for joint in angle_figure(angles(), t).data[0].y]
    assert labels[::-1] == list(LIMB_ANGLES)
