// Draws people on a canvas: skeletons, names, angles. Knows nothing of where the people come from.
//
// A person: { number, points: [x0, y0, x1, y1, ...], visibility: [33], presence: [33], angles: [10], uncertain: [10] },
// with points as fractions of the unmirrored picture and angles in degrees, in the order of LIMB_ANGLES; NaN where
// unknown. Only `points` must be there: without `angles` they are measured in the picture. `tint` is a colour for all of
// a person, in place of the number's.
//
// It draws as pose_core/drawing/skeleton.py does; tests/e2e/test_pose_canvas.py compares the two.

const NAMES = [
  "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
  "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
  "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb",
  "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel", "right_heel",
  "left_foot_index", "right_foot_index",
];
const AT = Object.fromEntries(NAMES.map((name, i) => [name, i]));
const SIDES_OF = NAMES.map((name) => (/^left_|_left$/.test(name) ? "left" : /^right_|_right$/.test(name) ? "right" : "middle"));
const LIMBS = [
  ["shoulder", "elbow"], ["elbow", "wrist"], ["wrist", "pinky"], ["wrist", "index"], ["wrist", "thumb"],
  ["pinky", "index"], ["shoulder", "hip"], ["hip", "knee"], ["knee", "ankle"], ["ankle", "heel"],
  ["ankle", "foot_index"], ["heel", "foot_index"], ["eye_inner", "eye"], ["eye", "eye_outer"], ["eye_outer", "ear"],
];
const both = (pairs) =>
  pairs.flatMap((names) => ["left", "right"].map((side) => names.map((name) => AT[`${side}_${name}`])));

export const LANDMARK_NAMES = NAMES;
export const CONNECTIONS = [
  ...both(LIMBS),
  [AT.nose, AT.left_eye_inner],
  [AT.nose, AT.right_eye_inner],
  [AT.mouth_left, AT.mouth_right],
  [AT.left_shoulder, AT.right_shoulder],
  [AT.left_hip, AT.right_hip],
];
export const MAIN_JOINTS = [
  "nose",
  ...["shoulder", "elbow", "wrist", "hip", "knee", "ankle"].flatMap((joint) => [`left_${joint}`, `right_${joint}`]),
];
const CORNERS = [
  ["shoulder", "elbow", "wrist"], ["elbow", "shoulder", "hip"], ["shoulder", "hip", "knee"], ["hip", "knee", "ankle"],
  ["knee", "ankle", "foot_index"],
];
// Landmark numbers of each limb angle, its vertex in the middle.
export const LIMB_ANGLES = Object.fromEntries(both(CORNERS).map((corner) => [NAMES[corner[1]], corner]));
const ANGLE_NAMES = Object.keys(LIMB_ANGLES);

// As in pose_core/colours.py.
export const COLOURS = {
  sides: { left: "#0072B2", right: "#E69F00", middle: "#8A8F98" },
  people: ["#D55E00", "#56B4E9", "#F0E442", "#009E73", "#CC79A7"],
  dot: "#FF3B30",
  line: "#FFFFFF",
  edge: "#1A1D21",
  ground: "#181B20",
};
const CONFIDENCE = [[120, 60, 160], [253, 231, 37]];
const FONT = '600 SIZEpx "Source Sans", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif';
const TALL = 0.6; // of the picture: a person who is smaller gets finer dots
const FAINT = 0.35;
const RING = 0.4; // of a dot's radius: the width of a hollow one's ring
const LETTERED = /_(shoulder|knee)$/; // where a letter stands if neither a name nor an angle is there

export const DEFAULTS = {
  style: "classic", // or "sides": left blue, right orange; several people always have a colour each
  names: null, // text by landmark name, beside the main joints
  letters: false, // with "sides" and without names: L and R beside shoulders, knees and figures
  angles: null, // names of the limb angles to write, such as ["left_knee"]; "all" for all ten
  arcs: [], // joints on both sides whose angle is written and drawn as an arc, such as ["knee"]
  confidence: false, // dots coloured by visibility
  hidden: "drawn", // joints below a limit: "drawn" as hollow dots, "faint", or "none"
  visibilityLimit: 0.5,
  presenceLimit: 0.5,
  mirrored: false,
  partial: false, // also people of whom some landmarks are unknown, as far as they are known
  weight: 1, // of lines and dots; less where two skeletons lie over each other
  chosen: null, // number of the only person with names and angles; null for everyone
};

const clip = (value, low, high) => Math.min(Math.max(value, low), high);

function placed(person, { width, height }, mirrored) {
  const xy = new Float32Array(person.points.length);
  for (let i = 0; i < xy.length; i += 2) {
    xy[i] = (mirrored ? 1 - person.points[i] : person.points[i]) * width;
    xy[i + 1] = person.points[i + 1] * height;
  }
  return xy;
}

// Whether a joint may be relied on. Without figures it may.
function known(person, i, options) {
  const { visibility, presence } = person;
  const seen = !visibility || visibility[i] >= options.visibilityLimit;
  return seen && (!presence || !(presence[i] < options.presenceLimit));
}

// Sizes that suit the picture and the people in it, as in Python; `ratio` is the canvas's pixels for one of the page's.
function penFor(people, { width, height, ratio = 1 }, weight = 1) {
  const side = Math.min(width, height);
  let scale = side / 480;
  let tallest = 0;
  for (const { points } of people) {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 1; i < points.length; i += 2) if (Number.isFinite(points[i])) [low, high] = [Math.min(low, points[i]), Math.max(high, points[i])];
    tallest = Math.max(tallest, high - low);
  }
  if (people.length) scale *= clip(tallest / TALL, 0.45, 1);
  return {
    line: Math.max(1, 2.2 * scale * weight),
    dot: Math.max(2 * weight, 4.2 * scale * weight),
    edge: Math.max(weight, scale * weight),
    text: Math.max(11 * ratio, 19 * Math.max(scale, side / 900)),
  };
}

function bones(ctx, person, xy, pen, options, colourOf) {
  const byColour = new Map();
  const faint = new Map();
  for (const [a, b] of CONNECTIONS) {
    if (!Number.isFinite(xy[2 * a] + xy[2 * b])) continue;
    const sure = options.hidden === "drawn" || (known(person, a, options) && known(person, b, options));
    if (!sure && options.hidden === "none") continue;
    const paths = sure ? byColour : faint;
    const colour = colourOf(SIDES_OF[a] === SIDES_OF[b] ? SIDES_OF[a] : "middle");
    if (!paths.has(colour)) paths.set(colour, new Path2D());
    paths.get(colour).moveTo(xy[2 * a], xy[2 * a + 1]);
    paths.get(colour).lineTo(xy[2 * b], xy[2 * b + 1]);
  }
  ctx.lineCap = "round";
  for (const [paths, alpha] of [[faint, FAINT], [byColour, 1]]) {
    ctx.globalAlpha = alpha;
    ctx.lineWidth = pen.line + 2 * pen.edge;
    ctx.strokeStyle = COLOURS.edge;
    for (const path of paths.values()) ctx.stroke(path);
    ctx.lineWidth = pen.line;
    for (const [colour, path] of paths) {
      ctx.strokeStyle = colour;
      ctx.stroke(path);
    }
  }
  ctx.globalAlpha = 1;
}

function shade(visibility) {
  const share = clip(visibility || 0, 0, 1);
  return `rgb(${CONFIDENCE[0].map((low, k) => Math.round(low + (CONFIDENCE[1][k] - low) * share)).join(" ")})`;
}

function disc(ctx, x, y, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
}

function dots(ctx, person, xy, pen, options, colourOf) {
  for (let i = 0; i < NAMES.length; i += 1) {
    const sure = known(person, i, options);
    if (!sure && options.hidden === "none") continue;
    ctx.globalAlpha = sure || options.hidden === "drawn" ? 1 : FAINT;
    const [x, y] = [xy[2 * i], xy[2 * i + 1]];
    const radius = Math.max(1.5, pen.dot * (i < AT.left_shoulder ? 0.6 : 1)); // face points lie close together
    ctx.fillStyle = COLOURS.edge;
    disc(ctx, x, y, radius + pen.edge);
    ctx.fill();
    const byConfidence = options.confidence && person.visibility;
    const colour = byConfidence ? shade(person.visibility[i]) : colourOf(SIDES_OF[i]);
    disc(ctx, x, y, radius);
    if (!sure && (byConfidence || options.hidden === "drawn")) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = Math.max(1, RING * radius);
      ctx.stroke();
    } else {
      ctx.fillStyle = colour;
      ctx.fill();
    }
  }
  ctx.globalAlpha = 1;
}

const heading = (xy, from, to) => Math.atan2(xy[2 * to + 1] - xy[2 * from + 1], xy[2 * to] - xy[2 * from]);

// The angle from the first limb to the second, -180 to 180 degrees in radians; `at` is where the first one points.
function turn(xy, [from, vertex, to]) {
  const at = heading(xy, vertex, from);
  let sweep = heading(xy, vertex, to) - at;
  if (sweep > Math.PI) sweep -= 2 * Math.PI;
  if (sweep < -Math.PI) sweep += 2 * Math.PI;
  return { at, sweep };
}

function degrees(person, name, xy, options) {
  const corner = LIMB_ANGLES[name];
  if (person.angles) return person.angles[ANGLE_NAMES.indexOf(name)];
  return corner.every((i) => known(person, i, options)) ? (Math.abs(turn(xy, corner).sweep) * 180) / Math.PI : NaN;
}

// As in pose_core/drawing/arcs.py.
const arcNames = (options) => options.arcs.flatMap((joint) => [`left_${joint}`, `right_${joint}`]);

function arc(ctx, xy, corner, pen, colour) {
  const [from, vertex, to] = corner;
  const length = (end) => Math.hypot(xy[2 * end] - xy[2 * vertex], xy[2 * end + 1] - xy[2 * vertex + 1]);
  const radius = Math.min(0.4 * Math.min(length(from), length(to)), 2.6 * pen.text);
  const { at, sweep } = turn(xy, corner);
  ctx.beginPath();
  ctx.moveTo(xy[2 * vertex], xy[2 * vertex + 1]);
  ctx.arc(xy[2 * vertex], xy[2 * vertex + 1], radius, at, at + sweep, sweep < 0);
  ctx.globalAlpha = 0.35;
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.beginPath();
  ctx.arc(xy[2 * vertex], xy[2 * vertex + 1], radius, at, at + sweep, sweep < 0);
  for (const [width, stroke] of [[pen.line + 2 * pen.edge, COLOURS.edge], [pen.line, colour]]) {
    ctx.lineWidth = width;
    ctx.strokeStyle = stroke;
    ctx.stroke();
  }
}

function write(ctx, text, x, y, size) {
  ctx.lineWidth = Math.max(2, size / 5.5);
  ctx.strokeStyle = COLOURS.edge;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = COLOURS.line;
  ctx.fillText(text, x, y);
}

function setFont(ctx, size) {
  ctx.font = FONT.replace("SIZE", Math.round(size));
  ctx.lineJoin = "round";
}

function arcs(ctx, person, xy, pen, options, colourOf) {
  for (const name of arcNames(options)) {
    if (Number.isFinite(degrees(person, name, xy, options))) {
      arc(ctx, xy, LIMB_ANGLES[name], pen, colourOf(SIDES_OF[AT[name]]));
    }
  }
}

// Beside the joints, on the side that faces away from the middle of the body.
function captions(ctx, person, xy, pen, options, { width, height }) {
  const shown = options.angles === "all" ? ANGLE_NAMES : [...(options.angles ?? []), ...arcNames(options)];
  const angles = Object.fromEntries(shown.map((name) => [name, degrees(person, name, xy, options)]));
  const lettered = options.style === "sides" && options.letters && !options.names; // a name says the side
  const middle = (xy[2 * AT.left_shoulder] + xy[2 * AT.right_shoulder]) / 2;
  const gap = pen.dot + pen.edge + 4;
  const taken = [];
  setFont(ctx, pen.text);
  for (const joint of MAIN_JOINTS) {
    const i = AT[joint];
    const parts = [];
    const visible = !person.visibility || person.visibility[i] >= options.visibilityLimit;
    if (options.names && visible) parts.push(options.names[joint] ?? joint);
    const angle = angles[joint];
    if (Number.isFinite(angle)) {
      const uncertain = person.uncertain?.[ANGLE_NAMES.indexOf(joint)];
      parts.push(`${Math.round(angle)}°${uncertain ? "?" : ""}`);
    }
    if (lettered && SIDES_OF[i] !== "middle" && (parts.length || (visible && LETTERED.test(joint)))) {
      parts.unshift(SIDES_OF[i] === "left" ? "L" : "R");
    }
    const [x, y] = [xy[2 * i], xy[2 * i + 1]];
    if (!parts.length || !(x >= 0 && x < width && y >= 0 && y < height)) continue;
    const text = parts.join(" ");
    const wide = ctx.measureText(text).width;
    const right = Math.abs(x - middle) > 2 ? x > middle : SIDES_OF[i] !== "right";
    let left = right ? x + gap : x - gap - wide;
    if (left < 2 || left + wide > width - 2) left = right ? x - gap - wide : x + gap; // no room: the other side
    left = clip(left, 2, Math.max(2, width - wide - 2));
    let base = clip(y + pen.text * 0.35, pen.text, height - 4);
    let box;
    for (let tries = 0; tries < 4; tries += 1) { // move down past captions that are already there
      box = [left, base - pen.text, left + wide, base + 3];
      const clash = taken.filter((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3]);
      if (!clash.length) break;
      base = Math.max(...clash.map((b) => b[3])) + pen.text + 1;
    }
    taken.push(box);
    write(ctx, text, left, base, pen.text);
  }
}

function writeNumber(ctx, person, xy, pen, { width }) {
  let top = 0;
  for (let i = 1; i < NAMES.length; i += 1) if (xy[2 * i + 1] < xy[2 * top + 1]) top = i;
  const size = Math.round(1.4 * pen.text);
  setFont(ctx, size);
  const left = clip(xy[2 * top], 2, width - 20);
  write(ctx, String(person.number), left, Math.max(size, xy[2 * top + 1] - pen.text), size);
}

// Draw people over whatever is on the canvas.
//
// `size` is { width, height } of the picture in the canvas's pixels, with its upper left corner at the origin, and
// optionally `ratio`, the canvas's pixels for one of the page's, below which no text gets too small to read.
export function drawPeople(ctx, people, options, size) {
  options = { ...DEFAULTS, ...options };
  const drawn = people.filter(({ points }) =>
    options.partial ? points.some(Number.isFinite) : points.every(Number.isFinite));
  const several = people.length > 1;
  const pen = penFor(drawn, size, options.weight);
  const places = drawn.map((person) => placed(person, size, options.mirrored));
  ctx.save();
  drawn.forEach((person, k) => {
    const own = person.tint ?? COLOURS.people[(person.number - 1) % COLOURS.people.length];
    const sided = (side) => COLOURS.sides[side];
    const bySide = options.style === "sides";
    const lines = several || person.tint ? () => own : bySide ? sided : () => COLOURS.line;
    bones(ctx, person, places[k], pen, options, lines);
    if (options.chosen === null || options.chosen === person.number) {
      arcs(ctx, person, places[k], pen, options, bySide ? sided : lines);
    }
    const plain = several || person.tint ? COLOURS.line : COLOURS.dot;
    dots(ctx, person, places[k], pen, options, bySide ? sided : () => plain);
  });
  drawn.forEach((person, k) => {
    if (several && !person.tint) writeNumber(ctx, person, places[k], pen, size);
  });
  drawn.forEach((person, k) => {
    if (options.chosen === null || options.chosen === person.number) {
      captions(ctx, person, places[k], pen, options, size);
    }
  });
  ctx.restore();
}

// A canvas over (or instead of) a picture, drawn at most once for each picture of the screen.
export class PoseCanvas {
  constructor(canvas) {
    this.canvas = canvas;
    this.ctx = canvas.getContext("2d");
    this.scene = null;
    this.request = 0;
  }

  // What to show from now on: { people, options, picture, ground }. `picture` is anything drawImage takes, unmirrored;
  // without one the canvas stays clear around the people. `ground` fills it with the plain dark background instead.
  show(scene) {
    this.scene = scene;
    this.request ||= requestAnimationFrame(() => this.draw());
  }

  // Sharp at the size that the page gives it, in the screen's own pixels.
  fit() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(this.canvas.clientWidth * ratio);
    const height = Math.round(this.canvas.clientHeight * ratio);
    if (width !== this.canvas.width || height !== this.canvas.height) Object.assign(this.canvas, { width, height });
    return { width, height, ratio };
  }

  draw() {
    this.request = 0;
    const size = this.fit();
    if (!this.scene || !size.width || !size.height) return;
    const { people, options = {}, picture, ground } = this.scene;
    const { ctx } = this;
    ctx.clearRect(0, 0, size.width, size.height);
    if (ground) {
      ctx.fillStyle = COLOURS.ground;
      ctx.fillRect(0, 0, size.width, size.height);
    } else if (picture) {
      ctx.save();
      if (options.mirrored) ctx.setTransform(-1, 0, 0, 1, size.width, 0);
      ctx.drawImage(picture, 0, 0, size.width, size.height);
      ctx.restore();
    }
    drawPeople(ctx, people, options, size);
  }

  end() {
    cancelAnimationFrame(this.request);
    this.request = 0;
    this.scene = null;
  }
}
