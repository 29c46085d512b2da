"""The place of the live picture, as large as the window allows; and presenter mode, which shows nothing else.

Presenter mode is full screen, with two figures on the picture, and keys; f enters and leaves it, Esc leaves. It works
for what `stage` holds, whatever that is: the frame of streamlit-webrtc, the overlay's canvas, or a message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pose_ui.shell.state import KEYS_DONE
from pose_ui.texts import Translator

__all__ = [
    "big_figures",
    "figures_of_the_browser",
    "no_picture",
    "present_button",
    "presenter",
    "stage",
]

_KEY: Final = "live_presenter"
_STAGE: Final = "posedeck_stage"
_BUTTON: Final = "posedeck_present"
_NO_PICTURE: Final = "posedeck_no_picture"

# The picture is as wide as its column, or as high as the window below header and controls. While presenting it may be
# three hundredths higher than the window: a 4:3 picture then fills more of a wide one, and loses nothing that matters.
# An attribute, not a class: React writes the element's classes.
_CSS: Final = """
.st-key-posedeck_stage { --posedeck-high: max(240px, 100svh - 140px); }
.st-key-posedeck_stage iframe {
  display: block; margin: 0 auto; max-width: calc(var(--posedeck-high) * var(--posedeck-shape, 1.333));
}
.st-key-posedeck_no_picture {
  aspect-ratio: var(--posedeck-shape, 1.333); margin: 0 auto;
  max-width: calc(var(--posedeck-high) * var(--posedeck-shape, 1.333)); border-color: transparent;
  background: linear-gradient(#14171ce6, #14171cb0 4.5rem, #14171c00 9rem),
    var(--posedeck-poster, none) center / cover #14171c; /* the words stand above the people, in the dark */
}
.st-key-posedeck_no_picture p { color: #fff; font-size: 1rem; text-shadow: 0 0 6px #000, 0 0 2px #000; }
.st-key-posedeck_no_picture [data-testid="stCaptionContainer"] { opacity: 1; color: #fff; }
.st-key-posedeck_no_picture strong { font-size: 1.25rem; }
@media (max-width: 640px) { /* no room above the people: the picture begins below the words */
  .st-key-posedeck_no_picture {
    background: var(--posedeck-poster, none) bottom / auto calc(100% - 6.5rem) no-repeat #14171c;
  }
  .st-key-posedeck_no_picture [data-testid="stCaptionContainer"] p { font-size: 0.875rem; }
}
.st-key-posedeck_stage[data-presenting] {
  position: fixed; inset: 0; z-index: 1000000; width: 100vw; height: 100vh; max-width: none; max-height: none;
  justify-content: center; overflow: hidden; background: #000; outline: none; --posedeck-high: 103vh;
}
.st-key-posedeck_stage[data-presenting] iframe { pointer-events: none; }
.st-key-posedeck_stage[data-presenting] > * { flex-shrink: 0; }
.posedeck-shown, .st-key-live_presenter, .st-key-live_camera_check { display: none; }
[data-presenting] > .posedeck-shown {
  position: absolute; left: 0; right: 0; bottom: 0; display: flex; align-items: flex-end; gap: 1rem; padding: 1.25rem;
  justify-content: space-between; pointer-events: none; color: #fff; font: 400 1rem/1.2 var(--st-font, sans-serif);
}
.posedeck-shown ul { display: flex; gap: 0.75rem; margin: 0; padding: 0; list-style: none; }
.posedeck-shown li, .posedeck-shown p { margin: 0; padding: 0.5rem 0.9rem; border-radius: 8px; background: #14171ccc; }
.posedeck-shown strong { font-size: 2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.posedeck-shown li { align-self: flex-end; }
.posedeck-shown .posedeck-big strong { font-size: min(9rem, 22vh); line-height: 1; }
.posedeck-shown p { animation: posedeck-leave 0.4s 6s forwards; }
@keyframes posedeck-leave { to { opacity: 0; } }
"""

_component = st.components.v2.component(
    "posedeck_presenter",
    css=_CSS,
    js=Path(__file__).with_name("presenter.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # the stage is outside of it
)

_FIGURES_CSS: Final = """
ul { display: flex; justify-content: space-between; gap: 0.5rem; margin: 0; padding: 0; list-style: none; }
li { color: var(--st-text-color); font: 400 0.875rem/1.3 var(--st-font); }
strong {
  display: block; font-size: 2rem; font-weight: 600; line-height: 1.35; white-space: nowrap;
  font-variant-numeric: tabular-nums;
}
"""

# Only texts are written, and only those that changed. Figures that the browser measures (model_view.js) do not pass
# through the server: an event of the page has them.
_FIGURES_JS: Final = """
const lists = new WeakMap();

function show(list, figures) {
  while (list.children.length < figures.length) {
    const item = document.createElement("li");
    item.append(document.createElement("strong"), " ", document.createElement("span"));
    list.append(item);
  }
  while (list.children.length > figures.length) list.lastChild.remove();
  figures.forEach(([value, label], i) => {
    const [strong, span] = list.children[i].children;
    if (strong.textContent !== value) strong.textContent = value;
    if (span.textContent !== label) span.textContent = label;
  });
  window.dispatchEvent(new CustomEvent("posedeck-figures", { detail: figures }));
}

function measuredFigures(measured, detail) {
  return measured.map(({ name, text, label, one }) => {
    const value = detail && Math.round(detail[name]);
    return [detail ? text.replace("{value}", value) : "\u2013", value === 1 ? one : label];
  });
}

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ul");
  let state = lists.get(list);
  if (!state) {
    state = { detail: null };
    state.hear = ({ detail }) => {
      state.detail = detail;
      if (state.measured) show(list, measuredFigures(state.measured, detail));
    };
    lists.set(list, state);
    window.addEventListener("posedeck-measured", state.hear);
  }
  state.measured = data.measured;
  show(list, data.measured ? measuredFigures(data.measured, state.detail) : data.figures);
  return () => {
    if (list.isConnected) return;
    window.removeEventListener("posedeck-measured", state.hear);
    lists.delete(list);
  };
}
"""

_figures = st.components.v2.component(
    "posedeck_big_figures", html="<ul></ul>", css=_FIGURES_CSS, js=_FIGURES_JS
)


def stage() -> DeltaGenerator:
    """The container for the picture, or for what is shown instead."""
    return st.container(key=_STAGE)


def no_picture() -> DeltaGenerator:
    """The container for what is shown on the stage while there is no picture, of the picture's size."""
    return st.container(
        border=True, horizontal_alignment="center", vertical_alignment="top", gap="xsmall", key=_NO_PICTURE
    )


def present_button(t: Translator) -> None:
    """Show the button that enters presenter mode. Only the browser itself may do that, when it is pressed."""
    st.button(t("present.button"), icon=":material/fullscreen:", help=t("present.help"), key=_BUTTON)


def big_figures(figures: Sequence[tuple[str, str]]) -> None:
    """Show figures in big type, each a value and its label; the first two are on the picture in presenter mode."""
    _figures(key="live_big_figures", data={"figures": [list(one) for one in figures]})


def figures_of_the_browser(figures: Sequence[tuple[str, str, str, str]]) -> None:
    """Show figures that the browser itself measures and fills in, as `big_figures` does.

    Parameters
    ----------
    figures : sequence of tuple of str
        Name in the event "posedeck-measured"; text with ``{value}`` in it; label; label for a value of one.
    """
    measured = [dict(zip(("name", "text", "label", "one"), one, strict=True)) for one in figures]
    _figures(key="live_measured_figures", data={"measured": measured})


def _new_keys(value: object) -> list[tuple[int, str]]:
    """Those of the browser's last keys, with their growing numbers, that nothing was done for yet."""
    done = st.session_state.get(KEYS_DONE, 0)
    new: list[tuple[int, str]] = []
    for one in value if isinstance(value, list) else ():
        match one:
            case [int(number), str(name)] if number > done:
                new.append((number, name))
    return new


def presenter(
    shape: float,
    keys: Mapping[str, Callable[[], object]],
    t: Translator,
    *,
    playing: bool,
    poster: str = "",
    hint: str = "",
) -> bool:
    """Let the stage fit the window and be presented.

    Parameters
    ----------
    shape : float
        Width of the picture by its height, until the browser knows better.
    keys : mapping of str to callable
        What a key does in presenter mode; called before the page's next run.
    t : Translator
    playing : bool
        Whether figures are to be shown.
    poster : str
        Address of a picture, relative to the dashboard's, behind the words while there is no other.
    hint : str
        What the keys do, to read; standard: those of the Live page.

    Returns
    -------
    bool
        Whether the picture is presented now.
    """

    def pressed() -> None:
        for number, name in _new_keys(st.session_state[_KEY].get("pressed")):
            st.session_state[KEYS_DONE] = number
            if name in keys:
                keys[name]()

    result = _component(
        key=_KEY,
        data={
            "shape": shape,
            "stage": f".st-key-{_STAGE}",
            "button": f".st-key-{_BUTTON} [data-testid=stButton] button",
            "keys": list(keys),
            "hint": hint or t("present.keys"),
            "playing": playing,
            "poster": poster,
        },
        default={"presenting": False, "pressed": []},
        on_pressed_change=pressed,
        on_presenting_change=lambda: None,
    )
    return bool(result.presenting)
