"""The moments of a film that are worth a look, as small pictures: a click seeks; each can go to the Photo page."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import streamlit as st

from ops.films import FilmOutcome, Version
from pose_core.export.file_names import safe_stem
from pose_core.export.video_files import FileChoices, make_file
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.media.images import encode_jpeg, fit_within
from pose_core.movement.moments import Moment, key_moments
from pose_core.pipeline.stills import stills
from pose_ui.shell.mailbox import send_to_photo
from pose_ui.shell.state import video_key
from pose_ui.texts import Translator
from pose_ui.video.player import At
from pose_ui.video.session import VideoSession
from pose_ui.widgets.thumbnails import Thumbnail, thumbnails

__all__ = ["moments"]

_ANGLES: Final = [name for name in ANGLE_NAMES if name.startswith(("left_", "right_"))]
_THUMBNAIL_PX: Final = 160


def _pictures(
    session: VideoSession,
    outcome: FilmOutcome,
    version: Version,
    found: tuple[Moment, ...],
    key: object,
    t: Translator,
) -> dict[int, tuple[bytes, bytes]]:
    """By frame: a small drawn JPEG and a large plain one; made once, with progress."""
    if key not in session.pictures:
        bar = st.progress(0.0, t("film.moments_working"))
        made = {}
        for number, moment in enumerate(found):
            for still in stills(outcome.data, version.result, [moment.frame]):
                made[still.frame] = (
                    encode_jpeg(fit_within(still.drawn_rgb, _THUMBNAIL_PX), 80),
                    encode_jpeg(still.plain_rgb),
                )
            bar.progress((number + 1) / len(found), t("film.moments_working"))
        bar.empty()
        session.pictures = {key: made}
    return session.pictures[key]


def _label(moment: Moment, t: Translator) -> str:
    value = t(f"video.value_{moment.kind}", value=f"{moment.value:.1f}")
    return f"{moment.time_s:.2f} s: {t(f'video.moment_{moment.kind}')}, {value}"


def moments(
    session: VideoSession, job_id: str, outcome: FilmOutcome, version: Version, at: At, t: Translator
) -> None:
    """Show them for the person whose curves are shown."""
    if at.person is None:
        return
    result = version.result
    st.subheader(t("video.moments"), anchor=False)
    angle: Any = st.selectbox(
        t("film.moments_angle"),
        _ANGLES,
        key=video_key("angle"),
        format_func=lambda name: t(f"angle.{name}"),
        width=260,
        persist_state="session",
    )
    found = key_moments(result.sequence(at.person), angle, visibility_limit=result.settings.visibility_limit)
    if not found:
        st.caption(t("film.no_moments"))
        return
    key = (job_id, version.number, at.person, angle)
    made = _pictures(session, outcome, version, found, key, t)
    shown = [moment for moment in found if moment.frame in made]
    if not shown:
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
        st.markdown(_label(chosen, t))
        if st.button(t("film.to_photo"), icon=":material/photo_camera:", key="video_to_photo"):
            send_to_photo(f"{stem}_{chosen.time_s:.2f}s.jpg", made[chosen.frame][1])
            st.switch_page("pages/photo.py")
        choices = FileChoices(outcome.name, t.language, at.person, angle=angle)
        st.download_button(
            t("film.sheet"),
            data=partial(_sheet, outcome.data, version, choices, t),
            file_name=f"{stem}_moments.png",
            mime="image/png",
            icon=":material/grid_view:",
            on_click="ignore",
            key="video_sheet",
        )


def _sheet(data: bytes, version: Version, choices: FileChoices, t: Translator) -> bytes:
    """Runs in another thread when the button is pressed: no ``st.*`` here."""
    return make_file("moments.png", data, version.result, t, choices) or b""
