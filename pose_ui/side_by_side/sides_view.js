// Two settings' people over the same picture: under a divider, beside each other, or both at once; a film with its
// clock and the curve of how far apart they are. Page side: pose_ui/side_by_side/view.py. The people:
// pose_core/export/sides_message.py.

import { PoseCanvas } from "./pose_canvas.js";
import { decodePeople } from "./people_message.js";
import { Clock, clockText } from "./sides_clock.js";

const VIEWS = ["divider", "two", "both"];
// Okabe and Ito's green and purple: blue and orange are those of left and right.
const TINTS = ["#009E73", "#CC79A7"];
const CURVE_PX = 44;

export const make = (tag, attributes = {}, ...inside) => {
  const element = document.createElement(tag);
  const { text, ...others } = attributes;
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(others)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
};

export function readSides(buffer) {
  const view = new DataView(buffer);
  const frames = view.getUint32(0, true);
  let at = 4 + 8 * frames;
  const found = [];
  for (let i = 0; i < frames; i += 1) {
    const pair = [];
    for (let side = 0; side < 2; side += 1) {
      const length = view.getUint32(4 + 4 * (2 * i + side), true);
      pair.push(buffer.slice(at, at + length));
      at += length;
    }
    found.push(pair);
  }
  return found;
}

// A pane that may show both, with a line from each of A's joints to B's.
class Pane extends PoseCanvas {
  draw() {
    super.draw();
    if (!this.scene?.pairs) return;
    const { ctx } = this;
    const { width, height } = this.canvas;
    ctx.strokeStyle = "#FFFFFF";
    ctx.lineWidth = Math.max(1, width / 600);
    ctx.beginPath();
    for (const [a, b] of this.scene.pairs) {
      for (let i = 0; i < a.length; i += 2) {
        ctx.moveTo(a[i] * width, a[i + 1] * height);
        ctx.lineTo(b[i] * width, b[i + 1] * height);
      }
    }
    ctx.stroke();
  }
}

class SidesView {
  constructor(root) {
    this.root = root;
    this.frame = 0;
    this.view = "divider";
    this.sided = false;
    this.seen = null; // messages of each frame
    this.build();
    root.view = this; // for tests
  }

  build() {
    this.video = make("video", { playsinline: "", preload: "auto", disablepictureinpicture: "", "aria-hidden": "true" });
    this.video.muted = true;
    this.image = make("img", { alt: "", "aria-hidden": "true" });
    this.panes = [0, 1].map((side) => {
      const canvas = make("canvas");
      const tag = make("span", { class: `tag ${"ab"[side]}` });
      const pane = make("div", { class: `pane ${"ab"[side]}` }, canvas, tag);
      return { pane, tag, canvas: new Pane(canvas) };
    });
    this.slider = make("input", { type: "range", class: "divide", min: 0, max: 100, step: 1, value: 50 });
    this.slider.oninput = () => this.divide();
    this.line = make("div", { class: "line", "aria-hidden": "true" }, make("span", { class: "grip", text: "\u2194" }));
    this.stage = make(
      "div", { class: "stage", role: "img" },
      this.video, this.image, ...this.panes.map(({ pane }) => pane), this.line,
    );
    // Outside of what counts as one picture, so that screen readers reach it.
    this.frameBox = make("div", { class: "frame" }, this.stage, this.slider);
    this.clock = new Clock(this.video, () => this.draw(), () => this.showPlaying());
    this.play = this.button("play", () => this.clock.toggle());
    this.time = make("output", { class: "time" });
    this.seeker = make("input", { type: "range", class: "seek", min: 0, value: 0, step: 1 });
    this.seeker.oninput = () => this.clock.seek(Number(this.seeker.value));
    this.curve = make("canvas", { "aria-hidden": "true" });
    this.timeline = make("div", { class: "timeline" }, this.curve, this.seeker);
    this.back = this.button("back", () => this.clock.step(-1));
    this.forward = this.button("forward", () => this.clock.step(1));
    this.film = make("div", { class: "film" }, this.back, this.play, this.forward, this.time);
    this.chips = make("div", { class: "chips", role: "group" });
    this.root.replaceChildren(this.frameBox, this.timeline, make("div", { class: "row" }, this.film, this.chips));
    this.root.onkeydown = (event) => this.key(event);
    this.image.onload = () => this.draw();
    this.video.onloadeddata = () => this.draw();
    this.video.onerror = () => this.video.getAttribute("src") && this.clock.withoutPicture();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.root);
  }

  button(name, act) {
    const made = make("button", { type: "button", class: name });
    made.onclick = act;
    return made;
  }

  update(data) {
    this.data = data;
    const { texts, size } = data;
    this.stage.setAttribute("aria-label", data.alt);
    this.slider.setAttribute("aria-label", texts.divider);
    this.seeker.setAttribute("aria-label", texts.seek);
    this.chips.setAttribute("aria-label", texts.views);
    for (const name of ["back", "forward"]) {
      this[name].textContent = name === "back" ? "\u25C1" : "\u25B7";
      this[name].setAttribute("aria-label", texts[name]);
      this[name].title = texts[name];
    }
    this.panes.forEach(({ tag }, side) => {
      tag.textContent = data.names[side];
    });
    this.root.style.setProperty("--ratio", size[0] / size[1]);
    this.root.classList.toggle("tall", size[1] > size[0]);
    const isFilm = data.kind === "film";
    this.film.hidden = this.timeline.hidden = !isFilm;
    if (data.id !== this.id) this.begin(isFilm);
    if (!isFilm) this.showPicture();
    this.showChips();
    this.showPlaying();
    this.divide();
    this.seekAsked();
    this.draw();
  }

  // Another comparison.
  begin(isFilm) {
    this.id = this.data.id;
    this.seen = null;
    this.frame = 0;
    this.sought = this.data.seek?.id;
    if (!isFilm) {
      this.clock.end();
      return;
    }
    const { id } = this;
    const { film, people, times, offset } = this.data;
    this.seeker.max = times.length - 1;
    this.clock.begin(new URL(film, document.baseURI).href, times.map((time) => time + offset));
    fetch(new URL(people, document.baseURI))
      .then((answer) => (answer.ok ? answer.arrayBuffer() : null))
      .then((buffer) => {
        if (!buffer || id !== this.id) return;
        this.seen = readSides(buffer);
        this.draw();
      })
      .catch(() => {}); // the connection went: the picture stays without people
  }

  showPicture() {
    if (this.image.src !== this.data.picture) this.image.src = this.data.picture;
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
    this.seen = [this.data.people.map(bytes)];
  }

  seekAsked() {
    const { seek, kind } = this.data;
    if (!seek || kind !== "film" || this.sought === seek.id) return;
    this.sought = seek.id;
    this.clock.pause();
    this.clock.seek(seek.frame);
  }

  // ---------------------------------------------------------------- what is shown
  divide() {
    const at = Number(this.slider.value);
    this.root.style.setProperty("--at", `${at}%`);
    const divided = this.view === "divider";
    this.panes[0].tag.hidden = divided && at < 12;
    this.panes[1].tag.hidden = divided && at > 88;
  }

  draw() {
    if (!this.data) return;
    const isFilm = this.data.kind === "film";
    this.frame = isFilm ? this.clock.frame : 0;
    const found = this.seen?.[this.frame]?.map((message) => decodePeople(message)?.people ?? []) ?? [[], []];
    const tinted = found.map((people, side) => people.map((person) => ({ ...person, tint: TINTS[side] })));
    const options = { style: this.sided ? "sides" : "classic", letters: this.sided, hidden: "faint", partial: true,
                      visibilityLimit: this.data.visibilityLimit };
    const source = isFilm ? this.video : this.image;
    const there = isFilm ? !this.clock.silent && this.video.readyState >= 2 : this.image.complete;
    const scene = { options, picture: there ? source : null, ground: isFilm && this.clock.silent };
    const both = this.view === "both";
    if (both) options.weight = 0.6;
    this.panes.forEach(({ canvas }, side) => {
      const people = both ? tinted.flat() : (this.sided ? found : tinted)[side];
      canvas.show({ ...scene, people, pairs: both ? this.pairs(found) : null });
    });
    if (isFilm) this.drawTime();
  }

  pairs([a, b]) {
    const partners = this.data.partners?.[this.frame] ?? [];
    return partners.map(([i, j]) => [a[i]?.points, b[j]?.points]).filter(([one, other]) => one && other);
  }

  drawTime() {
    const { frame } = this;
    const { times, apart } = this.data;
    this.seeker.value = frame;
    const here = apart[frame];
    const text = here === null ? this.data.texts.nobody : `${(100 * here).toFixed(1)} %`;
    this.time.textContent = `${clockText(times[frame] ?? 0)} \u00b7 ${frame + 1}/${times.length} \u00b7 ${text}`;
    this.seeker.setAttribute("aria-valuetext", this.time.textContent);
    this.drawCurve(times, apart, frame);
  }

  drawCurve(times, apart, frame) {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.curve.clientWidth, CURVE_PX].map((side) => Math.round(side * ratio));
    if (!width) return;
    Object.assign(this.curve, { width, height });
    const ctx = this.curve.getContext("2d");
    const style = getComputedStyle(this.root);
    const most = Math.max(...apart.map((one) => one ?? 0), 1e-9);
    const x = (i) => (width * i) / Math.max(1, times.length - 1);
    const y = (one) => height - 2 - (one / most) * (height - 6);
    ctx.fillStyle = style.getPropertyValue("--st-text-color");
    ctx.globalAlpha = 0.45;
    ctx.beginPath();
    ctx.moveTo(0, height);
    apart.forEach((one, i) => ctx.lineTo(x(i), one === null ? height : y(one)));
    ctx.lineTo(width, height);
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.fillStyle = style.getPropertyValue("--st-primary-color");
    ctx.fillRect(x(frame) - ratio, 0, 2 * ratio, height);
  }

  showPlaying() {
    const { playing } = this.clock;
    this.play.textContent = playing ? "\u275A\u275A" : "\u25B6";
    const text = this.data?.texts[playing ? "pause" : "play"] ?? "";
    this.play.setAttribute("aria-label", text);
    this.play.title = text;
  }

  showChips() {
    const chip = (name, pressed, act) => {
      const made = make("button", { type: "button", "aria-pressed": pressed, text: this.data.texts[name] });
      made.dataset.name = name;
      made.onclick = () => {
        act();
        this.root.className = `posedeck-sides ${this.view}${this.root.classList.contains("tall") ? " tall" : ""}`;
        this.showChips();
        this.divide();
        this.draw();
        this.chips.querySelector(`[data-name="${name}"]`).focus();
      };
      return made;
    };
    this.root.classList.add(this.view);
    this.slider.hidden = this.line.hidden = this.view !== "divider";
    this.chips.replaceChildren(
      ...VIEWS.map((name) => chip(name, this.view === name, () => (this.view = name))),
      chip("sided", this.sided, () => (this.sided = !this.sided)),
    );
  }

  key(event) {
    if (this.data?.kind !== "film" || event.ctrlKey || event.metaKey || event.altKey) return;
    const inside = event.composedPath()[0];
    const acts = { " ": () => this.clock.toggle() };
    if (inside.tagName !== "INPUT") {
      acts.ArrowLeft = () => this.clock.step(-1);
      acts.ArrowRight = () => this.clock.step(1);
    }
    if (event.key === " " && inside.tagName === "BUTTON") return;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  end() {
    this.clock.end();
    this.observer.disconnect();
    this.panes.forEach(({ canvas }) => canvas.end());
  }
}

export const mount = (parent) => new SidesView(parent.querySelector(".posedeck-sides"));
export const unmount = (view) => view.end();
