// The clock of a part of a film that plays in a loop: that of the frame on show. Used by sides_view.js.

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function clockText(seconds) {
  const whole = Math.max(0, seconds);
  return `${Math.floor(whole / 60)}:${(whole % 60).toFixed(2).padStart(5, "0")}`;
}

export class Clock {
  constructor(video, onFrame, onPlaying) {
    this.video = video;
    this.onFrame = onFrame;
    this.onPlaying = onPlaying;
    this.frame = 0;
    this.shownS = [];
    this.silent = false; // no picture: frames follow each other by their times alone
    this.timer = 0;
    video.onplay = video.onpause = () => onPlaying();
    video.onended = () => this.again();
    video.onseeked = () => video.requestVideoFrameCallback || this.fromPicture(video.currentTime);
    if (video.requestVideoFrameCallback) {
      const next = (now, { mediaTime }) => {
        this.fromPicture(mediaTime);
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    } else {
      video.ontimeupdate = () => this.fromPicture(video.currentTime);
    }
  }

  // Another film, of which the frames at these times of its own clock count; it plays at once, unless motion is unwanted.
  begin(address, shownS) {
    this.end();
    this.silent = false;
    this.shownS = shownS;
    this.frame = 0;
    this.video.src = address;
    this.seek(0);
    if (!calm.matches) this.play();
  }

  get last() {
    return Math.max(0, this.shownS.length - 1);
  }

  get playing() {
    return this.silent ? Boolean(this.timer) : !this.video.paused && Boolean(this.video.getAttribute("src"));
  }

  // The newest frame that begins at or before a time.
  frameAt(timeS) {
    let [low, high] = [0, this.last];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.shownS[middle] <= timeS + 1e-4) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  fromPicture(timeS) {
    if (this.silent || !this.shownS.length || this.video.seeking) return;
    const step = this.last ? (this.shownS[this.last] - this.shownS[0]) / this.last : 0;
    if (this.playing && timeS > this.shownS[this.last] + step / 2) {
      this.again();
      return;
    }
    this.show(this.frameAt(timeS));
  }

  again() {
    this.seek(0);
    this.video.play().catch(() => {});
  }

  show(frame) {
    this.frame = frame;
    this.onFrame();
  }

  withoutPicture() {
    this.silent = true;
    if (!calm.matches) this.play();
    this.show(this.frame);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  pause() {
    this.video.pause();
    cancelAnimationFrame(this.timer);
    this.timer = 0;
    this.onPlaying();
  }

  play() {
    if (!this.silent) {
      this.video.play().catch(() => {}); // refused, as in a tab in the background
      return;
    }
    let [lastMs, atS] = [performance.now(), this.shownS[this.frame]];
    const next = (nowMs) => {
      atS += (nowMs - lastMs) / 1000;
      lastMs = nowMs;
      if (atS > this.shownS[this.last]) atS = this.shownS[0];
      this.show(this.frameAt(atS));
      this.timer = requestAnimationFrame(next);
    };
    this.timer = requestAnimationFrame(next);
    this.onPlaying();
  }

  // Into the middle of a frame's time, where no rounding shows its neighbour.
  seek(frame) {
    frame = Math.min(Math.max(frame, 0), this.last);
    const next = frame < this.last ? this.shownS[frame + 1] : this.shownS[frame] + 0.02;
    if (!this.silent) this.video.currentTime = this.shownS[frame] + Math.min((next - this.shownS[frame]) / 2, 0.01);
    this.show(frame);
  }

  step(frames) {
    this.pause();
    this.seek(this.frame + frames);
  }

  end() {
    this.pause();
    this.shownS = [];
    this.video.removeAttribute("src");
    this.video.load();
  }
}
