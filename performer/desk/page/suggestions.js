// Suggestions of a voice as small piano rolls: a touch on one makes it the plan, the triangle beside it lets it be heard, softly.

const HOW_MANY = 3;
const EARLIER = 0; // the number of an idea that was gone back to
const LEAST_RANGE = 14; // semitones
const COLOUR = "98,208,230";

export class Suggestions {
  // `panels`: voice -> element, `send(address, ...values)`
  constructor(panels, send) {
    this.send = send;
    this.voices = new Map(); // voice -> {cards, notes: number -> notes, shown: number -> element}
    for (const [voice, panel] of panels) this.#build(voice, panel);
  }

  // A note of a suggestion.
  add(voice, number, pitch, velocity, beat, beats) {
    const place = this.voices.get(voice);
    if (!place) return;
    if (place.shown.has(number)) this.clear(voice, number); // it is told again
    if (!place.notes.has(number)) place.notes.set(number, []);
    place.notes.get(number).push({ pitch, velocity, beat, beats });
  }

  // A suggestion has been told whole.
  ready(voice, number, length) {
    const place = this.voices.get(voice);
    if (!place || place.shown.has(number)) return;
    const card = this.#card(voice, number, place.notes.get(number) ?? [], length);
    place.shown.set(number, card);
    const after = [...place.shown].filter(([other]) => other > number).sort(([a], [b]) => a - b)[0];
    place.cards.insertBefore(card, after?.[1] ?? null);
  }

  // The suggestions of a voice, or the one of this number, are no more.
  clear(voice, number) {
    const place = this.voices.get(voice);
    if (!place) return;
    for (const each of number === undefined ? [...place.notes.keys()] : [number]) {
      place.shown.get(each)?.remove();
      place.shown.delete(each);
      place.notes.delete(each);
    }
  }

  // One was chosen.
  chosen(voice, number) {
    for (const [each, card] of this.voices.get(voice)?.shown ?? []) card.classList.toggle("chosen", each === number);
  }

  #build(voice, panel) {
    const root = document.createElement("div");
    root.className = "suggestions";
    const tools = document.createElement("div");
    tools.append(
      button("Suggest", `Other ways in which the next phrase of voice ${voice} could go`, () => this.send("/performer/suggest", voice, HOW_MANY)),
      button("Earlier idea", "What it played or what was chosen before; again: the one before that", () => this.send("/performer/suggest/back", voice)),
    );
    const cards = document.createElement("div");
    root.append(tools, cards);
    panel.querySelector(".choice")?.after(root);
    this.voices.set(voice, { cards, notes: new Map(), shown: new Map() });
  }

  #card(voice, number, notes, length) {
    const card = document.createElement("div");
    card.className = "card";
    card.dataset.number = number;
    const name = number === EARLIER ? "the earlier idea" : `suggestion ${number}`;
    const choose = button("", `Play ${name}: it becomes the plan`, () => this.send("/performer/suggest/choose", voice, number));
    const roll = document.createElement("canvas");
    roll.width = 480;
    roll.height = 84;
    draw(roll, notes, length);
    choose.append(roll);
    choose.setAttribute("aria-label", `Choose ${name}, ${notes.length} notes`);
    const hear = button("▸", `Hear ${name}, softly`, () => this.send("/performer/suggest/hear", voice, number));
    hear.setAttribute("aria-label", `Hear ${name}`);
    hear.className = "hear";
    if (number === EARLIER) choose.disabled = hear.disabled = true;
    card.append(choose, hear);
    return card;
  }
}

function draw(canvas, notes, length) {
  const context = canvas.getContext("2d");
  const pitches = notes.map((note) => note.pitch);
  const middle = (Math.min(...pitches) + Math.max(...pitches)) / 2;
  const range = Math.max(LEAST_RANGE, Math.max(...pitches) - Math.min(...pitches) + 3);
  const row = canvas.height / range;
  context.fillStyle = "rgba(255,255,255,0.09)";
  for (let beat = 1; beat < length; beat += 1) context.fillRect(Math.round((beat / length) * canvas.width), 0, beat % 4 ? 1 : 2, canvas.height);
  for (const { pitch, velocity, beat, beats } of notes) {
    const x = (beat / length) * canvas.width;
    const y = (middle + range / 2 - pitch - 0.5) * row;
    context.fillStyle = `rgba(${COLOUR},${0.4 + 0.6 * (velocity / 127)})`;
    context.beginPath();
    context.roundRect(x, y, Math.max(4, (beats / length) * canvas.width - 2), Math.max(4, Math.min(9, row * 0.8)), 2);
    context.fill();
  }
}

function button(text, title, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = title;
  made.addEventListener("click", act);
  return made;
}
