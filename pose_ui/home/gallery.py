"""A card for each thing one can do: its own short film, a name, one line. One click starts it with the performer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import streamlit as st

from pose_ui.home.films import film_path
from pose_ui.shell.mailbox import ask_for_performer, ask_to_start
from pose_ui.texts import Translator
from pose_ui.widgets.film import FILM_JS

__all__ = ["CARDS", "Card", "gallery", "start"]


@dataclass(frozen=True, slots=True)
class Card:
    """One card. Its texts are ``page.<page>`` and ``home.card_<page>``, its film is named like its page.

    Attributes
    ----------
    page : str
        The page that it starts: name of its file in ``pages/``.
    prepare : callable
        Called before the page opens, to have it start with the performer.
    """

    page: str
    prepare: Callable[[], None] = lambda: None


#: A new thing to do adds one line, two texts, and a film in ``scripts/make_films.py``.
CARDS: Final = (
    Card("photo"),
    Card("video", partial(ask_to_start, "video")),
    Card("live", ask_for_performer),
    Card("coach", ask_for_performer),
    Card("validate", partial(ask_to_start, "validate")),
    Card("side_by_side"),
    Card("benchmark"),
)

_HTML = '<ul class="cards"></ul>'

_CSS = """
.cards { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem;
         grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--least)), 1fr)); }
li { container-type: inline-size; display: grid; }
button { all: unset; box-sizing: border-box; display: flex; flex-direction: column; cursor: pointer; overflow: hidden;
         border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
         background: var(--st-background-color); color: var(--st-text-color); font: 400 0.9rem/1.4 var(--st-font);
         transition: border-color 0.15s; }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
video { display: block; width: 100%; aspect-ratio: 16 / 9; object-fit: cover; background: #d8d5ce;
        pointer-events: none; }
.text { padding: 0.6rem 0.8rem 0.7rem; }
strong { display: block; font-weight: 600; font-size: 1rem; }
@container (min-width: 270px) {
  button { flex-direction: row; align-items: center; }
  video { width: 58%; flex: none; }
}
"""

_JS = (
    FILM_JS
    + """
export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".cards");
  const count = data.cards.length; // all in one row of a wide window, two in one of a phone
  list.style.setProperty("--least", count > 6 ? "140px" : count > 4 ? "170px" : "270px");
  for (const card of data.cards) {
    let item = list.querySelector(`[data-page="${card.page}"]`);
    if (!item) {
      item = document.createElement("li");
      item.dataset.page = card.page;
      item.innerHTML = '<button type="button"><video aria-hidden="true" autoplay loop muted playsinline '
        + 'disablepictureinpicture></video><span class="text"><strong></strong><span></span></span></button>';
      list.append(item);
    }
    item.querySelector("strong").textContent = card.name;
    item.querySelector("strong + span").textContent = card.text;
    item.querySelector("button").onclick = () => setTriggerValue("page", card.page);
    show(item.querySelector("video"), card);
  }
}
"""
)

_component = st.components.v2.component("posedeck_gallery", html=_HTML, css=_CSS, js=_JS)


def start(page: str) -> None:
    """Open the page of a card, started with the performer."""
    next(card for card in CARDS if card.page == page).prepare()
    st.switch_page(f"pages/{page}.py")


def gallery(t: Translator) -> None:
    """Show the cards; opens the page of the one that was pressed."""
    shown = [
        {
            "page": card.page,
            "name": t(f"page.{card.page}"),
            "text": t(f"home.card_{card.page}"),
            "film": film_path(card.page, "mp4"),
            "still": film_path(card.page, "jpg"),
            "alt": "",
        }
        for card in CARDS
    ]
    pressed = _component(key="home_gallery", data={"cards": shown}, on_page_change=lambda: None).page
    if pressed in {card.page for card in CARDS}:
        start(pressed)
