// The computer's keys as piano keys, by their place on the keyboard (so that any layout works): A is the C at home, Z and X shift the octave.

const ROW = ["KeyA", "KeyW", "KeyS", "KeyE", "KeyD", "KeyF", "KeyT", "KeyG", "KeyY", "KeyH", "KeyU", "KeyJ", "KeyK", "KeyO", "KeyL", "KeyP"];
const STEPS = new Map(ROW.map((code, step) => [code, step]));
const SOFT = 84, LOUD = 118;
const SUSTAIN = 64;

export const HINTS = new Map(ROW.map((code, step) => [step, code.slice(3)]));

export function listenToTyping({ keyboard, players, panic }) {
  const down = new Map(); // code -> pitch
  let pedal = false;

  const setPedal = (on) => {
    if (on !== pedal) players.control(SUSTAIN, on ? 127 : 0);
    pedal = on;
  };
  const letGo = () => {
    for (const pitch of down.values()) players.release(pitch);
    down.clear();
    setPedal(false);
  };

  window.addEventListener("keydown", (event) => {
    if (event.code === "Escape") return panic();
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyped(event.target)) return;
    if (STEPS.has(event.code)) {
      const pitch = keyboard.home + STEPS.get(event.code);
      if (pitch > 127) return;
      down.set(event.code, pitch);
      players.press(pitch, event.shiftKey ? LOUD : SOFT);
    } else if (event.code === "KeyZ" || event.code === "KeyX") {
      keyboard.shift(event.code === "KeyZ" ? -1 : 1);
    } else if (event.code === "Space" && !(event.target instanceof HTMLButtonElement)) {
      event.preventDefault();
      setPedal(true);
    }
  });
  window.addEventListener("keyup", (event) => {
    if (event.code === "Space") setPedal(false);
    if (!down.has(event.code)) return;
    players.release(down.get(event.code));
    down.delete(event.code);
  });
  window.addEventListener("blur", letGo);
}

function isTyped(target) {
  return target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type !== "range");
}
