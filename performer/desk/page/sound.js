// The page's sound: one instrument for the human, one for the model, a drum kit, a small room. Web Audio only; silent until a person touches the page.
import { playGlass, playKeys } from "./instruments.js";
import { playDrum } from "./kit.js";

const MOST_VOICES = 40;
const ROOM = 1.5; // seconds of reverberation
const WAKING = 1000; // ms that a browser may take from the touch to the sound
const INSTRUMENTS = { human: playKeys, model: playGlass };
const PLACES = { human: -0.18, model: 0.22 }; // where they stand, left to right

export class Sound {
  constructor() {
    this.context = null;
    this.touched = -Infinity;
    this.voices = new Map(); // key -> voice, in the order they began
    this.lifted = new Set(); // keys of the human that only the pedal holds
    this.started = { human: 0, model: 0 };
    this.pedalDown = false;
    this.volume = 0.8;
    this.muted = false;
    this.onstate = () => {};
  }

  get running() {
    return this.context?.state === "running";
  }

  // Begin to sound. Only a person's touch may call this; browsers refuse otherwise.
  resume() {
    this.touched = performance.now();
    if (!this.context) this.#build();
    if (!this.running) this.context.resume().catch(() => {});
  }

  // `key` names the note until `off`; a duration of 0 means until then.
  on(who, key, pitch, velocity, duration, drums) {
    if (!this.running && performance.now() - this.touched > WAKING) return; // what waits for the first touch to take effect is kept
    this.started[who] += 1;
    const bus = this.buses[who], now = this.context.currentTime, loudness = (velocity / 127) ** 1.6;
    if (drums) return playDrum(this.context, bus, pitch, loudness, now);
    this.#end(key, 0.02);
    while (this.voices.size >= MOST_VOICES) this.#end(this.voices.keys().next().value, 0.03);
    const voice = INSTRUMENTS[who](this.context, bus, 440 * 2 ** ((pitch - 69) / 12), loudness, now);
    this.voices.set(key, voice);
    voice.ended(() => this.voices.get(key) === voice && this.voices.delete(key));
    if (duration > 0) voice.release(now + duration);
  }

  off(key) {
    if (this.pedalDown && key.startsWith("human")) this.lifted.add(key);
    else this.#end(key);
  }

  pedal(down) {
    this.pedalDown = down;
    if (down) return;
    for (const key of this.lifted) this.#end(key);
    this.lifted.clear();
  }

  // End all notes of one of them, or of both.
  silence(who = "") {
    for (const key of [...this.voices.keys()]) if (key.startsWith(who)) this.#end(key, 0.03);
    if (who !== "model") this.pedal(false);
  }

  setVolume(volume, muted) {
    this.volume = volume;
    this.muted = muted;
    this.master?.gain.setTargetAtTime(muted ? 0 : volume ** 2, this.context.currentTime, 0.02);
  }

  // The loudness of what leaves the page, 0 to 1.
  level() {
    if (!this.running) return 0;
    this.analyser.getFloatTimeDomainData(this.wave);
    return Math.sqrt(this.wave.reduce((sum, value) => sum + value * value, 0) / this.wave.length);
  }

  #end(key, time) {
    this.lifted.delete(key);
    this.voices.get(key)?.release(this.context.currentTime, time);
    this.voices.delete(key);
  }

  #build() {
    const context = new AudioContext({ latencyHint: "interactive" });
    context.onstatechange = () => this.onstate();
    const limiter = new DynamicsCompressorNode(context, { threshold: -14, knee: 12, ratio: 5, attack: 0.003, release: 0.18 });
    const room = new ConvolverNode(context, { buffer: impulse(context) });
    const wet = new GainNode(context, { gain: 0.3 });
    this.master = new GainNode(context, { gain: this.muted ? 0 : this.volume ** 2 });
    this.analyser = new AnalyserNode(context, { fftSize: 1024 });
    this.wave = new Float32Array(1024);
    this.buses = {};
    for (const who of Object.keys(INSTRUMENTS)) {
      this.buses[who] = new StereoPannerNode(context, { pan: PLACES[who] });
      this.buses[who].connect(limiter);
      this.buses[who].connect(room);
    }
    room.connect(wet).connect(limiter);
    limiter.connect(this.master).connect(this.analyser).connect(context.destination);
    this.context = context;
  }
}

// A small room: noise that fades, darker the longer it lasts.
function impulse(context) {
  const length = Math.round(context.sampleRate * ROOM);
  const buffer = context.createBuffer(2, length, context.sampleRate);
  for (let side = 0; side < 2; side++) {
    const data = buffer.getChannelData(side);
    let low = 0;
    for (let at = 0; at < length; at++) {
      const age = at / length;
      low += (Math.random() * 2 - 1 - low) * (0.75 - 0.6 * age);
      data[at] = low * (1 - age) ** 2 * Math.exp(-4 * age) * Math.min(1, at / 200);
    }
  }
  return buffer;
}
