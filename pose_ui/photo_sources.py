"""Where pictures come from: samples, files, the camera."""

from __future__ import annotations

import streamlit as st

from pose_core.images import MAX_FILE_MB, MAX_MEGAPIXELS
from pose_core.samples import SAMPLES
from pose_ui.photo_session import FIRST_SAMPLE, MAX_PICTURES, MAX_TOTAL_MB, PhotoItem, PhotoSession
from pose_ui.settings_panel import choose
from pose_ui.state import setting_key
from pose_ui.texts import Translator

__all__ = ["photo_sources"]

_SAMPLE_KEY = "photo_sample"
_UPLOAD_KEY = "photo_upload"
_CAMERA_KEY = "photo_camera"
_CAMERA_OPEN_KEY = "photo_camera_open"
_FORMATS = ("jpg", "jpeg", "png", "webp", "gif")


def _take_sample(session: PhotoSession) -> None:
    sample = st.session_state[_SAMPLE_KEY]
    if sample is not None:
        session.show_sample(sample)
        shown = len(next(one.people for one in SAMPLES if one.id == sample))
        if shown > st.session_state[setting_key("people")]:  # a demonstration should show them all
            choose(people=shown)


def _take_files(session: PhotoSession) -> None:
    files = st.session_state[_UPLOAD_KEY]
    if files:
        session.show_own(PhotoItem(file.name, file.getvalue()) for file in files)
    elif session.sample is None:  # the last one was taken out
        session.show_sample(FIRST_SAMPLE)


def _take_snapshot(session: PhotoSession, name: str) -> None:
    snapshot = st.session_state[_CAMERA_KEY]
    if snapshot is not None:
        session.show_own([PhotoItem(name, snapshot.getvalue())])
        st.session_state[_CAMERA_OPEN_KEY] = False  # the result lies behind it; and the camera goes off


def photo_sources(session: PhotoSession, t: Translator) -> None:
    """Show the sources; whatever is chosen goes into `session`."""
    samples, files = st.columns([3, 2], gap="medium")
    with samples:
        # The session leads: own pictures leave no sample chosen.
        st.session_state[_SAMPLE_KEY] = session.sample
        st.pills(
            t("photo.samples"),
            [sample.id for sample in SAMPLES],
            key=_SAMPLE_KEY,
            format_func=lambda sample: t(f"sample.{sample}"),
            on_change=_take_sample,
            args=(session,),
            wrap=True,
        )
        camera = st.popover(
            t("photo.camera"), icon=":material/photo_camera:", key=_CAMERA_OPEN_KEY, on_change="rerun"
        )
        if camera.open:  # only then does the browser ask for the camera
            with camera:
                st.camera_input(
                    t("photo.camera"),
                    key=_CAMERA_KEY,
                    resolution="720p",
                    on_change=_take_snapshot,
                    args=(session, t("photo.camera_name")),
                    label_visibility="collapsed",
                )
                st.caption(t("photo.camera_hint"))
    with files:
        st.file_uploader(
            t("photo.upload"),
            type=_FORMATS,
            accept_multiple_files=True,
            key=_UPLOAD_KEY,
            help=t("photo.upload_help", megabytes=MAX_FILE_MB, megapixels=MAX_MEGAPIXELS),
            on_change=_take_files,
            args=(session,),
        )
    if session.left_out:
        st.warning(
            t("photo.too_many", limit=MAX_PICTURES, megabytes=MAX_TOTAL_MB, left_out=session.left_out),
            icon=":material/info:",
        )
