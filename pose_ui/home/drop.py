"""Where photos or a film can be dropped: photos open on the Photo page, a film on the Video page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_ui.shell.film_upload import film_owner
from pose_ui.shell.mailbox import send_to_photo
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import film_studio
from pose_ui.shell.state import HOME_UPLOAD_TURN
from pose_ui.shell.streamlit_bindings import this_session_id
from pose_ui.shell.upload_gate import ANY_SIZE_MB
from pose_ui.texts import Translator

__all__ = ["drop", "is_film"]

#: Browsers do not know these as videos.
_FILM_SUFFIXES: Final = frozenset({".mkv", ".mov", ".avi", ".webm", ".mp4", ".m4v"})


def is_film(name: str, kind: str) -> bool:
    """Whether a file is for the Video page, by its name and by the media type that the browser gives it.

    Examples
    --------
    >>> is_film("morning.MKV", ""), is_film("me.jpg", "image/jpeg"), is_film("clip", "video/mp4")
    (True, False, True)
    """
    return kind.startswith("video/") or PurePath(name).suffix.lower() in _FILM_SUFFIXES


def _take(files: Sequence[tuple[str, str, bytes]]) -> str:
    """Pass files on, each its name, media type and content; returns the page that has them now.

    Of films, one; it is taken only if there is no photo.
    """
    photos = [(name, data) for name, kind, data in files if not is_film(name, kind)]
    for name, data in photos:
        send_to_photo(name, data)
    if photos:
        return "photo"
    studio, owner = film_studio(), film_owner(this_session_id())
    name, _, data = files[0]
    with studio.arrive(owner, name, len(data)) as film:
        for job in studio.jobs.of(owner):  # the page has one film at a time
            studio.jobs.remove(job.id, owner)
        film.add(data)
        film.finish()
    return "video"


def drop(t: Translator) -> None:
    """Show the field; opens the page of what was dropped."""
    turn = st.session_state.setdefault(HOME_UPLOAD_TURN, 0)
    # Any name: content decides, on the page that opens the file.
    files = st.file_uploader(
        t("home.drop"),
        accept_multiple_files=True,
        key=f"home_upload_{turn}",
        max_upload_size=ANY_SIZE_MB,
        help=t("home.drop_help"),
    )
    if not files:
        return
    st.session_state[HOME_UPLOAD_TURN] = turn + 1
    try:
        page = _take([(file.name, file.type, file.getvalue()) for file in files])
    except PoseCoreError as error:
        show_problem(error, t)
    else:
        st.switch_page(f"pages/{page}.py")
