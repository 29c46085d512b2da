"""The result of one picture: the drawn picture, one quiet line of figures, the angles."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pose_core.colours import SIDES
from pose_core.figures.landmarks import angle_text
from pose_core.geometry.angles import (
    ANGLES,
    Space,
    pose_angle_reasons,
    pose_angles_deg,
    pose_landmark_reasons,
)
from pose_core.media.images import encode_jpeg
from pose_core.pipeline.photo import PHOTO_STEPS, PhotoResult, annotate_photo
from pose_core.pose import Pose
from pose_core.settings import MAX_PEOPLE
from pose_core.skeleton import INDEX, MAIN_JOINTS, side_of
from pose_ui.photo.session import Outcome, Preview
from pose_ui.shell.settings_panel import choose
from pose_ui.texts import Translator
from pose_ui.widgets.angle_table import angle_table
from pose_ui.widgets.before_after import compare
from pose_ui.widgets.labels import landmark_labels

__all__ = ["angle_panel", "choose_person", "choose_space", "drawn_picture", "how_sure", "picture_columns"]

#: Width by height: below the first a picture stands upright, from the second on it is wide.
_UPRIGHT: Final = 0.9
_WIDE: Final = 1.5
#: What stands above the picture and below it in the first screen: title, sources, timing, the way to a closer look.
_SPARE_PX: Final = 270


def _size(size_wh: tuple[int, int]) -> str:
    return f"{size_wh[0]}×{size_wh[1]}"


def _timing(result: PhotoResult, times_ms: Mapping[str, float], t: Translator) -> tuple[str, str]:
    """How it was made in one line, and how long each step took."""
    steps = [step for step in PHOTO_STEPS if step != "enlarge" or result.analysed_wh != result.size_wh]
    line = t(
        "photo.timing",
        model=result.settings.detection.model,
        size=_size(result.analysed_wh),
        time=f"{sum(times_ms[step] for step in steps):.0f}",
        people=t.people(len(result.poses)) if result.poses else t("count.nobody"),
    )
    return line, " · ".join(f"{t(f'photo.step_{step}')} {times_ms[step]:.1f} ms" for step in steps)


def _hover_joints(result: PhotoResult, t: Translator) -> list[dict[str, Any]]:
    """The limb angles of everybody, for the pointer: `pose_ui.widgets.before_after.compare`."""
    limit = result.settings.visibility_limit
    joints = []
    for number, pose in enumerate(result.poses, start=1):
        degrees, reasons = pose_angles_deg(pose, "image", limit), pose_angle_reasons(pose, "image", limit)
        who = f"{t('person.number', number=number)}: " if len(result.poses) > 1 else ""
        for angle in ANGLES:
            if angle.kind == "interior" and isfinite(degrees[angle.name]):
                value = angle_text(degrees[angle.name], reasons[angle.name], t)
                joints.append(
                    {
                        "points": pose.image_xy_norm[list(angle.indices)].round(4).tolist(),
                        "text": f"{who}{t(f'angle.{angle.name}')} {value}",
                        "colour": SIDES[side_of(angle.name)],
                    }
                )
    return joints


def picture_columns(result: Outcome | None) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Columns for the picture and for all that belongs to it: the wider the picture, the wider its column."""
    shape = result.size_wh[0] / result.size_wh[1] if isinstance(result, PhotoResult) else 1.0
    left, right = st.columns(
        [2, 3] if shape < _UPRIGHT else [5, 3] if shape < _WIDE else [2, 1], gap="medium"
    )
    return left, right


def drawn_picture(result: PhotoResult, preview: Preview, chosen: int | None, t: Translator) -> None:
    """Show the picture with its skeletons over the original, as large as fits, and how long each step took."""
    drawn_rgb, draw_ms = annotate_photo(
        result, preview.frame_rgb, result.settings, names=landmark_labels(t), chosen=chosen
    )
    before: bytes | None = preview.jpeg
    if not result.poses:
        before, after, alt = None, preview.jpeg, t("photo.alt_nobody", name=result.name)
    else:
        if result.settings.draw.skeleton_only:  # the original is not even sent
            before = None
        after, alt = (
            encode_jpeg(drawn_rgb),
            t("photo.alt", name=result.name, people=t.people(len(result.poses))),
        )
    compare(
        before,
        after,
        result.size_wh,
        alt,
        t,
        key="photo_compare",
        joints=_hover_joints(result, t),
        spare_px=_SPARE_PX,
    )
    line, steps = _timing(result, {**result.times_ms, "draw": draw_ms}, t)
    st.caption(line, help=steps)
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


def choose_space(t: Translator) -> Space:
    """Whether angles are those in the picture or those in space."""
    spaces: tuple[Space, Space] = ("image", "world")
    space = st.segmented_control(
        t("photo.space"),
        spaces,
        default="image",
        required=True,
        format_func=lambda name: t(f"photo.space_{name}"),
        key="photo_space",
        help=t("photo.space_help"),
        label_visibility="collapsed",
        persist_state="session",
    )
    return "world" if space == "world" else "image"


def angle_panel(result: PhotoResult, person: int, space: Space, t: Translator) -> None:
    """Show the angles of the selected person."""
    pose, limit = result.poses[person], result.settings.visibility_limit
    angle_table(pose_angles_deg(pose, space, limit), pose_angle_reasons(pose, space, limit), t)
    _guessed_joints(pose, limit, t)


def _guessed_joints(pose: Pose, visibility_limit: float, t: Translator) -> None:
    """Say which joints the model only guesses: those with hollow dots."""
    reasons = pose_landmark_reasons(pose, visibility_limit)
    for kind in ("not_visible", "outside_picture"):
        names = [t(f"landmark.{joint}") for joint in MAIN_JOINTS if reasons[INDEX[joint]] == kind]
        if names:
            st.caption(t(f"photo.guessed_{kind}", names=t("angle.list_separator").join(names)))
