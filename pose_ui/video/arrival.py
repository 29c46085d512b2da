"""The first thing on the Video page: a film of one's own, sent straight into the server's memory, or the performer."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from ops.films import FilmStudio
from pose_core.performer.samples import sample_clip
from pose_core.settings import PoseSettings
from pose_ui.shell.layout import plain
from pose_ui.texts import Translator
from pose_ui.video.session import VideoSession
from pose_ui.widgets.film import film
from pose_ui.widgets.film_drop import film_drop, refusal_sentence

__all__ = ["arrival"]

_KEY: Final = "video_arrival"


def arrival(
    session: VideoSession,
    studio: FilmStudio,
    settings: PoseSettings,
    t: Translator,
    film_paths: tuple[str, str],
) -> None:
    """Show both ways in, and say why a film was refused.

    `film_paths` are the addresses of a short film of what there will be to see, and of its still.
    """
    performer, own = st.columns([3, 2], gap="medium", vertical_alignment="top")
    with own:
        sent, refusal = film_drop(t, key=_KEY, on_film=partial(session.take, studio))
        if refusal is not None:
            session.refusal = refusal
        if sent:
            st.rerun()
        if session.refusal:
            st.error(plain(refusal_sentence(session.refusal, t)), icon=":material/error:")
    with performer:
        film(*film_paths, t("film.performer_alt"), ratio=16 / 9, key="video_performer")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                t("film.try_performer"),
                icon=":material/directions_run:",
                type="primary",
                on_click=session.try_performer,
                args=(studio, settings, sample_clip()),
            )
            st.caption(t("film.try_performer_text"), width="stretch")
