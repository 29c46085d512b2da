// The curves beside a film: drawn once, with a cursor that moves above them. A click seeks, a drag chooses a range.

import { drawFlips, drawMarks, markAt } from "./film_marks.js";
import { COLOURS } from "./pose_canvas.js";

const LEFT_PX = 36; // for the scale
const RIGHT_PX = 6;
const HEIGHT_PX = { joint: 84, speed: 60, visibility: 60 };
const GAP_PX = 22; // above each curve, for its name
const LANE_PX = 18;
const DRAG_PX = 5;
const GAP_FRAMES = 3; // a curve breaks where somebody is missing for longer
const LEFT_IN_THE_DARK = "#3A9BDC"; // the blue of the left on a dark page, as in pose_ui/shell/style.py
const DASHES = { left: [], right: [5, 3] };

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export class Charts {
  constructor(player) {
    this.player = player;
    this.chosen = ["knee", "elbow", "speed"];
    this.root = document.createElement("div");
    this.root.className = "right";
    this.root.innerHTML = '<div class="switches"></div><div class="plot" role="slider" tabindex="0" aria-valuemin="0" aria-valuemax="0" aria-valuenow="0"><canvas></canvas>'
      + '<div class="range"></div><div class="cursor"></div></div><div class="values" aria-hidden="true"></div>';
    [this.switches, this.plot, this.values] = this.root.children;
    [this.canvas, this.range, this.cursor] = this.plot.children;
    this.plot.onpointerdown = (event) => this.press(event);
  }

  get film() {
    return this.player.film;
  }

  // Names of the angles that the film shows as well.
  angles() {
    return this.chosen.filter((name) => this.player.data.joints[name]).flatMap((name) => [`left_${name}`, `right_${name}`]);
  }

  load() {
    this.update();
    this.draw();
  }

  update() {
    const { data, person } = this.player;
    const { texts, joints } = data;
    this.plot.setAttribute("aria-label", texts.timeline);
    const chip = (label, pressed, act, colour) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: label, onclick: act });
      button.setAttribute("aria-pressed", pressed);
      if (colour) button.style.borderInlineStart = `6px solid ${colour}`;
      return button;
    };
    const names = { ...joints, speed: texts.speed, visibility: texts.visibility };
    const chips = Object.entries(names).map(([name, label]) =>
      chip(label, this.chosen.includes(name), () => {
        const at = [...this.switches.children].findIndex((one) => one.textContent === label);
        const without = this.chosen.filter((other) => other !== name);
        const more = without.length === this.chosen.length ? [...this.chosen, name] : without;
        this.chosen = Object.keys(names).filter((one) => more.includes(one));
        this.update();
        this.player.draw(true);
        this.switches.children[at]?.focus();
      }),
    );
    const people = this.film?.people ?? [];
    if (people.length > 1) {
      for (const number of people) {
        const colour = COLOURS.people[(number - 1) % COLOURS.people.length];
        chips.push(chip(texts.person.replace("#", number), number === person, () => this.player.choose(number), colour));
      }
    }
    this.switches.replaceChildren(...chips);
  }

  // ---------------------------------------------------------------- drawing
  draw() {
    const { film } = this;
    if (!film || !this.plot.clientWidth) return;
    const events = this.player.data.events ?? [];
    const lanes = [...film.people.map((person) => ({ person })), ...(events.length ? [{ events }] : [])];
    const heights = this.chosen.map((name) => GAP_PX + (HEIGHT_PX[name] ?? HEIGHT_PX.joint));
    const marks = this.player.data.marks ?? [];
    const markRow = marks.length ? LANE_PX : 0;
    const height = heights.reduce((sum, one) => sum + one, 0) + GAP_PX + lanes.length * LANE_PX + markRow + 20;
    this.plot.style.height = `${height}px`;
    const ratio = window.devicePixelRatio || 1;
    const width = this.plot.clientWidth;
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(this.plot);
    this.ink = style.color;
    this.sides = style.colorScheme === "dark" ? { ...COLOURS.sides, left: LEFT_IN_THE_DARK } : COLOURS.sides;
    this.font = `12px ${style.fontFamily}`;
    this.width = width;
    let top = 0;
    this.chosen.forEach((name, k) => {
      this.curve(ctx, name, top + GAP_PX, heights[k] - GAP_PX);
      top += heights[k];
    });
    this.lanes(ctx, lanes, top + GAP_PX);
    this.markTop = marks.length ? height - 20 - markRow : Infinity;
    drawMarks(this, ctx, marks, GAP_PX);
    this.axis(ctx, height - 6);
    this.move();
  }

  x(frame) {
    const { timeS } = this.film;
    const [first, last] = [timeS[0] ?? 0, timeS[this.player.last] ?? 1];
    return LEFT_PX + ((timeS[frame] - first) / Math.max(last - first, 1e-6)) * (this.width - LEFT_PX - RIGHT_PX);
  }

  series(name) {
    const { film } = this;
    const { person, data } = this.player;
    const row = (pick) => {
      const points = [];
      for (let i = 0; i < film.rows; i += 1) if (film.person[i] === person) points.push([film.frame[i], pick(i)]);
      return points;
    };
    if (name === "speed") return { middle: row((i) => film.speed[i]) };
    if (name === "visibility") {
      return { middle: row((i) => {
        let sum = 0;
        for (let k = 11; k < 33; k += 1) sum += film.visibility[i * 33 + k];
        return (100 * sum) / 22 / 254;
      }) };
    }
    const count = film.angles.length;
    const side = (which) => {
      const place = film.angles.indexOf(`${which}_${name}`);
      return row((i) => film.deg[i * count + place]);
    };
    return data ? { left: side("left"), right: side("right") } : {};
  }

  text(ctx, text, x, y, align = "left") {
    ctx.font = this.font;
    ctx.fillStyle = this.ink;
    ctx.textAlign = align;
    ctx.fillText(text, x, y);
  }

  curve(ctx, name, top, height) {
    const { texts, joints } = this.player.data;
    const series = this.series(name);
    const all = Object.values(series).flat().map(([, value]) => value).filter(Number.isFinite);
    let [low, high] = name === "visibility" ? [0, 100] : [0, name === "speed" ? 1 : 180];
    if (name === "speed" && all.length) high = Math.max(1, Math.ceil(all.reduce((a, b) => Math.max(a, b))));
    if (name in joints && all.length) {
      low = Math.max(0, 10 * Math.floor((all.reduce((a, b) => Math.min(a, b)) - 5) / 10));
      high = Math.min(180, 10 * Math.ceil((all.reduce((a, b) => Math.max(a, b)) + 5) / 10));
    }
    const unit = name === "visibility" ? " %" : name === "speed" ? "" : "°";
    this.text(ctx, joints[name] ?? texts[`${name}_unit`] ?? texts[name], LEFT_PX, top - 7);
    if (name in joints) {
      for (const [side, right] of [["left", 64], ["right", 0]]) {
        const x = this.width - RIGHT_PX - right;
        this.text(ctx, texts[side], x, top - 7, "right");
        this.stroke(ctx, side, [[x - 58, top - 11], [x - 40, top - 11]]);
      }
    }
    for (const value of [low, high]) {
      const y = Math.round(top + height - ((value - low) / (high - low)) * height) + 0.5;
      ctx.globalAlpha = 0.25;
      ctx.fillStyle = this.ink;
      ctx.fillRect(LEFT_PX, y, this.width - LEFT_PX - RIGHT_PX, 1);
      ctx.globalAlpha = 1;
      this.text(ctx, `${value}${unit}`, LEFT_PX - 4, clamp(y + 4, top + 9, top + height + 2), "right");
    }
    for (const [side, points] of Object.entries(series)) {
      let line = [];
      let before = -Infinity;
      for (const [frame, value] of points) {
        if (!Number.isFinite(value) || frame - before > GAP_FRAMES) {
          this.stroke(ctx, side, line);
          line = [];
        }
        before = frame;
        if (Number.isFinite(value)) line.push([this.x(frame), top + height - ((clamp(value, low, high) - low) / (high - low)) * height]);
      }
      this.stroke(ctx, side, line);
    }
  }

  // At most four points for each column of pixels: first, least, greatest, last.
  stroke(ctx, side, line) {
    if (!line.length) return;
    ctx.strokeStyle = side === "middle" ? this.ink : this.sides[side];
    ctx.lineWidth = 1.75;
    ctx.setLineDash(DASHES[side] ?? []);
    ctx.beginPath();
    let column = null;
    const flush = () => {
      const ys = column.ys;
      for (const y of [ys[0], Math.min(...ys), Math.max(...ys), ys.at(-1)]) ctx.lineTo(column.x, y);
    };
    for (const [x, y] of line) {
      if (column && Math.round(2 * x) === Math.round(2 * column.x)) column.ys.push(y);
      else {
        if (column) flush();
        column = { x, ys: [y] };
      }
    }
    flush();
    ctx.stroke();
    ctx.setLineDash([]);
  }

  // When each person is seen, and what happens.
  lanes(ctx, lanes, top) {
    const { film, player } = this;
    const { texts } = player.data;
    this.text(ctx, texts.seen, LEFT_PX, top - 7);
    const flips = player.data.flips ?? [];
    if (flips.length) drawFlips(this, ctx, flips, top, this.width - RIGHT_PX);
    this.bars = []; // [left, top, right, bottom, frame that a click shows]
    lanes.forEach(({ person, events }, k) => {
      const y = top + k * LANE_PX;
      if (person !== undefined) {
        this.text(ctx, String(person), LEFT_PX - 8, y + 11, "right");
        ctx.fillStyle = film.people.length > 1 ? COLOURS.people[(person - 1) % COLOURS.people.length] : COLOURS.sides.middle;
        let [begin, before] = [null, null];
        const bar = () => begin !== null && ctx.fillRect(this.x(begin), y, Math.max(2, this.x(before) - this.x(begin)), LANE_PX - 6);
        for (let i = 0; i < film.rows; i += 1) {
          if (film.person[i] !== person) continue;
          if (begin === null || film.frame[i] - before > GAP_FRAMES) {
            bar();
            begin = film.frame[i];
          }
          before = film.frame[i];
        }
        bar();
      } else {
        for (const event of events) {
          const [from, to] = [this.x(this.frameOf(event.start_s)), this.x(this.frameOf(event.end_s))];
          if (event.at_s != null) this.bars.push([from, y, Math.max(from + 3, to), y + LANE_PX - 4, this.frameOf(event.at_s)]);
          ctx.fillStyle = event.colour ?? "#009E73";
          ctx.fillRect(from, y, Math.max(3, to - from - 1), LANE_PX - 4);
          if (event.text && to - from > 14) {
            ctx.font = this.font;
            ctx.fillStyle = "#fff";
            ctx.textAlign = "left";
            ctx.fillText(event.text, from + 3, y + 11, to - from - 5);
          }
        }
      }
    });
  }

  axis(ctx, y) {
    const { timeS } = this.film;
    const length = (timeS[this.player.last] ?? 0) - (timeS[0] ?? 0);
    const steps = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];
    const step = steps.find((one) => length / one <= Math.max(2, (this.width - LEFT_PX) / 70)) ?? 300;
    for (let s = Math.ceil((timeS[0] ?? 0) / step) * step; s <= (timeS[0] ?? 0) + length; s += step) {
      const x = LEFT_PX + ((s - timeS[0]) / Math.max(length, 1e-6)) * (this.width - LEFT_PX - RIGHT_PX);
      this.text(ctx, step < 60 && length < 60 ? `${+s.toFixed(1)} s` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`, x, y, x < LEFT_PX + 12 ? "left" : x > this.width - 24 ? "right" : "center");
    }
  }

  // ---------------------------------------------------------------- cursor and range
  move() {
    const { film, player } = this;
    if (!film || !this.width) return;
    this.cursor.style.transform = `translateX(${this.x(player.frame)}px)`;
    const { range } = player;
    this.range.hidden = !range;
    if (range) {
      const [from, to] = range.map((frame) => this.x(frame));
      Object.assign(this.range.style, { left: `${from}px`, width: `${to - from}px` });
    }
    const { plot } = this;
    const now = film.timeS[player.frame].toFixed(2);
    plot.setAttribute("aria-valuemin", film.timeS[0].toFixed(2));
    plot.setAttribute("aria-valuemax", film.timeS[player.last].toFixed(2));
    plot.setAttribute("aria-valuenow", now);
    plot.setAttribute("aria-valuetext", `${now} s`);
    this.values.textContent = this.valuesNow();
  }

  valuesNow() {
    const { film, player } = this;
    let row = film.start[player.frame];
    while (row < film.start[player.frame + 1] && film.person[row] !== player.person) row += 1;
    if (row >= film.start[player.frame + 1]) return player.data.texts.nobody;
    const { joints, texts } = player.data;
    const degrees = (side, joint) => {
      const value = film.deg[row * film.angles.length + film.angles.indexOf(`${side}_${joint}`)];
      return Number.isFinite(value) ? `${Math.round(value)}°` : "–";
    };
    return this.chosen
      .filter((name) => name in joints)
      .map((name) => `${joints[name]} ${texts.left_letter} ${degrees("left", name)} ${texts.right_letter} ${degrees("right", name)}`)
      .join("   ");
  }

  frameOf(timeS) {
    const { factor, offset } = this.player.data.clock;
    return this.player.frameAt(timeS * factor + offset);
  }

  // The frame whose time is nearest to a place on the curves.
  frameAtX(x) {
    const { timeS } = this.film;
    const share = clamp((x - LEFT_PX) / (this.width - LEFT_PX - RIGHT_PX), 0, 1);
    return this.nearest(timeS[0] + share * (timeS[this.player.last] - timeS[0]));
  }

  nearest(wanted) {
    const { timeS } = this.film;
    const frame = this.frameOf(wanted);
    const next = Math.min(frame + 1, this.player.last);
    return Math.abs(timeS[next] - wanted) < Math.abs(timeS[frame] - wanted) ? next : frame;
  }

  barAt(x, y) {
    return this.bars?.find(([left, top, right, bottom]) => x >= left && x < right && y >= top && y < bottom);
  }

  press(event) {
    if (!this.film || event.button) return;
    const box = this.plot.getBoundingClientRect();
    const from = event.clientX - box.left;
    const [, , , , shown] = this.barAt(from, event.clientY - box.top) ?? [];
    let dragged = false;
    this.plot.setPointerCapture(event.pointerId);
    this.plot.onpointermove = (moved) => {
      const to = moved.clientX - box.left;
      dragged ||= Math.abs(to - from) > DRAG_PX;
      if (!dragged) return;
      const ends = [this.frameAtX(from), this.frameAtX(to)].sort((a, b) => a - b);
      if (ends[1] > ends[0]) this.player.setRange(ends);
    };
    this.plot.onpointerup = this.plot.onpointercancel = () => {
      this.plot.onpointermove = this.plot.onpointerup = this.plot.onpointercancel = null;
      const clicked = shown ?? markAt(this, from, event.clientY - box.top) ?? this.frameAtX(from);
      if (dragged && this.player.range) this.player.seek(this.player.range[0]);
      else this.player.jump(clicked);
    };
  }
}
