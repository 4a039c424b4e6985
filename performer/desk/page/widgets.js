// The kinds of controls. Each builder takes a row of the table, its name and `touched(value)`, and returns {element, show(value)}.
// A double click on a control's name or slider is its default.
import { noteName } from "./names.js";

const FEW = 4; // choices that fit beside each other as buttons; the modes are always in sight

export const BUILDERS = { float: slider, int: slider, bool: toggle, choice: (row, ...rest) => (row.choices.length <= FEW || row.address.endsWith("/mode") ? buttons : list)(row, ...rest) };

function slider(row, name, touched) {
  const element = make("label", "row slider");
  const input = make("input");
  const output = make("output");
  const step = row.kind === "int" ? 1 : (row.high - row.low) / 200;
  Object.assign(input, { type: "range", min: row.low, max: row.high, step: row.kind === "int" ? 1 : "any" });
  element.append(label(name), input, output);
  input.addEventListener("input", () => touched(tidy(row, Number(input.value))));
  input.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!direction) return;
    event.preventDefault();
    touched(tidy(row, Math.min(row.high, Math.max(row.low, Number(input.value) + direction * step))));
  });
  element.addEventListener("dblclick", (event) => {
    event.preventDefault();
    touched(row.default);
  });
  const show = (value) => {
    input.value = value;
    input.style.setProperty("--at", (value - row.low) / (row.high - row.low));
    output.textContent = written(row, value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  return { element, show };
}

function toggle(row, name, touched) {
  const element = make("label", "row toggle");
  const input = Object.assign(make("input"), { type: "checkbox" });
  input.setAttribute("role", "switch");
  element.append(label(name), input);
  input.addEventListener("change", () => touched(input.checked));
  return { element, show: (value) => (input.checked = value) };
}

function buttons(row, name, touched) {
  const element = make("div", `choice ${name}`);
  element.setAttribute("role", "radiogroup");
  element.setAttribute("aria-label", name);
  const each = row.choices.map((choice) => {
    const button = Object.assign(make("button"), { type: "button", textContent: choice });
    button.setAttribute("role", "radio");
    button.addEventListener("click", () => touched(choice));
    return button;
  });
  element.append(...each);
  element.addEventListener("keydown", (event) => {
    const direction = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    const next = each[(each.indexOf(event.target) + direction + each.length) % each.length];
    next.focus();
    next.click();
  });
  const show = (value) => each.forEach((button) => {
    const chosen = button.textContent === value;
    button.setAttribute("aria-checked", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  });
  return { element, show };
}

function list(row, name, touched) {
  const element = make("label", "row list");
  const select = make("select");
  select.append(...row.choices.map((choice) => new Option(choice, choice)));
  select.addEventListener("change", () => touched(select.value));
  const title = label(name);
  title.addEventListener("dblclick", () => touched(row.default));
  element.append(title, select);
  return { element, show: (value) => (select.value = value) };
}

function tidy(row, value) {
  return row.kind === "int" ? Math.round(value) : Number(value.toPrecision(4));
}

const UNITS = { "1/s": "/s", notes: "", degrees: "°", "degrees/s": "°/s", "half turns": " ½ turn", "half sides": " ½ side", octaves: " oct", radians: " rad" };

function written(row, value) {
  if (row.unit === "note") return noteName(value);
  const number = row.kind === "int" ? String(value) : value.toFixed(2);
  const unit = UNITS[row.unit] ?? (row.unit ? ` ${row.unit}` : "");
  return number + unit;
}

function label(name) {
  return Object.assign(make("span", "name"), { textContent: name });
}

function make(tag, className = "") {
  return Object.assign(document.createElement(tag), { className });
}
