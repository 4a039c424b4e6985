// The controls, built from the table of parameters: to add a row there is to add a control here.
import { BUILDERS } from "./widgets.js";

const VOICE = /^\/performer\/voice\/(\d+)\/(.+)$/;
const ONLY_IN = /^In (\w+):/; // a sentence that begins so tells the mode in which the control counts
const FOLDED = new Set(["modulation", "source", "window"]); // many rows that are set up once
const HOLD_BACK = 400; // ms after a person's touch in which the engine's word does not move the control

export class Controls {
  // `send(address, value)`
  constructor(root, table, send) {
    this.root = root;
    this.send = send;
    this.rows = new Map(); // address -> {parameter, widget, value, touched}
    this.doing = new Map(); // voice -> element
    this.pending = new Map();
    this.voice = 1;
    this.#build(table);
  }

  // The engine says what a parameter's value is.
  set(address, value) {
    const row = this.rows.get(address);
    if (!row) return false;
    row.value = value;
    if (performance.now() - row.touched > HOLD_BACK) row.widget.show(value);
    if (address.endsWith("/mode")) this.#count(address);
    return true;
  }

  get(address) {
    return this.rows.get(address)?.value;
  }

  // What the voices are at: [{voice, mode, doing}]
  tell(voices) {
    for (const { voice, doing } of voices) {
      const place = this.doing.get(voice);
      if (!place) continue;
      place.textContent = doing;
      const busy = doing === "answering" || doing === "playing";
      place.classList.toggle("busy", busy);
      this.tabs?.get(voice)?.classList.toggle("busy", busy);
    }
  }

  #build(table) {
    const voices = Array.from({ length: table.voices }, (_, index) => index + 1);
    this.panels = new Map(voices.map((number) => [number, this.#panel(`Voice ${number}`)]));
    for (const [number, panel] of this.panels) {
      const doing = document.createElement("span");
      doing.className = "doing";
      panel.querySelector("h2").append(doing);
      this.doing.set(number, doing);
    }
    const groups = new Map();
    for (const parameter of table.parameters) {
      const [, number, name] = VOICE.exec(parameter.address) ?? [];
      const group = parameter.address.split("/")[2];
      if (!number && !groups.has(group)) groups.set(group, this.#panel(group));
      const panel = number ? this.panels.get(Number(number)) : groups.get(group);
      panel.append(this.#row(parameter, name ?? parameter.address.split("/").slice(3).join(" ")));
    }
    const [left, right] = [document.createElement("div"), document.createElement("div")];
    if (voices.length > 1) left.append(this.#tabBar(voices));
    left.append(...this.panels.values());
    right.append(...[...groups].map(([group, panel]) => (FOLDED.has(group) ? this.#folded(panel) : panel)));
    this.root.append(left, right);
    this.#choose(1);
  }

  #panel(title) {
    const panel = document.createElement("section");
    const heading = document.createElement("h2");
    heading.textContent = title;
    panel.append(heading);
    return panel;
  }

  #folded(panel) {
    const fold = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = panel.querySelector("h2").textContent;
    panel.querySelector("h2").remove();
    fold.append(summary, panel);
    return fold;
  }

  #tabBar(voices) {
    const bar = document.createElement("div");
    bar.className = "tabs";
    bar.setAttribute("role", "tablist");
    bar.setAttribute("aria-label", "Voices");
    this.tabs = new Map();
    for (const number of voices) {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.textContent = number;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-label", `Voice ${number}`);
      tab.addEventListener("click", () => this.#choose(number));
      this.tabs.set(number, tab);
      bar.append(tab);
    }
    return bar;
  }

  #choose(voice) {
    for (const [number, panel] of this.panels) {
      panel.hidden = number !== voice;
      this.tabs?.get(number).setAttribute("aria-selected", String(number === voice));
    }
  }

  #row(parameter, name) {
    const { address } = parameter;
    const widget = BUILDERS[parameter.kind](parameter, name.replaceAll("_", " "), (value) => this.#touched(address, value));
    widget.element.title = `${parameter.doc}\n${address}`;
    widget.element.dataset.address = address;
    this.rows.set(address, { parameter, widget, value: parameter.default, touched: -Infinity });
    widget.show(parameter.default);
    return widget.element;
  }

  // Many touches within one display frame are one message.
  #touched(address, value) {
    const row = this.rows.get(address);
    row.touched = performance.now();
    row.value = value;
    row.widget.show(value);
    if (address.endsWith("/mode")) this.#count(address);
    if (!this.pending.size) requestAnimationFrame(() => this.#flush());
    this.pending.set(address, value);
  }

  #flush() {
    for (const [address, value] of this.pending) this.send(address, value);
    this.pending.clear();
  }

  // Dim the controls that do not count in the voice's mode.
  #count(address) {
    const prefix = address.slice(0, -"mode".length);
    const mode = this.rows.get(address).value;
    const panel = this.panels.get(Number(VOICE.exec(address)[1]));
    panel.dataset.mode = mode;
    this.tabs?.get(Number(VOICE.exec(address)[1])).classList.toggle("off", mode === "mute");
    for (const [other, { parameter, widget }] of this.rows) {
      const only = other.startsWith(prefix) && ONLY_IN.exec(parameter.doc)?.[1];
      if (only) widget.element.classList.toggle("idle", only !== mode);
    }
  }
}
