// Sends what the model in this browser has found to the server, while a recording, charts or the Coach want it, and
// never a picture. Format: docs/browser_model.md; pose_core/export/landmarks_message.py reads it.

const VERSION = 1;
const EVERY_MS = 250;
const MOST_FRAMES = 60; // of one message; while the server does not answer, the newest are kept
const LANDMARKS = 33;
const [HEADER, FRAME, PERSON] = [8, 13, 2 + LANDMARKS * (6 * 4 + 1)];
const SHARE_STEPS = 254;

// Frames: [{ timeMs, size: [width, height], people: [{ number, pose }] }], poses as people_tracker.js takes them.
export function encodeLandmarks(turn, frames) {
  const people = frames.reduce((sum, frame) => sum + frame.people.length, 0);
  const view = new DataView(new ArrayBuffer(HEADER + frames.length * FRAME + people * PERSON));
  let at = 0;
  const put = (kind, bytes, value) => {
    view[`set${kind}`](at, value, true);
    at += bytes;
  };
  put("Uint8", 1, VERSION);
  put("Uint8", 1, frames.length);
  put("Uint16", 2, PERSON);
  put("Uint32", 4, turn);
  for (const { timeMs, size, people: found } of frames) {
    put("Float64", 8, timeMs);
    put("Uint16", 2, size[0]);
    put("Uint16", 2, size[1]);
    put("Uint8", 1, found.length);
    for (const { number, pose } of found) {
      put("Uint16", 2, number);
      for (let i = 0; i < LANDMARKS; i += 1) {
        const [x, y, depth] = [pose.points[2 * i], pose.points[2 * i + 1], pose.depths[i]];
        for (const value of [x, y, depth, ...pose.world.subarray(3 * i, 3 * i + 3)]) put("Float32", 4, value);
      }
      for (const share of pose.visibility) put("Uint8", 1, Math.round(Math.min(Math.max(share, 0), 1) * SHARE_STEPS));
    }
  }
  return view.buffer;
}

export class LandmarksSender {
  frames = [];
  address = null;

  // Where to, from now on; null: nowhere.
  aim(address, turn) {
    if (address === this.address && turn === this.turn) return;
    [this.address, this.turn, this.frames] = [address, turn, []];
    clearInterval(this.ticking);
    if (address) this.ticking = setInterval(() => this.send(), EVERY_MS);
  }

  add(frame) {
    if (!this.address) return;
    this.frames.push(frame);
    if (this.frames.length > MOST_FRAMES) this.frames.shift();
  }

  async send() {
    if (this.busy || !this.frames.length) return;
    const body = encodeLandmarks(this.turn, this.frames.splice(0));
    this.busy = true;
    // Without a network these frames are lost; the recording has a gap then.
    await fetch(this.address, { method: "POST", body, headers: { "Content-Type": "application/octet-stream" } }).catch(() => {});
    this.busy = false;
  }
}
