"""The film with its people drawn over it, and their curves: one component with one clock, in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from ops.films import FilmOutcome, Version
from pose_core.geometry.angles import LIMB_ANGLES
from pose_core.movement.moments import Mark
from pose_core.pipeline.video import VideoResult
from pose_ui.shell.module_route import module_path
from pose_ui.shell.streamlit_bindings import this_session_id
from pose_ui.texts import Translator
from pose_ui.video.routes import people_path, picture_path
from pose_ui.video.session import Seek
from pose_ui.widgets.labels import landmark_labels

__all__ = ["At", "TimelineEvent", "flip_times_s", "player"]

_HTML: Final = '<div class="posedeck-film"></div>'

_CSS: Final = """
.posedeck-film { display: grid; gap: 20px; color: var(--st-text-color); font: 400 0.875rem/1.4 var(--st-font);
                 grid-template-columns: minmax(0, 1fr); }
.posedeck-film.wide { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.left, .right { min-width: 0; display: grid; gap: 8px; align-content: start; }
.stage { position: relative; width: 100%; margin: 0 auto; overflow: hidden; background: #14171C; cursor: pointer;
         border-radius: var(--st-base-radius); }
.stage video, .stage canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.stage video.mirrored { transform: scaleX(-1); }
.controls, .switches { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.controls .named { display: inline-flex; gap: 6px; align-items: center; }
.named > span { padding-inline-start: 4px; }
.clock { font-variant-numeric: tabular-nums; min-width: 8.5em; padding: 0 6px; }
button, select { font: inherit; color: inherit; min-height: 32px; min-width: 32px; padding: 2px 9px; cursor: pointer;
                 background: var(--st-background-color); border-radius: var(--st-base-radius);
                 border: 1px solid color-mix(in srgb, var(--st-text-color) 35%, transparent); }
@media (max-width: 640px) {
  button, select { min-height: 44px; min-width: 44px; }
  .switches { flex-wrap: nowrap; overflow-x: auto; padding: 3px; margin: -3px; } /* a row to push, not three */
  .switches button { flex: none; }
}
button[aria-pressed="true"] { background: color-mix(in srgb, var(--st-primary-color) 20%, var(--st-background-color));
                              border-color: var(--st-primary-color); }
button svg { display: block; fill: currentColor; }
button.said { display: inline-flex; gap: 6px; align-items: center; }
button[hidden] { display: none; }
button:focus-visible, select:focus-visible, .stage:focus-visible, .plot:focus-visible {
  outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.plot { position: relative; cursor: crosshair; touch-action: pan-y; user-select: none; }
.plot canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.cursor { position: absolute; left: -1px; top: 0; bottom: 16px; width: 2px; background: #D4380D; pointer-events: none; }
.range { position: absolute; top: 0; bottom: 16px; pointer-events: none;
         background: color-mix(in srgb, var(--st-primary-color) 18%, transparent); }
.range[hidden] { display: none; }
.values { min-height: 1.4em; font-variant-numeric: tabular-nums; white-space: pre-wrap; }
"""

# As in pose_ui/live_view/overlay.py: state is kept per element, and only what has left the page is cleaned up.
_JS: Final = """
const views = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let slot = views.get(parentElement);
  if (!slot) {
    slot = {};
    views.set(parentElement, slot);
    const root = parentElement.querySelector(".posedeck-film");
    const shape = new ResizeObserver(() => {
      root.classList.toggle("wide", root.clientWidth > 820);
    });
    shape.observe(root);
    slot.view = import(new URL(data.module, document.baseURI).href).then((module) => {
      slot.module = module;
      return module.mount(parentElement);
    });
  }
  const call = (slot.call = {});
  slot.view.then((view) => slot.call === call && view.update(data, setStateValue, setTriggerValue));
  return () => {
    if (slot.call !== call || parentElement.isConnected) return;
    views.delete(parentElement);
    slot.call = null;
    slot.view.then((view) => slot.module.unmount(view));
  };
}
"""

_component = st.components.v2.component("posedeck_film_player", html=_HTML, css=_CSS, js=_JS)

_TEXTS: Final = (
    *(
        "player",
        "timeline",
        "play",
        "back",
        "forward",
        "a",
        "b",
        "clear",
        "loop",
        "mark",
        "mark_short",
        "speed_choice",
        "sides",
        "names",
        "angles",
    ),
    *("smoothed", "skeletonOnly", "others", "speed", "speed_unit", "visibility", "seen", "nobody", "flips"),
)


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something that lasts, as a bar below the curves.

    Attributes
    ----------
    start_s, end_s : float
        Times as in `pose_core.pipeline.video.VideoResult.time_s`.
    text : str
        Shown on the bar if there is room.
    colour : str
        CSS colour that white text can be read on.
    at_s : float or None
        The time that a click on the bar shows; None: where it was clicked.
    """

    start_s: float
    end_s: float
    text: str
    colour: str = "#00704F"
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class At:
    """Where the player rests.

    Attributes
    ----------
    frame : int
        Place in the result.
    range : tuple of int or None
        First and last frame of what was chosen on the curves.
    person : int or None
        Whose curves are shown.
    """

    frame: int = 0
    range: tuple[int, int] | None = None
    person: int | None = None


def flip_times_s(result: VideoResult) -> list[float]:
    """Times of the frames in which the model exchanged somebody's left and right, and the tracker put them right."""
    return sorted({event.time_s for event in result.events if event.kind == "flip"})


def _read_at(told: object, job_id: str, version: Version) -> At:
    """What the browser told, as far as it fits the result."""
    frames, people = len(version.result.time_s), version.result.people
    match told:
        case {"job": str(job), "frame": int(frame), "range": chosen, "person": person} if job == job_id:
            pair = None
            if isinstance(chosen, list) and len(chosen) == 2 and all(isinstance(end, int) for end in chosen):
                first, last = chosen
                pair = (first, last) if 0 <= first < last < frames else None
            return At(
                max(0, min(frame, frames - 1)),
                pair,
                person if person in people else next(iter(people), None),
            )
    return At(0, None, next(iter(version.result.people), None))


def player(
    job_id: str,
    outcome: FilmOutcome,
    version: Version,
    t: Translator,
    *,
    seek: Seek | None = None,
    plays: bool = False,
    events: Sequence[TimelineEvent] = (),
    marks: Sequence[Mark] = (),
    on_mark: Callable[[int], None] | None = None,
    key: str = "video_player",
) -> At:
    """Show the player; where it rests.

    Parameters
    ----------
    job_id : str
    outcome : FilmOutcome
    version : Version
    t : Translator
    seek : Seek, optional
        Where it should go.
    plays : bool
        Whether a film that was not shown before begins to play by itself.
    events : sequence of TimelineEvent
        Shown below the curves.
    marks : sequence of Mark
        Shown below the curves as well.
    on_mark : callable, optional
        Called with the frame that somebody marks.
    key : str
        Streamlit key.
    """
    result = version.result
    slowed = result.video_settings.slowed
    # A copy begins at 0 with the first frame of the part.
    offset_s = -float(result.time_s[0]) * slowed if outcome.copy_mp4 else result.first_s
    session_id = this_session_id()
    texts: dict[str, Any] = {name: t(f"film.player_{name}") for name in _TEXTS}
    texts["person"] = t("person.number", number="#")
    for side in ("left", "right"):
        texts[side] = t(f"side.{side}")
        texts[f"{side}_letter"] = t(f"side.{side}_letter")
    data = {
        "module": module_path("film_player.js"),
        "job": job_id,
        "film": picture_path(session_id, job_id),
        "people": people_path(session_id, job_id, version.number),
        "clock": {"factor": slowed, "offset": offset_s},
        "size": list(result.size_wh),
        "mirrored": result.video_settings.mirrored and not outcome.copy_mp4,
        "visibilityLimit": result.settings.visibility_limit,
        "joints": {joint: t(f"joint.{joint}") for joint in LIMB_ANGLES},
        "labels": landmark_labels(t),
        "events": [
            {
                "start_s": one.start_s,
                "end_s": one.end_s,
                "text": one.text,
                "colour": one.colour,
                "at_s": one.at_s,
            }
            for one in events
        ],
        "flips": flip_times_s(result),
        "marks": [{"time_s": mark.time_s, "text": mark.text} for mark in marks],
        "plays": plays,
        "seek": {"id": seek.id, "frame": seek.frame, "person": seek.person} if seek else None,
        "texts": texts,
    }

    def marked() -> None:
        match st.session_state[key].mark:
            case {"job": str(job), "frame": int(frame)} if job == job_id and 0 <= frame < len(result.time_s):
                if on_mark is not None:
                    on_mark(frame)

    told = _component(
        key=key, data=data, default={"at": None}, on_at_change=lambda: None, on_mark_change=marked
    ).at
    return _read_at(told, job_id, version)
