// The camera in an element of the page, with a canvas over it: what all ways of finding people in it have in common.

import { PoseCanvas } from "./pose_canvas.js";

const KEPT_MS = 1000; // longer than it takes Streamlit to bring an element back

const UNSEEN = "inset(0 calc(100% - 2px) calc(100% - 2px) 0)";

const left = new Map(); // by key: views whose element went a moment ago

const stopAll = (stream) => stream?.getTracks().forEach((track) => track.stop());

// Subclasses define begin(attempt), which connects, frameTaken(now, atMs) for each frame of the camera, draw(), and
// hangUp(), which may be called at any time.
export class CameraView {
  constructor(box) {
    this.box = box;
    this.video = box.querySelector("video");
    this.canvas = new PoseCanvas(box.querySelector("canvas"));
    this.turn = 0; // the one that was connected for, or tried to
    this.attempt = null; // what runs; null after its end
    this.message = null; // the newest people
    this.delaysMs = [];
    this.received = 0;
    this.captured = 0;
    this.away = () => this.hangUp();
    window.addEventListener("pagehide", this.away);
    this.video.onresize = () => this.shape(this.video.videoWidth, this.video.videoHeight);
    box.view = this; // for tests and measurements
  }

  update(data, setState) {
    this.data = data;
    this.setState = setState;
    if (!this.stream) this.shape(...data.size);
    this.box.setAttribute("aria-label", data.alt);
    this.video.classList.toggle("mirrored", data.look.mirrored);
    if (data.turn !== this.turn) {
      this.hangUp();
      this.turn = data.turn;
      if (this.turn) this.connect();
    }
  }

  // As wide as its column, or as high as its place allows.
  shape(width, height) {
    if (!width || !height) return;
    this.box.style.aspectRatio = `${width} / ${height}`;
    this.box.style.maxWidth = `calc(var(--posedeck-high, 640px) * ${width / height})`;
  }

  tell(state) {
    this.setState("signal", { turn: this.turn, ...state });
  }

  fail(attempt, why = true) {
    if (attempt !== this.attempt) return;
    this.hangUp();
    this.tell({ failed: why });
  }

  async connect() {
    const attempt = (this.attempt = {});
    try {
      await this.begin(attempt);
    } catch {
      this.fail(attempt);
    }
  }

  // Opens the camera and shows it; null if the attempt ended meanwhile.
  async open(attempt) {
    const [width, height] = this.data.size;
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: this.data.fps } },
      audio: false,
    });
    if (attempt !== this.attempt) { // the visitor stopped, or the element is gone
      stopAll(stream);
      return null;
    }
    this.stream = stream;
    this.video.srcObject = stream;
    this.video.play().catch(() => {}); // it also starts by itself
    this.watch();
    return stream;
  }

  // Note each frame of the camera, with the time at which it was taken.
  watch() {
    const { video, stream } = this;
    const next = (now, frame) => {
      if (this.stream !== stream) return;
      this.captured += 1;
      this.frameTaken(now, frame?.captureTime ?? now);
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(next);
      else requestAnimationFrame(next);
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
  }

  get inStep() {
    return this.data.look.inStep;
  }

  // People over their picture; without one, over the video, which shows through.
  show(people, picture) {
    const { look } = this.data;
    this.canvas.show({ people, options: look, picture, ground: look.skeletonOnly });
    // Under a picture it need not be composed: without a graphics card that costs as much as all the drawing. But a
    // corner stays: Chromium keeps the frames of a hidden video for long, and the camera, which has few, then waits.
    this.video.style.clipPath = picture ? UNSEEN : "";
  }

  note(list, value) {
    list.push(value);
    if (list.length > 300) list.shift();
  }

  hangUp() {
    this.attempt = null;
    stopAll(this.stream);
    this.stream = this.message = null;
    this.video.srcObject = null;
  }

  end() {
    this.hangUp();
    this.canvas.end();
    window.removeEventListener("pagehide", this.away);
  }
}

// What the page's component calls: a view of this class in an element, taken over from one that went a moment ago if
// there is one.
export function mounting(View) {
  return {
    mount(parent, key) {
      const box = parent.querySelector(".posedeck-overlay");
      const old = left.get(key);
      if (old) {
        left.delete(key);
        box.replaceWith(old.box);
        return old;
      }
      return new View(box);
    },
    unmount(view, key) {
      left.set(key, view);
      setTimeout(() => {
        if (view.box.isConnected) return; // taken over
        if (left.get(key) === view) left.delete(key);
        view.end();
      }, KEPT_MS);
    },
  };
}
