// What the voices mean to play: notes that wait for their time, told by the engine in seconds of its own clock.

const COMMIT = 0.1; // s before its leaving at which a note is committed and told so
const FORGET = 0.5; // s after its time at which a note that did not come is no longer shown

export class Plan {
  constructor() {
    this.notes = []; // {voice, pitch, velocity, time, beats, beat, sure}, time in seconds of the engine's clock
    this.offset = null; // this page's seconds at the engine's zero
    this.tempo = 0.5; // s a beat
  }

  // A note is planned.
  add(voice, pitch, velocity, time, beat, beats) {
    this.notes.push({ voice, pitch, velocity, time, beat, beats, sure: false });
  }

  // A note will sound for certain; when it is told of says what the engine's clock is. It leaves `delay` ms after its time.
  commit(delay, voice, pitch, velocity, time, duration) {
    const offset = performance.now() / 1000 + COMMIT + Math.max(0, -delay / 1000) - time;
    this.offset = this.offset === null || Math.abs(offset - this.offset) > 1 ? offset : Math.min(this.offset + 0.0005, offset);
    const note = this.notes.find((each) => !each.sure && each.voice === voice && each.pitch === pitch && Math.abs(each.time - time) < 0.05);
    if (!note) return;
    note.sure = true;
    note.time = time;
    if (note.beats > 0) this.tempo = duration / note.beats;
  }

  // The rest of a voice's plan is thought over.
  clear(voice) {
    this.notes = this.notes.filter((note) => note.voice !== voice || note.sure);
  }

  // The notes that are still to come, with their seconds from now.
  coming() {
    if (this.offset === null) return [];
    const now = performance.now() / 1000 - this.offset;
    this.notes = this.notes.filter((note) => note.time > now - (note.sure ? 0 : FORGET));
    return this.notes.map((note) => ({ ...note, from: note.time - now, length: note.beats * this.tempo })).filter((note) => note.from > 0);
  }
}
