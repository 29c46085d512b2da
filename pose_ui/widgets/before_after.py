"""Before and after in one picture, with a divider that moves by mouse, finger or arrow keys."""

from __future__ import annotations

import base64

import streamlit as st

from pose_ui.texts import Translator

__all__ = ["compare"]

_HTML = """
<div class="compare" hidden>
  <img class="after" />
  <img class="before" aria-hidden="true" alt="" />
  <span class="tag left"></span><span class="tag right"></span>
  <div class="divider"><span class="grip" aria-hidden="true">&#8596;</span></div>
  <input type="range" min="0" max="100" step="1" />
</div>
"""

_CSS = """
.compare { position: relative; display: inline-block; max-width: 100%; line-height: 0; --at: 0%;
           border-radius: var(--st-base-radius); overflow: hidden; }
.compare[hidden] { display: none; }
img { display: block; max-width: 100%; max-height: min(70vh, 680px); width: auto; height: auto; }
.before { position: absolute; inset: 0; width: 100%; height: 100%;
          clip-path: inset(0 calc(100% - var(--at)) 0 0); }
.divider { position: absolute; top: 0; bottom: 0; left: clamp(2px, var(--at), calc(100% - 2px)); width: 0;
           border-left: 2px solid #fff; filter: drop-shadow(0 0 2px rgba(0, 0, 0, .7)); pointer-events: none; }
.grip { position: absolute; top: 50%; left: clamp(calc(-1 * var(--at-px, 0px)), -17px, 0px);
        width: 32px; height: 32px; margin-top: -16px; display: grid; place-items: center; border-radius: 50%;
        background: #fff; color: #1a1d21; font: 700 17px/1 sans-serif; }
input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize;
        touch-action: pan-y; }
.compare:focus-within .grip { outline: 3px solid var(--st-primary-color); }
.tag { position: absolute; bottom: 10px; padding: 5px 10px; border-radius: 99px; font: 500 12px/1.2 var(--st-font);
       background: rgba(20, 23, 28, .72); color: #fff; pointer-events: none; }
.tag.left { left: 10px; } .tag.right { right: 10px; }
"""

_JS = """
export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".compare");
  const [after, before] = [box.querySelector(".after"), box.querySelector(".before")];
  const [left, right] = [box.querySelector(".tag.left"), box.querySelector(".tag.right")];
  const slider = box.querySelector("input");
  const move = () => {
    const at = Number(slider.value);
    box.style.setProperty("--at", at + "%");
    box.style.setProperty("--at-px", (box.clientWidth * at) / 100 + "px");
    left.hidden = at < 12;
    right.hidden = at > 88;
    left.style.display = left.hidden ? "none" : "";
    right.style.display = right.hidden ? "none" : "";
  };
  after.src = data.after;
  after.alt = data.alt;
  before.src = data.before;
  left.textContent = data.labels[0];
  right.textContent = data.labels[1];
  slider.setAttribute("aria-label", data.labels[2]);
  if (!slider.dataset.ready) {
    slider.value = 0;
    slider.dataset.ready = "1";
  }
  slider.oninput = move;
  after.onload = move;
  box.hidden = false;
  move();
}
"""

_component = st.components.v2.component("posedeck_compare", html=_HTML, css=_CSS, js=_JS)


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def compare(before_jpeg: bytes, after_jpeg: bytes, alt: str, t: Translator, *, key: str) -> None:
    """Show two pictures of the same size on top of each other; at first all of the second one is visible.

    Parameters
    ----------
    before_jpeg, after_jpeg : bytes
        JPEG files.
    alt : str
        What the second picture shows, for people who cannot see it.
    t : Translator
    key : str
        Streamlit key.
    """
    _component(
        key=key,
        data={
            "before": _data_uri(before_jpeg),
            "after": _data_uri(after_jpeg),
            "alt": alt,
            "labels": [t("compare.before"), t("compare.after"), t("compare.slider")],
        },
    )
