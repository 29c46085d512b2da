// Fits the live picture into the window, and shows it full screen with two figures on it. Page side: presenter.py.

const FIGURES = 2; // on the picture
const KEPT = 8; // keys that may be on their way to the server at once
const state = (window.posedeckPresenter ??= { data: null, figures: [], keys: [], count: Date.now(), shown: null, watched: new WeakSet() });

const stage = () => document.querySelector(state.data.stage);
const presented = () => document.querySelector("[data-presenting]");
const typing = (element) => element?.matches?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable=true]");

// The video in streamlit-webrtc's frame, which is of this origin, or in the overlay's shadow.
function videoOf(element) {
  for (const frame of element.querySelectorAll("iframe")) {
    const video = frame.contentDocument?.querySelector("video");
    if (video) return video;
  }
  return null;
}

function fit() {
  const element = state.data && stage();
  if (!element) return;
  const video = videoOf(element);
  const shape = video?.videoWidth ? video.videoWidth / video.videoHeight : state.data.shape;
  document.documentElement.style.setProperty("--posedeck-shape", shape);
  if (video && !state.watched.has(video)) {
    state.watched.add(video);
    video.addEventListener("resize", fit);
  }
  if (!state.watched.has(element)) {
    state.watched.add(element);
    new ResizeObserver(fit).observe(element); // a frame comes, or gets its height once its video has begun
  }
}

function show() {
  const element = presented();
  if (!element) return;
  if (state.shown?.parentElement !== element) {
    state.shown?.remove();
    state.shown = document.createElement("div");
    state.shown.className = "posedeck-shown";
    state.shown.append(document.createElement("ul"), document.createElement("p"));
    state.shown.querySelector("p").textContent = state.data.hint;
    element.append(state.shown);
  }
  const figures = state.data.playing ? state.figures.slice(0, FIGURES) : [];
  const list = state.shown.querySelector("ul");
  while (list.children.length < figures.length) {
    const item = document.createElement("li");
    item.append(document.createElement("strong"), " ", document.createElement("span"));
    list.append(item);
  }
  while (list.children.length > figures.length) list.lastChild.remove();
  figures.forEach(([value, label, big], i) => {
    list.children[i].classList.toggle("posedeck-big", big === true);
    const [strong, span] = list.children[i].children;
    strong.textContent = value;
    span.textContent = label;
  });
}

function enter() {
  const element = stage();
  if (!element || presented()) return;
  element.dataset.presenting = "";
  element.tabIndex = -1;
  element.focus({ preventScroll: true }); // away from the button, which a space would press
  show();
  // Where the browser has no full screen for elements, the picture fills the window.
  element.requestFullscreen?.().catch(() => {});
  state.tell(true);
}

function leave() {
  const element = presented();
  if (!element) return;
  delete element.dataset.presenting;
  state.shown?.remove();
  state.shown = null;
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
  state.tell(false);
}

function onKey(event) {
  if (!state.data || !stage() || event.ctrlKey || event.metaKey || event.altKey || typing(event.composedPath()[0])) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const open = presented();
  if (key === "f") {
    if (open) leave();
    else enter();
  } else if (open && key === "Escape") leave();
  else if (open && state.data.keys.includes(key)) {
    // With numbers, and the last few again: a key that overtakes a run of the page would otherwise get lost or count twice.
    if (!event.repeat) state.press((state.keys = [...state.keys, [++state.count, key]].slice(-KEPT)));
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

if (!state.listening) {
  state.listening = true;
  window.addEventListener("keydown", onKey, true);
  window.addEventListener("click", (event) => event.target.closest?.(state.data?.button) && enter(), true);
  document.addEventListener("fullscreenchange", () => document.fullscreenElement || leave());
  window.addEventListener("posedeck-figures", ({ detail }) => {
    state.figures = detail;
    show();
  });
}

export default function ({ data, parentElement, setStateValue }) {
  state.data = data;
  if (!data.playing) state.figures = []; // of what has ended
  state.tell = (on) => setStateValue("presenting", on);
  state.press = (keys) => setStateValue("pressed", keys);
  const poster = data.poster ? `url("${new URL(data.poster, document.baseURI).href}")` : "none";
  document.documentElement.style.setProperty("--posedeck-poster", poster);
  fit();
  show();
  return () => {
    if (parentElement.isConnected) return;
    leave();
    state.data = null;
  };
}
