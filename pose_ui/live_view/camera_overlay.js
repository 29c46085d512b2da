// The camera, drawn in the browser: its frames go to the server by WebRTC, small messages about people come back over a
// data channel, and this draws them over its own picture. Page side: pose_ui/live_view/overlay.py.

import { PoseCanvas } from "./pose_canvas.js";
import { decodePeople } from "./people_message.js";

const KEPT_MS = 1000; // longer than it takes Streamlit to bring an element back
const GATHER_MS = 2000; // for candidates of a distant relay; those of this machine are there at once
const CONNECT_MS = 7000; // shorter than the server's own limit
const RING = 16; // frames held back: half a second
const STALE_MS = 600; // without messages for so long, the picture goes on without people
const LONGEST_DELAY_MS = 2000; // more means that the clocks of browser and sender report disagree
const TYPICAL_WAY_MS = 30; // to the server and back, until the first sender report

const left = new Map(); // by key: views whose element went a moment ago

const stopAll = (stream) => stream?.getTracks().forEach((track) => track.stop());

class FrameRing {
  constructor() {
    this.frames = []; // oldest first: { atMs, canvas }
  }

  // Copies what the video shows. Frames themselves cannot be kept: a camera has only a few buffers.
  add(video, atMs) {
    const full = this.frames.length >= RING;
    const canvas = full ? this.frames.shift().canvas : document.createElement("canvas");
    const [width, height] = [video.videoWidth, video.videoHeight];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0);
    this.frames.push({ atMs, canvas });
  }

  nearest(atMs) {
    let best = null;
    for (const frame of this.frames) {
      if (!best || Math.abs(frame.atMs - atMs) < Math.abs(best.atMs - atMs)) best = frame;
    }
    return best;
  }

  clear() {
    this.frames = [];
  }
}

class View {
  constructor(box) {
    this.box = box;
    this.video = box.querySelector("video");
    this.canvas = new PoseCanvas(box.querySelector("canvas"));
    this.ring = new FrameRing();
    this.turn = 0; // the one that was connected for, or tried to
    this.attempt = null; // what runs; null after its end
    this.message = null;
    this.errorsMs = [];
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
    this.take(data.answer);
    this.draw();
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

  fail(attempt) {
    if (attempt !== this.attempt) return;
    this.hangUp();
    this.tell({ failed: true });
  }

  async connect() {
    const attempt = (this.attempt = {});
    this.limit = setTimeout(() => this.channel?.readyState !== "open" && this.fail(attempt), CONNECT_MS);
    try {
      const offer = await this.offer(attempt);
      if (offer) this.tell(offer);
    } catch {
      this.fail(attempt);
    }
  }

  // The offer for an attempt; null if it ended meanwhile.
  async offer(attempt) {
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
    const peer = (this.peer = new RTCPeerConnection(this.data.ice));
    peer.addTransceiver(stream.getVideoTracks()[0], { direction: "sendonly", streams: [stream] });
    this.channel = peer.createDataChannel(this.data.channel, { ordered: false, maxRetransmits: 0 });
    this.channel.binaryType = "arraybuffer";
    this.channel.onmessage = ({ data }) => this.receive(data);
    this.channel.onopen = () => clearTimeout(this.limit);
    await peer.setLocalDescription();
    await new Promise((done) => {
      const finish = () => peer.iceGatheringState === "complete" && done();
      peer.onicegatheringstatechange = finish;
      setTimeout(done, GATHER_MS);
      finish();
    });
    if (attempt !== this.attempt) return null;
    this.name = crypto.randomUUID();
    return { name: this.name, sdp: peer.localDescription.sdp };
  }

  async take(answer) {
    if (!answer || answer.name !== this.name || this.answered === answer.name) return;
    this.answered = answer.name;
    const { attempt } = this;
    try {
      if (!answer.sdp) throw new Error("refused");
      await this.peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    } catch {
      this.fail(attempt);
    }
  }

  // Note each frame of the camera, with the time at which it was taken.
  watch() {
    const { video, stream } = this;
    const next = (now, frame) => {
      if (this.stream !== stream) return;
      this.captured += 1;
      if (this.inStep) this.ring.add(video, frame?.captureTime ?? now);
      else this.ring.clear();
      if (!this.inStep || this.isStale(now)) this.draw();
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(next);
      else requestAnimationFrame(next);
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
  }

  get inStep() {
    return this.data.look.inStep;
  }

  isStale(now) {
    return !this.message || now - this.message.arrivedMs > STALE_MS;
  }

  receive(buffer) {
    const message = decodePeople(buffer);
    if (!message) return;
    const arrivedMs = performance.now();
    this.received += 1;
    // On this page's own clock. Without a sender report, or with clocks that disagree, a guess.
    let takenMs = message.capturedMs - performance.timeOrigin;
    const delayMs = arrivedMs - takenMs;
    const exact = delayMs > 0 && delayMs < LONGEST_DELAY_MS;
    if (!exact) takenMs = arrivedMs - message.serverMs - TYPICAL_WAY_MS;
    if (this.message && takenMs <= this.message.takenMs) return; // overtaken on its way
    if (exact) this.note(this.delaysMs, delayMs);
    const frame = this.inStep ? this.ring.nearest(takenMs) : null;
    if (exact && frame) this.note(this.errorsMs, Math.abs(frame.atMs - takenMs));
    this.message = { ...message, arrivedMs, takenMs, frame };
    this.draw();
  }

  note(list, value) {
    list.push(value);
    if (list.length > 300) list.shift();
  }

  draw() {
    const { look } = this.data;
    const stale = this.isStale(performance.now());
    const people = stale ? [] : this.message.people;
    // Without a frame of its own, the video below shows through.
    const picture = stale || !look.inStep ? null : this.message.frame?.canvas;
    this.canvas.show({ people, options: look, picture, ground: look.skeletonOnly });
    // Under a picture it need not be composed: without a graphics card that costs as much as all the drawing.
    this.video.style.visibility = picture ? "hidden" : "";
  }

  hangUp() {
    this.attempt = null;
    clearTimeout(this.limit);
    this.peer?.close();
    stopAll(this.stream);
    this.peer = this.channel = this.stream = this.message = this.name = null;
    this.video.srcObject = null;
    this.ring.clear();
  }

  end() {
    this.hangUp();
    this.canvas.end();
    window.removeEventListener("pagehide", this.away);
  }
}

// The view in an element, taken over from one that went a moment ago if there is one.
export function mount(parent, key) {
  const box = parent.querySelector(".posedeck-overlay");
  const old = left.get(key);
  if (old) {
    left.delete(key);
    box.replaceWith(old.box);
    return old;
  }
  return new View(box);
}

export function unmount(view, key) {
  left.set(key, view);
  setTimeout(() => {
    if (view.box.isConnected) return; // taken over
    if (left.get(key) === view) left.delete(key);
    view.end();
  }, KEPT_MS);
}
