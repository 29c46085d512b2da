"""A picture that fits the window, with the original under a divider and the angles at the pointer."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pose_ui.texts import Translator

__all__ = ["compare"]

_HTML = """
<div class="compare" hidden>
  <img class="after" />
  <img class="before" aria-hidden="true" alt="" />
  <svg aria-hidden="true"></svg>
  <span class="angle" aria-hidden="true"></span>
  <span class="tag left"></span><span class="tag right"></span>
  <div class="divider"><span class="grip" aria-hidden="true">&#8596;</span></div>
  <input type="range" min="0" max="100" step="1" />
</div>
"""

_CSS = """
.compare { position: relative; line-height: 0; --at: 0%; width: min(100%, var(--fit) * var(--ratio)); margin: 0;
           aspect-ratio: var(--ratio); border-radius: var(--st-base-radius); overflow: hidden; }
.compare[hidden], [hidden] { display: none !important; }
img, svg { display: block; position: absolute; inset: 0; width: 100%; height: 100%; }
svg { pointer-events: none; overflow: visible; }
.before { clip-path: inset(0 calc(100% - var(--at)) 0 0); }
.divider { position: absolute; top: 0; bottom: 0; left: clamp(2px, var(--at), calc(100% - 2px)); width: 0;
           border-left: 2px solid #fff; filter: drop-shadow(0 0 2px rgba(0, 0, 0, .7)); pointer-events: none; }
.grip { position: absolute; top: 50%; left: clamp(calc(-1 * var(--at-px, 0px)), -17px, 0px);
        width: 32px; height: 32px; margin-top: -16px; display: grid; place-items: center; border-radius: 50%;
        background: #fff; color: #1a1d21; font: 700 17px/1 sans-serif; }
input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize;
        touch-action: pan-y; }
.compare:focus-within .grip { outline: 3px solid var(--st-primary-color); }
.tag, .angle { position: absolute; padding: 5px 10px; border-radius: 99px; font: 500 12px/1.2 var(--st-font);
               background: rgba(20, 23, 28, .8); color: #fff; pointer-events: none; white-space: nowrap; }
.tag { bottom: 10px; } .tag.left { left: 10px; } .tag.right { right: 10px; }
.angle { font-size: 14px; }
"""

_JS = """
const NEAR_PX = 26;

function arc([first, at, last], radius) {
  const [start, end] = [first, last].map(([x, y]) => Math.atan2(y - at[1], x - at[0]));
  const turn = ((end - start + 3 * Math.PI) % (2 * Math.PI)) - Math.PI;
  const on = (way) => [at[0] + radius * Math.cos(way), at[1] + radius * Math.sin(way)].map((v) => v.toFixed(1));
  const arm = ([x, y]) => `M${at[0].toFixed(1)},${at[1].toFixed(1)}L${x.toFixed(1)},${y.toFixed(1)}`;
  const sweep = turn > 0 ? 1 : 0;
  const round = `A${radius},${radius} 0 0 ${sweep} ${on(end)}`;
  return { open: `M${at}L${on(start)}${round}Z`, lines: `${arm(first)}${arm(last)}M${on(start)}${round}` };
}

function show(box, joint) {
  const [svg, tip] = [box.querySelector("svg"), box.querySelector(".angle")];
  tip.hidden = !joint;
  if (!joint) return svg.replaceChildren();
  const size = [box.clientWidth, box.clientHeight];
  const points = joint.points.map(([x, y]) => [x * size[0], y * size[1]]);
  const limbs = [0, 2].map((i) => Math.hypot(points[i][0] - points[1][0], points[i][1] - points[1][1]));
  const shape = arc(points, Math.max(12, Math.min(48, 0.45 * Math.min(...limbs))));
  const path = (d, style) => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", "path");
    one.setAttribute("d", d);
    one.setAttribute("style", style);
    return one;
  };
  svg.replaceChildren(
    path(shape.open, `fill: ${joint.colour}; fill-opacity: .4`),
    path(shape.lines, "fill: none; stroke: #14171c; stroke-width: 6; stroke-linecap: round"),
    path(shape.lines, `fill: none; stroke: ${joint.colour}; stroke-width: 3; stroke-linecap: round`),
  );
  tip.textContent = joint.text;
  const [x, y] = points[1];
  const clamp = (value, most) => Math.max(4, Math.min(most - 4, value));
  tip.style.left = clamp(x + 18 + tip.offsetWidth > size[0] ? x - 18 - tip.offsetWidth : x + 18, size[0]) + "px";
  tip.style.top = clamp(y - 40 < 4 ? y + 18 : y - 40, size[1] - 28) + "px";
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".compare");
  const [after, before] = [box.querySelector(".after"), box.querySelector(".before")];
  const [left, right] = [box.querySelector(".tag.left"), box.querySelector(".tag.right")];
  const slider = box.querySelector("input");
  const move = () => {
    const at = data.before ? Number(slider.value) : 0;
    box.style.setProperty("--at", at + "%");
    box.style.setProperty("--at-px", (box.clientWidth * at) / 100 + "px");
    left.hidden = at < 12;
    right.hidden = !data.before || at > 88;
  };
  box.style.setProperty("--ratio", data.ratio);
  box.style.setProperty("--fit", data.fit);
  if (after.src !== data.after) after.src = data.after;
  after.alt = data.alt;
  before.hidden = slider.hidden = box.querySelector(".divider").hidden = !data.before;
  if (!data.before) before.removeAttribute("src");
  else if (before.src !== data.before) before.src = data.before;
  left.textContent = data.labels[0];
  right.textContent = data.labels[1];
  slider.setAttribute("aria-label", data.labels[2]);
  if (!slider.dataset.ready) {
    slider.value = 0;
    slider.dataset.ready = "1";
  }
  slider.oninput = move;
  after.onload = move;
  const point = (event) => {
    const place = box.getBoundingClientRect();
    const apart = (joint) => Math.hypot(
      joint.points[1][0] * place.width + place.left - event.clientX,
      joint.points[1][1] * place.height + place.top - event.clientY,
    );
    const nearest = data.joints.reduce((best, one) => (!best || apart(one) < apart(best) ? one : best), null);
    show(box, nearest && apart(nearest) < NEAR_PX ? nearest : null);
  };
  box.onpointermove = box.onpointerdown = point;
  box.onpointerleave = () => show(box, null);
  show(box, null);
  box.hidden = false;
  move();
}
"""

_component = st.components.v2.component("posedeck_compare", html=_HTML, css=_CSS, js=_JS)


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def compare(
    before_jpeg: bytes | None,
    after_jpeg: bytes,
    size_wh: tuple[int, int],
    alt: str,
    t: Translator,
    *,
    key: str,
    joints: Sequence[dict[str, Any]] = (),
    spare_px: int = 300,
) -> None:
    """Show a picture as large as column and window allow, over the one that a divider uncovers.

    At first all of the second one is visible. The divider moves by mouse, finger or arrow keys.

    Parameters
    ----------
    before_jpeg, after_jpeg : bytes
        JPEG files of the same shape; without the first there is no divider.
    size_wh : tuple of int
        Width and height of the picture, for its shape.
    alt : str
        What the second picture shows, for people who cannot see it.
    t : Translator
    key : str
        Streamlit key.
    joints : sequence of dict
        Angles to show while the pointer is near: ``points`` (three points x, y as shares of the picture, the joint in
        the middle), ``text``, ``colour``.
    spare_px : int
        How much of the window's height everything else in the first screen takes.
    """
    _component(
        key=key,
        data={
            "before": before_jpeg and _data_uri(before_jpeg),
            "after": _data_uri(after_jpeg),
            "alt": alt,
            "ratio": size_wh[0] / size_wh[1],
            "fit": f"max(260px, 100vh - {spare_px}px)",
            "joints": list(joints),
            "labels": [t("compare.before"), t("compare.after"), t("compare.slider")],
        },
    )
