"""The result of one picture: the drawn picture, one quiet line of figures, remedies, and the tabs below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pose_core.export.photos import COLUMNS, landmark_rows, to_json_dict
from pose_core.figures.landmarks import angle_figure, picture_figure, world_figure
from pose_core.geometry.angles import Space, pose_angle_reasons, pose_angles_deg
from pose_core.media.images import encode_jpeg
from pose_core.pipeline.photo import PHOTO_STEPS, PhotoResult, annotate_photo
from pose_core.settings import MAX_PEOPLE, PoseSettings
from pose_ui.photo.session import Preview
from pose_ui.shell.layout import open_tab
from pose_ui.shell.settings_panel import choose
from pose_ui.shell.state import PHOTO_TAB
from pose_ui.texts import Translator
from pose_ui.widgets.angle_table import angle_summary, angle_table, uncertain_angles
from pose_ui.widgets.before_after import compare
from pose_ui.widgets.labels import landmark_labels

__all__ = ["angle_panel", "choose_person", "drawn_picture", "how_sure", "nobody_found", "result_tabs"]

#: Columns of the table with their number formats, the most wanted first, each with no more digits than it deserves.
_TABLE_FORMATS = {
    "visibility": "%.2f",
    **dict.fromkeys(("x_px", "y_px"), "%.1f"),
    "z": "%.3f",
    **dict.fromkeys(("world_x_m", "world_y_m", "world_z_m"), "%.3f"),
    **dict.fromkeys(("x_norm", "y_norm"), "%.4f"),
    "presence": "%.2f",
}
#: Remedies offered when nobody was found.
_REMEDY_CONFIDENCE = 0.25
#: The wheel scrolls the page, except over the 3-D view.
_PLOT_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def _size(size_wh: tuple[int, int]) -> str:
    return f"{size_wh[0]}×{size_wh[1]}"


def _timing_line(result: PhotoResult, times_ms: Mapping[str, float], t: Translator) -> str:
    steps = [
        f"{t(f'photo.step_{step}')} {times_ms[step]:.1f}"
        for step in PHOTO_STEPS
        if step != "enlarge" or result.analysed_wh != result.size_wh
    ]
    return t(
        "photo.timing",
        model=result.settings.detection.model,
        size=_size(result.analysed_wh),
        steps=" · ".join(steps) + " ms",
        people=t.people(len(result.poses)) if result.poses else t("count.nobody"),
    )


def drawn_picture(result: PhotoResult, preview: Preview, chosen: int | None, t: Translator) -> None:
    """Show the picture with its skeletons over the original, and how long each step took."""
    drawn_rgb, draw_ms = annotate_photo(
        result, preview.frame_rgb, result.settings, names=landmark_labels(t), chosen=chosen
    )
    alt = t("photo.alt", name=result.name, people=t.people(len(result.poses)))
    if not result.poses:
        st.image(preview.jpeg, alt=t("photo.alt_nobody", name=result.name))
    elif result.settings.draw.skeleton_only:  # the original is not even sent
        st.image(encode_jpeg(drawn_rgb), alt=alt)
    else:
        compare(preview.jpeg, encode_jpeg(drawn_rgb), alt, t, key="photo_compare")
    st.caption(_timing_line(result, {**result.times_ms, "draw": draw_ms}, t))
    notes = [t(f"note.{note}") for note in result.notes]
    if result.analysed_wh != result.size_wh:
        notes.append(t("note.enlarged", before=_size(result.size_wh), after=_size(result.analysed_wh)))
    if notes:
        st.caption(f":material/info: {' '.join(notes)}")


def how_sure(result: PhotoResult, t: Translator) -> None:
    """Say how many were left out, and who was found only with less confidence."""
    if result.others:
        with st.container(horizontal=True, vertical_alignment="center"):
            asked, total = len(result.poses), len(result.poses) + result.others
            st.caption(t("photo.left_out", asked=t.people(asked), total=total), width="stretch")
            st.button(
                t("photo.show_all", total=total),
                icon=":material/group_add:",
                on_click=choose,
                kwargs={"people": MAX_PEOPLE},
                type="tertiary",
                key="photo_show_all",
            )
    if any(result.doubtful):
        names = [t("person.number", number=i) for i, doubt in enumerate(result.doubtful, start=1) if doubt]
        people = t("angle.list_separator").join(names)
        text = t("photo.doubtful") if len(result.poses) == 1 else t("photo.doubtful_people", people=people)
        st.warning(text, icon=":material/help:")


def nobody_found(settings: PoseSettings, t: Translator) -> None:
    """Say so, explain why it happens, and offer remedies at one click each."""
    st.info(t("photo.nobody"), icon=":material/person_search:")
    detection = settings.detection
    remedies: dict[str, tuple[dict[str, Any], bool]] = {
        t("photo.remedy_confidence", value=_REMEDY_CONFIDENCE): (
            {"detection": _REMEDY_CONFIDENCE, "presence": _REMEDY_CONFIDENCE},
            max(detection.detection_confidence, detection.presence_confidence) > _REMEDY_CONFIDENCE,
        ),
        t("photo.remedy_heavy"): ({"model": "heavy"}, detection.model != "heavy"),
    }
    if not any(useful for _, useful in remedies.values()):
        st.write(t("photo.nobody_tried"))
        return
    st.write(t("photo.nobody_try"))
    with st.container(horizontal=True):
        for label, (choices, useful) in remedies.items():
            st.button(label, on_click=choose, kwargs=choices, disabled=not useful)


def choose_person(count: int, t: Translator) -> int:
    """Number of the selected person, from 0; the visitor chooses only if there are several."""
    if count < 2:
        return 0
    chosen = st.segmented_control(
        t("photo.person"),
        range(count),
        default=0,
        required=True,
        format_func=lambda number: t("person.number", number=number + 1),
        key=f"photo_person_of_{count}",
        persist_state="session",
    )
    return int(chosen or 0)


def angle_panel(result: PhotoResult, person: int, t: Translator) -> None:
    """Show the angles of the selected person, in the picture or in space."""
    spaces: tuple[Space, Space] = ("image", "world")
    space = st.segmented_control(
        t("photo.space"),
        spaces,
        default="image",
        required=True,
        format_func=lambda name: t(f"photo.space_{name}"),
        key="photo_space",
        help=t("photo.space_help"),
        persist_state="session",
    )
    pose, limit = result.poses[person], result.settings.visibility_limit
    angle_table(pose_angles_deg(pose, space, limit), pose_angle_reasons(pose, space, limit), t)


@st.fragment  # a whole run would renew the download buttons: a press meanwhile would get nothing
def result_tabs(result: PhotoResult, preview: Preview, person: int, t: Translator) -> None:
    """Show the tabs Explore, 3-D, Angles, Table and JSON; only the open one is computed."""
    names = ("explore", "world", "angles", "table", "json")
    name, tab = open_tab({name: t(f"photo.tab_{name}") for name in names}, PHOTO_TAB, t)
    limit = result.settings.visibility_limit
    skeleton_only = result.settings.draw.skeleton_only
    pose = result.poses[person]
    with tab:
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
            table["reason"] = [t(f"reason.{reason}") if reason else "" for reason in table["reason"]]
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
