// Names of notes and keys.

const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

export const noteName = (pitch) => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
export const keyName = (tonic, mode) => `${NAMES[tonic]} ${mode}`;
export const isBlack = (pitch) => [1, 3, 6, 8, 10].includes(pitch % 12);
