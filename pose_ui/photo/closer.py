"""A closer look at a result: the interactive picture, 3-D, charts, tables."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pose_core.export.photos import COLUMNS, landmark_rows, to_json_dict
from pose_core.figures.landmarks import angle_figure, picture_figure, world_figure
from pose_core.geometry.angles import pose_angle_reasons, pose_angles_deg
from pose_core.pipeline.photo import PhotoResult
from pose_ui.photo.session import Preview
from pose_ui.shell.state import PHOTO_TAB
from pose_ui.texts import Translator
from pose_ui.widgets.angle_table import angle_summary, uncertain_angles

__all__ = ["closer_look"]

#: Columns of the table with their number formats, the most wanted first, each with no more digits than it deserves.
_TABLE_FORMATS = {
    "visibility": "%.2f",
    **dict.fromkeys(("x_px", "y_px"), "%.1f"),
    "z": "%.3f",
    **dict.fromkeys(("world_x_m", "world_y_m", "world_z_m"), "%.3f"),
    **dict.fromkeys(("x_norm", "y_norm"), "%.4f"),
    "presence": "%.2f",
}
#: The wheel scrolls the page, except over the 3-D view.
_PLOT_CONFIG = {"displayModeBar": False, "scrollZoom": False}


@st.fragment  # a whole run would renew the download buttons: a press meanwhile would get nothing
def closer_look(result: PhotoResult, preview: Preview, person: int, t: Translator) -> None:
    """Offer Explore, 3-D, Angles, Table and JSON; only the open one is computed.

    None is open at first: Plotly's script would keep the picture waiting.
    """
    name = st.segmented_control(
        t("photo.closer"),
        ("explore", "world", "angles", "table", "json"),
        format_func=lambda name: t(f"photo.tab_{name}"),
        key=PHOTO_TAB,
        persist_state="session",
    )
    limit = result.settings.visibility_limit
    skeleton_only = result.settings.draw.skeleton_only
    pose = result.poses[person]
    if name is None:
        return
    with st.container():
        if name == "explore":
            st.caption(t("photo.explore_caption"))
            st.plotly_chart(
                picture_figure(
                    None if skeleton_only else preview.jpeg,
                    result.poses,
                    t,
                    visibility_limit=limit,
                ),
                key="photo_explore",
                config=_PLOT_CONFIG,
                alt=t("photo.explore_alt", people=t.people(len(result.poses))),
            )
        elif name == "world":
            st.caption(t("photo.world_caption"))
            st.plotly_chart(
                world_figure(pose, t, visibility_limit=limit),
                key="photo_world",
                config=_PLOT_CONFIG | {"scrollZoom": True},
                alt=t("photo.world_alt", number=person + 1),
            )
        elif name == "angles":
            for space in ("image", "world"):
                angles, reasons = pose_angles_deg(pose, space, limit), pose_angle_reasons(pose, space, limit)
                st.caption(t(f"photo.space_{space}"))
                st.plotly_chart(
                    angle_figure(angles, t, reasons),
                    key=f"photo_angles_{space}",
                    config={"staticPlot": True},
                    alt=t("photo.angles_alt_figure", angles=angle_summary(angles, reasons, t)),
                )
                uncertain_angles(reasons, t)
        elif name == "table":
            table = pd.DataFrame(landmark_rows([pose], visibility_limit=limit), columns=COLUMNS)
            table = table[["landmark", *_TABLE_FORMATS, "reason"]]
            table["landmark"] = [t(f"landmark.{name}") for name in table["landmark"]]
            table["reason"] = [
                t(f"reason.{reason}") if isinstance(reason, str) else "" for reason in table["reason"]
            ]
            st.dataframe(
                table.rename(columns=lambda column: t(f"column.{column}")),
                column_config={
                    t(f"column.{column}"): st.column_config.NumberColumn(format=digits)
                    for column, digits in _TABLE_FORMATS.items()
                },
                hide_index=True,
                height=480,
                alt=t("photo.table_alt", number=person + 1),
            )
        else:
            st.json(to_json_dict(result), expanded=2)
