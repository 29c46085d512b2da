// Who is who from frame to frame, and each of them smoothed: what pose_core/tracking/people.py and smoothing.py do on the
// server, without clothes, which tell two people apart who were in one place, and without mending left and right.
// tests/e2e/test_browser_model.py compares the two.
//
// A pose: { points: [x0, y0, ...], depths: [33], world: [x0, y0, z0, ...], visibility: [33] }, with points as fractions
// of the picture, depths as fractions of its width, and world in metres.

const LANDMARKS = 33;
const [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP] = [11, 12, 23, 24];
const TORSO_PER_SHOULDERS = 1.5;
const VALUES = 6; // of each landmark: x, y, z in the picture, by its width, then x, y, z in space

// As in smoothing.py.
const RESTART_AFTER_S = 0.25;
const FASTEST_TORSOS_PER_S = 20;
const JUMP_MARGIN_TORSOS = 0.1;
const HELD_FRAMES_MAX = 2;
const HELD_LANDMARKS_MAX = 9;
const DERIVATIVE_CUTOFF_HZ = 1;

// As in people.py and tracks.py.
const ABSENT_MAX_S = 1;
const REACH_TORSOS = 0.6;
const REACH_TORSOS_PER_S = 6;
const REACH_MAX_TORSOS = 2;
const DUPLICATE_TORSOS = 0.08;
const EXTRAPOLATED_MAX_S = 0.25;
const NEWEST_WEIGHT = 0.5;

const alpha = (cutoffHz, stepS) => 1 - 1 / (1 + 2 * Math.PI * stepS * cutoffHz);
const sized = (size) => size > 0 && size < Infinity;

// All values of a pose, landmark by landmark; the same for a picture of another size but the same shape.
function valuesOf(pose, [width, height]) {
  const values = new Float64Array(LANDMARKS * VALUES);
  for (let i = 0; i < LANDMARKS; i += 1) {
    const at = VALUES * i;
    values[at] = pose.points[2 * i];
    values[at + 1] = (pose.points[2 * i + 1] * height) / width;
    values[at + 2] = pose.depths[i];
    values.set(pose.world.subarray(3 * i, 3 * i + 3), at + 3);
  }
  return values;
}

// Roughly the length of the torso; `from` to `to` are the values that count: 0 to 2 in the picture, 3 to 6 in space.
function bodySize(values, from, to) {
  let [torso, shoulders] = [0, 0];
  for (let k = from; k < to; k += 1) {
    const [ls, rs, lh, rh] = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP].map((i) => values[VALUES * i + k]);
    torso += ((ls + rs - lh - rh) / 2) ** 2;
    shoulders += (ls - rs) ** 2;
  }
  return Math.max(Math.sqrt(torso), TORSO_PER_SHOULDERS * Math.sqrt(shoulders));
}

// The middle of the shoulders and of the hips.
function middlesOf(values) {
  const middle = (a, b, k) => (values[VALUES * a + k] + values[VALUES * b + k]) / 2;
  return [
    middle(LEFT_SHOULDER, RIGHT_SHOULDER, 0), middle(LEFT_SHOULDER, RIGHT_SHOULDER, 1),
    middle(LEFT_HIP, RIGHT_HIP, 0), middle(LEFT_HIP, RIGHT_HIP, 1),
  ];
}

const torsosApart = (one, other, torso) =>
  (Math.hypot(one[0] - other[0], one[1] - other[1]) + Math.hypot(one[2] - other[2], one[3] - other[3])) / (2 * torso);

// Holds back single landmarks that jump farther than a person can move.
class JumpGate {
  last = null;
  held = new Uint8Array(LANDMARKS);

  // The values with jumps held back, and which landmarks are accepted at a new place.
  pass(values, stepS, sizes) {
    const accepted = new Uint8Array(LANDMARKS);
    if (!this.last) {
      this.last = values;
      return [values, accepted];
    }
    const moved = values.map((value, at) => (value - this.last[at]) / sizes[at % VALUES]);
    // Movement common to all is the person or the camera moving, and held landmarks follow it.
    const together = sizes.map((_, k) => {
      const column = Float64Array.from({ length: LANDMARKS }, (__, i) => moved[VALUES * i + k]).sort();
      return column[LANDMARKS >> 1];
    });
    const jumped = new Uint8Array(LANDMARKS);
    for (let i = 0; i < LANDMARKS; i += 1) {
      const own = together.map((common, k) => moved[VALUES * i + k] - common);
      const squared = Math.max(own[0] ** 2 + own[1] ** 2, own[3] ** 2 + own[4] ** 2 + own[5] ** 2);
      const limit = FASTEST_TORSOS_PER_S * stepS * (1 + this.held[i]) + JUMP_MARGIN_TORSOS;
      jumped[i] = squared > limit ** 2 ? 1 : 0;
    }
    if (jumped.reduce((sum, one) => sum + one, 0) > HELD_LANDMARKS_MAX) {
      this.held.fill(0);
      this.last = values;
      return [values, accepted.fill(1)];
    }
    const passed = values.slice();
    for (let i = 0; i < LANDMARKS; i += 1) {
      const holds = jumped[i] && this.held[i] < HELD_FRAMES_MAX;
      this.held[i] = holds ? this.held[i] + 1 : 0;
      accepted[i] = jumped[i] && !holds ? 1 : 0;
      for (let k = 0; holds && k < VALUES; k += 1) {
        passed[VALUES * i + k] = this.last[VALUES * i + k] + together[k] * sizes[k];
      }
    }
    this.last = passed;
    return [passed, accepted];
  }
}

// A One-Euro filter for one person.
class Smoother {
  constructor(settings) {
    this.settings = settings; // { minCutoffHz, beta }
    this.reset();
  }

  reset() {
    this.gate = new JumpGate();
    this.result = null;
    this.timeS = NaN;
  }

  smooth(values, timeS, shape) {
    const [image, space] = [bodySize(values, 0, 2), bodySize(values, 3, 6)];
    if (!sized(image) || !sized(space)) {
      this.reset();
      return values;
    }
    const stepS = timeS - this.timeS;
    if (!(stepS > 0 && stepS <= RESTART_AFTER_S) || shape !== this.shape) this.reset();
    [this.timeS, this.shape] = [timeS, shape];
    const sizes = [image, image, image, space, space, space];
    const [passed, accepted] = this.gate.pass(values, this.result ? stepS : 0, sizes);
    if (!this.result) {
      this.result = passed.slice();
      this.speed = new Float64Array(passed.length);
      return this.result;
    }
    const weight = alpha(DERIVATIVE_CUTOFF_HZ, stepS);
    const result = new Float64Array(passed.length);
    for (let at = 0; at < passed.length; at += 1) {
      if (accepted[Math.floor(at / VALUES)] || !Number.isFinite(this.result[at])) { // starts again
        result[at] = passed[at];
        this.speed[at] = 0;
        continue;
      }
      this.speed[at] = (weight * (passed[at] - this.result[at])) / stepS + (1 - weight) * this.speed[at];
      const share = alpha(this.settings.minCutoffHz + (this.settings.beta * Math.abs(this.speed[at])) / sizes[at % VALUES], stepS);
      result[at] = share * passed[at] + (1 - share) * this.result[at];
    }
    this.result = result;
    return result;
  }
}

export class PeopleTracker {
  constructor() {
    this.tracks = [];
    this.smoothing = null; // { minCutoffHz, beta }, or null
  }

  // Poses stay in the values of the picture's width, so another size of the same picture changes nothing.
  update(poses, timeS, most, size) {
    if (timeS < this.timeS) this.tracks = [];
    this.timeS = timeS;
    this.tracks = this.tracks.filter((track) => timeS - track.seenS < ABSENT_MAX_S);
    const shape = size[0] / size[1];
    const found = this.usable(poses.map((pose) => {
      const values = valuesOf(pose, size);
      return { pose, values, torso: bodySize(values, 0, 2), middles: middlesOf(values) };
    }));
    this.match(found, timeS);
    for (const one of found) {
      if (one.track) this.seen(one.track, one, timeS);
    }
    for (const one of found) { // after all matches, so that nobody new takes the number of somebody present
      if (one.track) continue;
      const number = this.freeNumber(timeS, most);
      if (number === null) continue;
      one.track = { number, smoother: null, middles: one.middles, torso: one.torso, seenS: timeS, velocity: [0, 0] };
      this.tracks.push(one.track);
    }
    return found
      .filter(({ track }) => track)
      .map((one) => this.person(one, timeS, size, shape))
      .sort((a, b) => a.number - b.number);
  }

  // Without those whose body is unknown, and without somebody found twice; of two, the better visible one stays.
  usable(found) {
    const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
    const kept = [];
    const order = found.filter(({ torso }) => sized(torso)).sort((a, b) => sum(b.pose.visibility) - sum(a.pose.visibility));
    for (const one of order) {
      const again = kept.some((other) => {
        const apart = Float64Array.from({ length: LANDMARKS }, (_, i) =>
          Math.hypot(one.values[VALUES * i] - other.values[VALUES * i], one.values[VALUES * i + 1] - other.values[VALUES * i + 1]));
        return apart.sort()[LANDMARKS >> 1] < DUPLICATE_TORSOS * Math.sqrt(one.torso * other.torso);
      });
      if (!again) kept.push(one);
    }
    return found.filter((one) => kept.includes(one));
  }

  // Gives each the track that fits; the best pairs first.
  match(found, timeS) {
    const pairs = [];
    for (const track of this.tracks) {
      const absentS = timeS - track.seenS;
      const aheadS = Math.min(absentS, EXTRAPOLATED_MAX_S);
      const expected = track.middles.map((value, k) => value + track.velocity[k % 2] * aheadS);
      const reach = Math.min(REACH_TORSOS + REACH_TORSOS_PER_S * absentS, REACH_MAX_TORSOS);
      for (const one of found) {
        const distance = torsosApart(one.middles, expected, Math.sqrt(one.torso * track.torso));
        if (distance <= reach) pairs.push([distance, one, track]);
      }
    }
    const taken = new Set();
    for (const [, one, track] of pairs.sort((a, b) => a[0] - b[0])) {
      if (one.track || taken.has(track)) continue;
      one.track = track;
      taken.add(track);
    }
  }

  seen(track, { middles, torso }, timeS) {
    const stepS = timeS - track.seenS;
    if (stepS > 0) {
      track.velocity = track.velocity.map((old, k) => {
        const newest = (middles[k] - track.middles[k] + middles[k + 2] - track.middles[k + 2]) / (2 * stepS);
        return NEWEST_WEIGHT * newest + (1 - NEWEST_WEIGHT) * old;
      });
    }
    Object.assign(track, { middles, torso, seenS: timeS });
  }

  freeNumber(timeS, most) {
    const numbers = this.tracks.map(({ number }) => number);
    for (let number = 1; number <= most; number += 1) if (!numbers.includes(number)) return number;
    const longest = this.tracks.reduce((a, b) => (b.seenS < a.seenS ? b : a));
    if (longest.seenS >= timeS) return null;
    this.tracks = this.tracks.filter((track) => track !== longest);
    return longest.number;
  }

  // As pose_canvas.js takes them, with the pose as the model gave it.
  person({ track, values, pose }, timeS, [width, height], shape) {
    if (this.smoothing) {
      track.smoother ??= new Smoother(this.smoothing);
      track.smoother.settings = this.smoothing;
      values = track.smoother.smooth(values, timeS, shape);
    } else {
      track.smoother = null;
    }
    const points = new Float32Array(2 * LANDMARKS);
    for (let i = 0; i < LANDMARKS; i += 1) {
      points[2 * i] = values[VALUES * i];
      points[2 * i + 1] = (values[VALUES * i + 1] * width) / height;
    }
    return { number: track.number, points, visibility: pose.visibility, pose };
  }
}
