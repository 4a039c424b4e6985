// The two instruments. Each starts a voice and returns its two verbs: `release(when, seconds)` and `ended(callback)`.

const LONGEST = 14; // seconds after which a voice ends by itself

// The human's: an electric piano. A sine bends another (frequency modulation), the more the harder the key is struck; a tine rings on top.
export function playKeys(context, bus, frequency, loudness, now) {
  const fade = Math.min(2.6, Math.max(0.35, 2.4 * (262 / frequency) ** 0.55)); // seconds to 1/e
  const body = new OscillatorNode(context, { frequency });
  const bend = new OscillatorNode(context, { frequency: frequency * 1.0007 });
  const depth = new GainNode(context, { gain: 0 });
  const tine = new OscillatorNode(context, { frequency: Math.min(frequency * 14, 9000) });
  const ring = new GainNode(context, { gain: 0 });
  const amp = new GainNode(context, { gain: 0 });
  bend.connect(depth).connect(body.frequency);
  body.connect(amp);
  tine.connect(ring).connect(amp);
  amp.connect(bus);
  depth.gain.setValueAtTime(frequency * (0.35 + 2.3 * loudness), now);
  depth.gain.setTargetAtTime(frequency * 0.18, now, fade * 0.35);
  ring.gain.setValueAtTime(0.03 + 0.1 * loudness, now);
  ring.gain.setTargetAtTime(0, now, 0.07);
  amp.gain.setValueAtTime(0, now);
  amp.gain.linearRampToValueAtTime(0.05 + 0.33 * loudness, now + 0.004);
  amp.gain.setTargetAtTime(0, now + 0.004, fade);
  return start([body, bend, tine], amp, now, 0.09);
}

// The model's: glass and reed. Hollow partials through a filter that opens with the touch, a slow swell, a vibrato that comes late.
export function playGlass(context, bus, frequency, loudness, now) {
  const body = new OscillatorNode(context, { type: "triangle", frequency });
  const halo = new OscillatorNode(context, { frequency: frequency * 3.004 });
  const air = new GainNode(context, { gain: 0.16 });
  const filter = new BiquadFilterNode(context, { type: "lowpass", Q: 0.8, frequency: 400 });
  const sway = new OscillatorNode(context, { frequency: 4.7 });
  const width = new GainNode(context, { gain: 0 });
  const amp = new GainNode(context, { gain: 0 });
  sway.connect(width);
  for (const each of [body, halo]) width.connect(each.detune);
  body.connect(filter);
  halo.connect(air).connect(filter);
  filter.connect(amp).connect(bus);
  width.gain.setTargetAtTime(7, now + 0.25, 0.3);
  filter.frequency.setValueAtTime(Math.min(9000, frequency * (1.5 + 5 * loudness) + 300), now);
  filter.frequency.setTargetAtTime(Math.min(7000, frequency * 1.6 + 250), now, 0.35);
  amp.gain.setValueAtTime(0, now);
  amp.gain.linearRampToValueAtTime(0.06 + 0.3 * loudness, now + 0.018);
  amp.gain.setTargetAtTime((0.06 + 0.3 * loudness) * 0.45, now + 0.02, 0.5);
  amp.gain.setTargetAtTime(0, now + 1.2, 2.2);
  return start([body, halo, sway], amp, now, 0.16);
}

function start(sources, amp, now, tail) {
  for (const source of sources) {
    source.start(now);
    source.stop(now + LONGEST);
  }
  return {
    release(when, seconds = tail) {
      amp.gain.cancelScheduledValues(when);
      amp.gain.setTargetAtTime(0, when, seconds);
      for (const source of sources) source.stop(when + seconds * 7);
    },
    ended(callback) {
      sources[0].onended = () => {
        amp.disconnect();
        callback();
      };
    },
  };
}
