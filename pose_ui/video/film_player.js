// A film with its people drawn over it, and their curves beside it, on one clock: that of the frame on show.
// Page side: pose_ui/video/player.py. The people: pose_core/export/film_message.py.

import { LIMB_ANGLES, PoseCanvas } from "./pose_canvas.js";
import { Charts } from "./film_charts.js";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2];
const TELL_MS = 250;
const LANDMARKS = 33;
const STEPS = 0xfffe;
const ALIGN = 8;
const ANGLES_DRAWN = Object.keys(LIMB_ANGLES);

export function readFilm(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const { frames, rows, angles } = header;
  let at = 4 + length;
  const take = (Kind, count) => {
    const array = new Kind(buffer, at, count);
    at += Math.ceil((count * Kind.BYTES_PER_ELEMENT) / ALIGN) * ALIGN;
    return array;
  };
  const film = {
    ...header,
    timeS: take(Float64Array, frames),
    frame: take(Uint32Array, rows),
    person: take(Uint16Array, rows),
    xy: take(Uint16Array, 2 * rows * LANDMARKS * 2),
    visibility: take(Uint8Array, rows * LANDMARKS),
    deg: take(Float32Array, rows * angles.length),
    speed: take(Float32Array, rows),
    start: new Uint32Array(frames + 1),
  };
  for (let i = 0, row = 0; i <= frames; i += 1) {
    while (row < rows && film.frame[row] < i) row += 1;
    film.start[i] = row;
  }
  film.order = ANGLES_DRAWN.map((name) => angles.indexOf(name));
  return film;
}

// Those of a frame, as pose_canvas.js takes them.
function peopleOf(film, frame, smoothed) {
  const people = [];
  for (let row = film.start[frame]; row < film.start[frame + 1]; row += 1) {
    const points = new Float32Array(2 * LANDMARKS);
    const first = ((smoothed ? 0 : film.rows) + row) * 2 * LANDMARKS;
    for (let i = 0; i < points.length; i += 1) {
      const whole = film.xy[first + i];
      points[i] = whole > STEPS ? NaN : (whole / STEPS) * 3 - 1;
    }
    const visibility = Float32Array.from(film.visibility.subarray(row * LANDMARKS, (row + 1) * LANDMARKS), (v) => v / 254);
    const angles = film.order.map((place) => film.deg[row * film.angles.length + place]);
    people.push({ number: film.person[row], points, visibility, angles });
  }
  return people;
}

export function clockText(seconds) {
  const whole = Math.max(0, seconds);
  return `${Math.floor(whole / 60)}:${(whole % 60).toFixed(2).padStart(5, "0")}`;
}

const ICONS = {
  back: "M7 5h2v14H7zM19 5v14l-9-7z",
  forward: "M15 5h2v14h-2zM5 5v14l9-7z",
  play: "M7 4v16l13-8z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z",
  mark: "M6 3h2v18H6zM9 4h10l-3 4 3 4H9z",
};
const icon = (name) => `<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

const make = (tag, attributes = {}, ...inside) => {
  const element = document.createElement(tag);
  const { text, ...others } = attributes;
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(others)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
};

class Player {
  constructor(root) {
    this.root = root;
    this.frame = 0;
    this.range = null; // [first frame, last frame] of the loop
    this.look = { sides: false, names: false, angles: true, smoothed: true, skeletonOnly: false, others: true };
    this.film = null;
    this.silent = false; // whether there is no picture, only people on their own clock
    this.build();
    root.player = this; // for tests and measurements
  }

  build() {
    this.video = make("video", { playsinline: "", preload: "auto", disablepictureinpicture: "" });
    const canvas = make("canvas");
    this.stage = make("div", { class: "stage", role: "group", tabindex: "0" }, this.video, canvas);
    this.canvas = new PoseCanvas(canvas);
    this.buttons = {};
    const button = (name, text, act) => {
      const made = (this.buttons[name] = make("button", { type: "button", text }));
      if (ICONS[name]) made.innerHTML = icon(name);
      made.onclick = act;
      return made;
    };
    this.speed = make("select");
    for (const speed of SPEEDS) this.speed.append(make("option", { value: speed, text: `${speed}×` }));
    this.speed.value = "1";
    this.speed.onchange = () => (this.video.playbackRate = Number(this.speed.value));
    this.clock = make("output", { class: "clock" });
    this.controls = make(
      "div", { class: "controls" },
      button("back", "", () => this.step(-1)),
      button("play", "", () => this.toggle()),
      button("forward", "", () => this.step(1)),
      this.clock, this.speed,
      make(
        "span", { class: "named" },
        (this.loopName = make("span")),
        button("a", "A", () => this.mark(0)),
        button("b", "B", () => this.mark(1)),
        button("clear", "✕", () => this.setRange(null)),
      ),
      button("mark", "", () => this.markMoment()),
    );
    this.markName = make("span");
    this.buttons.mark.append(this.markName);
    this.buttons.mark.classList.add("said");
    this.buttons.clear.hidden = true;
    this.switches = make("div", { class: "switches" });
    this.charts = new Charts(this);
    const left = make("div", { class: "left" }, this.stage, this.controls, this.switches);
    this.root.replaceChildren(left, this.charts.root);
    this.root.onkeydown = (event) => this.key(event);
    this.stage.onclick = () => this.toggle();
    this.video.onerror = () => this.video.getAttribute("src") && this.withoutPicture();
    this.video.onplay = this.video.onpause = () => this.playing();
    this.video.onloadeddata = () => {
      this.loaded = true;
      if (this.film) this.seek(this.frame); // perhaps chosen before there was a picture
    };
    this.video.onseeked = () => this.video.requestVideoFrameCallback || this.fromPicture(this.video.currentTime);
    this.watch();
    this.observer = new ResizeObserver(() => this.draw(true));
    this.observer.observe(this.root);
  }

  update(data, setState, setTrigger) {
    this.data = data;
    this.setState = setState;
    this.setTrigger = setTrigger;
    const { texts } = data;
    this.stage.setAttribute("aria-label", texts.player);
    for (const [name, button] of Object.entries(this.buttons)) {
      button.title = texts[name];
      button.setAttribute("aria-label", texts[name]);
    }
    this.loopName.textContent = texts.loop;
    this.markName.textContent = texts.mark_short;
    this.speed.setAttribute("aria-label", texts.speed_choice);
    this.stage.style.aspectRatio = data.size.join(" / ");
    this.stage.style.maxWidth = `calc(58vh * ${data.size[0] / data.size[1]})`;
    this.video.classList.toggle("mirrored", data.mirrored);
    if (data.job !== this.job) {
      this.job = data.job;
      this.silent = false;
      this.loaded = false;
      this.frame = 0;
      this.range = null;
      this.buttons.clear.hidden = true;
      this.people = null;
      this.video.src = new URL(data.film, document.baseURI).href;
    }
    if (data.people !== this.people) {
      this.people = data.people;
      this.load(data.people);
    }
    this.showSwitches();
    this.charts.update();
    this.seekAsked();
    this.draw(true);
  }

  async load(people) {
    const answer = await fetch(new URL(people, document.baseURI));
    if (!answer.ok || people !== this.people) return;
    this.film = readFilm(await answer.arrayBuffer());
    const { factor, offset } = this.data.clock;
    this.shownS = Float64Array.from(this.film.timeS, (t) => t * factor + offset); // on the picture's clock
    if (!this.film.people.includes(this.person)) this.person = this.film.people[0];
    this.charts.load();
    this.showSwitches();
    this.show(Math.min(this.frame, this.last));
    this.seekAsked();
    if (this.frame === 0 && !this.silent) this.seek(0);
    if (this.data.plays && this.played !== this.job && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.played = this.job;
      this.play();
    }
  }

  seekAsked() {
    const { seek } = this.data;
    if (!seek || !this.film || this.sought === seek.id) return;
    this.sought = seek.id;
    if (this.film.people.includes(seek.person)) this.choose(seek.person);
    this.jump(seek.frame);
  }

  get last() {
    return Math.max(0, this.film.frames - 1);
  }

  // The newest frame that begins at or before a time of the picture's clock.
  frameAt(shownS) {
    let [low, high] = [0, this.last];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.shownS[middle] <= shownS + 1e-4) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // ---------------------------------------------------------------- the clock
  watch() {
    const { video } = this;
    if (video.requestVideoFrameCallback) {
      const next = (now, { mediaTime }) => {
        this.fromPicture(mediaTime);
        if (!this.ended) video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    } else {
      video.ontimeupdate = () => this.fromPicture(video.currentTime);
    }
  }

  fromPicture(shownS) {
    if (!this.film || this.silent) return;
    this.shownMediaS = shownS;
    if (this.video.seeking || !this.loaded) return; // a picture of an earlier step: the frame that was asked for last counts
    const frame = this.frameAt(shownS);
    this.show(frame);
    if (this.video.paused) return;
    if (this.range && frame >= this.range[1]) this.seek(this.range[0]);
    else if (frame >= this.last && this.shownS[this.last] < this.video.duration - 0.5) this.video.pause();
  }

  withoutPicture() {
    this.silent = true;
    this.draw();
  }

  get isPlaying() {
    return this.silent ? Boolean(this.timer) : !this.video.paused;
  }

  toggle() {
    if (!this.film) return;
    if (this.isPlaying) this.pause();
    else this.play();
  }

  pause() {
    this.video.pause();
    cancelAnimationFrame(this.timer);
    this.timer = 0;
    this.playing();
  }

  play() {
    const end = this.range ? this.range[1] : this.last;
    if (this.frame >= end) this.seek(this.range ? this.range[0] : 0);
    if (!this.silent) {
      this.video.playbackRate = Number(this.speed.value);
      this.video.play().catch(() => {});
      return;
    }
    let [lastMs, atS] = [performance.now(), this.shownS[this.frame]];
    const next = (nowMs) => {
      atS += ((nowMs - lastMs) / 1000) * Number(this.speed.value);
      lastMs = nowMs;
      if (atS >= this.shownS[end] && !this.range) {
        this.show(end);
        this.pause();
        return;
      }
      if (atS >= this.shownS[end]) atS = this.shownS[this.range[0]];
      this.show(this.frameAt(atS));
      this.timer = requestAnimationFrame(next);
    };
    this.timer = requestAnimationFrame(next);
    this.playing();
  }

  playing() {
    this.buttons.play.innerHTML = icon(this.isPlaying ? "pause" : "play");
    if (!this.isPlaying) this.tell();
  }

  // Into the middle of a frame's time, where no rounding shows its neighbour.
  seek(frame) {
    frame = Math.min(Math.max(frame, 0), this.last);
    const next = frame < this.last ? this.shownS[frame + 1] : this.shownS[frame] + 0.02;
    if (!this.silent) this.video.currentTime = this.shownS[frame] + Math.min((next - this.shownS[frame]) / 2, 0.01);
    this.show(frame);
  }

  // To a frame that somebody asked for, and stay there.
  jump(frame) {
    this.pause();
    this.seek(frame);
  }

  step(frames) {
    if (this.film) this.jump(this.frame + frames);
  }

  mark(end) {
    if (!this.film) return;
    const range = [...(this.range ?? [0, this.last])];
    range[end] = this.frame;
    this.setRange(range[0] < range[1] ? range : end ? [0, this.frame] : [this.frame, this.last]);
  }

  markMoment() {
    if (!this.film) return;
    this.pause();
    this.setTrigger("mark", { job: this.job, frame: this.frame });
  }

  setRange(range) {
    this.range = range;
    this.buttons.clear.hidden = !range;
    this.charts.move();
    this.tell();
  }

  key(event) {
    if (!this.film || event.ctrlKey || event.metaKey || event.altKey) return;
    const inside = event.composedPath()[0];
    if (event.key === " " && /^(BUTTON|SELECT|INPUT)$/.test(inside.tagName)) return;
    if (inside.tagName === "SELECT") return;
    const second = () => {
      const way = event.key === "ArrowLeft" ? -1 : 1;
      this.pause();
      this.seek(this.frameAt(this.shownS[this.frame] + way * this.data.clock.factor));
    };
    const acts = {
      " ": () => this.toggle(),
      ArrowLeft: () => (event.shiftKey ? second() : this.step(-1)),
      ArrowRight: () => (event.shiftKey ? second() : this.step(1)),
      Home: () => this.step(-this.frame),
      End: () => this.step(this.last),
      a: () => this.mark(0),
      b: () => this.mark(1),
      m: () => this.markMoment(),
      Escape: () => this.setRange(null),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  // ---------------------------------------------------------------- what is shown
  show(frame) {
    this.frame = frame;
    this.draw();
    this.charts.move();
    this.clock.textContent = `${clockText(this.film.timeS[frame])} · ${frame + 1}/${this.film.frames}`;
    if (!this.isPlaying) this.tell();
  }

  draw(charts = false) {
    if (!this.film) return;
    const { look } = this;
    let people = peopleOf(this.film, this.frame, look.smoothed);
    if (!look.others) people = people.filter(({ number }) => number === this.person);
    const options = {
      style: look.sides ? "sides" : "classic",
      letters: true,
      names: look.names ? this.data.labels : null,
      angles: look.angles ? this.charts.angles() : null,
      visibilityLimit: this.data.visibilityLimit,
    };
    this.canvas.show({ people, options, ground: look.skeletonOnly || this.silent });
    if (charts) this.charts.draw();
  }

  showSwitches() {
    const { texts } = this.data;
    const names = ["sides", "names", "angles", "smoothed", "skeletonOnly"];
    if ((this.film?.people.length ?? 0) > 1) names.push("others");
    const chips = names.map((name) => {
      const chip = make("button", { type: "button", "aria-pressed": this.look[name], text: texts[name] });
      chip.dataset.name = name;
      chip.onclick = () => {
        this.look[name] = !this.look[name];
        this.showSwitches();
        this.draw();
        this.switches.querySelector(`[data-name="${name}"]`).focus();
      };
      return chip;
    });
    this.switches.replaceChildren(...chips);
  }

  choose(person) {
    this.person = person;
    this.charts.update();
    this.draw(true);
    this.tell();
  }

  // The page learns where the film stands once it rests.
  tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      if (this.isPlaying || !this.film) return;
      const at = { job: this.job, frame: this.frame, range: this.range, person: this.person ?? null };
      const text = JSON.stringify(at);
      if (text === this.told) return;
      this.told = text;
      this.setState("at", at);
    }, TELL_MS);
  }

  end() {
    this.ended = true;
    clearTimeout(this.telling);
    this.pause();
    clearTimeout(this.telling);
    this.video.removeAttribute("src");
    this.video.load();
    this.canvas.end();
    this.observer.disconnect();
  }
}

export const mount = (parent) => new Player(parent.querySelector(".posedeck-film"));
export const unmount = (view) => view.end();
