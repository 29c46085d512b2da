"""Where pictures come from: samples, files, the camera."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pose_core.media.images import MAX_FILE_MB, MAX_MEGAPIXELS
from pose_core.performer.samples import SAMPLES
from pose_core.settings import PoseSettings
from pose_ui.photo.session import MAX_PICTURES, MAX_TOTAL_MB, PhotoItem, PhotoSession, sample_thumbnail
from pose_ui.shell.layout import beside_title
from pose_ui.shell.settings_panel import choose, settings_panel
from pose_ui.shell.state import setting_key
from pose_ui.shell.upload_gate import ANY_SIZE_MB
from pose_ui.texts import Translator
from pose_ui.widgets.thumbnails import Thumbnail, thumbnails

__all__ = ["photo_sources"]

_OWN = "own"  # among the samples: the visitor's own pictures
_UPLOAD_TURN_KEY = "photo_upload_turn"
_CAMERA_KEY = "photo_camera"
_CAMERA_OPEN_KEY = "photo_camera_open"
#: Wide enough for all samples, and for the words of the field.
_SAMPLES_PX: Final = 476
_UPLOAD_PX: Final = 270


def _take_choice(session: PhotoSession, choice: str) -> None:
    if choice == _OWN:
        session.show_own()
        return
    session.show_sample(choice)
    shown = len(next(sample.people for sample in SAMPLES if sample.id == choice))
    if shown > st.session_state[setting_key("people")]:  # a demonstration should show everyone
        choose(people=shown)


def _take_files(session: PhotoSession, key: str) -> None:
    session.add_own(PhotoItem(file.name, file.getvalue()) for file in st.session_state[key])
    # A new, empty uploader: the session now keeps the pictures, even across pages, and Streamlit can release them.
    st.session_state[_UPLOAD_TURN_KEY] += 1


def _take_snapshot(session: PhotoSession, name: str) -> None:
    snapshot = st.session_state[_CAMERA_KEY]
    if snapshot is not None:
        session.add_own([PhotoItem(name, snapshot.getvalue())])
        st.session_state[_CAMERA_OPEN_KEY] = False  # it covers the result; this also turns the camera off


def _camera(session: PhotoSession, t: Translator) -> None:
    area = st.popover(
        t("photo.camera"), icon=":material/photo_camera:", key=_CAMERA_OPEN_KEY, on_change="rerun"
    )
    if area.open:  # only then may the browser ask for the camera
        with area:
            st.camera_input(
                t("photo.camera"),
                key=_CAMERA_KEY,
                resolution="720p",
                on_change=_take_snapshot,
                args=(session, t("photo.camera_name", time=datetime.now().strftime("%H%M%S"))),
                label_visibility="collapsed",
            )
            st.caption(t("photo.camera_hint"))


def _samples(session: PhotoSession, t: Translator) -> None:
    items = [
        Thumbnail(sample.id, t(f"sample.{sample.id}"), sample_thumbnail(sample.id)) for sample in SAMPLES
    ]
    if session.own:
        own = t("photo.own", count=len(session.own))
        items.append(Thumbnail(_OWN, own, text=own))
    chosen = session.sample.name.removesuffix(".png") if session.sample else _OWN
    thumbnails(t("photo.samples"), items, chosen, partial(_take_choice, session), key="photo_samples")


def _files(session: PhotoSession, t: Translator) -> None:
    key = f"photo_upload_{st.session_state.setdefault(_UPLOAD_TURN_KEY, 0)}"
    # Any name: content decides, and a file that is no picture gets its line among the results, where it stays.
    missed = st.file_uploader(
        t("photo.upload"),
        accept_multiple_files=True,
        key=key,
        max_upload_size=ANY_SIZE_MB,
        help=t("photo.upload_help", megabytes=MAX_FILE_MB, megapixels=MAX_MEGAPIXELS),
        on_change=_take_files,
        args=(session, key),
        label_visibility="collapsed",
        width=_UPLOAD_PX,
    )
    if missed:
        # The server was restarted or another one took over, and this page has reconnected by itself. Streamlit
        # calls back only for widgets it knows from an earlier run, and in the new process this run is the first.
        _take_files(session, key)
        st.rerun()


def photo_sources(session: PhotoSession, t: Translator, row: DeltaGenerator) -> PoseSettings:
    """Show samples, files, the camera, and the settings in the row of the title; what is chosen goes into `session`.

    Returns
    -------
    PoseSettings
    """
    with row:
        with beside_title():
            with st.container(width=_SAMPLES_PX):
                _samples(session, t)
            _files(session, t)
            _camera(session, t)
        gear = st.popover(t("photo.settings"), icon=":material/tune:")
    settings = settings_panel(t, gear)
    if session.left_out:
        st.warning(
            t("photo.too_many", limit=MAX_PICTURES, megabytes=MAX_TOTAL_MB, left_out=session.left_out),
            icon=":material/info:",
        )
    return settings
