// The camera, drawn in the browser: its frames go to the server by WebRTC, small messages about people come back over a
// data channel, and this draws them over its own picture. Page side: pose_ui/live_view/overlay.py.

import { CameraView, mounting } from "./camera_view.js";
import { decodePeople } from "./people_message.js";

const GATHER_MS = 2000; // for candidates of a distant relay; those of this machine are there at once
const STEP_MS = 7000; // for each step to an open channel: a busy machine is slow in all; shorter than the server's limit
const RING = 16; // frames held back: half a second
const STALE_MS = 600; // without messages for so long, the picture goes on without people
const LONGEST_DELAY_MS = 2000; // more means that the clocks of browser and sender report disagree
const TYPICAL_WAY_MS = 30; // to the server and back, until the first sender report

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

class OverlayView extends CameraView {
  constructor(box) {
    super(box);
    this.ring = new FrameRing();
    this.errorsMs = [];
  }

  update(data, setState) {
    super.update(data, setState);
    this.take(data.answer);
    this.draw();
  }

  async begin(attempt) {
    this.stepWithin(attempt);
    const offer = await this.offer(attempt);
    if (!offer) return;
    this.stepWithin(attempt);
    this.tell(offer);
  }

  stepWithin(attempt) {
    if (attempt !== this.attempt) return;
    clearTimeout(this.limit);
    this.limit = setTimeout(() => this.channel?.readyState !== "open" && this.fail(attempt), STEP_MS);
  }

  // The offer for an attempt; null if it ended meanwhile.
  async offer(attempt) {
    const stream = await this.open(attempt);
    if (!stream) return null;
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
      this.stepWithin(attempt);
      await this.peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    } catch {
      this.fail(attempt);
    }
  }

  frameTaken(now, atMs) {
    if (this.inStep) this.ring.add(this.video, atMs);
    else this.ring.clear();
    if (!this.inStep || this.isStale(now)) this.draw();
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

  draw() {
    const { look } = this.data;
    const stale = this.isStale(performance.now());
    const people = stale ? [] : this.message.people;
    // Without a frame of its own, the video below shows through.
    const picture = stale || !look.inStep ? null : this.message.frame?.canvas;
    this.show(people, picture);
  }

  hangUp() {
    clearTimeout(this.limit);
    this.peer?.close();
    this.peer = this.channel = this.name = null;
    super.hangUp();
    this.ring.clear();
  }
}

export const { mount, unmount } = mounting(OverlayView);
