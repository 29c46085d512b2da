"""A Plotly chart that is redrawn in place several times a second, without flicker, and keeps a turned 3-D view.

`st.plotly_chart` cannot do this: in Streamlit 1.67 the whole figure is part of the element's identity, even with a key,
so each new figure is a new element on the page.
"""

from __future__ import annotations

import base64
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pose_ui.shell.plotly_route import PLOTLY_PATH

__all__ = ["live_chart"]

#: Millimetres and milliseconds: finer than any screen shows, and half the length of a full float.
_DIGITS: Final = 3
#: Plotly draws 3-D at twice the screen's resolution: four times the pixels, which without a graphics card takes longer
#: than the time between two pictures of the video next to it.
_TURNABLE: Final = {"displayModeBar": False, "plotGlPixelRatio": 1}
_PLOTLY_HEIGHT_PX: Final = 450  # Plotly's own, for a figure that names none
#: What is needed of Plotly's own 7 kB template: room for the axis labels unless an axis says otherwise.
_TEMPLATE: Final = {"layout": {axis: {"automargin": True} for axis in ("xaxis", "yaxis")}}

_HTML = '<div class="posedeck-live-chart" role="img"><div></div></div>'

_CSS = ".posedeck-live-chart { width: 100%; overflow: hidden; }"

# Streamlit calls the function at each run with new data, and the returned function when the element goes. If a newer
# call is already on its way, it does so at once, with the element still on the page; so state is kept per element, and
# nothing is cleaned up before the element has left the page.
#
# An element may also go and come back: when a fragment runs right after the whole page, Streamlit 1.67 drops what the
# page's run has put into it but not sent yet. So the plot is kept for a moment, and its successor takes it over.
_JS = """
const GAP_MS = 250; // at most four drawings a second, however often the page runs
const RETRY_MS = 10000;
const KEPT_MS = 1000; // longer than it takes Streamlit to bring an element back
const CLEAR = "rgba(0, 0, 0, 0)";
const charts = new WeakMap(); // by their element
const left = new Map(); // by key: plots whose element went a moment ago

// Plotly, once for all charts of the page; null if it did not load. The path is relative, like those of Streamlit's own
// scripts: the dashboard may be in any folder of its server.
function loadPlotly(path) {
  window.posedeckPlotly ??= new Promise((done) => {
    const script = document.createElement("script");
    const finish = () => {
      const loaded = script.dataset.failed ? null : (window.Plotly ?? null);
      if (!loaded) setTimeout(() => delete window.posedeckPlotly, RETRY_MS);
      done(loaded);
    };
    script.onload = finish;
    script.onerror = () => {
      script.dataset.failed = "1";
      finish();
    };
    script.src = new URL(path, document.baseURI).href;
    document.head.append(script);
  });
  return window.posedeckPlotly;
}

function schedule(chart) {
  if (chart.timer || chart.held || chart.gone) return;
  const wait = chart.drawnAt + GAP_MS - performance.now();
  chart.timer = setTimeout(() => draw(chart), Math.max(0, wait));
}

async function draw(chart) {
  const Plotly = await loadPlotly(chart.data.script);
  chart.timer = 0;
  const width = chart.box.clientWidth;
  if (!Plotly || !width || chart.held || chart.gone) return;
  const style = getComputedStyle(chart.box);
  // A copy: Plotly writes into what it is given, and redrawing after a change of width starts from the original.
  const { data, layout } = structuredClone(chart.data.figure);
  const font = {
    ...layout.font,
    color: style.getPropertyValue("--st-text-color").trim(),
    family: style.getPropertyValue("--st-font").trim(),
  };
  Object.assign(layout, { width, height: chart.data.height, paper_bgcolor: CLEAR, plot_bgcolor: CLEAR, font });
  // Not transparent: WebGL would draw half-transparent lines on it too bright.
  if (layout.scene) layout.scene.bgcolor = style.getPropertyValue("--st-background-color").trim();
  chart.plotly = Plotly;
  chart.drawnAt = performance.now();
  await Plotly.react(chart.plot, data, layout, chart.data.config);
}

function mount(box, key) {
  if (left.has(key)) {
    box.firstElementChild.replaceWith(left.get(key));
    left.delete(key);
  }
  const listeners = new AbortController();
  const chart = { box, plot: box.firstElementChild, listeners, timer: 0, drawnAt: -GAP_MS, width: 0 };
  const { signal } = listeners;
  const hold = () => (chart.held = true);
  const release = ({ buttons }) => {
    if (!chart.held || buttons) return;
    chart.held = false;
    schedule(chart);
  };
  // Plotly learns of a turned view only when the button is released: drawing before that would turn it back.
  box.addEventListener("pointerdown", hold, { capture: true, signal });
  // A button may also be released outside the page, which then learns of it from the next movement.
  for (const event of ["pointerup", "pointercancel", "pointermove"]) {
    window.addEventListener(event, release, { capture: true, signal });
  }
  chart.resize = new ResizeObserver(() => {
    if (box.clientWidth === chart.width) return;
    chart.width = box.clientWidth;
    schedule(chart);
  });
  chart.resize.observe(box);
  return chart;
}

function unmount(chart, key) {
  const { plot, plotly } = chart;
  chart.gone = true;
  clearTimeout(chart.timer);
  chart.resize.disconnect();
  chart.listeners.abort();
  left.set(key, plot);
  setTimeout(() => {
    if (plot.isConnected) return; // taken over
    if (left.get(key) === plot) left.delete(key);
    plotly?.purge(plot);
  }, KEPT_MS);
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".posedeck-live-chart");
  let chart = charts.get(box);
  if (!chart) {
    chart = mount(box, data.key);
    charts.set(box, chart);
  }
  chart.data = data;
  box.style.height = data.height + "px"; // even before there is anything to see, so that nothing jumps
  box.setAttribute("aria-label", data.alt);
  schedule(chart);
  return () => {
    if (!box.isConnected) unmount(chart, data.key);
  };
}
"""

# In the page itself: Plotly puts its style sheet into the page's head, where it does not reach a shadow root.
_component = st.components.v2.component(
    "posedeck_live_chart", html=_HTML, css=_CSS, js=_JS, isolate_styles=False
)


def _numbers(values: np.ndarray[Any, Any]) -> list[Any]:
    """Rounded values, with None for what JSON cannot represent: NaN and infinity."""
    known: np.ndarray[Any, Any] = values
    if values.dtype.kind == "f":
        rounded = np.round(values.astype(float), _DIGITS)
        known = rounded.astype(object)
        known[~np.isfinite(rounded)] = None
    listed: list[Any] = known.tolist()
    return listed


def _compact(value: Any) -> Any:
    """Part of Plotly's JSON, with lists of rounded numbers instead of packed arrays, which keep all digits."""
    match value:
        case {"bdata": str(packed), "dtype": str(dtype)}:
            shape = [int(size) for size in str(value.get("shape", -1)).split(",")]
            return _numbers(np.frombuffer(base64.b64decode(packed), dtype).reshape(shape))
        case dict():
            return {name: _compact(part) for name, part in value.items()}
        case list() | tuple():
            return [_compact(part) for part in value]
        case np.ndarray():
            return _compact(value.tolist())
        case float() | np.floating():
            return round(float(value), _DIGITS) if np.isfinite(value) else None
        case np.generic():
            return value.item()
    return value


def live_chart(figure: go.Figure, *, alt: str, key: str, interactive: bool = False) -> None:
    """Show a figure, replacing the one shown under the same key before.

    Paper and plot are transparent, a 3-D scene has the page's background, text has the page's colour and font, and the
    chart is as wide as its column; the figure's template is left out. At most four figures a second are drawn, always
    the newest, and none while a mouse button or finger is down on the chart. The chart needs the route of
    `pose_ui.shell.plotly_route` and stays empty without it.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        At most a few thousand numbers, which are rounded to 3 decimals. ``layout.height``, in pixels, is the chart's
        height. While ``layout.uirevision`` stays the same, a view turned by the visitor stays turned.
    alt : str
        What the chart shows, for people who cannot see it.
    key : str
        Streamlit key.
    interactive : bool
        Whether a 3-D view can be turned; otherwise the chart is static.
    """
    parts = figure.to_plotly_json()
    layout: dict[str, Any] = parts["layout"] | {"template": _TEMPLATE}
    _component(
        key=key,
        data={
            "figure": _compact({"data": parts["data"], "layout": layout}),
            "config": _TURNABLE if interactive else {"staticPlot": True},
            "height": layout.get("height", _PLOTLY_HEIGHT_PX),
            "alt": alt,
            "script": PLOTLY_PATH,
            "key": key,
        },
    )
