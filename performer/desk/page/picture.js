// The picture: whatever arrives fades in over the time that a frame takes, at the display's own rate. WebGL, or a plain canvas without it.
import { GlPainter } from "./painter_gl.js";
import { PlainPainter } from "./painter_plain.js";

const SHORTEST = 15, LONGEST = 250; // ms that a fade may take
const SLOW = 40; // ms between two frames of the display; where most take longer the canvas is made coarser
const TRIAL = 24; // frames after which that is judged
const COARSEST = 0.3; // canvas pixels for a pixel of the page

const PLAIN = { // a picture as it is, until the show says how it is to look
  held: false, look: [], place: [], uniforms: {
    whole: [0], mirror: [0, 0], segments: [0], zoom: [1], angle: [0], blur: [0], feedback: [0, 1, 0], pin: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    edge: [0, 0, 0, 0], gamma: [1],
  },
};

export class Picture {
  // fit: "cover" fills the canvas and crops; "ambient" shows the whole frame and lets its colours glow around it
  constructor(canvas, fit) {
    this.canvas = canvas;
    this.drawn = 0; // frames that were shown
    this.fps = 0;
    this.interval = 40; // ms between frames, averaged
    this.arrived = 0;
    this.waiting = null;
    this.decoding = false;
    this.dirty = true;
    this.looks = PLAIN;
    this.quality = Math.min(window.devicePixelRatio || 1, 2);
    this.trial = { frames: 0, slow: 0, last: 0 };
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "high-performance" });
    this.painter = gl ? new GlPainter(gl, fit) : new PlainPainter(canvas.getContext("2d"), fit);
    new ResizeObserver(() => this.#resize()).observe(canvas);
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.painter.restore());
    this.#resize();
    requestAnimationFrame((now) => this.#frame(now));
  }

  // A JPEG came. While one is being decoded only the newest waits.
  async offer(bytes) {
    this.waiting = bytes;
    if (this.decoding) return;
    this.decoding = true;
    while (this.waiting) {
      const next = this.waiting;
      this.waiting = null;
      try {
        this.#show(await createImageBitmap(new Blob([next], { type: "image/jpeg" })));
      } catch {
        // not a picture: the last one stays
      }
    }
    this.decoding = false;
  }

  // The show says how the picture looks from now on: the uniforms of both passes, what each has to be able to do, and whether it stands still.
  dress(looks) {
    this.looks = looks;
    this.dirty = true;
  }

  // The mean brightness (0 to 1) of what is on the canvas now.
  brightness() {
    this.#paint(1);
    const small = new OffscreenCanvas(32, 32).getContext("2d");
    small.drawImage(this.canvas, 0, 0, 32, 32);
    const { data } = small.getImageData(0, 0, 32, 32);
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) sum += data[at] + data[at + 1] + data[at + 2];
    return sum / (32 * 32 * 3 * 255);
  }

  // Forget the measured rate: nothing came for a while.
  get stale() {
    return performance.now() - this.arrived > 2000;
  }

  #show(bitmap) {
    const now = performance.now();
    const passed = now - this.arrived;
    this.arrived = now;
    if (passed < 1000) this.interval += (passed - this.interval) * 0.1;
    this.fps = 1000 / this.interval;
    this.painter.take(bitmap);
    bitmap.close();
    this.drawn += 1;
    this.dirty = true;
  }

  #frame(now) {
    if (this.dirty) {
      const length = Math.min(LONGEST, Math.max(SHORTEST, this.interval));
      const progress = Math.min(1, Math.max(0, (now - this.arrived + SHORTEST) / length)); // what comes is seen at once, by its first step
      this.#paint(progress, now);
      this.dirty = progress < 1 || (this.looks.look.includes("TRAIL") && !this.looks.held);
    }
    this.#judge(now);
    requestAnimationFrame((next) => this.#frame(next));
  }

  #paint(progress, now = performance.now()) {
    this.painter.paint(progress, this.looks, now);
  }

  // A machine that paints slowly, for want of a graphics card, paints fewer pixels: the notes go before the picture.
  #judge(now) {
    const { trial } = this;
    trial.frames += 1;
    trial.slow += now - trial.last > SLOW ? 1 : 0;
    trial.last = now;
    if (trial.frames < TRIAL) return;
    if (trial.slow > TRIAL / 2 && this.quality > COARSEST) {
      this.quality = Math.max(COARSEST, this.quality * 0.65);
      this.#resize();
    }
    trial.frames = trial.slow = 0;
  }

  #resize() {
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * this.quality));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * this.quality));
    this.#paint(1); // a canvas that was resized is empty, and this frame's painting is over
    this.dirty = true;
  }
}
