// The camera with the model in this browser: no picture is sent to the server, and landmarks only while it wants them.
// Page side: view.py.

import { CameraView, mounting } from "./camera_view.js";
import { LandmarksSender } from "./landmarks_sender.js";
import { COLOURS, drawPeople } from "./pose_canvas.js";

const STALE_MS = 2000; // without people for so long, the picture goes on without them
const FIGURES_MS = 500;
const RATE_OVER_MS = 2000;

// The smallest module that uses an instruction of SIMD.
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

function canRun() {
  try {
    return typeof OffscreenCanvas !== "undefined" && WebAssembly.validate(SIMD);
  } catch {
    return false;
  }
}

class ModelView extends CameraView {
  constructor(box) {
    super(box);
    this.timesMs = []; // of the last people
    this.lastMs = 0;
    this.snapshots = null;
    this.sender = new LandmarksSender();
    this.said = document.createElement("p");
    this.said.className = "posedeck-overlay-said";
    box.append(this.said);
  }

  update(data, setState) {
    super.update(data, setState);
    this.aim();
    const options = JSON.stringify(data.options);
    if (this.worker && options !== this.options) {
      if (data.options.model !== JSON.parse(this.options).model) this.say(data.texts.loading);
      this.options = options;
      this.worker.postMessage({ options: data.options });
    }
    if (this.snapshots !== null && data.snapshots > this.snapshots) this.save();
    this.snapshots = data.snapshots;
    this.draw();
  }

  // To the server, if it wants landmarks and there will be any.
  aim() {
    const { told, turn } = this.data;
    this.sender.aim(told && this.attempt ? new URL(told, document.baseURI).href : null, turn);
  }

  async begin(attempt) {
    if (!canRun()) {
      this.fail(attempt, "simd");
      return;
    }
    this.say(this.data.texts.loading);
    const worker = (this.worker = new Worker(new URL("./model_worker.js", import.meta.url), { type: "module" }));
    worker.onmessage = ({ data }) => this.take(attempt, data);
    worker.onerror = () => this.fail(attempt);
    this.options = JSON.stringify(this.data.options);
    worker.postMessage({ files: new URL(this.data.files, document.baseURI).href, options: this.data.options });
    this.busy = false;
    this.waiting = null;
    const stream = await this.open(attempt);
    if (!stream) return;
    this.ticking = setInterval(() => this.tellFigures(), FIGURES_MS);
    stream.getVideoTracks()[0].onended = () => { // unplugged, say
      if (attempt !== this.attempt) return;
      this.hangUp();
      this.tell({ gone: true });
    };
  }

  frameTaken(now, atMs) {
    this.waiting = { atMs };
    if (this.ready && !this.busy) this.send();
    if (!this.inStep || this.isStale(now)) this.draw();
  }

  // The newest frame goes to the model; those that arrive meanwhile replace each other.
  async send() {
    const { attempt, worker, video } = this;
    const { atMs } = this.waiting;
    this.waiting = null;
    this.busy = true;
    const frame = await createImageBitmap(video).catch(() => null);
    if (attempt !== this.attempt) return void frame?.close();
    if (!frame) {
      this.busy = false;
      return;
    }
    // In whole milliseconds that increase, as on the server.
    this.lastMs = Math.max(this.lastMs + 1, Math.round(atMs));
    this.takenMs = atMs;
    worker.postMessage({ frame, timeMs: this.lastMs }, [frame]);
  }

  take(attempt, data) {
    if (attempt !== this.attempt) return void data.frame?.close();
    if (data.failed) {
      this.fail(attempt);
      return;
    }
    if (data.ready) {
      this.ready = true;
      this.say("");
      if (this.waiting && !this.busy) this.send();
      return;
    }
    this.busy = false;
    if (!this.told) {
      this.told = true;
      this.tell({ running: true });
    }
    this.received += 1;
    const arrivedMs = performance.now();
    this.note(this.delaysMs, arrivedMs - this.takenMs);
    this.timesMs.push(arrivedMs);
    this.message?.frame.close();
    this.message = { ...data, arrivedMs, size: [data.frame.width, data.frame.height] };
    this.sender.add(this.message);
    this.draw();
    if (this.waiting) this.send();
  }

  isStale(now) {
    return !this.message || now - this.message.arrivedMs > STALE_MS;
  }

  // People over the very picture that they were found in, or over the camera's newest.
  draw() {
    if (!this.data) return;
    const { look } = this.data;
    const stale = this.isStale(performance.now());
    const people = stale ? [] : this.message.people;
    const picture = stale || !look.inStep ? null : this.message.frame;
    this.show(people, picture);
  }

  say(text) {
    this.said.textContent = text;
    if (this.data) this.box.setAttribute("aria-label", text || this.data.alt);
  }

  // For the figures beside the picture, which the browser fills in by itself.
  tellFigures() {
    const now = performance.now();
    this.timesMs = this.timesMs.filter((atMs) => now - atMs < RATE_OVER_MS);
    if (this.isStale(now) || !this.timesMs.length) return;
    const detail = {
      rate: (this.timesMs.length * 1000) / RATE_OVER_MS,
      delayMs: this.delaysMs.slice(-this.timesMs.length).sort((a, b) => a - b)[this.timesMs.length >> 1],
      people: this.message.people.length,
    };
    window.dispatchEvent(new CustomEvent("posedeck-measured", { detail }));
  }

  // What is on show, in the camera's own size, as a file of this machine.
  async save() {
    const picture = this.message?.frame;
    if (!picture) return;
    const { width, height } = picture;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    const { look } = this.data;
    if (look.mirrored) context.setTransform(-1, 0, 0, 1, width, 0);
    context.fillStyle = COLOURS.ground;
    context.fillRect(0, 0, width, height);
    if (!look.skeletonOnly) context.drawImage(picture, 0, 0);
    context.resetTransform();
    drawPeople(context, this.message.people, look, { width, height });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await canvas.convertToBlob({ type: "image/png" }));
    link.download = this.data.texts.snapshot.replace("{time}", new Date().toISOString().slice(0, 19).replace(/\D/g, ""));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  hangUp() {
    clearInterval(this.ticking);
    this.worker?.terminate();
    this.message?.frame?.close();
    this.worker = this.waiting = null;
    this.ready = this.told = false;
    this.received = 0;
    this.timesMs = [];
    this.say("");
    this.sender.aim(null, 0);
    super.hangUp();
    this.draw(); // nothing, instead of a frame that is closed
  }
}

export const { mount, unmount } = mounting(ModelView);
