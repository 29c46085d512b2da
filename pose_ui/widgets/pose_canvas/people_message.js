// Reads the messages of pose_core/export/people_message.py. Format: docs/overlay.md.

export const VERSION = 1;
export const ANGLES_SENT = [
  "left_elbow", "right_elbow", "left_shoulder", "right_shoulder", "left_hip", "right_hip",
  "left_knee", "right_knee", "left_ankle", "right_ankle",
];

const LANDMARKS = 33;
const HEADER = 32;
const PERSON = 220;
const UNKNOWN = 0xffff;
const STEPS = 0xfffe;
const UNKNOWN_SHARE = 0xff;
const SHARE_STEPS = 0xfe;
const MARK = 0x8000;

// A person as pose_canvas.js takes them.
function readPerson(view, at) {
  const person = {
    number: view.getUint16(at, true),
    points: new Float32Array(2 * LANDMARKS),
    visibility: new Float32Array(LANDMARKS),
    presence: new Float32Array(LANDMARKS),
    angles: new Float32Array(ANGLES_SENT.length),
    uncertain: new Uint8Array(ANGLES_SENT.length),
  };
  at += 2;
  for (let i = 0; i < 2 * LANDMARKS; i += 1, at += 2) {
    const whole = view.getUint16(at, true);
    person.points[i] = whole === UNKNOWN ? NaN : (whole / STEPS) * 3 - 1;
  }
  for (let i = 0; i < ANGLES_SENT.length; i += 1, at += 2) {
    const whole = view.getUint16(at, true);
    person.angles[i] = whole === UNKNOWN ? NaN : (whole & ~MARK) / 10;
    person.uncertain[i] = whole !== UNKNOWN && whole & MARK ? 1 : 0;
  }
  for (const shares of [person.visibility, person.presence]) {
    for (let i = 0; i < LANDMARKS; i += 1, at += 1) {
      const whole = view.getUint8(at);
      shares[i] = whole === UNKNOWN_SHARE ? NaN : whole / SHARE_STEPS;
    }
  }
  return person;
}

// The message in an ArrayBuffer; null if it is none, or of another version.
export function decodePeople(buffer) {
  if (buffer.byteLength < HEADER) return null;
  const view = new DataView(buffer);
  const count = view.getUint8(1);
  const whole = view.getUint16(2, true) === PERSON && buffer.byteLength === HEADER + count * PERSON;
  if (view.getUint8(0) !== VERSION || !whole) return null;
  return {
    size: [view.getUint16(4, true), view.getUint16(6, true)],
    frameId: view.getUint32(8, true),
    serverMs: view.getFloat32(12, true) * 1000,
    capturedMs: view.getFloat64(16, true) * 1000,
    timeS: view.getFloat64(24, true),
    people: Array.from({ length: count }, (_, i) => readPerson(view, HEADER + i * PERSON)),
  };
}
