// Who plays: the human at this page or elsewhere, and the model. Each note goes to the sound, the keyboard and the roll, once.

const ECHO = 2000; // ms within which the engine tells of a key that this page pressed
const DRUMS = 10; // MIDI channel
const SUSTAIN = 64;

export class Players {
  constructor({ link, sound, keyboard, roll, channelOf }) {
    Object.assign(this, { link, sound, keyboard, roll, channelOf });
    this.held = new Map(); // pitch -> channel of the keys that this page holds
    this.told = []; // [pitch, time] of this page's presses that the engine has not told of yet
    this.lateness = null; // ms, of the model's notes
  }

  // A key of this page goes down.
  press(pitch, velocity, channel = 1) {
    this.release(pitch);
    this.held.set(pitch, channel);
    this.told.push([pitch, performance.now()]);
    this.told = this.told.slice(-64);
    this.#down(pitch, velocity, channel);
    this.link.send("/performer/note/on", pitch, velocity, channel);
  }

  release(pitch) {
    const channel = this.held.get(pitch);
    if (!this.held.delete(pitch)) return;
    this.#up(pitch);
    this.link.send("/performer/note/off", pitch, channel);
  }

  control(number, value, channel = 1) {
    if (number === SUSTAIN) this.sound.pedal(value >= 64);
    this.link.send("/performer/control", number, value, channel);
  }

  // The engine tells of a human's key, perhaps one of this page's own.
  heard(pitch, velocity, channel) {
    const now = performance.now();
    const own = this.told.findIndex(([each, when]) => each === pitch && now - when < ECHO);
    if (velocity > 0 && own >= 0) {
      this.told.splice(own, 1);
    } else if (velocity > 0) {
      this.#down(pitch, velocity, channel);
    } else if (!this.held.has(pitch)) {
      this.#up(pitch);
    }
  }

  // The model's note leaves; with a duration of 0 it lasts until `released`.
  played(voice, pitch, velocity, duration, lateness) {
    const key = `model ${voice} ${pitch}`;
    this.lateness = smooth(this.lateness, lateness);
    this.sound.on("model", key, pitch, velocity, duration, this.channelOf(voice) === DRUMS);
    this.keyboard.light("model", pitch, key, true);
    this.roll.begin("model", key, pitch, velocity, duration);
  }

  released(voice, pitch) {
    const key = `model ${voice} ${pitch}`;
    this.sound.off(key);
    this.keyboard.light("model", pitch, key, false);
    this.roll.end(key);
  }

  // Everything ends now, here; the engine is told by `panic`.
  silence() {
    this.held.clear();
    this.sound.silence();
    this.keyboard.dark();
    this.roll.endAll();
  }

  // The engine is gone: what it played would never be released.
  modelGone() {
    this.sound.silence("model");
    this.keyboard.dark("model");
    this.roll.endAll("model");
  }

  releaseAll() {
    for (const pitch of [...this.held.keys()]) this.release(pitch);
  }

  #down(pitch, velocity, channel) {
    const key = `human ${pitch}`;
    this.sound.on("human", key, pitch, velocity, 0, channel === DRUMS);
    this.keyboard.light("human", pitch, key, true);
    this.roll.begin("human", key, pitch, velocity, 0);
  }

  #up(pitch) {
    const key = `human ${pitch}`;
    this.sound.off(key);
    this.keyboard.light("human", pitch, key, false);
    this.roll.end(key);
  }
}

function smooth(before, value) {
  return before === null ? value : before + (value - before) * 0.2;
}
