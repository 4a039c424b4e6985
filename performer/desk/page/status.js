// The status line, the sentences that come and go, and the banner of a lost connection.
import { keyName } from "./names.js";

const TOAST = 7000; // ms
const MOST_TOASTS = 3;
const BANNERS = {
  open: "",
  silent: "The engine is silent. It is started again by itself.",
  lost: "The desk is out of reach. Trying again …",
};

export class Status {
  constructor({ line, toasts, banner }) {
    Object.assign(this, { line, toasts, banner });
    this.facts = {};
    this.figures = {}; // of the engine's own time-keeping
    this.rungs = new Map(); // voice -> where its planned notes come from, where it is not the plan
    this.loops = new Map(); // MIDI input -> milliseconds after which what leaves comes back there
    this.cuts = new Set(); // MIDI inputs that are not heard because of a storm
    this.bpm = null;
    this.chords = "";
    this.cells = new Map();
    this.timer = 0;
  }

  // The engine tells facts in a JSON object; they add up.
  hear(json) {
    Object.assign(this.facts, JSON.parse(json));
  }

  health(figures) {
    this.figures = figures;
  }

  rung(voice, rung) {
    if (rung === "plan") this.rungs.delete(voice);
    else this.rungs.set(voice, rung);
  }

  loop(input, ms) {
    this.loops.set(input, ms);
  }

  cut(input, cut) {
    if (cut) this.cuts.add(input);
    else this.cuts.delete(input);
  }

  // The song's chord and the next.
  chord(now, next) {
    this.chords = now && next ? `${now} → ${next}` : now;
  }

  tempo(bpm) {
    this.bpm = bpm;
  }

  // Write the line: what the engine told, and what this page measured.
  show({ fps, lateness, link }) {
    const { model, midi_in: input, midi_out: output, audio, visuals, key } = this.facts;
    this.#cell("model", model);
    this.#cell("key", key && keyName(...key));
    this.#cell("chord", this.chords);
    this.#cell("picture", fps === null ? visuals && "waiting" : `${fps.toFixed(0)} fps`);
    const { reply_ms: replies, lateness_ms: late, step_ms: steps, missed } = this.figures;
    const step = steps?.[model];
    this.#cell("tempo", this.bpm === null ? "" : `${this.bpm.toFixed(1)}`);
    this.#cell("late", late ? `${late.p50.toFixed(1)} / ${late.p99.toFixed(1)} ms` : lateness === null ? "" : `${lateness.toFixed(1)} ms`);
    this.#cell("reply", replies ? `${replies.p50.toFixed(1)} / ${replies.p99.toFixed(1)} ms` : "");
    this.#cell("step", step ? `${step.p50.toFixed(2)} / ${step.p99.toFixed(2)} ms` : "");
    this.#cell("missed", missed || "");
    this.#cell("falls back", [...this.rungs].map(([voice, rung]) => `${voice} ${rung}`).join(", "));
    this.#cell("in", input);
    this.#cell("comes back", [...this.loops].map(([name, ms]) => `${name} after ${ms.toFixed(0)} ms`).join(", "));
    this.#cell("cut off", [...this.cuts].join(", "));
    this.#cell("out", output);
    this.#cell("audio", audio);
    document.body.dataset.link = link;
  }

  say(sentence, wrong = false) {
    const last = this.toasts.lastElementChild;
    if (last?.textContent === sentence) return;
    const toast = document.createElement("p");
    toast.textContent = sentence;
    toast.classList.toggle("wrong", wrong);
    this.toasts.append(toast);
    while (this.toasts.children.length > MOST_TOASTS) this.toasts.firstElementChild.remove();
    setTimeout(() => toast.remove(), TOAST);
  }

  // A short interruption shows nothing; a longer one its banner.
  link(state) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.banner.textContent = BANNERS[state];
      this.banner.hidden = state === "open";
    }, state === "open" ? 0 : 400);
  }

  #cell(name, value) {
    let cell = this.cells.get(name);
    if (!cell) {
      cell = document.createElement("div");
      cell.append(document.createElement("dt"), document.createElement("dd"));
      cell.firstChild.textContent = name;
      cell.dataset.fact = name;
      this.cells.set(name, cell);
      this.line.append(cell);
    }
    cell.hidden = !value;
    if (cell.lastChild.textContent !== String(value ?? "")) cell.lastChild.textContent = value ?? "";
  }
}
