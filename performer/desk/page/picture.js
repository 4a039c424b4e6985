// The picture: whatever arrives fades in over the time that a frame takes, at the display's own rate. WebGL, or a plain canvas without it.
import { GlPainter } from "./painter_gl.js";
import { PlainPainter } from "./painter_plain.js";

const SHORTEST = 15, LONGEST = 250; // ms that a fade may take

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
    const gl = canvas.getContext("webgl", { alpha: false, antialias: false, depth: false, powerPreference: "high-performance" });
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

  // The mean brightness (0 to 1) of what is on the canvas now.
  brightness() {
    this.painter.paint(1);
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
      const progress = Math.min(1, Math.max(0, (now - this.arrived) / length));
      this.painter.paint(progress);
      this.dirty = progress < 1;
    }
    requestAnimationFrame((next) => this.#frame(next));
  }

  #resize() {
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * scale));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * scale));
    this.painter.paint(1); // a canvas that was resized is empty, and this frame's painting is over
    this.dirty = true;
  }
}
