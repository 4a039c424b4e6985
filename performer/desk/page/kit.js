// A drum kit out of sines and noise, by General MIDI's map of drums.

// pitch -> [kind, ...its numbers]; a tone sweeps from one frequency to another, noise is filtered
const DRUMS = {
  35: ["tone", 120, 42, 0.16, 1.1], 36: ["tone", 150, 46, 0.17, 1.1],
  37: ["noise", 1900, 0.025, 0.5], 38: ["snare", 0.11, 0.6], 39: ["noise", 1300, 0.09, 0.6], 40: ["snare", 0.14, 0.7],
  41: ["tone", 120, 78, 0.2, 0.8], 43: ["tone", 145, 95, 0.19, 0.8], 45: ["tone", 175, 115, 0.17, 0.8],
  47: ["tone", 205, 138, 0.16, 0.8], 48: ["tone", 240, 165, 0.15, 0.8], 50: ["tone", 285, 200, 0.14, 0.8],
  42: ["noise", 8200, 0.035, 0.34], 44: ["noise", 7600, 0.03, 0.26], 46: ["noise", 7600, 0.26, 0.34],
  49: ["noise", 5200, 0.75, 0.4], 51: ["noise", 9000, 0.4, 0.22], 52: ["noise", 4600, 0.6, 0.36], 53: ["noise", 9800, 0.3, 0.24],
  54: ["noise", 9500, 0.09, 0.26], 55: ["noise", 6000, 0.5, 0.36], 56: ["tone", 560, 540, 0.06, 0.4], 57: ["noise", 4900, 0.8, 0.4],
  59: ["noise", 8600, 0.4, 0.22],
};
const OTHER = ["noise", 3600, 0.05, 0.4];
const noises = new WeakMap();

export function playDrum(context, bus, pitch, loudness, now) {
  const [kind, ...numbers] = DRUMS[pitch] ?? OTHER;
  const level = 0.15 + 0.85 * loudness;
  if (kind === "tone") tone(context, bus, now, level, ...numbers);
  if (kind === "noise") hiss(context, bus, now, level, ...numbers);
  if (kind === "snare") {
    const [fade, strength] = numbers;
    hiss(context, bus, now, level, 2400, fade, strength);
    tone(context, bus, now, level, 250, 175, 0.06, 0.5);
  }
}

function tone(context, bus, now, level, from, to, fade, strength) {
  const source = new OscillatorNode(context, { frequency: from });
  source.frequency.setTargetAtTime(to, now, 0.022);
  source.connect(envelope(context, bus, now, level * strength, fade));
  source.start(now);
  source.stop(now + fade * 7);
}

function hiss(context, bus, now, level, frequency, fade, strength) {
  const source = new AudioBufferSourceNode(context, { buffer: noise(context), loop: true });
  const filter = new BiquadFilterNode(context, { type: frequency > 4000 ? "highpass" : "bandpass", frequency, Q: 0.7 });
  source.connect(filter).connect(envelope(context, bus, now, level * strength, fade));
  source.start(now, Math.random());
  source.stop(now + fade * 7);
}

function envelope(context, bus, now, level, fade) {
  const amp = new GainNode(context, { gain: 0 });
  amp.gain.setValueAtTime(0, now);
  amp.gain.linearRampToValueAtTime(level, now + 0.002);
  amp.gain.setTargetAtTime(0, now + 0.002, fade);
  amp.connect(bus);
  return amp;
}

function noise(context) {
  if (!noises.has(context)) {
    const buffer = context.createBuffer(1, context.sampleRate * 2, context.sampleRate);
    const data = buffer.getChannelData(0);
    for (let at = 0; at < data.length; at++) data[at] = Math.random() * 2 - 1;
    noises.set(context, buffer);
  }
  return noises.get(context);
}
