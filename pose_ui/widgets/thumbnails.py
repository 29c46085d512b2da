"""A row of small pictures of which one is chosen, by mouse, finger or arrow keys."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

__all__ = ["Thumbnail", "thumbnails"]

_HTML = '<div class="strip" role="radiogroup"></div>'

_CSS = """
.strip { display: flex; gap: 8px; overflow-x: auto; padding: 4px; scrollbar-width: thin; scroll-padding: 72px; }
button { position: relative; flex: none; height: 52px; min-width: 52px; padding: 0; border: 0; cursor: pointer;
         border-radius: var(--st-base-radius); background: var(--st-secondary-background-color);
         color: var(--st-text-color); font: 500 12px/1.2 var(--st-font); overflow: hidden;
         outline: 1px solid color-mix(in srgb, var(--st-text-color) 22%, transparent); }
button img { display: block; height: 100%; width: auto; min-width: 52px; max-width: 92px; object-fit: cover; }
button[aria-checked="true"] { outline: 3px solid var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-text-color); outline-offset: 1px; }
button .text { display: block; padding: 0 10px; max-width: 110px; }
.state { position: absolute; right: 3px; bottom: 3px; min-width: 20px; height: 20px; padding: 0 5px; display: grid;
         place-items: center; box-sizing: border-box; border-radius: 99px; font-weight: 700;
         background: rgba(20, 23, 28, .85); color: #fff; }
.state.nobody { background: #fff; color: #14171c; border: 2px dashed #14171c; border-radius: 4px; }
.state.failed { background: #b3261e; border-radius: 4px; }
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".strip");
  strip.setAttribute("aria-label", data.label);
  const hadFocus = strip.contains(parentElement.activeElement ?? document.activeElement)
    || strip.contains(strip.getRootNode().activeElement);
  const buttons = data.items.map((item, i) => {
    const button = strip.children[i] ?? strip.appendChild(document.createElement("button"));
    const chosen = item.id === data.chosen;
    button.type = "button";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", chosen);
    button.setAttribute("aria-label", item.label);
    button.title = item.label;
    button.tabIndex = chosen ? 0 : -1;
    const shown = JSON.stringify([item.picture?.length, item.picture?.slice(-24), item.text, item.state, item.badge]);
    if (button.dataset.shown !== shown) {
      button.dataset.shown = shown;
      button.replaceChildren();
      const inside = document.createElement(item.picture ? "img" : "span");
      if (item.picture) Object.assign(inside, { src: item.picture, alt: "" });
      else Object.assign(inside, { className: "text", textContent: item.text });
      button.append(inside);
      if (item.badge) {
        const badge = document.createElement("span");
        badge.className = "state " + item.state;
        badge.textContent = item.badge;
        button.append(badge);
      }
    }
    button.onclick = () => setTriggerValue("chosen", item.id);
    return button;
  });
  while (strip.children.length > data.items.length) strip.lastChild.remove();
  const at = data.items.findIndex((item) => item.id === data.chosen);
  if (strip.dataset.chosen !== data.chosen) {
    strip.dataset.chosen = data.chosen;
    const one = buttons[at];
    const show = () => {
      if (!one || strip.dataset.chosen !== data.chosen) return;
      strip.scrollLeft = one.offsetLeft - (strip.clientWidth - one.clientWidth) / 2;
    };
    show();
    for (const picture of strip.querySelectorAll("img")) {
      if (!picture.complete) picture.onload = show; // before that it has no width
    }
    if (one && hadFocus) one.focus({ preventScroll: true });
  }
  if (at < 0 && buttons.length) buttons[0].tabIndex = 0;
  strip.onkeydown = (event) => {
    const now = buttons.indexOf(event.target.closest("button"));
    const to = { ArrowLeft: now - 1, ArrowUp: now - 1, ArrowRight: now + 1, ArrowDown: now + 1, Home: 0,
                 End: buttons.length - 1 }[event.key];
    if (to === undefined || now < 0) return;
    event.preventDefault();
    event.stopPropagation(); // the page's own shortcuts would step once more
    const next = buttons[Math.max(0, Math.min(buttons.length - 1, to))];
    next.focus();
    next.click();
  };
}
"""

_component = st.components.v2.component("posedeck_thumbnails", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One small picture.

    Attributes
    ----------
    id : str
        What `thumbnails` reports when it is chosen.
    label : str
        For screen readers and as a tip: all that the picture and its badge say.
    jpeg : bytes or None
        The picture; `text` stands in its place.
    text : str
    state : {"", "found", "nobody", "failed"}
        Look of the badge, which differs in shape as well as in colour.
    badge : str
        One or two characters in the corner; none if empty.
    """

    id: str
    label: str
    jpeg: bytes | None = None
    text: str = ""
    state: str = ""
    badge: str = ""


def thumbnails(
    label: str, items: Sequence[Thumbnail], chosen: str, on_choice: Callable[[str], None], *, key: str
) -> None:
    """Show the row.

    Parameters
    ----------
    label : str
        What is chosen here, for screen readers.
    items : sequence of Thumbnail
    chosen : str
        Id of the chosen one.
    on_choice : callable
        Gets the id of another one, before the page runs again. Anything else that a browser may send is ignored.
    key : str
        Streamlit key.
    """
    known = {item.id for item in items}

    def choice() -> None:
        sent = getattr(st.session_state[key], "chosen", None)
        if isinstance(sent, str) and sent in known:
            on_choice(sent)

    _component(
        key=key,
        data={
            "label": label,
            "chosen": chosen,
            "items": [
                {
                    "id": item.id,
                    "label": item.label,
                    "picture": item.jpeg and "data:image/jpeg;base64," + base64.b64encode(item.jpeg).decode(),
                    "text": item.text,
                    "state": item.state,
                    "badge": item.badge,
                }
                for item in items
            ],
        },
        on_chosen_change=choice,
    )
