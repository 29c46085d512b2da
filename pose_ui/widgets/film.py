"""A short silent film that loops, with a still for visitors who asked their system for less motion."""

from __future__ import annotations

from typing import Final

import streamlit as st

__all__ = ["FILM_JS", "film"]

#: Gives ``<video>`` elements their film. Without motion, or where the browser cannot play it, the still stays.
#: Addresses are relative, like those of Streamlit's own scripts: the dashboard may be in any folder of its server.
FILM_JS: Final = """
const calm = matchMedia("(prefers-reduced-motion: reduce)");
function show(video, { film, still, alt }) {
  const at = (path) => new URL(path, document.baseURI).href;
  if (video.dataset.film === film) return;
  video.dataset.film = film;
  video.muted = true; // the attribute alone is not enough where the element was made by a script
  video.poster = at(still);
  video.setAttribute("aria-label", alt);
  const play = () => {
    if (calm.matches) {
      video.removeAttribute("src");
      video.load();
    } else {
      video.src = at(film);
      video.play().catch(() => {}); // refused, as in a tab in the background: autoplay begins it later
    }
  };
  calm.addEventListener("change", play);
  play();
}
"""

_HTML = '<video role="img" autoplay loop muted playsinline disablepictureinpicture></video>'

_CSS = """
video { display: block; width: 100%; aspect-ratio: var(--ratio); object-fit: cover; background: #d8d5ce;
        border-radius: var(--st-base-radius); }
"""

_JS = (
    FILM_JS
    + """
export default function ({ data, parentElement }) {
  const video = parentElement.querySelector("video");
  video.style.setProperty("--ratio", data.ratio);
  video.setAttribute("aria-label", data.alt);
  show(video, data);
}
"""
)

_component = st.components.v2.component("posedeck_film", html=_HTML, css=_CSS, js=_JS)


def film(film_path: str, still_path: str, alt: str, *, ratio: float, key: str) -> None:
    """Show a film as wide as its container.

    Parameters
    ----------
    film_path, still_path : str
        Addresses of an MP4 and of a JPEG file, relative to the dashboard's.
    alt : str
        What it shows, for people who cannot see it.
    ratio : float
        Width by height.
    key : str
        Streamlit key.
    """
    _component(key=key, data={"film": film_path, "still": still_path, "alt": alt, "ratio": ratio})
