"""The camera's picture, drawn in the visitor's own browser: only messages about people come back from the server.

The browser's offer, and the answer to it, travel as the component's state over Streamlit's own socket: sign-in, the
check of the host and the limit on messages hold for them as for everything else.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from pose_core.skeleton import MAIN_JOINTS
from pose_ui.live_view.choices import LiveChoices
from pose_ui.live_view.connection import Connection
from pose_ui.shell.module_route import module_path
from pose_ui.texts import Translator
from pose_ui.webrtc.ice import ice_configuration
from pose_ui.webrtc.peer import CHANNEL

__all__ = ["camera_component", "camera_overlay", "look_of"]

_KEY: Final = "live_overlay"

_HTML: Final = """
<div class="posedeck-overlay" role="img"><video muted playsinline autoplay></video><canvas></canvas></div>
"""

_CSS: Final = """
.posedeck-overlay {
  position: relative; width: 100%; margin: auto; overflow: hidden; background: #14171C;
}
.posedeck-overlay video, .posedeck-overlay canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.posedeck-overlay video.mirrored { transform: scaleX(-1); }
.posedeck-overlay-said {
  position: absolute; inset: 0 0 auto 0; margin: 0; padding: 0.6rem 0.9rem; color: #fff; background: #14171ccc;
  font: 400 0.875rem/1.4 var(--st-font, sans-serif);
}
.posedeck-overlay-said:empty { display: none; }
"""

# Streamlit calls the function at each run with new data, and the returned function when the element goes, even for a
# call that a newer one has replaced: so state is kept per element, and only what has left the page is cleaned up.
_JS: Final = """
const views = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let slot = views.get(parentElement);
  if (!slot) {
    slot = {};
    views.set(parentElement, slot);
    slot.view = import(new URL(data.module, document.baseURI).href).then((module) => {
      slot.module = module;
      return module.mount(parentElement, data.key);
    });
  }
  const call = (slot.call = {});
  slot.view.then(
    (view) => slot.call === call && view.update(data, setStateValue),
    () => data.turn && setStateValue("signal", { turn: data.turn, failed: true }),
  );
  return () => {
    if (slot.call !== call || parentElement.isConnected) return;
    views.delete(parentElement);
    slot.call = null;
    slot.view.then((view) => slot.module.unmount(view, data.key), () => {});
  };
}
"""

#: The element with the camera and its canvas, filled by the module whose address is in its data.
camera_component = st.components.v2.component("posedeck_camera_overlay", html=_HTML, css=_CSS, js=_JS)


def look_of(choices: LiveChoices) -> dict[str, Any]:
    """How people are drawn, as pose_canvas.js takes it."""
    settings = choices.settings
    draw = settings.pose.draw
    return {
        "style": draw.style,
        "letters": draw.letters,
        "names": {joint: settings.labels.get(joint, joint) for joint in MAIN_JOINTS} if draw.names else None,
        "angles": "all" if draw.angles else None,
        "arcs": list(draw.arcs),
        "confidence": draw.confidence,
        "visibilityLimit": settings.pose.visibility_limit,
        "mirrored": settings.mirror,
        "skeletonOnly": draw.skeleton_only,
        "inStep": choices.in_step,
    }


def _answer(connection: Connection, choices: LiveChoices, ice: dict[str, Any]) -> dict[str, Any] | None:
    """What the browser's last signal asks for; None if it asks for nothing, or is of an earlier turn."""
    media = connection.overlay(choices.settings)
    signal = (st.session_state.get(_KEY) or {}).get("signal")
    match signal:
        case {"turn": int(turn), "failed": True} if turn == connection.turn:
            connection.overlay_impossible()
        case {"turn": int(turn), "name": str(name), "sdp": str(sdp)} if (
            turn == connection.turn and media is not None
        ):
            return {"name": name, "sdp": media.answer(name, sdp, ice)}
    return None


def camera_overlay(connection: Connection, choices: LiveChoices, t: Translator) -> None:
    """Show the camera's picture while it is wanted, and connect it to the server."""
    ice = ice_configuration()
    answer = _answer(connection, choices, ice) if connection.connected else None
    connected = connection.connected  # read once: it may change at any moment
    camera_component(
        key=_KEY,
        data={
            "key": _KEY,
            "module": module_path("camera_overlay.js"),
            "turn": connection.turn if connected else 0,
            "answer": answer,
            "size": list(choices.size_wh),
            "fps": choices.fps,
            "ice": ice,
            "channel": CHANNEL,
            "look": look_of(choices),
            "alt": t("live.overlay_alt"),
        },
        default={"signal": None},
        on_signal_change=lambda: None,
    )
    if not connected:
        connection.hung_up()
