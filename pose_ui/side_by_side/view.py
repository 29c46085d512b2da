"""What both settings found, over the picture or the film: one component, whose clock and divider are the browser's."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from math import isfinite
from typing import Any, Final

import numpy as np
import streamlit as st

from pose_core.evaluation.side_by_side.comparing import pair_people
from pose_core.evaluation.side_by_side.looking import Seen
from pose_core.evaluation.side_by_side.words import setting_names, verdict
from pose_core.export.people_message import encode_people
from pose_ui.shell.module_route import module_path
from pose_ui.shell.streamlit_bindings import this_session_id
from pose_ui.side_by_side.routes import people_path, picture_path
from pose_ui.side_by_side.session import SidesSession
from pose_ui.side_by_side.work import Outcome
from pose_ui.texts import Translator

__all__ = ["sides_view"]

_HTML: Final = '<div class="posedeck-sides"></div>'

_CSS: Final = """
.posedeck-sides { display: grid; gap: 8px; color: var(--st-text-color); font: 400 0.875rem/1.4 var(--st-font);
                  --at: 50%; --fit: max(260px, 100vh - 375px); }
[hidden] { display: none !important; }
.frame { position: relative; width: min(100%, var(--fit) * var(--ratio)); margin: 0 auto; }
.posedeck-sides.two > .frame { width: min(100%, 2 * var(--fit) * var(--ratio)); }
.stage { position: relative; aspect-ratio: var(--ratio); overflow: hidden; background: #14171C;
         border-radius: var(--st-base-radius); }
.stage video, .stage img { position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0; pointer-events: none; }
.pane { position: absolute; inset: 0; }
.pane canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.divider .pane.a { clip-path: inset(0 calc(100% - var(--at)) 0 0); }
.divider .pane.b { clip-path: inset(0 0 0 var(--at)); }
.both .pane.b canvas { display: none; }
.posedeck-sides.two .stage { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; aspect-ratio: auto;
                             background: transparent; }
.posedeck-sides.two .pane { position: relative; aspect-ratio: var(--ratio); background: #14171C; }
@media (max-width: 640px) { .posedeck-sides.two:not(.tall) .stage { grid-template-columns: 1fr; } }
.tag { position: absolute; bottom: 8px; padding: 4px 10px; border-radius: 99px; font: 600 12px/1.3 var(--st-font);
       background: rgba(20, 23, 28, .85); color: #fff; pointer-events: none; white-space: nowrap; max-width: 46%;
       overflow: hidden; text-overflow: ellipsis; }
.tag::before { content: ""; display: inline-block; width: 9px; height: 9px; margin-right: 6px; border-radius: 50%;
               background: #009E73; }
.tag.a { left: 8px; } .tag.b { right: 8px; }
.tag.b::before { background: #CC79A7; border-radius: 2px; }
.line { position: absolute; top: 0; bottom: 0; width: 0; left: clamp(1px, var(--at), calc(100% - 1px));
        border-left: 2px solid #fff; filter: drop-shadow(0 0 2px rgba(0, 0, 0, .7)); pointer-events: none; }
.grip { position: absolute; top: 50%; left: -17px; width: 32px; height: 32px; margin-top: -16px; display: grid;
        place-items: center; border-radius: 50%; background: #fff; color: #1a1d21; font: 700 17px/1 sans-serif; }
.divide { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize;
          touch-action: pan-y; }
.frame:focus-within .grip { outline: 3px solid var(--st-primary-color); }
.timeline { position: relative; height: 44px; }
.timeline canvas { position: absolute; inset: 0; width: 100%; height: 44px; }
.seek { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.timeline:focus-within { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.row, .film, .chips { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.row { justify-content: space-between; }
.time { font-variant-numeric: tabular-nums; padding: 0 6px; }
button { font: inherit; color: inherit; min-height: 32px; min-width: 34px; padding: 2px 10px; cursor: pointer;
         background: var(--st-background-color); border-radius: var(--st-base-radius);
         border: 1px solid color-mix(in srgb, var(--st-text-color) 35%, transparent); }
@media (max-width: 640px) { button { min-height: 44px; min-width: 44px; } }
button[aria-pressed="true"] { border-color: var(--st-primary-color);
         background: color-mix(in srgb, var(--st-primary-color) 20%, var(--st-background-color)); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
@media (max-width: 640px) { button { min-height: 44px; min-width: 44px; } }
"""

# As in pose_ui/video/player.py: state is kept per element, and only what has left the page is cleaned up.
_JS: Final = """
const views = new WeakMap();

export default function ({ data, parentElement }) {
  let slot = views.get(parentElement);
  if (!slot) {
    slot = {};
    views.set(parentElement, slot);
    slot.view = import(new URL(data.module, document.baseURI).href).then((module) => {
      slot.module = module;
      return module.mount(parentElement);
    });
  }
  const call = (slot.call = {});
  slot.view.then((view) => slot.call === call && view.update(data));
  return () => {
    if (slot.call !== call || parentElement.isConnected) return;
    views.delete(parentElement);
    slot.call = null;
    slot.view.then((view) => slot.module.unmount(view));
  };
}
"""

_component = st.components.v2.component("posedeck_sides", html=_HTML, css=_CSS, js=_JS)

_TEXTS: Final = (
    *("divider", "two", "both", "sided", "views", "seek", "play", "pause", "back", "forward", "nobody"),
)


def sides_view(session: SidesSession, outcome: Outcome, t: Translator) -> None:
    """Show the film, or the picture that is chosen."""
    comparison = outcome.comparison
    looked, settings = comparison.looked, comparison.settings
    data: dict[str, Any] = {
        "module": module_path("sides_view.js"),
        "id": outcome.id,
        "kind": "film" if looked.kind == "film" else "picture",
        "names": list(setting_names(settings, t)),
        "alt": verdict(comparison, t),
        "visibilityLimit": settings.visibility_limit,
        "texts": {name: t(f"sides.view_{name}") for name in _TEXTS},
        "partners": [_partners(one) for one in looked.seen],
    }
    if looked.kind == "film":
        session_id = this_session_id()
        data |= {
            "film": picture_path(session_id, outcome.id),
            "people": people_path(session_id, outcome.id),
            "size": list(looked.seen[0].size_wh),
            "times": [round(one.time_s, 5) for one in looked.seen],
            # A copy begins at 0 with the first frame of the part.
            "offset": -looked.seen[0].time_s if outcome.copy_mp4 else looked.first_s,
            "apart": [round(one, 5) if isfinite(one) else None for one in comparison.apart_torso.tolist()],
            "seek": {"id": session.seek, "frame": session.at} if session.seek else None,
        }
    else:
        one = looked.seen[session.at]
        jpeg = session.picture(outcome, session.at)
        data |= {
            "partners": [_partners(one)],
            "picture": "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
            "people": [
                base64.b64encode(encode_people(people, 0, np.nan, np.nan)).decode() for people in one.people
            ],
            "size": list(one.size_wh),
        }
    _component(key="sides_view", data=data)


def _partners(seen: Seen) -> Sequence[tuple[int, int]]:
    """Places of those who are the same, in the order in which both are sent."""
    a_px, b_px = (
        np.array([person.pose.image_xy_px for person in one.people]).reshape(-1, 33, 2) for one in seen.people
    )
    partner, _ = pair_people(a_px, b_px)
    return [(i, j) for i, j in enumerate(partner.tolist()) if j >= 0]
