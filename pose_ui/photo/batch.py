"""A batch of pictures: progress with time left, stop, the strip of thumbnails, the overview."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pose_core.errors import PictureError
from pose_core.figures.landmarks import angle_text
from pose_core.geometry.angles import LIMB_ANGLES, pose_angle_reasons, pose_angles_deg
from pose_core.models.pool import PosePool
from pose_core.pipeline.photo import PhotoResult
from pose_core.settings import PoseSettings
from pose_ui.photo.session import Outcome, PhotoSession
from pose_ui.shell.layout import plain
from pose_ui.texts import Translator
from pose_ui.widgets.countdown import Countdown
from pose_ui.widgets.thumbnails import Thumbnail, thumbnails

__all__ = ["analyse_rest", "analyse_shown", "batch_bar", "batch_overview"]


#: Address of the table of all pictures within the page.
_ALL: Final = "all"


def _stop(session: PhotoSession, stopped: bool) -> None:
    session.stopped = stopped


def analyse_shown(session: PhotoSession, settings: PoseSettings, pool: PosePool) -> None:
    """Analyse the shown picture, unless that is done."""
    if session.item in session.pending():
        session.analyse(session.item, settings, pool)


def analyse_rest(
    session: PhotoSession, settings: PoseSettings, pool: PosePool, t: Translator, place: DeltaGenerator
) -> None:
    """Analyse the other pictures while the first one is already on show, with the time left and Stop in `place`.

    Pressing Stop, or anything else, ends this run at the next step; finished results are kept.
    """
    pending = session.pending()
    if session.stopped or not pending:
        return
    total = len(session.items)
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0)
        st.button(
            t("photo.stop"), icon=":material/stop:", on_click=_stop, args=(session, True), key="photo_stop"
        )
    countdown = Countdown(len(pending))
    before = total - len(pending)
    for done, item in enumerate(pending, start=1):
        session.analyse(item, settings, pool)
        left = countdown.left(done, t)
        bar.progress(
            done / len(pending), t("photo.batch_progress", done=before + done, total=total, left=left)
        )
    st.rerun()  # the strip and the overview know everybody now


def _state(outcome: Outcome | None, t: Translator) -> tuple[str, str, str]:
    """State, badge and words for a picture."""
    if outcome is None:
        return "", "", t("photo.state_waiting")
    if isinstance(outcome, PictureError):
        return "failed", "!", t("photo.state_failed")
    if not outcome.poses:
        return "nobody", "0", t("count.nobody")
    return "found", str(len(outcome.poses)), t.people(len(outcome.poses))


def _strip(session: PhotoSession, settings: PoseSettings, t: Translator) -> None:
    items = []
    for i, item in enumerate(session.own):
        state, badge, said = _state(session.outcome(item, settings), t)
        label = f"{i + 1}/{len(session.own)} {item.name}: {said}"
        items.append(Thumbnail(str(i), label, session.thumbnail(item), item.name[:24], state, badge))

    def take(choice: str) -> None:
        session.select(int(choice))

    thumbnails(t("photo.which"), items, str(session.selected), take, key="photo_strip")


def batch_bar(session: PhotoSession, settings: PoseSettings, t: Translator) -> None:
    """Show the own pictures with their states, and buttons to step, to remove, and to continue after a stop."""
    total = len(session.items)
    if session.sample is not None:
        return
    if total > 1:
        _strip(session, settings, t)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if total > 1:
            for name, by, end in (("previous", -1, 0), ("next", 1, total - 1)):
                st.button(
                    t(f"photo.{name}"),
                    icon=f":material/chevron_{'left' if by < 0 else 'right'}:",
                    key=f"photo_{name}",
                    on_click=session.step,
                    args=(by,),
                    disabled=session.selected == end,
                    shortcut="Left" if by < 0 else "Right",
                )
        st.button(
            t("photo.remove"),
            icon=":material/close:",
            key="photo_remove",
            on_click=session.remove_selected,
            type="tertiary",
        )
        if total > 1:
            st.button(
                t("photo.remove_all"),
                icon=":material/delete:",
                key="photo_remove_all",
                on_click=session.remove_all,
                type="tertiary",
            )
        if total == 1:
            st.caption(t("photo.until_reload"), width="content")
    if total > 1:
        to_all = f"[{t('photo.to_all', total=total)}](#{_ALL})"
        st.markdown(f":small[:material/arrow_downward: {to_all}]  \n:small[:gray[{t('photo.until_reload')}]]")
    pending = len(session.pending())
    if session.stopped and pending:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(t("photo.stopped", done=total - pending, total=total), icon=":material/pause:")
            st.button(t("photo.go_on"), icon=":material/play_arrow:", on_click=_stop, args=(session, False))


def _person_row(result: PhotoResult, person: int, wanted: Iterable[str], t: Translator) -> dict[str, str]:
    limit = result.settings.visibility_limit
    pose = result.poses[person]
    degrees, reasons = pose_angles_deg(pose, "image", limit), pose_angle_reasons(pose, "image", limit)
    return {t(f"angle.{name}"): angle_text(degrees[name], reasons[name], t) for name in wanted}


def batch_overview(session: PhotoSession, settings: PoseSettings, t: Translator) -> None:
    """Show a row for each person of each picture with the angles asked for, or why the file cannot be read."""
    total = len(session.items)
    if total < 2:
        return
    outcomes = [(item, session.outcome(item, settings)) for item in session.items]
    failed = sum(isinstance(outcome, PictureError) for _, outcome in outcomes)
    if failed:
        kind = "all" if failed == total else "some"
        st.warning(t(f"photo.failed_{kind}", count=failed, total=total), icon=":material/warning:")
    st.header(t("photo.overview", total=total), anchor=_ALL)
    joints = st.pills(
        t("photo.overview_angles"),
        LIMB_ANGLES,
        selection_mode="multi",
        default=("elbow", "knee"),
        format_func=lambda name: t(f"joint.{name}"),
        key="photo_overview_angles",
        persist_state="session",
    )
    wanted = [f"{side}_{joint}" for joint in LIMB_ANGLES if joint in joints for side in ("left", "right")]
    rows = []
    for item, outcome in outcomes:
        start = {t("column.file"): plain(item.name), t("column.result"): _state(outcome, t)[2]}
        if isinstance(outcome, PictureError):
            start[t("column.result")] = t.error(outcome)
        people = range(len(outcome.poses)) if isinstance(outcome, PhotoResult) else ()
        for person in people or (None,):
            angles = {t(f"angle.{name}"): "" for name in wanted}
            if person is not None and isinstance(outcome, PhotoResult):
                angles = _person_row(outcome, person, wanted, t)
                if len(people) > 1:
                    start[t("column.result")] = t("person.number", number=person + 1)
            rows.append({**start, **angles})
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")
