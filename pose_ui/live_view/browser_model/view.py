"""The page's side of the model in the browser: its picture, its figures, and what is said about it."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from pose_ui.live_view.browser_model.files import megabytes, model_name
from pose_ui.live_view.browser_model.landmarks_route import LANDMARKS_PATH
from pose_ui.live_view.browser_model.route import browser_model_folder
from pose_ui.live_view.choices import LiveChoices
from pose_ui.live_view.connection import Connection
from pose_ui.live_view.overlay import camera_component, look_of
from pose_ui.live_view.presenter import figures_of_the_browser
from pose_ui.shell.module_route import module_path
from pose_ui.shell.streamlit_bindings import this_session_id
from pose_ui.texts import Translator

__all__ = ["browser_model_figures", "browser_model_says", "camera_in_browser"]

_KEY: Final = "live_browser_model"


def _options(choices: LiveChoices) -> dict[str, Any]:
    """What decides the landmarks, as model_worker.js takes it."""
    detection, smoothing = choices.settings.pose.detection, choices.settings.smoothing
    return {
        "model": model_name(detection.model),
        "people": detection.people,
        "detection": detection.detection_confidence,
        "presence": detection.presence_confidence,
        "smoothing": smoothing and {"minCutoffHz": smoothing.min_cutoff_hz, "beta": smoothing.beta},
    }


def camera_in_browser(connection: Connection, choices: LiveChoices, snapshots: int, t: Translator) -> None:
    """Show the camera's picture while it is wanted, with people that the browser itself finds.

    Parameters
    ----------
    connection : Connection
    choices : LiveChoices
    snapshots : int
        When it grows, the browser saves the picture as a file.
    t : Translator
    """
    signal = (st.session_state.get(_KEY) or {}).get("signal")
    match signal:
        case {"turn": int(turn), "failed": failed} if turn == connection.turn:
            connection.browser_model_impossible("simd" if failed == "simd" else "failed")
        case {"turn": int(turn), "gone": True} if turn == connection.turn:
            connection.camera_gone()
        case {"turn": int(turn), "running": True} if turn == connection.turn:
            connection.browser_model_runs()
    connected = connection.connected  # read once: it may change at any moment
    told = connection.told
    if told is not None:
        told.settings = choices.settings
    camera_component(
        key=_KEY,
        data={
            "key": _KEY,
            "module": module_path("model_view.js"),
            "files": browser_model_folder(),
            "turn": connection.turn if connected else 0,
            "size": list(choices.size_wh),
            "fps": choices.fps,
            "look": look_of(choices),
            "options": _options(choices),
            "told": f"{LANDMARKS_PATH}{this_session_id()}" if told is not None and told.wanted else None,
            "snapshots": snapshots,
            "texts": {
                "loading": t(
                    "live.model_loading", megabytes=f"{megabytes(choices.settings.pose.detection.model):.0f}"
                ),
                "snapshot": "posedeck_{time}.png",
            },
            "alt": t("live.overlay_alt"),
        },
        default={"signal": None},
        on_signal_change=lambda: None,
    )
    if not connected:
        connection.hung_up()


def browser_model_figures(t: Translator) -> None:
    """Show the figures, which the browser fills in by itself."""
    figures_of_the_browser(
        [
            ("rate", "{value}", t("live.big_rate"), t("live.big_rate")),
            ("delayMs", t("live.ms", value="{value}"), t("live.big_delay"), t("live.big_delay")),
            ("people", "{value}", t("live.big_people"), t("live.big_person")),
        ]
    )


def browser_model_says(connection: Connection, t: Translator) -> None:
    """Say what runs where, and what goes to the server."""
    told = connection.told
    wanted = told is not None and told.wanted
    sent = t("live.model_here_tells" if wanted else "live.model_here_tells_nothing")
    st.caption(f":material/{'upload' if wanted else 'computer'}: {t('live.model_here')} {sent}")
