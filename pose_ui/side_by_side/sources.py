"""The visitor's own pictures and film."""

from __future__ import annotations

import math
from dataclasses import replace

import streamlit as st

from ops.films import FilmStudio
from pose_core.errors import PoseCoreError
from pose_core.evaluation.side_by_side.settings import MAX_PICTURES, SideBySideSettings
from pose_core.export.videos import clock
from pose_core.media.images import MAX_FILE_MB
from pose_ui.shell.layout import plain
from pose_ui.shell.problems import show_refused_file
from pose_ui.shell.state import SIDES_UPLOAD_TURN
from pose_ui.side_by_side.session import MAX_TOTAL_MB, SidesSession
from pose_ui.side_by_side.work import Source
from pose_ui.texts import Translator
from pose_ui.widgets.film_drop import film_drop, refusal_sentence
from pose_ui.widgets.kept_upload import kept_upload

__all__ = ["own_source"]

_PICTURE_TYPES = ["jpg", "jpeg", "png", "webp", "gif", "heic", "heif", "avif"]
_DROP_PX = 120


def own_source(
    session: SidesSession, studio: FilmStudio, source: Source, settings: SideBySideSettings, t: Translator
) -> SideBySideSettings | None:
    """Show what belongs to the source; the settings with the part of the film, or None if there is nothing yet."""
    if source == "pictures":
        _own_pictures(session, t)
        return settings if session.pictures else None
    if source == "film":
        return _own_film(session, studio, settings, t)
    return settings


def _own_pictures(session: SidesSession, t: Translator) -> None:
    def field() -> None:
        kept_upload(
            t("sides.upload"),
            session.add,
            turn_key=SIDES_UPLOAD_TURN,
            about=t("sides.upload_help", megabytes=MAX_FILE_MB, total=MAX_TOTAL_MB, pictures=MAX_PICTURES),
            types=_PICTURE_TYPES,
        )

    if not session.pictures:
        field()
    if session.too_many:
        st.error(t("sides.too_many", limit=MAX_TOTAL_MB, pictures=MAX_PICTURES), icon=":material/error:")
    if session.pictures:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(t("sides.kept", count=len(session.pictures)), width="content")
            st.button(
                t("sides.remove"),
                icon=":material/close:",
                key="sides_remove",
                on_click=session.remove,
                type="tertiary",
            )
            with st.popover(t("sides.add"), icon=":material/add:", type="tertiary", width="content"):
                field()


def _own_film(
    session: SidesSession, studio: FilmStudio, settings: SideBySideSettings, t: Translator
) -> SideBySideSettings | None:
    film = session.film(studio)
    facts = None
    if film is not None:
        try:
            facts = session.facts(film)
        except PoseCoreError as error:
            show_refused_file(film.name, error, t)
    if film is None or facts is None or session.another:
        _drop(session, t)
    if film is None or facts is None:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        width, height = facts.size_wh
        st.markdown(f"**{plain(film.name)}** · {clock(facts.duration_s)} · {width}×{height}", width="content")
        if not session.another:
            st.button(
                t("film.other"),
                icon=":material/movie:",
                key="sides_other",
                on_click=session.ask_for_another,
                type="tertiary",
            )
        longest_s = facts.duration_s - settings.frames / facts.fps
        start_s = 0.0
        if math.isfinite(longest_s) and longest_s > 0.1:
            start_s = st.slider(
                t("sides.start"),
                0.0,
                round(longest_s, 1),
                step=0.1,
                key=f"sides_start_{film.id[:8]}",
                format="%.1f s",
                help=t("sides.start_help", frames=settings.frames),
            )
    return replace(settings, start_s=start_s)


def _drop(session: SidesSession, t: Translator) -> None:
    sent, refusal = film_drop(t, key="sides_film", least_px=_DROP_PX)
    if refusal is not None:
        session.refusal = refusal
    if sent:
        session.refusal, session.problem, session.another = None, None, False
        st.rerun()
    if session.refusal:
        st.error(plain(refusal_sentence(session.refusal, t)), icon=":material/error:")
