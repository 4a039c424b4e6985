// The keyboard on the page: mouse and many fingers, louder the lower a key is struck. It shows who plays what, in two colours.
import { isBlack, noteName } from "./names.js";

const WIDEST = 37; // px of a white key, about
const LOWEST = 0, HIGHEST = 127;

export class Keyboard {
  constructor(root, { press, release }) {
    this.root = root;
    this.onpress = press;
    this.onrelease = release;
    this.first = 48; // the lowest key shown, a C
    this.octaves = 0;
    this.keys = new Map();
    this.lit = { human: new Map(), model: new Map() }; // pitch -> the notes that hold it
    this.fingers = new Map(); // pointerId -> pitch
    this.hints = new Map();
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) root.addEventListener(type, (event) => this.#touch(event));
    root.addEventListener("contextmenu", (event) => event.preventDefault());
    new ResizeObserver(() => this.#layout()).observe(root);
  }

  // Where the computer's keys begin: the C in the middle of what is shown.
  get home() {
    return this.first + 12 * Math.floor(Math.max(0, this.octaves - 1) / 2);
  }

  shift(octaves) {
    const last = HIGHEST - 12 * this.octaves + 1;
    this.first = Math.min(Math.floor(last / 12) * 12, Math.max(LOWEST, this.first + 12 * octaves));
    this.#build();
  }

  // `note` names who exactly holds the key: two voices of the model may hold the same.
  light(who, pitch, note, on) {
    const notes = this.lit[who].get(pitch) ?? new Set();
    if (on) this.lit[who].set(pitch, notes.add(note));
    else if (notes.delete(note) && !notes.size) this.lit[who].delete(pitch);
    this.#show(pitch);
  }

  dark(only) {
    for (const who of only ? [only] : Object.keys(this.lit)) {
      const pitches = [...this.lit[who].keys()];
      this.lit[who].clear();
      pitches.forEach((pitch) => this.#show(pitch));
    }
  }

  // Letters of the computer's keys, by their distance from home.
  setHints(hints) {
    this.hints = hints;
    this.#build();
  }

  #layout() {
    const before = this.octaves;
    this.octaves = Math.min(7, Math.max(1, Math.round(this.root.clientWidth / (7 * WIDEST))));
    if (before !== this.octaves) {
      const middle = before ? this.first + 6 * before : 66;
      this.first = Math.max(LOWEST, Math.round((middle - 6 * this.octaves) / 12) * 12);
      this.#build();
    }
  }

  #build() {
    this.keys.clear();
    this.root.replaceChildren();
    const whites = 7 * this.octaves + 1;
    let place = 0;
    for (let pitch = this.first; pitch <= Math.min(HIGHEST, this.first + 12 * this.octaves); pitch++) {
      const key = document.createElement("div");
      const black = isBlack(pitch);
      key.className = black ? "key black" : "key white";
      key.dataset.pitch = pitch;
      key.style.setProperty("--x", (black ? place - 0.31 : place) / whites);
      key.style.setProperty("--w", (black ? 0.62 : 1) / whites);
      if (!black) place += 1;
      const label = pitch % 12 === 0 ? noteName(pitch) : "";
      key.append(text("hint", this.hints.get(pitch - this.home) ?? ""), text("name", label));
      this.keys.set(pitch, key);
      this.root.append(key);
      this.#show(pitch);
    }
  }

  #show(pitch) {
    const key = this.keys.get(pitch);
    if (!key) return;
    for (const who of Object.keys(this.lit)) key.classList.toggle(who, this.lit[who].has(pitch));
  }

  #touch(event) {
    const id = event.pointerId;
    if (event.type === "pointerdown") {
      if (event.button !== 0) return;
      event.preventDefault();
      this.root.focus({ preventScroll: true });
      this.root.setPointerCapture(id);
      this.fingers.set(id, null);
    }
    if (!this.fingers.has(id)) return;
    const up = event.type === "pointerup" || event.type === "pointercancel";
    const key = up ? null : document.elementFromPoint(event.clientX, event.clientY)?.closest(".key");
    const pitch = key ? Number(key.dataset.pitch) : null;
    const before = this.fingers.get(id);
    if (pitch !== before) {
      this.fingers.set(id, pitch);
      if (before !== null && ![...this.fingers.values()].includes(before)) this.onrelease(before);
      if (pitch !== null) this.onpress(pitch, velocityAt(key, event.clientY));
    }
    if (up) this.fingers.delete(id);
  }
}

function velocityAt(key, y) {
  const { top, height } = key.getBoundingClientRect();
  const depth = Math.min(1, Math.max(0, (y - top) / height));
  return Math.round(28 + 96 * depth);
}

function text(name, content) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = content;
  return span;
}
