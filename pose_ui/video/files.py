"""What there is to download of a film; every file is made when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import streamlit as st

from ops.films import FilmOutcome, FilmStudio, Version
from ops.jobs import Job, JobControl
from pose_core.export.file_names import safe_stem
from pose_core.export.photos import to_zip
from pose_core.export.video_files import FILE_NAMES, MORE_FILE_NAMES, FileChoices, make_file
from pose_core.movement.moments import Mark
from pose_core.settings import DrawSettings
from pose_ui.shell.state import video_key
from pose_ui.texts import Translator
from pose_ui.video.making import made_first
from pose_ui.video.player import At
from pose_ui.video.scale import scale
from pose_ui.video.session import VideoSession

__all__ = ["drawn_film", "files"]

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
#: How much of the work of the ZIP is the film.
_FILM_SHARE: Final = 0.8


def _film_key(version: Version, draw: DrawSettings) -> tuple[object, ...]:
    return version.number, draw


def _busy(session: VideoSession, studio: FilmStudio, job_id: str) -> bool:
    return any(job.under_way for job in studio.jobs.of(session.owner, about=job_id))


def drawn_film(
    session: VideoSession,
    studio: FilmStudio,
    job_id: str,
    outcome: FilmOutcome,
    version: Version,
    draw: DrawSettings,
    t: Translator,
) -> None:
    """Show the button that makes the film with its skeletons, and then saves it."""
    choices = FileChoices(name=outcome.name, language=t.language, draw=draw)
    made_first(
        studio,
        session.owner,
        job_id,
        "film",
        _film_key(version, draw),
        partial(_film, outcome, version, choices, t),
        f"{safe_stem(outcome.name)}_posedeck.mp4",
        t,
        busy=_busy(session, studio, job_id),
    )


def files(
    session: VideoSession,
    studio: FilmStudio,
    job_id: str,
    outcome: FilmOutcome,
    version: Version,
    draw: DrawSettings,
    at: At,
    marks: tuple[Mark, ...],
    t: Translator,
) -> None:
    """Show the buttons, and what gives metres; the film itself has its own, `drawn_film`."""
    st.header(t("film.files"), anchor=False)
    height_m, floor_deg = scale(session, job_id, version, at, t)
    choices = FileChoices(
        name=outcome.name,
        language=t.language,
        person=at.person,
        height_m=height_m,
        floor_deg=floor_deg,
        angle=st.session_state[video_key("angle")] or "left_knee",
        draw=draw,
        marks=marks,
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
    made = partial(studio.made, job_id, session.owner, "film", _film_key(version, draw))
    everything = partial(_everything, outcome, version, choices, t, made)
    made_first(
        studio,
        session.owner,
        job_id,
        "zip",
        (version.number, choices),
        everything,
        f"{stem}_posedeck.zip",
        t,
        busy=_busy(session, studio, job_id),
    )


# What follows runs in other threads: no ``st.*`` here.
def _one(name: str, data: bytes, version: Version, t: Translator, choices: FileChoices) -> bytes:
    return make_file(name, data, version.result, t, choices) or b""


def _film(
    outcome: FilmOutcome, version: Version, choices: FileChoices, t: Translator, control: JobControl
) -> bytes:
    control.enter("writing", 1.0)
    made = make_file(
        _FILM,
        outcome.data,
        version.result,
        t,
        choices,
        on_progress=control.tell,
        cancelled=control.cancelled,
    )
    return made or b""


def _everything(
    outcome: FilmOutcome,
    version: Version,
    choices: FileChoices,
    t: Translator,
    film: Callable[[], Job | None],
    control: JobControl,
) -> bytes:
    """Every file that the film has, as ZIP; the film itself from `film` if that has made it already."""
    control.enter("writing", 1.0)
    names = (*(name for name in (*FILE_NAMES, *MORE_FILE_NAMES) if name != _FILM), _FILM)

    def made() -> Iterator[tuple[str, bytes]]:
        for number, name in enumerate(names):
            if control.cancelled():
                return
            begun = (1 - _FILM_SHARE) * number / (len(names) - 1)
            before = film() if name == _FILM else None
            data = before.result if before is not None else None
            if not data:
                data = make_file(
                    name,
                    outcome.data,
                    version.result,
                    t,
                    choices,
                    on_progress=lambda share, begun=begun: control.tell(begun + _FILM_SHARE * share),  # type: ignore[misc]
                    cancelled=control.cancelled,
                )
            if data:
                yield name, data
            control.tell(begun)

    return to_zip(made())
