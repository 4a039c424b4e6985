// The roll: what was played in the last seconds, the human in amber, the model in blue, time flowing to the left; right of now, what is planned.
import { noteName } from "./names.js";

const SPAN = 12; // seconds
const AHEAD = 3; // seconds that are shown of the plan, where there is one
const MOST_NOTES = 1500;
const COLOURS = { human: "255,180,84", model: "98,208,230" };
const LEAST_RANGE = 30; // semitones

export class Roll {
  constructor(canvas, plan) {
    this.canvas = canvas;
    this.plan = plan;
    this.ahead = 0; // share of AHEAD that is shown; it opens and closes calmly
    this.context = canvas.getContext("2d");
    this.notes = []; // {who, key, pitch, velocity, start, end}; end is Infinity while it sounds
    this.low = 48;
    this.high = 48 + LEAST_RANGE;
    this.blank = false;
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
    requestAnimationFrame(() => this.#frame());
  }

  begin(who, key, pitch, velocity, duration) {
    this.end(key);
    const start = performance.now() / 1000;
    this.notes.push({ who, key, pitch, velocity, start, end: duration > 0 ? start + duration : Infinity });
    if (this.notes.length > MOST_NOTES) this.notes.shift();
  }

  end(key) {
    const now = performance.now() / 1000;
    for (const note of this.notes) if (note.key === key && note.end > now) note.end = now;
  }

  endAll(who = "") {
    const now = performance.now() / 1000;
    for (const note of this.notes) if (note.end > now && note.who.startsWith(who)) note.end = now;
  }

  #frame() {
    const now = performance.now() / 1000;
    this.notes = this.notes.filter((note) => note.end > now - SPAN - 1);
    const coming = this.plan.coming();
    this.ahead += ((coming.length ? 1 : 0) - this.ahead) * 0.05;
    if (this.notes.length || coming.length || !this.blank) this.#draw(now, coming);
    this.blank = !this.notes.length && !coming.length && this.ahead < 0.01;
    requestAnimationFrame(() => this.#frame());
  }

  #draw(now, coming = []) {
    const { context, width, height } = this;
    context.clearRect(0, 0, width, height);
    this.#follow();
    const row = height / (this.high - this.low + 1);
    const edge = (width - 14) * SPAN / (SPAN + AHEAD * this.ahead); // where now is
    const yOf = (pitch) => (this.high - pitch) * row;
    this.#lines(yOf, row, edge);
    const bar = Math.max(2.5, Math.min(9, row * 0.78));
    for (const note of this.notes) {
      const sounding = note.end > now;
      const right = edge - (now - Math.min(note.end, now)) * (edge / SPAN);
      const left = edge - (now - note.start) * (edge / SPAN);
      if (right < 0) continue;
      const y = yOf(note.pitch) + (row - bar) / 2;
      const age = Math.min(1, (edge - right) / edge);
      const strength = (0.42 + 0.58 * (note.velocity / 127)) * (1 - 0.75 * age ** 1.5);
      this.#bar(left, y, Math.max(bar, right - left), bar, COLOURS[note.who], strength, sounding);
    }
    for (const note of coming) {
      const left = edge + note.from * (edge / SPAN);
      if (left < width) this.#ghost(left, yOf(note.pitch) + (row - bar) / 2, Math.max(bar, note.length * (edge / SPAN)), bar, note.sure);
    }
  }

  // What is committed is nearly a note; the rest is an outline.
  #ghost(x, y, width, height, sure) {
    const { context } = this;
    context.beginPath();
    context.roundRect(x, y, width, height, height / 2);
    context.strokeStyle = `rgba(${COLOURS.model},${sure ? 0.9 : 0.4})`;
    context.stroke();
    if (!sure) return;
    context.fillStyle = `rgba(${COLOURS.model},0.35)`;
    context.fill();
  }

  #bar(x, y, width, height, colour, strength, sounding) {
    const { context } = this;
    if (sounding) {
      const glow = context.createRadialGradient(x + width, y + height / 2, 0, x + width, y + height / 2, 26);
      glow.addColorStop(0, `rgba(${colour},${0.5 * strength})`);
      glow.addColorStop(1, `rgba(${colour},0)`);
      context.fillStyle = glow;
      context.fillRect(x + width - 26, y - 26, 52, 52 + height);
    }
    context.fillStyle = `rgba(${colour},${strength})`;
    context.beginPath();
    context.roundRect(x, y, width, height, height / 2);
    context.fill();
  }

  #lines(yOf, row, edge) {
    const { context, width } = this;
    context.font = "10px system-ui, sans-serif";
    for (let pitch = Math.ceil(this.low / 12) * 12; pitch <= this.high; pitch += 12) {
      const y = Math.round(yOf(pitch) + row) + 0.5;
      context.fillStyle = "rgba(255,255,255,0.09)";
      context.fillRect(0, y, width, 1);
      context.fillStyle = "rgba(255,255,255,0.34)";
      context.fillText(noteName(pitch), 8, y - 3);
    }
    context.fillStyle = "rgba(255,255,255,0.22)";
    context.fillRect(edge, 0, 1, this.height);
  }

  // The range follows what is on the roll, calmly.
  #follow() {
    let low = 55, high = 76;
    for (const { pitch } of this.notes) {
      low = Math.min(low, pitch - 2);
      high = Math.max(high, pitch + 2);
    }
    const spare = Math.max(0, LEAST_RANGE - (high - low)) / 2;
    this.low += (low - spare - this.low) * 0.08;
    this.high += (high + spare - this.high) * 0.08;
  }

  #resize() {
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.max(1, Math.round(this.width * scale));
    this.canvas.height = Math.max(1, Math.round(this.height * scale));
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#draw(performance.now() / 1000);
  }
}
