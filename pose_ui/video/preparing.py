"""Between a film and its result: what the file is, which part, how to analyse it; then how far the analysis is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import streamlit as st

from ops.films import Arrival, FilmSoFar, FilmStudio
from ops.jobs import Job, JobStatus, NoSuchJobError
from pose_core.colours import SIDES
from pose_core.errors import PoseCoreError
from pose_core.export.videos import clock
from pose_core.media.films import FilmReader
from pose_core.media.images import encode_jpeg
from pose_core.pipeline.video import VideoSettings
from pose_core.settings import PoseSettings
from pose_ui.shell.layout import plain
from pose_ui.shell.problems import show_refused_file
from pose_ui.shell.state import video_key
from pose_ui.texts import Translator
from pose_ui.video.session import VideoSession, range_s

__all__ = ["film_bar", "left_text", "prepare", "working"]

#: Of the picture, and of what can be chosen or read beside it.
_COLUMNS: Final = (3, 2)
#: The most that the first picture takes: width and height.
_PREVIEW_PX: Final = (720, 440)
#: From so many frames a second on, a film was probably recorded for slow motion.
_FAST_FPS: Final = 100.0
_LOOK_S: Final = 0.5
#: A job stops after the frame at which it is; longer than this no page waits for it.
_STOP_S: Final = 0.4
#: Time left is told in steps of so many seconds, from so many on.
_STEP_S: Final = 5


def film_bar(
    session: VideoSession, studio: FilmStudio, film: Arrival, job: Job | None, t: Translator
) -> None:
    """One line: the file's name, how long it is, how large; beside it the way to another film."""
    try:
        facts: FilmReader | None = session.facts(film)
    except PoseCoreError:
        facts = None  # `prepare` says why
    text = f"**{plain(film.name)}**"
    if facts is not None:
        width, height = facts.size_wh
        text += f" · {clock(facts.duration_s)} · {width}×{height} · {t('film.rate', rate=f'{facts.fps:.3g}')}"
    st.markdown(text, width="stretch")
    if job is None or job.over.is_set():
        st.button(
            t("film.other"),
            icon=":material/movie:",
            key="video_other",
            on_click=session.forget,
            args=(studio,),
        )
    if job is not None and job.result is not None:
        st.button(
            t("film.again"),
            icon=":material/replay:",
            key="video_again",
            help=t("film.again_help"),
            on_click=session.back_to_choices,
            args=(studio, job.id),
        )


def prepare(
    session: VideoSession, studio: FilmStudio, film: Arrival, settings: PoseSettings, t: Translator
) -> None:
    """What to choose before the analysis, beside the first and the last picture of the part that is chosen."""
    try:
        facts = session.facts(film)
    except PoseCoreError as error:
        show_refused_file(film.name, error, t)
        return
    picture, choices = st.columns(_COLUMNS, gap="medium")
    with choices:
        wanted = _choices(session, studio, film, facts, settings, t)
    start_s, end_s, mirrored = wanted
    first = session.first_picture(film, (start_s, mirrored))
    with picture:
        if math.isfinite(end_s):
            for column, jpeg, text in zip(
                st.columns(2),
                (first, session.last_picture(film, end_s, mirrored)),
                ("first_picture", "last_picture"),
                strict=True,
            ):
                with column:
                    _picture(jpeg, facts, t(f"film.{text}"))
        else:
            _picture(first, facts, t("film.first_picture"))


def _picture(jpeg: bytes | None, facts: FilmReader, caption: str) -> None:
    if jpeg is not None:
        width, height = facts.size_wh
        with st.container(width=min(_PREVIEW_PX[0], round(_PREVIEW_PX[1] * width / height))):
            st.image(jpeg, caption=caption, width="stretch")


def _choices(
    session: VideoSession,
    studio: FilmStudio,
    film: Arrival,
    facts: FilmReader,
    settings: PoseSettings,
    t: Translator,
) -> tuple[float, float, bool]:
    """Which part and how, and the button that starts; returns the part's ends, and whether it is mirrored."""
    chosen = (0.0, math.inf)
    if math.isfinite(facts.duration_s) and facts.duration_s > 1.0:
        longest = round(facts.duration_s, 1)
        key = video_key("part")
        if st.session_state.get(key) is None:
            st.session_state[key] = (0.0, longest)
        part: Any = st.slider(
            t("film.part"),
            0.0,
            longest,
            step=0.1,
            key=key,
            format="%.1f s",
            help=t("film.part_help"),
            persist_state="session",
        )
        chosen = range_s(part, longest)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        slowed = st.number_input(
            t("film.slowed"),
            1.0,
            100.0,
            step=1.0,
            format="%g",
            key=video_key("slowed"),
            help=t("film.slowed_help"),
            width=200,
            persist_state="session",
        )
        mirrored = st.toggle(
            t("film.mirrored"),
            key=video_key("mirrored"),
            help=t("film.mirrored_help"),
            persist_state="session",
        )
    if facts.fps >= _FAST_FPS and slowed == 1:
        st.info(t("film.fast", rate=f"{facts.fps:.0f}"), icon=":material/slow_motion_video:")
    if st.button(t("film.analyse"), type="primary", icon=":material/play_arrow:"):
        try:
            wanted = VideoSettings(
                settings, start_s=chosen[0], end_s=chosen[1], slowed=slowed, mirrored=mirrored
            )
            session.analyse(studio, film, wanted)
        except PoseCoreError as error:
            session.problem = error
        st.rerun()
    return *chosen, mirrored


def left_text(status: JobStatus, t: Translator) -> str:
    """What a job does, how much of it is done, and how long the rest will take."""
    if status.state == "waiting":
        return t("film.waiting", count=status.ahead)
    share = f"{100 * status.share:.0f} %"
    doing = t(f"film.state_{status.state}")
    if status.left_s is None:
        return f"{doing} · {share}"
    seconds = max(1, round(status.left_s))
    if seconds > _STEP_S:
        seconds = _STEP_S * math.ceil(seconds / _STEP_S)
    if seconds >= 60:
        left = t("film.left_minutes", minutes=seconds // 60, seconds=seconds % 60)
    else:
        left = t("film.left", seconds=seconds)
    return f"{doing} · {share} · {left}"


def _curve_svg(curve: Sequence[tuple[float, float, float]], end_s: float) -> str:
    """Both knees so far, in a picture as wide as the whole film."""
    width, height = 1200, 120
    lines = []
    for place, colour in ((1, SIDES["left"]), (2, SIDES["right"])):
        points = " ".join(
            f"{width * point[0] / max(end_s, 1e-6):.1f},{height * (1 - point[place] / 190):.1f}"
            for point in curve
            if math.isfinite(point[place])
        )
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="3"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"{''.join(lines)}</svg>"
    )


def working(session: VideoSession, studio: FilmStudio, film: Arrival, job: Job, t: Translator) -> None:
    """How far the analysis is, what there is so far, and the button that keeps it, beside the first picture."""
    picture, beside = st.columns(_COLUMNS, gap="medium")
    with picture, suppress(PoseCoreError):  # too many films are being read at the moment: it can do without
        _picture(session.first_picture(film), session.facts(film), t("film.first_picture"))

    @st.fragment(run_every=_LOOK_S)
    def look() -> None:
        try:
            status = studio.jobs.status(job.id, session.owner)
        except NoSuchJobError:
            st.rerun()
        if status.over:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(status.share, left_text(status, t))
            st.button(
                t("film.stop_and_keep" if status.partial else "film.cancel"),
                icon=":material/stop:",
                key="video_stop",
                on_click=_stop,
                args=(studio, job.id, session.owner),
            )
        so_far = status.partial
        if isinstance(so_far, FilmSoFar):
            st.image(
                [encode_jpeg(picture, 80) for picture in (*so_far.thumbnails_rgb, so_far.thumbnail_rgb)],
                width=96,
            )
            if len(so_far.curve) > 1:
                st.caption(t("film.curve_so_far"))
                st.image(_curve_svg(so_far.curve, _end_s(so_far, status)), width="stretch")

    with beside:
        look()


def _end_s(so_far: FilmSoFar, status: JobStatus) -> float:
    """When the film will end, on the clock of the curve."""
    return so_far.time_s / max(status.share, 0.01) if status.state == "analysing" else so_far.time_s


def _stop(studio: FilmStudio, job_id: str, owner: str) -> None:
    try:
        studio.jobs.cancel(job_id, owner)
        studio.jobs.get(job_id, owner).over.wait(_STOP_S)  # so that the run that follows shows what there is
    except NoSuchJobError:
        return
