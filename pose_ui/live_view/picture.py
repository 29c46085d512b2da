"""The live picture, or what is shown instead: a way to start, the wait for a seat, trouble and what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast

import streamlit as st
from streamlit_webrtc import Translations, WebRtcMode, webrtc_streamer

from pose_core.media.images import encode_png
from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_clip
from pose_ui.live_view.browser_model.view import camera_in_browser
from pose_ui.live_view.camera_check import camera_check
from pose_ui.live_view.choices import LiveChoices
from pose_ui.live_view.overlay import camera_overlay
from pose_ui.live_view.presenter import no_picture
from pose_ui.live_view.session import LiveSession
from pose_ui.live_view.trouble import fallbacks, show_trouble
from pose_ui.shell.mailbox import send_to_photo
from pose_ui.shell.state import live_key
from pose_ui.texts import Translator
from pose_ui.webrtc.bindings import generate_frontend_component_key, keep_context
from pose_ui.webrtc.ice import ice_configuration

__all__ = ["live_buttons", "live_picture", "take_snapshot"]

_FALLBACK_KEY: Final = "live_fallback_camera"
_VIDEO: Final = {
    "autoPlay": True,
    "controls": False,
    "muted": True,  # otherwise some browsers do not start it by themselves
    "playsInline": True,  # on iPhones
    # How high it may be is decided by the stage: the frame is as wide as suits, and as high as its video.
    "style": {"width": "100%", "display": "block", "background": "#14171C"},
}


def _translations(t: Translator) -> Translations:
    """Texts inside streamlit-webrtc's frame."""
    keys = (
        "select_device",
        "media_api_not_available",
        "device_ask_permission",
        "device_not_available",
        "device_access_denied",
        "turn_camera_on",
        "turn_camera_off",
        "select_camera",
    )
    return cast(Translations, {key: t(f"webrtc.{key}") for key in keys})


def take_snapshot(session: LiveSession, t: Translator) -> None:
    """Send the current frame to the Photo page, or have the browser save it if it runs the model. A callback."""
    if session.connection.model_in_browser:
        session.snapshots += session.connection.phase == "playing"
        return
    stream = session.connection.stream
    frame_rgb = stream.snapshot() if stream is not None else None
    if frame_rgb is None:
        return
    name = t("live.snapshot_name", time=datetime.now().strftime("%H%M%S"))
    send_to_photo(f"{name}.png", encode_png(frame_rgb))


def live_buttons(session: LiveSession, t: Translator) -> None:
    """Show Start or Stop."""
    if session.connection.on:
        st.button(t("live.stop"), icon=":material/stop:", on_click=session.stop, key="live_stop")
    else:
        st.button(
            t("live.start"),
            icon=":material/play_arrow:",
            type="primary",
            on_click=session.connection.ask,
            disabled=session.connection.phase == "stopping",
            key="live_start",
        )


def _connection(session: LiveSession, choices: LiveChoices, t: Translator) -> None:
    camera = choices.source == "camera"
    width, height = choices.size_wh
    video: dict[str, Any] = {
        "width": {"ideal": width},
        "height": {"ideal": height},
        "frameRate": {"ideal": choices.fps},
    }
    connection = session.connection
    connected = connection.connected  # read once: it may change at any moment
    player = connection.player(
        choices.settings,
        lambda: choices.make_source(session.clip if session.clip is not None else sample_clip()),
    )
    key = f"live_stream_{choices.source}"
    # The frame reports once its scripts are loaded. Each run of the page before that would make it start one more time,
    # and answers would reach the wrong start. So it is told to start only after it has reported.
    mounted = st.session_state.get(generate_frontend_component_key(key)) is not None
    if connected:
        connection.steps.note("frame_here" if mounted else "frame_shown")
    keep_context(key, on_page=session.frame == key)
    session.frame = key
    context = webrtc_streamer(
        key=key,
        mode=WebRtcMode.SENDRECV if camera else WebRtcMode.RECVONLY,
        rtc_configuration=ice_configuration(),
        media_stream_constraints={"video": video, "audio": False},
        desired_playing_state=connected and mounted,
        player_factory=lambda: cast(Any, player),  # it only asks for `video` and `audio`
        sink_video_track=player.sink if camera else None,
        sendback_audio=False,
        video_html_attrs=_VIDEO,
        translations=_translations(t),
    )
    if not context.state.playing and not context.state.signalling:
        connection.hung_up()


def _empty(choices: LiveChoices, t: Translator) -> None:
    with no_picture():
        st.markdown(f"**{t(f'live.ready_{choices.source}')}**", text_alignment="center")
        st.caption(t(f"live.ready_{choices.source}_text"), text_alignment="center")


def _waiting(pool: PosePool, t: Translator) -> None:
    status = pool.status()
    with no_picture():
        full = t("live.full", watching=status.streams, seats=status.stream_limit)
        st.markdown(f"**{full}**", text_alignment="center")
        st.caption(t("live.full_text"), text_alignment="center")


def _fallback(session: LiveSession, choices: LiveChoices, t: Translator) -> None:
    """Show ways to continue after trouble."""
    assert session.connection.trouble is not None
    ways = fallbacks(session.connection.trouble)

    def other(source: str) -> None:
        st.session_state[live_key("source")] = source
        session.connection.ask()

    def use_snapshot() -> None:
        snapshot = st.session_state[_FALLBACK_KEY]
        if snapshot is not None:
            name = t("live.snapshot_name", time=datetime.now().strftime("%H%M%S"))
            send_to_photo(f"{name}.png", snapshot.getvalue())

    with st.container(horizontal=True):
        if "retry" in ways:
            st.button(
                t("live.retry"),
                icon=":material/refresh:",
                type="primary",
                on_click=session.connection.ask,
            )
        for source in ("performer", "clip"):
            if source in ways and source != choices.source:
                st.button(t(f"live.try_{source}"), on_click=other, args=(source,))
        if "photo" in ways and st.button(t("live.try_photo")):
            st.switch_page("pages/photo.py")
    if "snapshot" in ways and choices.source == "camera":
        st.camera_input(t("live.fallback"), key=_FALLBACK_KEY, on_change=use_snapshot)


def _no_picture(session: LiveSession, choices: LiveChoices, pool: PosePool, t: Translator) -> None:
    if session.connection.phase == "waiting":
        _waiting(pool, t)
    elif session.connection.trouble is not None:
        show_trouble(session.connection.trouble, t)
        _fallback(session, choices, t)
    else:
        _empty(choices, t)


def live_picture(session: LiveSession, choices: LiveChoices, pool: PosePool, t: Translator) -> None:
    """Show the picture or what is shown instead, and tell the connection what the browser reports."""
    connection = session.connection
    active = connection.phase in ("checking", "connecting", "playing")
    if choices.source == "camera":
        report = camera_check(
            connection.turn if active else 0,  # at 0 the camera stays closed
            size_wh=choices.size_wh,
            hold=connection.phase in ("checking", "connecting"),
            key="live_camera_check",
        )
        connection.checked(report)
    if connection.phase == "checking":
        st.caption(t("live.checking"))
    if active or connection.phase == "stopping":
        if choices.source == "camera" and connection.model_in_browser:
            session.frame = None
            camera_in_browser(connection, choices, session.snapshots, t)
        elif choices.source == "camera" and choices.drawn_in == "browser" and not connection.overlay_failed:
            session.frame = None
            camera_overlay(connection, choices, t)
        else:
            _connection(session, choices, t)
    else:
        session.frame = None
        _no_picture(session, choices, pool, t)
    if connection.missed:
        st.rerun()
