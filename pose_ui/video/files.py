"""What there is to download of a film; every file is made when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import streamlit as st

from ops.films import FilmOutcome, Version
from pose_core.errors import PoseCoreError
from pose_core.export.file_names import safe_stem
from pose_core.export.photos import to_zip
from pose_core.export.video_files import FILE_NAMES, MORE_FILE_NAMES, FileChoices, make_file
from pose_core.settings import DrawSettings
from pose_ui.shell.problems import show_problem
from pose_ui.shell.state import video_key
from pose_ui.texts import Translator
from pose_ui.video.player import At
from pose_ui.video.session import VideoSession

__all__ = ["files"]

_FILM: Final = "annotated.mp4"
#: Those that are made at once, in the order of their buttons: label, type, and whether somebody must have been found.
_AT_ONCE: Final = {
    "angles.csv": ("CSV", "text/csv", False),
    "poses.xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", False),
    "poses.json": ("JSON", "application/json", False),
    "poses.trc": ("TRC", "text/plain", True),
    "angles.mot": ("MOT", "text/plain", True),
    "poses.c3d": ("C3D", "application/octet-stream", True),
    "report.html": ("report", "text/html", False),
}
_HEIGHT_CM: Final = (50.0, 250.0)
#: How much of the work of the ZIP is the film.
_FILM_SHARE: Final = 0.8


def files(
    session: VideoSession,
    job_id: str,
    outcome: FilmOutcome,
    version: Version,
    draw: DrawSettings,
    at: At,
    t: Translator,
) -> None:
    """Show the buttons, and the height that gives metres."""
    if not len(version.result.time_s):
        return
    st.subheader(t("film.files"), anchor=False)
    height_cm: Any = st.number_input(
        t("film.height"),
        *_HEIGHT_CM,
        step=1.0,
        format="%.0f",
        key=video_key("height"),
        help=t("film.height_help"),
        placeholder=t("film.height_unknown"),
        width=260,
        persist_state="session",
    )
    choices = FileChoices(
        name=outcome.name,
        language=t.language,
        person=at.person,
        height_m=height_cm / 100 if height_cm else None,
        angle=st.session_state[video_key("angle")] or "left_knee",
        draw=draw,
    )
    stem = safe_stem(outcome.name)
    with st.container(horizontal=True):
        for name, (label, mime, needs_person) in _AT_ONCE.items():
            st.download_button(
                t("film.report") if label == "report" else label,
                data=partial(_one, name, outcome.data, version, t, choices),
                file_name=f"{stem}_{name}",
                mime=mime,
                icon=":material/download:",
                help=t(f"film.help_{name.rpartition('.')[2]}"),
                disabled=needs_person and at.person is None,
                on_click="ignore",
                key=f"video_file_{name}",
            )
    key = (job_id, version.number, choices)
    with st.container(horizontal=True):
        for kind in ("film", "zip"):
            _made_first(session, kind, (kind, *key), outcome, version, choices, t)


def _one(name: str, data: bytes, version: Version, t: Translator, choices: FileChoices) -> bytes:
    """Runs in another thread when the button is pressed: no ``st.*`` here."""
    return make_file(name, data, version.result, t, choices) or b""


def _made_first(
    session: VideoSession,
    kind: str,
    key: tuple[object, ...],
    outcome: FilmOutcome,
    version: Version,
    choices: FileChoices,
    t: Translator,
) -> None:
    """What takes seconds: made by one button, with progress, and then saved by another."""
    made = session.made.get(key)
    if made is None:
        pressed = st.button(
            t(f"film.make_{kind}"),
            icon=":material/movie:" if kind == "film" else ":material/folder_zip:",
            key=f"video_make_{kind}",
            help=t(f"film.make_{kind}_help"),
        )
        if not pressed:
            return
        area = st.empty()
        with area.container(horizontal=True, vertical_alignment="center", width=420):
            bar = st.progress(0.0, t("film.making"))
            # Pressing it starts another run of the page, which ends this one.
            st.button(t("film.cancel"), icon=":material/stop:", key=f"video_stop_{kind}")

        def tell(share: float) -> None:
            bar.progress(min(1.0, share), t("film.making"))

        try:
            if kind == "film":
                made = make_file(_FILM, outcome.data, version.result, t, choices, on_progress=tell) or b""
            else:
                made = _zip(outcome, version, choices, t, tell)
        except PoseCoreError as error:
            area.empty()
            show_problem(error, t)
            return
        session.made = {other: data for other, data in session.made.items() if other[0] != kind}
        session.made[key] = made
        area.empty()
        st.rerun()
    suffix, mime = ("mp4", "video/mp4") if kind == "film" else ("zip", "application/zip")
    st.download_button(
        t(f"film.save_{kind}", megabytes=f"{len(made) / 1024 / 1024:.1f}"),
        data=made,
        file_name=f"{safe_stem(outcome.name)}_posedeck.{suffix}",
        mime=mime,
        icon=":material/download:",
        type="primary",
        on_click="ignore",
        key=f"video_save_{kind}",
    )


def _zip(outcome: FilmOutcome, version: Version, choices: FileChoices, t: Translator, tell: Any) -> bytes:
    """Every file that the film has."""
    names = (*(name for name in (*FILE_NAMES, *MORE_FILE_NAMES) if name != _FILM), _FILM)

    def made() -> Iterator[tuple[str, bytes]]:
        for number, name in enumerate(names):
            begun = (1 - _FILM_SHARE) * number / (len(names) - 1)

            def tell_film(share: float, begun: float = begun) -> None:
                tell(begun + _FILM_SHARE * share)

            data = make_file(name, outcome.data, version.result, t, choices, on_progress=tell_film)
            if data is not None:
                yield name, data
            tell(begun)

    return to_zip(made())
