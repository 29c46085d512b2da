"""The big number with its ring, one sentence, and left beside right: drawn in the browser as events arrive."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.coach import CoachState
from pose_core.movement.exercise import Signal
from pose_ui.coach.feed import FEED_PATH
from pose_ui.coach.message import OBSTACLES, coach_message
from pose_ui.shell.streamlit_bindings import this_session_id
from pose_ui.texts import Translator

__all__ = ["counter", "cue_texts", "way_texts"]

_GENERAL_CUES: Final = ("well_done", "turn_sideways", "face_camera", *OBSTACLES)

_HTML: Final = """
<div class="posedeck-coach">
  <div class="dial">
    <svg viewBox="0 0 120 120" aria-hidden="true">
      <circle class="track" cx="60" cy="60" r="54" /><circle class="way" cx="60" cy="60" r="54" pathLength="100" />
    </svg>
    <div class="number" role="status"></div><div class="unit"></div>
  </div>
  <div class="side-notes">
    <p class="partial"></p><p class="phase"></p><p class="cue" role="status"></p>
    <div class="both"></div><p class="target"></p><p class="times"></p>
  </div>
</div>
"""

_CSS: Final = """
.posedeck-coach { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: center; justify-content: center;
  color: var(--st-text-color); font: 400 1rem/1.4 var(--st-font); }
.dial { position: relative; width: min(15rem, 60vw); aspect-ratio: 1; flex: none; }
svg { width: 100%; height: 100%; transform: rotate(-90deg); display: block; }
circle { fill: none; stroke-width: 8; }
.track { stroke: var(--st-border-color); }
.way { stroke: #0072B2; stroke-dasharray: 0 100; }
.dial.far .way { stroke: #009E73; }
.number { position: absolute; inset: 0; display: grid; place-items: center; font-weight: 700; line-height: 1;
  font-size: min(6.5rem, 26vw); font-variant-numeric: tabular-nums; }
.number.long { font-size: min(4rem, 16vw); }
.unit { position: absolute; left: 0; right: 0; bottom: 17%; text-align: center; font-size: 0.9rem; }
.side-notes { flex: 1 1 13rem; min-width: 0; }
@media (max-width: 640px) {
  .dial { width: 8.5rem; } .number { font-size: 4rem; } .number.long { font-size: 2.5rem; }
  .side-notes { flex-basis: 10rem; }
}
p { margin: 0 0 0.35rem; min-height: 1.4em; }
.resting p:empty { display: none; }
.cue { font-size: 1.25rem; font-weight: 600; min-height: 2.8em; line-height: 1.4; }
.both { display: grid; grid-template-columns: auto 1fr auto; gap: 0.25rem 0.6rem; align-items: center; }
.both .line { position: relative; height: 0.7rem; border-radius: 0.35rem; background: var(--st-border-color); }
.both i { display: block; height: 100%; border-radius: inherit; background: #0072B2; }
.both .line::after { content: ""; position: absolute; left: 80%; top: -0.25rem; bottom: -0.25rem; width: 3px;
  background: var(--st-text-color); }
.target:empty { display: none; }
.both i.right { background: repeating-linear-gradient(135deg, #E69F00 0 5px, #f3cf80 5px 8px); }
.both b { font-variant-numeric: tabular-nums; }
"""

_JS: Final = """
const boxes = new WeakMap();
const TARGET = 80; // where along a bar the target is, in percent

function sentence(view, message) {
  const { texts } = view.data;
  if (!message.seen) return texts.nobody;
  if (message.obstacle) return texts.cues[message.obstacle];
  if (message.cue) {
    const [name, certain] = message.cue;
    return (certain ? texts.cues : texts.about)[name] ?? texts.cues[name] ?? "";
  }
  if (!message.armed) return message.exercise ? texts.arm : texts.recognise;
  return message.hint ? texts.cues[message.hint] : "";
}

function bar(name, side, value, { rest, target }) {
  const label = document.createElement("span");
  label.textContent = name;
  const line = document.createElement("div");
  line.className = "line";
  const way = document.createElement("i");
  way.className = side;
  way.style.width = `${Math.max(0, Math.min(100, (TARGET * (value - rest)) / (target - rest)))}%`;
  line.append(way);
  const figure = document.createElement("b");
  figure.textContent = `${value}\\u00b0`;
  return [label, line, figure];
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Local voices only: others send the text to their maker.
function say(view, text) {
  const { speak, language } = view.data;
  if (!speak || !text || !window.speechSynthesis) return;
  const voice = speechSynthesis.getVoices().find((one) => one.localService && one.lang.startsWith(language));
  if (!voice) return;
  const words = new SpeechSynthesisUtterance(text);
  Object.assign(words, { voice, lang: voice.lang });
  speechSynthesis.cancel();
  speechSynthesis.speak(words);
}

function draw(view) {
  const { message, data, find } = view;
  const { texts } = data;
  const cue = sentence(view, message);
  view.box.classList.toggle("resting", !data.feed);
  const dial = find(".dial"), number = find(".number");
  const shown = message.exercise ? (data.hold ? (message.hold ?? message.held ?? 0).toFixed(1) : `${message.count}`)
    : "\\u2013";
  if (shown !== number.textContent) {
    number.textContent = shown;
    if (view.counted !== undefined && message.count > view.counted) say(view, `${message.count}`);
    view.counted = message.count;
    if (message.at) requestAnimationFrame(() => note(view, performance.timeOrigin + performance.now() - message.at));
  }
  const figures = JSON.stringify([[shown, texts.name, true], ...(cue ? [[cue, ""]] : [])]);
  if (data.feed && figures !== view.figures) { // for presenter mode
    view.figures = figures;
    window.dispatchEvent(new CustomEvent("posedeck-figures", { detail: JSON.parse(figures) }));
  }
  // A timer would be read out ten times a second.
  number.setAttribute("aria-live", data.hold ? "off" : "polite");
  number.classList.toggle("long", shown.length > 2);
  put(find(".unit"), data.hold ? texts.seconds : "");
  dial.classList.toggle("far", message.way === "bottom");
  find(".way").style.strokeDasharray = `${100 * (data.hold ? Number(message.hold !== null) : message.progress)} 100`;
  put(find(".partial"), message.partial ? texts.partial.replace("{count}", message.partial) : "");
  const way = message.exercise && message.seen && data.feed ? texts.ways[message.way] : "";
  put(find(".phase"), !data.hold ? way : message.hold !== null ? texts.holding : "");
  if (cue !== find(".cue").textContent) {
    put(find(".cue"), cue);
    if (message.cue) say(view, cue);
  }
  const sides = message.left !== null && message.right !== null;
  const values = sides ? [["left", message.left], ["right", message.right]]
    : message.depth !== null ? [["depth", message.depth]] : [];
  const bars = values.flatMap(([side, value]) => bar(texts[side], side, value, data));
  const key = JSON.stringify([message.left, message.right, message.depth]);
  if (key !== view.bars) {
    view.bars = key;
    find(".both").replaceChildren(...bars);
  }
  put(find(".target"), bars.length ? texts.target : "");
  put(find(".times"), message.down === null ? ""
    : texts.times.replace("{down}", message.down.toFixed(1)).replace("{up}", message.up.toFixed(1)));
}

// For measurements: from the frame that the server had seen to the number on the screen.
function note(view, ms) {
  view.delays.push(ms);
  if (view.delays.length > 300) view.delays.shift();
}

function take(view, message) {
  if (view.message && message.at && message.at < view.message.at) return; // older than what is shown
  view.message = message;
  draw(view);
}

function listen(view) {
  const wanted = view.data.feed;
  if (view.feed === wanted) return;
  view.source?.close();
  view.feed = wanted;
  view.source = null;
  if (!wanted) return;
  view.message = null;
  view.source = new EventSource(new URL(wanted, document.baseURI).href);
  view.source.onmessage = ({ data }) => take(view, JSON.parse(data));
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".posedeck-coach");
  let view = boxes.get(box);
  if (!view) {
    view = { box, find: (name) => box.querySelector(name), delays: [] };
    boxes.set(box, view);
    box.view = view; // for tests and measurements
  }
  view.data = data;
  listen(view);
  take(view, data.message);
  return () => {
    if (box.isConnected) return;
    view.source?.close();
    view.source = view.feed = null;
  };
}
"""

_component = st.components.v2.component("posedeck_coach", html=_HTML, css=_CSS, js=_JS)


def cue_texts(exercise: str | None, t: Translator) -> dict[str, str]:
    """What is said of each fault of an exercise, and in general."""
    faults = EXERCISES[exercise].faults if exercise in EXERCISES else ()
    return {
        **{name: t(f"cue.{name}") for name in _GENERAL_CUES},
        **{fault.name: t(f"cue.{exercise}_{fault.name}") for fault in faults},
    }


def way_texts(exercise: str | None, t: Translator) -> tuple[str, str]:
    """What the way to the far end and the way back are called, such as down and up; empty if nothing moves."""
    if _primary(exercise) is None:
        return "", ""
    return t(f"way.{exercise}_there"), t(f"way.{exercise}_back")


def _primary(exercise: str | None) -> Signal | None:
    record = EXERCISES.get(exercise or "")
    return record.signals[0] if record is not None and record.signals else None


def _target_text(exercise: str | None, t: Translator) -> str:
    primary = _primary(exercise)
    if primary is None:
        return ""
    at_most = primary.target < primary.rest
    return t("coach.target_at_most" if at_most else "coach.target_at_least", angle=round(primary.target))


def counter(state: CoachState, at_ms: float, t: Translator, *, running: bool, speak: bool) -> None:
    """Show the counter; while a coach runs, the browser keeps it up to date by itself.

    Parameters
    ----------
    state : CoachState
        What to show until the first event.
    at_ms : float
        When its frame had been seen; 0 before the first.
    t : Translator
    running : bool
    speak : bool
        Whether the browser says numbers and cues aloud, with a voice of its own machine.
    """
    exercise = state.exercise
    cues = cue_texts(exercise, t)
    there, back = way_texts(exercise, t)
    texts: dict[str, Any] = {
        "name": t(f"exercise.{exercise}") if exercise is not None else t("exercise.auto"),
        "ways": {
            "rest": t("coach.way_rest"),
            "down": there,
            "bottom": t("coach.way_bottom"),
            "up": back,
        },
        "cues": cues,
        "about": {
            name: t("coach.about", cue=text) for name, text in cues.items() if name not in _GENERAL_CUES
        },
        "partial": t("coach.partial_line"),
        "times": t("coach.times", there=there, back=back),
        "target": _target_text(exercise, t),
        **{
            name: t(f"coach.{name}")
            for name in ("nobody", "recognise", "arm", "seconds", "holding", "depth", "left", "right")
        },
    }
    hold = exercise in EXERCISES and EXERCISES[exercise or ""].hold
    primary = _primary(exercise)
    message = coach_message(state, at_ms)
    if not running:
        texts["nobody"] = t("coach.next" if state.count or state.holds else "coach.ready")
    _component(
        key="coach_counter",
        data={
            "feed": FEED_PATH + this_session_id() if running else "",
            "message": message,
            "texts": texts,
            "hold": hold,
            "rest": primary.rest if primary is not None else 0.0,
            "target": primary.target if primary is not None else 1.0,
            "speak": speak,
            "language": t.language,
        },
    )
