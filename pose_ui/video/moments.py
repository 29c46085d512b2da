"""The moments of a film that are worth a look, found or marked: a click seeks; each can go to the Photo page."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import streamlit as st

from ops.films import FilmOutcome, FilmStudio, Version
from ops.jobs import NoSuchJobError
from pose_core.export.file_names import safe_stem
from pose_core.export.video_files import FileChoices, make_file, moments_of
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.media.images import encode_jpeg, fit_within
from pose_core.movement.moments import Mark, Moment
from pose_core.pipeline.stills import stills
from pose_ui.shell.layout import plain
from pose_ui.shell.mailbox import send_to_photo
from pose_ui.shell.state import video_key
from pose_ui.texts import Translator
from pose_ui.video.player import At
from pose_ui.video.session import VideoSession
from pose_ui.widgets.thumbnails import Thumbnail, thumbnails

__all__ = ["mark_frame", "moments"]

_ANGLES: Final = [name for name in ANGLE_NAMES if name.startswith(("left_", "right_"))]
_THUMBNAIL_PX: Final = 160
_LONGEST_MARK: Final = 60


def mark_frame(
    studio: FilmStudio, job_id: str, owner: str, version: Version, t: Translator, frame: int
) -> None:
    """Mark a frame, unless it is marked already; its first name is a number."""
    try:
        marks = studio.marks(job_id, owner)
        time_s = float(version.result.time_s[frame])
        if all(mark.time_s != time_s for mark in marks):
            studio.mark(job_id, owner, Mark(time_s, t("film.mark_name", number=len(marks) + 1)))
    except NoSuchJobError:
        return


def _rename(studio: FilmStudio, job_id: str, owner: str, time_s: float, key: str) -> None:
    """Keep what is in the field `key`; an empty field keeps the name before."""
    text = str(st.session_state[key]).strip()
    if text:
        _keep(studio, job_id, owner, Mark(time_s, text))


def _keep(studio: FilmStudio, job_id: str, owner: str, mark: Mark) -> None:
    try:
        studio.mark(job_id, owner, mark)
    except NoSuchJobError:
        return


def _pictures(
    session: VideoSession,
    job_id: str,
    outcome: FilmOutcome,
    version: Version,
    found: tuple[Moment, ...],
    t: Translator,
) -> dict[int, tuple[bytes, bytes]]:
    """By frame: a small drawn JPEG and a large plain one; each made once, with progress."""
    if session.pictures_of != (job_id, version.number):
        session.pictures_of, session.pictures = (job_id, version.number), {}
    made = session.pictures
    missing = [moment.frame for moment in found if moment.frame not in made]
    if missing:
        bar = st.progress(0.0, t("film.moments_working"))
        for number, frame in enumerate(missing):
            for still in stills(outcome.data, version.result, [frame]):
                made[still.frame] = (
                    encode_jpeg(fit_within(still.drawn_rgb, _THUMBNAIL_PX), 80),
                    encode_jpeg(still.plain_rgb),
                )
            bar.progress((number + 1) / len(missing), t("film.moments_working"))
        bar.empty()
    return made


def _label(moment: Moment, t: Translator) -> str:
    if moment.kind == "mark":
        return f"{moment.time_s:.2f} s: {moment.text}"
    value = t(f"video.value_{moment.kind}", value=f"{moment.value:.1f}")
    return f"{moment.time_s:.2f} s: {t(f'video.moment_{moment.kind}')}, {value}"


def moments(
    session: VideoSession,
    studio: FilmStudio,
    job_id: str,
    outcome: FilmOutcome,
    version: Version,
    at: At,
    marks: tuple[Mark, ...],
    t: Translator,
) -> None:
    """Show those of the person whose curves are shown, and all marks."""
    result = version.result
    if at.person is None and not marks:
        return
    st.header(t("video.moments"), anchor=False)
    angle: Any = "left_knee"
    if at.person is not None:
        angle = st.selectbox(
            t("film.moments_angle"),
            _ANGLES,
            key=video_key("angle"),
            format_func=lambda name: t(f"angle.{name}"),
            width=260,
            persist_state="session",
        )
    choices = FileChoices(outcome.name, t.language, at.person, angle=angle, marks=marks)
    key = job_id, version.number, choices
    if session.found is None or session.found[0] != key:
        session.found = key, moments_of(result, choices)
    found = session.found[1]
    made = _pictures(session, job_id, outcome, version, found, t)
    shown = [moment for moment in found if moment.frame in made]
    if not shown:
        st.caption(t("film.no_moments"))
        return
    chosen = min(shown, key=lambda moment: abs(moment.frame - at.frame))
    thumbnails(
        t("video.moments"),
        [
            Thumbnail(
                str(moment.frame), _label(moment, t), made[moment.frame][0], badge=f"{moment.time_s:.1f} s"
            )
            for moment in shown
        ],
        str(chosen.frame) if chosen.frame == at.frame else "",
        lambda frame: session.go_to(int(frame)),
        key="video_moments",
    )
    stem = safe_stem(outcome.name)
    with st.container(horizontal=True, vertical_alignment="center"):
        if chosen.kind == "mark":
            _mark_bar(session, studio, job_id, chosen, t)
        else:
            st.markdown(plain(_label(chosen, t)))
        if st.button(t("film.to_photo"), icon=":material/photo_camera:", key="video_to_photo"):
            send_to_photo(f"{stem}_{chosen.time_s:.2f}s.jpg", made[chosen.frame][1])
            st.switch_page("pages/photo.py")
        st.download_button(
            t("film.sheet"),
            data=partial(_sheet, outcome.data, version, choices, t),
            file_name=f"{stem}_moments.png",
            mime="image/png",
            icon=":material/grid_view:",
            on_click="ignore",
            key="video_sheet",
        )


def _mark_bar(session: VideoSession, studio: FilmStudio, job_id: str, mark: Moment, t: Translator) -> None:
    """The name of an own mark, to change, and the way to remove it."""
    key = f"video_mark_{job_id}_{mark.frame}"
    st.markdown(f"{mark.time_s:.2f} s")
    st.text_input(
        t("film.mark_rename"),
        mark.text,
        max_chars=_LONGEST_MARK,
        key=key,
        label_visibility="collapsed",
        width=220,
        on_change=_rename,
        args=(studio, job_id, session.owner, mark.time_s, key),
    )
    st.button(
        t("film.mark_remove"),
        icon=":material/delete:",
        key="video_mark_remove",
        on_click=_keep,
        args=(studio, job_id, session.owner, Mark(mark.time_s, "")),
    )


def _sheet(data: bytes, version: Version, choices: FileChoices, t: Translator) -> bytes:
    """Runs in another thread when the button is pressed: no ``st.*`` here."""
    return make_file("moments.png", data, version.result, t, choices) or b""
