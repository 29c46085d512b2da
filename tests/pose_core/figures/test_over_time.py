"""Charts that are redrawn live: they show what was measured, do not move, and are small."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray

from pose_core.colours import SIDES
from pose_core.figures.landmarks import world_figure
from pose_core.figures.over_time import angle_history_figure, visibility_figure
from pose_core.geometry.angles import ANGLE_NAMES, LIMB_ANGLES
from pose_core.pose import Pose
from pose_core.skeleton import INDEX, LANDMARK_NAMES, N_LANDMARKS
from pose_ui.texts import LANGUAGES, Translator

Values = NDArray[np.float64]
PoseMaker = Callable[..., Pose]


def t(key: str, **values: object) -> str:
    """A translator that shows the key and values it got."""
    return "|".join([key, *(f"{name}={value}" for name, value in values.items())])


def as_json(figure: Any) -> dict[str, Any]:
    """As the page sends it to the browser; NaN would be no JSON."""

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} in a figure")

    parsed: dict[str, Any] = json.loads(figure.to_json(), parse_constant=refuse)
    return parsed


def measured(time_s: Values, **given: Values) -> dict[str, Values]:
    return {name: np.full(time_s.shape, 100.0) for name in ANGLE_NAMES} | given


def history(time_s: Values, *joints: str, now_s: float, window_s: float = 10.0, **given: Values) -> Any:
    figure = angle_history_figure(
        time_s, measured(time_s, **given), joints or ("knee",), t, now_s=now_s, window_s=window_s
    )
    return as_json(figure)


def notes(figure: dict[str, Any]) -> list[str]:
    return [note["text"] for note in figure["layout"]["annotations"]]


# ---------------------------------------------------------------------- angles over time
def test_each_joint_has_a_row_with_left_and_right_against_seconds_before_now() -> None:
    time_s = np.array([95.0, 96.0, 97.0, 98.0, 99.0, 100.0])
    left = np.array([10.0, 20, 30, 40, 50, 60.04])
    figure = history(time_s, "knee", "elbow", now_s=100.0, left_knee=left)
    lines = [(line["yaxis"], line["name"]) for line in figure["data"]]
    assert lines == [("y", "side.left"), ("y", "side.right"), ("y2", "side.left"), ("y2", "side.right")]
    assert figure["data"][0]["x"] == [-5, -4, -3, -2, -1, 0]
    assert figure["data"][0]["y"] == [10, 20, 30, 40, 50, 60.0]
    assert figure["data"][1]["y"] == [100] * 6
    assert [text for text in notes(figure) if "<b>" in text] == ["<b>joint.knee</b>", "<b>joint.elbow</b>"]


def test_left_and_right_differ_in_colour_and_in_line() -> None:
    left, right = history(np.array([1.0, 2.0]), now_s=2.0)["data"]
    assert (left["line"]["color"], right["line"]["color"]) == (SIDES["left"], SIDES["right"])
    assert (left["line"]["dash"], right["line"]["dash"]) == ("solid", "dash")


def test_where_an_angle_is_not_visible_the_line_has_a_gap() -> None:
    left = np.array([50.0, np.nan, np.nan, 80.0])
    line = history(np.array([1.0, 1.1, 1.2, 1.3]), now_s=1.3, left_knee=left)["data"][0]
    assert line["y"] == [50, None, None, 80]
    assert line["connectgaps"] is False


def test_where_nothing_was_measured_for_long_the_line_has_a_gap() -> None:
    left = np.array([50.0, 60.0, 70.0, 80.0])
    line = history(np.array([1.0, 2.0, 5.0, 6.0]), now_s=6.0, left_knee=left)["data"][0]
    assert line["x"] == [-5, -4, -1, -1, 0]
    assert line["y"] == [50, 60, None, 70, 80]


def test_samples_outside_the_window_are_left_out() -> None:
    time_s = np.array([10.0, 14.9, 15.0, 20.0, 25.0, 25.1])
    line = history(time_s, now_s=25.0)["data"][0]
    assert [x for x, y in zip(line["x"], line["y"], strict=True) if y is not None] == [-10, -5, 0]


def test_the_latest_angles_are_written_beside_their_row() -> None:
    left, right = np.array([90.0, 141.6]), np.array([150.0, np.nan])
    figure = history(np.array([1.0, 1.1]), "knee", "hip", now_s=1.2, left_knee=left, right_knee=right)
    assert [text for text in notes(figure) if "<b>" not in text] == [
        "side.left_letter 142°",
        "side.right_letter reason.not_visible",
        "side.left_letter 100°",
        "side.right_letter 100°",
    ]


def test_an_old_angle_is_not_shown_as_the_latest() -> None:
    assert "side.left_letter 100°" in notes(history(np.array([1.0]), now_s=1.9))
    assert "side.left_letter reason.not_visible" in notes(history(np.array([1.0]), now_s=2.1))


def test_nothing_but_data_and_latest_angles_changes_from_redraw_to_redraw() -> None:
    """Empty, half full, full, other values: axes, heights and places of text stay."""
    rng = np.random.default_rng(3)
    layouts = []
    for count in (0, 5, 500):
        time_s = 40.0 + np.arange(count) / 30
        noise = rng.uniform(0, 180, count)
        figure = history(time_s, "knee", "hip", now_s=40.0 + count / 30, left_knee=noise, right_hip=noise)
        for note in figure["layout"]["annotations"]:
            del note["text"]
        layouts.append(figure["layout"])
    assert layouts[0] == layouts[1] == layouts[2]
    layout = layouts[0]
    assert layout["xaxis"]["range"] == [-10, 0]
    assert layout["yaxis"]["range"] == layout["yaxis2"]["range"] == [0, 180]
    assert all(layout[axis]["fixedrange"] for axis in ("xaxis", "yaxis", "yaxis2"))
    assert all(layout[axis]["automargin"] is False for axis in ("xaxis", "yaxis", "yaxis2"))
    assert layout["uirevision"] == "angle_history"
    assert layout["hovermode"] is False


def test_rows_are_equally_high_however_many_there_are_and_do_not_overlap() -> None:
    for count in range(1, len(LIMB_ANGLES) + 1):
        layout = history(np.array([1.0]), *LIMB_ANGLES[:count], now_s=1.0)["layout"]
        plot_px = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
        domains = [layout["yaxis" if row == 0 else f"yaxis{row + 1}"]["domain"] for row in range(count)]
        assert [(top - bottom) * plot_px for bottom, top in domains] == pytest.approx([92] * count)
        gaps = [above[0] - below[1] for above, below in itertools.pairwise(domains)]
        assert all(gap * plot_px == pytest.approx(26) for gap in gaps)
        assert domains[0][1] == 1
        assert domains[-1][0] == pytest.approx(0, abs=1e-9)
        assert layout["xaxis"]["anchor"] == ("y" if count == 1 else f"y{count}")


@pytest.mark.parametrize("rate_hz", [10, 16, 30, 120])
def test_a_line_has_at_most_about_150_points_evenly_spread_with_the_newest(rate_hz: int) -> None:
    time_s = np.arange(0, 20, 1 / rate_hz)
    left = 90 + 80 * np.sin(time_s)
    line = history(time_s, now_s=float(time_s[-1]), left_knee=left)["data"][0]
    x = np.array(line["x"])
    assert min(150, 10 * rate_hz) <= x.size + 30
    assert x.size <= 151
    assert np.diff(x).max() <= max(2 * 10 / 150, 1 / rate_hz) + 0.011  # x is rounded to hundredths
    assert x[0] == pytest.approx(-10, abs=0.15)
    assert (x[-1], line["y"][-1]) == (0, pytest.approx(left[-1], abs=0.06))


def test_a_point_once_shown_is_shown_until_it_leaves() -> None:
    """Otherwise the line shimmers."""
    time_s = np.arange(0, 20, 1 / 60)
    left = np.arange(time_s.size, dtype=float) / 10  # each value identifies its sample
    shown = []
    for newest in (900, 907, 915):
        now_s = float(time_s[newest])
        upto = slice(0, newest + 1)
        figure = angle_history_figure(
            time_s[upto], measured(time_s[upto], left_knee=left[upto]), ["knee"], t, now_s=now_s
        )
        line = as_json(figure)["data"][0]["y"]
        shown.append({round(value * 10) for value in line})
    for earlier, later, newest in ((shown[0], shown[1], 900), (shown[1], shown[2], 907)):
        overlap = range(newest - 550, newest - 10)
        assert {i for i in earlier if i in overlap} == {i for i in later if i in overlap}


@pytest.mark.parametrize("joints", [[], ["toe"], ["knee", "left_knee"]])
def test_joints_without_an_angle_are_refused(joints: list[str]) -> None:
    with pytest.raises(ValueError, match="joints must be some of elbow"):
        angle_history_figure(np.array([1.0]), measured(np.array([1.0])), joints, t, now_s=1.0)


def test_a_window_without_length_and_angles_of_another_length_are_refused() -> None:
    time_s = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="window_s must be positive; got 0"):
        history(time_s, now_s=2.0, window_s=0)
    with pytest.raises(ValueError, match=r"got \(3,\) for right_knee"):
        history(time_s, now_s=2.0, right_knee=np.zeros(3))


# ---------------------------------------------------------------------- visibility
def bars(figure: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    return {
        bar["name"].removeprefix("side."): {
            part.removeprefix("live_figure."): value for part, value in zip(bar["y"], bar["x"], strict=True)
        }
        for bar in figure["data"]
    }


def test_a_bar_is_the_mean_of_a_parts_landmarks_on_its_side() -> None:
    visibility = np.full(N_LANDMARKS, 0.5)
    for name, value in (("left_wrist", 0.1), ("left_pinky", 0.2), ("left_index", 0.3), ("left_thumb", 0.8)):
        visibility[INDEX[name]] = value
    visibility[INDEX["mouth_right"]] = 1.0  # one of five: eye corners, eye, ear, mouth
    visibility[INDEX["right_knee"]] = 0.9
    shown = bars(as_json(visibility_figure(visibility, t, 0.5)))
    assert shown["left"]["hand"] == 0.35
    assert shown["right"]["face"] == 0.6
    assert shown["right"]["knee"] == 0.9
    assert shown["left"]["face"] == shown["left"]["knee"] == shown["right"]["hand"] == 0.5


def test_every_landmark_of_a_side_counts_in_one_bar_of_that_side() -> None:
    plain = bars(as_json(visibility_figure(np.zeros(N_LANDMARKS), t, 0.5)))
    for i, name in enumerate(LANDMARK_NAMES):
        visibility = np.zeros(N_LANDMARKS)
        visibility[i] = 1.0
        one = bars(as_json(visibility_figure(visibility, t, 0.5)))
        changed = [(side, part) for side in one for part in one[side] if one[side][part] != plain[side][part]]
        expected = [] if name == "nose" else ["left" if "left" in name else "right"]
        assert [side for side, _ in changed] == expected, name


def test_unknown_visibility_is_left_out_and_has_no_bar() -> None:
    visibility = np.full(N_LANDMARKS, 0.8)
    visibility[[INDEX["left_knee"], INDEX["left_heel"]]] = np.nan
    shown = bars(as_json(visibility_figure(visibility, t, 0.5)))
    assert shown["left"]["knee"] is None
    assert shown["left"]["foot"] == 0.8
    nobody = bars(as_json(visibility_figure(np.full(N_LANDMARKS, np.nan), t, 0.5)))
    assert set(nobody["right"].values()) == {None}


def test_the_limit_is_a_line_with_its_value() -> None:
    layout = as_json(visibility_figure(np.full(N_LANDMARKS, 0.8), t, 0.65))["layout"]
    (line,) = layout["shapes"]
    assert line["x0"] == line["x1"] == 0.65
    assert [note["text"] for note in layout["annotations"]] == ["live_figure.limit|limit=65%"]
    assert layout["annotations"][0]["x"] == 0.65


def test_visibility_of_the_face_is_on_top_and_the_axes_stay() -> None:
    layouts = []
    for level in (0.1, math.nan, 1.0):
        figure = as_json(visibility_figure(np.full(N_LANDMARKS, level), t, 0.5))
        layouts.append(figure["layout"])
        assert [part.removeprefix("live_figure.") for part in figure["data"][0]["y"]][::-1] == [
            "face",
            "shoulder",
            "elbow",
            "hand",
            "hip",
            "knee",
            "foot",
        ]
    assert layouts[0] == layouts[1] == layouts[2]
    assert layouts[0]["xaxis"]["range"] == [0, 1]


def test_sides_of_the_bars_differ_in_pattern() -> None:
    right, left = as_json(visibility_figure(np.full(N_LANDMARKS, 0.8), t, 0.5))["data"]
    assert (right["name"], left["name"]) == ("side.right", "side.left")
    assert right["marker"]["pattern"]["shape"] != left["marker"]["pattern"]["shape"]


def test_visibility_of_other_landmarks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(33,\); got \(17,\)"):
        visibility_figure(np.zeros(17), t, 0.5)


# ---------------------------------------------------------------------- in space
def test_with_a_fixed_reach_the_axes_in_space_stay_whatever_the_pose(make_pose: PoseMaker) -> None:
    poses = [
        make_pose(),
        make_pose({"left_wrist": (420, -100)}),
        make_pose(world_xyz_m=np.full((33, 3), 9.0)),
    ]
    scenes, floors = [], []
    for pose in poses:
        figure = as_json(world_figure(pose, t, visibility_limit=0.5, fixed_reach_m=1.25))
        scenes.append(figure["layout"]["scene"])
        (floor,) = (trace for trace in figure["data"] if trace["type"] == "mesh3d")
        floors.append(floor)
    assert scenes[0] == scenes[1] == scenes[2]
    assert all(scenes[0][axis]["range"] == [-1.25, 1.25] for axis in ("xaxis", "yaxis", "zaxis"))
    assert all((min(floor["x"]), max(floor["x"])) == (-1.25, 1.25) for floor in floors)
    assert floors[0]["z"] == [pytest.approx(-(420 - 250) / 200)] * 4, "under the toes"
    assert floors[2]["z"] == [-1.25] * 4, "not below the axes"


def test_a_figure_in_a_narrow_column_is_lower_and_spends_no_room_on_names_and_numbers(
    make_pose: PoseMaker,
) -> None:
    wide = world_figure(make_pose(), t, visibility_limit=0.5).layout
    narrow = world_figure(make_pose(), t, visibility_limit=0.5, fixed_reach_m=1.25).layout
    assert narrow.height < wide.height
    for axis in (narrow.scene.xaxis, narrow.scene.yaxis, narrow.scene.zaxis):
        assert not axis.title.text
        assert axis.showticklabels is False
    assert wide.scene.xaxis.showticklabels is True


# ---------------------------------------------------------------------- both
def _both(translate: Any = t) -> list[Any]:
    time_s = np.arange(0, 12, 1 / 30)
    left = np.where(time_s < 5, np.nan, 90 + 50 * np.sin(time_s))
    angles = measured(time_s, left_knee=left)
    return [
        angle_history_figure(time_s, angles, LIMB_ANGLES, translate, now_s=12.0),
        visibility_figure(np.linspace(0, 1, N_LANDMARKS), translate, 0.5),
    ]


@pytest.mark.parametrize("which", [0, 1])
def test_figures_contain_only_what_plotly_knows(which: int) -> None:
    """They are built without that check, to be fast."""
    figure = _both()[which]
    checked = go.Figure(figure.to_dict())
    assert json.loads(checked.to_json()) == as_json(figure)


@pytest.mark.parametrize(("which", "most_bytes"), [(0, 26_000), (1, 4_000)])
def test_figures_are_small(which: int, most_bytes: int) -> None:
    figure = _both()[which].to_dict()
    figure["layout"].pop("template", None)  # the page's, the same for every figure
    assert len(json.dumps(figure, separators=(",", ":"))) < most_bytes


@pytest.mark.parametrize("which", [0, 1])
def test_paper_and_text_have_the_colours_of_the_page(which: int) -> None:
    figure = as_json(_both()[which])
    figure["layout"].pop("template", None)
    text = json.dumps(figure)
    assert not [word for word in ("paper_bgcolor", "plot_bgcolor", '"font"') if word in text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_catalogue(language: Any) -> None:
    for figure in _both(Translator(language)):
        assert "live_figure" not in figure.to_json()
