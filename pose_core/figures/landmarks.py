"""Plotly figures of landmarks and angles. A translator supplies the text, and `pose_core.colours` the colours.

No figure sets the colour of text or paper: the page's theme does, light or dark.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from pose_core.arrays import FloatArray
from pose_core.colours import GROUND, PEOPLE, SIDES
from pose_core.geometry.angles import LIMB_ANGLES, pose_landmark_reasons, side_difference_deg
from pose_core.geometry.reasons import UNCERTAIN, Reason
from pose_core.pose import Pose
from pose_core.skeleton import CONNECTIONS, LANDMARK_NAMES, Side, side_of
from pose_core.translate import Translate

__all__ = ["angle_figure", "angle_text", "picture_figure", "world_figure"]


_GREY: Final = "rgba(128,134,145,0.9)"
#: Between the blue of charts on light and that on dark pages: the page cannot recolour what WebGL draws.
_IN_SPACE: Final[dict[Side, str]] = {**SIDES, "left": "#2B8AD0"}
#: Heights in pixels: a figure as wide as a page, and one in a narrow column.
_WIDE_PX: Final = 560
_NARROW_PX: Final = 330
_NEARER: Final = 0.75
_FAINT: Final = "rgba(128,134,145,0.25)"
_SIDE_ORDER: Final[tuple[Side, ...]] = ("left", "right", "middle")
#: Left and right differ in shape as well as in colour.
_SYMBOLS: Final[dict[Side, str]] = {"left": "circle", "right": "square", "middle": "diamond"}


def _bone_path(points: FloatArray) -> FloatArray:
    """All lines as one path, shape (3 x 35, D), with NaN between them so that Plotly lifts the pen."""
    gap = np.full(points.shape[1], np.nan)
    return np.array([row for a, b in CONNECTIONS for row in (points[a], points[b], gap)])


def _hover(pose: Pose, indices: Sequence[int], t: Translate, person: str, limit: float) -> list[str]:
    z = pose.image_z_norm
    reasons = pose_landmark_reasons(pose, limit)
    prefix = f"{person}<br>" if person else ""
    return [
        prefix
        + t(
            "figure.hover",
            name=t(f"landmark.{LANDMARK_NAMES[i]}"),
            x=f"{pose.image_xy_px[i, 0]:.0f}",
            y=f"{pose.image_xy_px[i, 1]:.0f}",
            z=f"{z[i]:.2f}",
            visibility=f"{pose.visibility[i]:.2f}",
        )
        + (f"<br>{t(f'reason.{reasons[i]}')}" if reasons[i] else "")
        for i in indices
    ]


def _on_side(side: Side) -> list[int]:
    return [i for i, name in enumerate(LANDMARK_NAMES) if side_of(name) == side]


def _symbols(pose: Pose, indices: Sequence[int], side: Side, limit: float) -> list[str]:
    reasons = pose_landmark_reasons(pose, limit)
    return [f"{_SYMBOLS[side]}-open" if reasons[i] else _SYMBOLS[side] for i in indices]


def picture_figure(
    picture_jpeg: bytes | None,
    poses: Sequence[Pose],
    t: Translate,
    *,
    visibility_limit: float,
) -> go.Figure:
    """The picture with landmarks to hover over: name, pixel, z, visibility.

    Parameters
    ----------
    picture_jpeg : bytes or None
        The picture as a JPEG file of any size with the same aspect; None leaves a plain dark background.
    poses : sequence of Pose
        At least one.
    t : callable
        Translator.
    visibility_limit : float
        Landmarks below it are hollow, and so are those outside the picture.

    Returns
    -------
    plotly.graph_objects.Figure
        Axes in pixels of the picture, y down. With one person colours and shapes tell left from right; with several,
        colours tell people apart.
    """
    width, height = poses[0].size_wh
    several = len(poses) > 1
    figure = go.Figure()
    if picture_jpeg is None:
        figure.add_shape(
            type="rect", x0=0, y0=0, x1=width, y1=height, fillcolor=GROUND, line_width=0, layer="below"
        )
    else:
        figure.add_layout_image(
            source="data:image/jpeg;base64," + base64.b64encode(picture_jpeg).decode(),
            xref="x",
            yref="y",
            x=0,
            y=0,
            sizex=width,
            sizey=height,
            sizing="stretch",
            layer="below",
        )
    for number, pose in enumerate(poses):
        person = t("person.number", number=number + 1)
        path = _bone_path(pose.image_xy_px)
        colour = PEOPLE[number % len(PEOPLE)] if several else "#FFFFFF"
        for line_colour, line_width in (("rgba(26,29,33,0.8)", 4.5), (colour, 2.5)):
            figure.add_scatter(
                x=path[:, 0],
                y=path[:, 1],
                mode="lines",
                line={"color": line_colour, "width": line_width},
                hoverinfo="skip",
                showlegend=False,
            )
        for side in _SIDE_ORDER:
            indices = _on_side(side)
            figure.add_scatter(
                x=pose.image_xy_px[indices, 0],
                y=pose.image_xy_px[indices, 1],
                mode="markers",
                name=person if several else t(f"side.{side}"),
                legendgroup=str(number) if several else None,
                showlegend=not several or side == "left",
                marker={
                    "size": 8,
                    "symbol": _symbols(pose, indices, side, visibility_limit),
                    "color": colour if several else SIDES[side],
                    "line": {"color": "#FFFFFF", "width": 1},
                },
                hovertext=_hover(pose, indices, t, person if several else "", visibility_limit),
                hoverinfo="text",
            )
    axis = {"showgrid": False, "zeroline": False, "visible": False, "constrain": "domain"}
    figure.update_xaxes(range=[0, width], **axis)
    # Anchored at the top: if the page is narrower than the picture, the spare height stays below it.
    figure.update_yaxes(range=[height, 0], scaleanchor="x", constraintoward="top", **axis)
    figure.update_layout(
        height=560,
        margin={"l": 0, "r": 0, "t": 36, "b": 0},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        dragmode="pan",
        uirevision="picture",
    )
    return figure


def _view_buttons(t: Translate) -> dict[str, Any]:
    # Plotly's z is up: the front view looks along its +y, which is MediaPipe's +z, away from the camera.
    views = {
        "front": {"eye": {"x": 0, "y": -1.9, "z": 0.15}, "up": {"x": 0, "y": 0, "z": 1}},
        "side": {"eye": {"x": 1.9, "y": 0, "z": 0.15}, "up": {"x": 0, "y": 0, "z": 1}},
        "top": {"eye": {"x": 0, "y": -0.01, "z": 2.1}, "up": {"x": 0, "y": 1, "z": 0}},
    }
    return {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "bgcolor": _FAINT,
        "bordercolor": _GREY,
        "buttons": [
            {"label": t(f"view.{name}"), "method": "relayout", "args": [{"scene.camera": camera}]}
            for name, camera in views.items()
        ],
    }


def world_figure(
    pose: Pose, t: Translate, *, visibility_limit: float, fixed_reach_m: float | None = None
) -> go.Figure:
    """World landmarks in 3-D, to turn and zoom, on a floor at the lowest point.

    Parameters
    ----------
    pose : Pose
        One person: every person's origin is their own hips, so several would overlap.
    t : callable
        Translator.
    visibility_limit : float
        Landmarks below it are hollow, and so are those outside the picture.
    fixed_reach_m : float, optional
        Axes reach this far from the hips on all sides, whatever the pose, so that they do not jump when the figure is
        redrawn live; the figure is lower then, for a narrow column, and its axes have no names and no numbers, which
        would take the body's room. If not given, the axes enclose the pose.

    Returns
    -------
    plotly.graph_objects.Figure
        Metres with equal scales: x to the right, depth away from the camera, height upwards.
    """
    # MediaPipe's y points down and its z away from the camera; Plotly's z points up.
    points = np.stack([pose.world_xyz_m[:, 0], pose.world_xyz_m[:, 2], -pose.world_xyz_m[:, 1]], axis=1)
    figure = go.Figure()
    path = _bone_path(points)
    figure.add_scatter3d(
        x=path[:, 0],
        y=path[:, 1],
        z=path[:, 2],
        mode="lines",
        line={"color": _GREY, "width": 6},
        hoverinfo="skip",
        showlegend=False,
    )
    for side in _SIDE_ORDER:
        indices = _on_side(side)
        figure.add_scatter3d(
            x=points[indices, 0],
            y=points[indices, 1],
            z=points[indices, 2],
            mode="markers",
            name=t(f"side.{side}"),
            marker={
                "size": 4.5,
                "symbol": _symbols(pose, indices, side, visibility_limit),
                "color": _IN_SPACE[side],
            },
            hovertext=[
                t(
                    "figure.hover_world",
                    name=t(f"landmark.{LANDMARK_NAMES[i]}"),
                    x=f"{pose.world_xyz_m[i, 0]:.2f}",
                    y=f"{pose.world_xyz_m[i, 1]:.2f}",
                    z=f"{pose.world_xyz_m[i, 2]:.2f}",
                    visibility=f"{pose.visibility[i]:.2f}",
                )
                for i in indices
            ],
            hoverinfo="text",
        )
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    reach = float(max(np.ptp(points, axis=0).max() / 2, 0.5)) * 1.08
    floor = float(points[:, 2].min())
    if fixed_reach_m is not None:
        centre, reach = np.zeros(3), fixed_reach_m
        floor = max(floor, -reach)
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    figure.add_mesh3d(
        x=[centre[0] + sx * reach for sx, _ in corners],
        y=[centre[1] + sy * reach for _, sy in corners],
        z=[floor] * 4,
        i=[0, 0],
        j=[1, 2],
        k=[2, 3],
        color="#8A8F98",
        opacity=0.18,
        hoverinfo="skip",
        showlegend=False,
    )
    axes: dict[str, Any] = {
        f"{axis}axis": {
            "title": {"text": t(f"axis.{label}") if fixed_reach_m is None else ""},
            "showticklabels": fixed_reach_m is None,
            "range": [centre[k] - reach, centre[k] + reach],
            "gridcolor": _FAINT,
            "zeroline": False,
            "showbackground": False,
            "nticks": 5,
        }
        for k, (axis, label) in enumerate((("x", "right"), ("y", "depth"), ("z", "height")))
    }
    eye = {"x": 1.15, "y": -1.8, "z": 0.55}
    if fixed_reach_m is not None:  # nearer: there are no names that could be cut
        eye = {axis: _NEARER * value for axis, value in eye.items()}
    figure.update_layout(
        scene={
            **axes,
            "aspectmode": "cube",
            "camera": {"eye": eye, "center": {"x": 0, "y": 0, "z": -0.08}},
        },
        updatemenus=[_view_buttons(t)],
        height=_WIDE_PX if fixed_reach_m is None else _NARROW_PX,
        margin={"l": 0, "r": 0, "t": 40, "b": 0},
        legend={"orientation": "h", "y": -0.02},
        uirevision="world",
    )
    return figure


def angle_text(value: float, reason: Reason, t: Translate) -> str:
    """An angle to read: whole degrees, with a question mark if uncertain, or why there is none."""
    if np.isfinite(value):
        return f"{round(value)}°{'?' if reason in UNCERTAIN else ''}".replace("-", "\N{MINUS SIGN}")
    return t(f"reason.{reason or 'not_visible'}")


def angle_figure(
    angles: Mapping[str, float], t: Translate, reasons: Mapping[str, Reason] | None = None
) -> go.Figure:
    """Joint angles, left against right, with their difference.

    Parameters
    ----------
    angles : mapping of str to float
        Degrees by angle name; NaN is shown with its reason, or as "not visible".
    t : callable
        Translator.
    reasons : mapping of str to Reason, optional
        Why angles are missing, or uncertain: these are grey, with a question mark.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    reasons = reasons or {}
    figure = go.Figure()
    joints = list(reversed(LIMB_ANGLES))  # Plotly counts categories from the bottom
    labels = [t(f"joint.{joint}") for joint in joints]
    sides: tuple[Side, Side] = ("right", "left")
    for side in sides:
        values = [angles[f"{side}_{joint}"] for joint in joints]
        letter = t(f"side.{side}_letter")
        why: list[Reason] = [reasons.get(f"{side}_{joint}", "") for joint in joints]
        colours = [_GREY if reason in UNCERTAIN else SIDES[side] for reason in why]
        pattern = {"shape": "/" if side == "right" else ""}
        figure.add_bar(
            y=labels,
            # A bar of no length keeps its place, so that its text can say that there is no angle.
            x=[value if np.isfinite(value) else 0 for value in values],
            orientation="h",
            name=t(f"side.{side}"),
            offsetgroup=side,
            showlegend=False,
            marker={"color": colours if _GREY in colours else SIDES[side], "pattern": pattern},
            text=[
                f"{letter} {angle_text(value, reason, t)}" for value, reason in zip(values, why, strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
        # The legend takes its colour from the first bar, which may be grey: so it has one of its own, of no length.
        figure.add_bar(
            y=labels[:1],
            x=[0],
            orientation="h",
            name=t(f"side.{side}"),
            offsetgroup=side,
            marker={"color": SIDES[side], "pattern": pattern},
            hoverinfo="skip",
        )
    for joint, label in zip(joints, labels, strict=True):
        difference = side_difference_deg(angles, joint)
        if difference is not None:
            figure.add_annotation(
                x=1,
                xref="paper",
                xanchor="right",
                y=label,
                text=f"Δ {difference}°",
                showarrow=False,
            )
    ticks = [0, 45, 90, 135, 180]
    figure.update_xaxes(range=[0, 250], tickvals=ticks, ticktext=[f"{tick}°" for tick in ticks])
    figure.update_layout(
        barmode="group",
        height=420,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        legend={"orientation": "h", "y": -0.2, "traceorder": "reversed"},
    )
    return figure
