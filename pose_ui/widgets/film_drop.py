"""Where a film is dropped or chosen; the browser sends it straight into the server's memory (`film_upload_route`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_core.media.films import MAX_FILM_MB, MAX_FILM_S
from pose_ui.shell.film_upload import FILM_PATH, NAME_HEADER
from pose_ui.shell.streamlit_bindings import this_session_id
from pose_ui.texts import Translator, catalogue

__all__ = ["film_drop", "refusal_sentence"]

_HTML: Final = """
<div class="drop">
  <label class="ask"><input type="file" accept="video/*,.mkv,.mov,.avi,.webm,.mp4">
    <strong></strong><span></span></label>
  <div class="way" hidden><span class="name"></span><progress max="1" value="0"></progress><span class="share"></span>
    <button type="button"></button></div>
</div>
"""

_CSS: Final = """
.drop { display: grid; min-height: var(--least, 300px);
        border: 2px dashed color-mix(in srgb, var(--st-text-color) 45%, transparent);
        border-radius: var(--st-base-radius); color: var(--st-text-color); font: 400 1rem/1.5 var(--st-font);
        background: var(--st-secondary-background-color); box-sizing: border-box; }
.drop.over { border-color: var(--st-primary-color); border-style: solid; }
.ask { display: grid; place-content: center; justify-items: center; text-align: center; gap: 4px; padding: 16px;
       cursor: pointer; }
.ask strong { font-weight: 600; font-size: 1.05rem; }
.ask span { font-size: 0.875rem; }
input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.ask:focus-within { outline: 3px solid var(--st-primary-color); outline-offset: 2px;
                    border-radius: var(--st-base-radius); }
.way { display: grid; align-content: center; gap: 8px; padding: 16px; justify-items: start; }
.way[hidden], .ask[hidden] { display: none; }
.name { overflow-wrap: anywhere; font-weight: 600; }
progress { width: 100%; height: 8px; accent-color: var(--st-primary-color); }
button { font: inherit; color: inherit; padding: 4px 12px; cursor: pointer; background: var(--st-background-color);
         border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
@media (max-width: 640px) { button { min-height: 44px; } }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
"""

# A request under way goes on when Streamlit calls again with new data, and while other pages are looked at: it belongs
# to the field, not to its elements. It ends with the film, or by Cancel; what it ended with waits for the field.
_JS: Final = """
const uploads = new Map();

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".drop");
  const state = uploads.get(data.field) ?? {};
  uploads.set(data.field, state);
  Object.assign(state, { data, setTriggerValue, box });
  const part = (selector) => state.box.querySelector(selector);
  box.style.setProperty("--least", data.least + "px");
  part(".ask strong").textContent = data.texts.drop;
  part(".ask span").textContent = data.texts.limits;
  part("progress").setAttribute("aria-label", data.texts.sending);
  part("button").textContent = data.texts.cancel;

  const show = () => {
    const { request, name, loaded, total, began } = state;
    part(".ask").hidden = Boolean(request);
    part(".way").hidden = !request;
    if (!request) return;
    const gone = performance.now() - began;
    const left = Math.ceil(((gone / 1000) * (total - loaded)) / Math.max(loaded, 1));
    const megabytes = (bytes) => (bytes / 1048576).toFixed(1);
    part(".name").textContent = name;
    part("progress").value = total ? loaded / total : 0;
    part(".share").textContent = !loaded ? "" : `${megabytes(loaded)} / ${megabytes(total)} MB`
      + (gone > 1500 ? " \\u00b7 " + state.data.texts.left.replace("#", left) : "");
  };
  const tell = (kind, value) => {
    if (state.box.isConnected) state.setTriggerValue(kind, value);
    else state.untold = [kind, value];
  };
  const rest = () => {
    state.request = null;
    part("input").value = "";
    show();
  };
  const send = (file) => {
    if (!file || state.request) return;
    if (file.size > state.data.limit) {
      tell("refusal", { code: "file_too_large", size: file.size });
      return;
    }
    const request = new XMLHttpRequest();
    Object.assign(state, { request, name: file.name, loaded: 0, total: file.size, began: performance.now() });
    request.upload.onprogress = ({ loaded, total }) => {
      Object.assign(state, { loaded, total });
      show();
    };
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* said below */ }
      rest();
      if (request.status === 201) tell("film", answer.film);
      else tell("refusal", { code: answer.code ?? "", values: answer.values ?? {} });
    };
    request.onerror = () => {
      rest();
      tell("refusal", { code: "" });
    };
    request.onabort = rest;
    request.open("PUT", new URL(state.data.path, document.baseURI));
    request.setRequestHeader(state.data.header, encodeURIComponent(file.name));
    show();
    request.send(file);
  };
  part("input").onchange = ({ target }) => send(target.files[0]);
  part("button").onclick = () => state.request?.abort();
  const over = (on) => (event) => {
    event.preventDefault();
    box.classList.toggle("over", on);
  };
  box.ondragover = over(true);
  box.ondragleave = over(false);
  box.ondrop = (event) => {
    over(false)(event);
    send(event.dataTransfer.files[0]);
  };
  show();
  if (state.untold) {
    const [kind, value] = state.untold;
    state.untold = null;
    setTriggerValue(kind, value);
  }
}
"""

_component = st.components.v2.component("posedeck_film_arrival", html=_HTML, css=_CSS, js=_JS)


def refusal_sentence(refusal: object, t: Translator) -> str:
    """What the page says about an upload that was refused. What a browser sends is not trusted to be well formed."""
    match refusal:
        case {"code": "file_too_large", "size": int(size)}:
            return t.error(
                PoseCoreError(
                    "file_too_large",
                    "Files must be at most {limit} MB; this one is {megabytes:.0f} MB. Save a smaller copy and try "
                    "that.",
                    limit=MAX_FILM_MB,
                    megabytes=size / 1024 / 1024,
                )
            )
        case {"code": str(code), "values": dict(values)} if f"film.refused_{code}" in catalogue():
            try:
                return t(f"film.refused_{code}", **{str(name): value for name, value in values.items()})
            except (KeyError, ValueError, IndexError, TypeError):
                pass
    return t("film.refused")


def film_drop(
    t: Translator, *, key: str, least_px: int = 300, on_film: Callable[[str], None] | None = None
) -> tuple[str, object]:
    """Show the field for a film.

    Parameters
    ----------
    t : Translator
    key : str
        Streamlit key.
    least_px : int
        How high it is.
    on_film : callable, optional
        Gets the id of a film that has arrived, before the page runs again, which may then show something else.

    Returns
    -------
    str
        Id of a film that has just arrived (`ops.films.FilmStudio.film`), else empty.
    object
        What the browser told about one that was refused, for `refusal_sentence`; None if there is nothing new.
    """
    data: dict[str, Any] = {
        "field": key,
        "path": FILM_PATH + this_session_id(),
        "header": NAME_HEADER,
        "limit": MAX_FILM_MB * 1024 * 1024,
        "least": least_px,
        "texts": {
            "drop": t("film.drop"),
            "limits": t("film.limits", megabytes=MAX_FILM_MB, minutes=round(MAX_FILM_S / 60)),
            "sending": t("film.sending"),
            "left": t("film.send_left"),
            "cancel": t("film.cancel"),
        },
    }

    def arrived() -> None:
        sent = getattr(st.session_state[key], "film", None)
        if on_film is not None and isinstance(sent, str):
            on_film(sent)

    sent = _component(key=key, data=data, on_film_change=arrived, on_refusal_change=lambda: None)
    return sent.film if isinstance(sent.film, str) else "", sent.refusal or None
