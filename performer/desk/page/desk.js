// The desk: builds the parts of the page and connects them. `window.performer` holds them for tests and for the curious.
import { Controls } from "./controls.js";
import { Keyboard } from "./keyboard.js";
import { Link } from "./link.js";
import { recall, remember } from "./memory.js";
import { Picture } from "./picture.js";
import { Plan } from "./plan.js";
import { Players } from "./players.js";
import { Roll } from "./roll.js";
import { Scenes } from "./scenes.js";
import { Sound } from "./sound.js";
import { Status } from "./status.js";
import { Suggestions } from "./suggestions.js";
import { HINTS, listenToTyping } from "./typing.js";
import { offerMidi } from "./webmidi.js";

const $ = (id) => document.getElementById(id);
const table = await (await fetch("parameters.json")).json();

const picture = new Picture($("picture"), "ambient");
const plan = new Plan();
const roll = new Roll($("roll"), plan);
const sound = new Sound();
const status = new Status({ line: $("status"), toasts: $("toasts"), banner: $("banner") });
const link = new Link({ message: hear, picture: (bytes) => picture.offer(bytes), state: linked });
const controls = new Controls($("controls"), table, (address, value) => link.send(address, value));
const keyboard = new Keyboard($("keyboard"), {
  press: (pitch, velocity) => players.press(pitch, velocity),
  release: (pitch) => players.release(pitch),
});
const scenes = new Scenes($("scenes"), (...message) => link.send(...message));
const suggestions = new Suggestions(controls.panels, (...message) => link.send(...message));
const players = new Players({ link, sound, keyboard, roll, channelOf: (voice) => controls.get(`/performer/voice/${voice}/channel`) });

const HEARERS = {
  "/performer/heard": (...args) => players.heard(...args),
  "/performer/played": (...args) => players.played(...args),
  "/performer/released": (...args) => players.released(...args),
  "/performer/health": (json) => status.health(JSON.parse(json)),
  "/performer/rung": (voice, rung) => status.rung(voice, rung),
  "/performer/chord": (now, next) => status.chord(now, next),
  "/performer/timeline": (bpm) => status.tempo(bpm),
  "/performer/looks": (json) => picture.dress(JSON.parse(json)),
  "/performer/plan": (...args) => plan.add(...args),
  "/performer/plan/committed": (...args) => plan.commit(controls.get("/performer/midi/delay"), ...args),
  "/performer/plan/cleared": (voice) => plan.clear(voice),
  "/performer/suggestion": (...args) => suggestions.add(...args),
  "/performer/suggestion/ready": (...args) => suggestions.ready(...args),
  "/performer/suggestion/cleared": (...args) => suggestions.clear(...args),
  "/performer/suggestion/chosen": (...args) => suggestions.chosen(...args),
  "/performer/scenes": (json) => scenes.tell(JSON.parse(json)),
  "/performer/scene": (name, when) => scenes.called(name, when),
  "/performer/panic": () => players.silence(),
  "/performer/midi/loop": (input, ms) => status.loop(input, ms),
  "/performer/midi/cut": (input, cut) => {
    status.cut(input, cut);
    $("restore").hidden = !status.cuts.size;
  },
  "/performer/error": (address, reason) => status.say(reason || address, true),
  "/performer/status": (json) => {
    status.hear(json);
    if (status.facts.voices) controls.tell(status.facts.voices);
  },
};

function hear(address, args) {
  if (!controls.set(address, args[0])) HEARERS[address]?.(...args);
}

function linked(state) {
  status.link(state);
  if (state === "open") return;
  players.modelGone();
  if (state === "lost") players.releaseAll();
}

function panic() {
  link.send("/performer/panic");
  players.silence();
}

// Sound: it starts at the first touch, and remembers how loud it was.
const remembered = recall("performer sound", { volume: 0.8, muted: false });
const showSound = () => {
  $("wake").hidden = sound.running;
  $("mute").setAttribute("aria-pressed", String(!sound.muted));
  $("volume").value = sound.volume;
  $("volume").style.setProperty("--at", sound.volume);
};
function setSound(volume, muted) {
  sound.setVolume(volume, muted);
  remember("performer sound", { volume, muted });
  showSound();
}
sound.onstate = showSound;
setSound(remembered.volume, remembered.muted);
for (const type of ["pointerdown", "keydown"]) window.addEventListener(type, () => sound.resume(), { capture: true });
$("volume").addEventListener("input", () => setSound(Number($("volume").value), false));
$("mute").addEventListener("click", () => setSound(sound.volume, !sound.muted));

$("panic").addEventListener("click", panic);
$("restore").addEventListener("click", () => link.send("/performer/midi/restore"));
$("down").addEventListener("click", () => keyboard.shift(-1));
$("up").addEventListener("click", () => keyboard.shift(1));
if (matchMedia("(hover: hover)").matches) keyboard.setHints(HINTS);
listenToTyping({ keyboard, players, panic });
offerMidi($("midi"), { players, say: (sentence) => status.say(sentence) });

setInterval(() => status.show({
  fps: picture.drawn && !picture.stale ? picture.fps : null,
  lateness: players.lateness,
  link: link.state,
}), 250);
link.open();

window.performer = { link, picture, roll, suggestions, sound, status, controls, keyboard, players, panic };
