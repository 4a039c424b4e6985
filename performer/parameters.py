"""THE TABLE: every control a person may touch, once. OSC, the desk page, show files, takes and the reference page are driven by it.

To add a control is to add a row. An address with `{voice}` stands for one row for each voice, numbered from 1; one with
`{slot}` for each slot of the modulation matrix, one with `{number}` for each of the numbers that a performer sends for it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from performer.assets import is_file_name
from performer.errors import ParameterError
from performer.events import STYLES
from performer.movers import CURVES, MOVERS, MOVES, NUMBERS, SLOTS
from performer.parameter import Parameter

VOICES = 16
LONGEST_NAME = 80
MODES = ("call", "harmonise", "accompany", "drums", "continue", "autonomous", "punch-in", "input", "mute")
SOURCES = ("auto", "internal", "midi", "link")
GRIDS: Mapping[str, float] = MappingProxyType({  # beats between two places; a beat is a quarter note
    "free": 0.0, "1/4": 1.0, "1/8": 1 / 2, "1/8 triplet": 1 / 3, "1/16": 1 / 4, "1/16 triplet": 1 / 6, "1/32": 1 / 8,
})  # fmt: skip
WALK = "walk"  # the choice that leaves a label to the walk
FAMILIES = (WALK, "flame", "smoke", "mandala", "streams", "crystal", "rings", "julia")
SYMMETRIES = (WALK, "1", "2", "3", "4", "5", "6", "8")
PALETTES: Mapping[str, tuple[float, ...]] = MappingProxyType({  # phases of red, green and blue in turns
    WALK: (), "ember": (0.0, 0.12, 0.24), "sun": (0.95, 0.05, 0.3), "moss": (0.3, 0.1, 0.45), "sea": (0.6, 0.3, 0.1), "ice": (0.45, 0.25, 0.05),
    "violet": (0.2, 0.5, 0.05), "rose": (0.0, 0.35, 0.2), "neon": (0.1, 0.6, 0.85),
})  # fmt: skip
AMOUNTS = ("density", "warp", "zoom", "spread", "glow", "brightness", "contrast", "detail", "saturation")  # labels that are numbers
COMPONENTS = 4
MIRRORS = ("none", "left", "top", "both")
SCALES: Mapping[str, tuple[int, ...]] = MappingProxyType({
    "follow": (),  # the key the player plays in, found from the last notes
    "chromatic": tuple(range(12)),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
})  # fmt: skip
SONG_KEYS = ("follow", *(name + mode for mode in ("", "m") for name in ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")))
QUANTISE = "/performer/tempo/quantise"
QUANTA = ("now", "beat", "bar", "2 bars", "4 bars", "8 bars")
KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def _row(address: str, kind: str, default: Any, low: float, high: float, unit: str, doc: str) -> Parameter:
    return Parameter(address, kind, default, low, high, unit, doc)


def _choice(address: str, default: str, choices: Iterable[str], doc: str) -> Parameter:
    return Parameter(address, "choice", default, doc=doc, choices=tuple(choices))


def _switch(address: str, default: bool, doc: str) -> Parameter:
    return Parameter(address, "bool", default, doc=doc)


def _pins() -> Iterator[Parameter]:
    """Where the picture's corners are on the display: two rows for each of the four."""
    for corner, (x, y) in {"top_left": (0, 0), "top_right": (1, 0), "bottom_right": (1, 1), "bottom_left": (0, 1)}.items():
        words = f"the picture's {corner.replace('_', ' ')} corner is, as a share of the display's"
        yield _row(f"/performer/window/{corner}_x", "float", float(x), -0.5, 1.5, "", f"How far from the left {words} width.")
        yield _row(f"/performer/window/{corner}_y", "float", float(y), -0.5, 1.5, "", f"How far from the top {words} height.")


ROWS: tuple[Parameter, ...] = (
    _choice("/performer/voice/{voice}/mode", "call", MODES,
            "call answers when you stop and stops when you start; harmonise answers each note at once; accompany plays with you, planned ahead; "
            "drums do so and go with your density; continue plays on from where you stopped; autonomous plays by itself, punch-in too until you "
            "take the voice over; input is you; mute is silent."),
    _row("/performer/voice/{voice}/channel", "int", 1, 1, 16, "", "The MIDI channel this voice plays on."),
    _row("/performer/voice/{voice}/input", "int", 0, 0, 16, "", "The MIDI channel this voice listens to; 0 is any."),
    _row("/performer/voice/{voice}/input_port", "int", 0, 0, 8, "", "The MIDI input this voice listens to, by its number; 0 is any."),
    _row("/performer/voice/{voice}/input_low", "int", 0, 0, 127, "note", "The lowest key this voice listens to: the lower end of a split."),
    _row("/performer/voice/{voice}/input_high", "int", 127, 0, 127, "note", "The highest key this voice listens to."),
    _row("/performer/voice/{voice}/transpose", "int", 0, -48, 48, "semitones",
         "Moves what the voice passes on of your playing, and its answers to it."),
    _row("/performer/voice/{voice}/output_port", "int", 1, 1, 8, "", "The MIDI output this voice plays on, by its number."),
    _row("/performer/voice/{voice}/low", "int", 36, 0, 127, "note", "The lowest note this voice may play."),
    _row("/performer/voice/{voice}/high", "int", 96, 0, 127, "note", "The highest note this voice may play."),
    _choice("/performer/voice/{voice}/scale", "follow", SCALES, "The notes this voice may use; follow listens for your key."),
    _choice("/performer/voice/{voice}/key", "C", KEYS, "The key note of the scale, where the scale is not follow."),
    _choice("/performer/voice/{voice}/style", "any", STYLES, "What the model is told to play; one that knows no such style plays as ever."),
    _choice("/performer/voice/{voice}/style_2", "any", STYLES, "A second style, for a blend."),
    _row("/performer/voice/{voice}/style_2_weight", "float", 0.0, 0.0, 4.0, "", "How much of it against the first: 0 none, 1 as much."),
    _choice("/performer/voice/{voice}/style_3", "any", STYLES, "A third style, for a blend."),
    _row("/performer/voice/{voice}/style_3_weight", "float", 0.0, 0.0, 4.0, "", "How much of it against the first: 0 none, 1 as much."),
    _row("/performer/voice/{voice}/style_strength", "float", 3.0, 0.0, 6.0, "",
         "How far the styles are taken: 1 is as the model knows them, more makes more of what sets them apart."),
    _row("/performer/voice/{voice}/energy", "float", 0.5, 0.0, 1.0, "", "Moves density and loudness together."),
    _row("/performer/voice/{voice}/complexity", "float", 0.5, 0.0, 1.0, "", "Moves polyphony, novelty and harmony together."),
    _row("/performer/voice/{voice}/freedom", "float", 0.5, 0.0, 1.0, "", "Moves the temperatures, top_p and strength together."),
    _row("/performer/voice/{voice}/temperature", "float", 1.0, 0.05, 2.0, "", "How freely the notes are chosen: low is sure, high is wild."),
    _row("/performer/voice/{voice}/top_p", "float", 0.92, 0.05, 1.0, "", "The share of the likeliest choices that is considered."),
    _row("/performer/voice/{voice}/time_temperature", "float", 0.9, 0.05, 2.0, "", "How freely times and lengths are chosen."),
    _row("/performer/voice/{voice}/velocity_temperature", "float", 0.9, 0.05, 2.0, "", "How freely loudness is chosen."),
    _row("/performer/voice/{voice}/density", "float", 8.0, 0.25, 30.0, "1/s", "The most onsets a second; a chord is one."),
    _row("/performer/voice/{voice}/follow", "float", 0.0, 0.0, 1.0, "", "How much the density goes with yours: 0 leaves it, 1 follows you."),
    _row("/performer/voice/{voice}/polyphony", "int", 4, 1, 16, "notes", "The most notes at once."),
    _row("/performer/voice/{voice}/novelty", "float", 0.0, -1.0, 1.0, "", "Seek (below 0) or shun (above) the notes played lately."),
    _row("/performer/voice/{voice}/harmony", "float", 0.3, 0.0, 1.0, "", "How much it leans on the notes that you hold or played last."),
    _choice("/performer/voice/{voice}/chords", "lean", ("lean", "only", "free"),
            "What the song's chords are to it: it leans on their notes, plays only those, or is free of them."),
    _row("/performer/voice/{voice}/loudness", "int", 0, -64, 64, "", "Added to the loudness of every note."),
    _row("/performer/voice/{voice}/velocity", "float", 0.7, 0.0, 1.0, "", "How much the loudness follows yours (1) or the model's own (0)."),
    _row("/performer/voice/{voice}/notes", "int", 2, 1, 4, "notes", "In harmonise: how many notes answer each of yours."),
    _row("/performer/voice/{voice}/patience", "float", 0.7, 0.1, 5.0, "s", "In call: the silence after which a phrase is over."),
    _row("/performer/voice/{voice}/length", "float", 1.0, 0.25, 4.0, "", "In call: the answer's length against your phrase's."),
    _choice("/performer/voice/{voice}/grid", "1/16", GRIDS, "Planned notes: the places of the bar they are drawn to."),
    _row("/performer/voice/{voice}/strength", "float", 0.7, 0.0, 1.0, "", "How strongly they are drawn to the grid: 0 leaves the model's own time."),
    _row("/performer/voice/{voice}/swing", "float", 0.0, 0.0, 1.0, "", "How late every second place of the grid is; 1 is a triplet's feel."),
    _row("/performer/voice/{voice}/phrase", "int", 0, 0, 32, "bars",
         "Planned notes: how long a phrase is, with a breath at its end; suggestions are so long. 0: it goes on and on, suggestions are 2 bars."),
    _row("/performer/voice/{voice}/ahead", "float", 4.0, 1.0, 32.0, "beats", "How far ahead is planned."),
    _choice("/performer/voice/{voice}/late", "drop", ("drop", "next"),
            "What becomes of a planned note that cannot leave in time: it is left out, or waits for the next place of the grid."),
    _row("/performer/tempo/bpm", "float", 120.0, 20.0, 400.0, "bpm", "The tempo in quarter notes a minute; it shows what is followed."),
    _choice("/performer/tempo/source", "auto", SOURCES,
            "Who leads: auto is a MIDI clock while it ticks, else the Link session if it is joined, else Performer itself."),
    _row("/performer/tempo/follow", "float", 0.0, 0.0, 1.0, "", "How much the tempo goes with your playing, where Performer leads: 0 keeps it."),
    _row("/performer/tempo/numerator", "int", 4, 1, 32, "", "The metre: how many notes make a bar."),
    Parameter("/performer/tempo/denominator", "int", 4, 1, 32, "", "The metre: the value of these notes.", ("1", "2", "4", "8", "16", "32")),
    _row("/performer/tempo/clock_out", "bool", False, 0, 1, "",
         "Send a MIDI clock. Auto then follows none, lest it be its own; one that source midi follows is passed on."),
    _row("/performer/tempo/link", "bool", False, 0, 1, "", "Join the Ableton Link session of the network, at the tempo it has."),
    _row("/performer/tempo/start_stop", "bool", False, 0, 1, "", "Start and stop together with the Link session."),
    _choice("/performer/song/section", "verse", ("intro", "verse", "fill", "break", "ending", "hold"),
            "Where the song is, for all voices that plan ahead; a fill lasts a bar."),
    _row("/performer/suggest/channel", "int", 0, 0, 16, "",
         "The MIDI channel on which suggestions are heard before they are chosen, for headphones; 0 is the voice's own."),
    _choice("/performer/song/chords", "off", ("off", "player", "model", "text"),
            "Who gives the chords: nobody, what you play, a model that goes on in the song's key, or the progression that was written."),
    _choice("/performer/song/key", "follow", SONG_KEYS, "The key that the chord model plays in; follow listens for yours."),
    _choice(QUANTISE, "now", QUANTA, "When a new mode or a scene comes, where the message does not say: now, at the next beat, bar or bars."),
    _row("/performer/visuals/react", "float", 1.0, 0.0, 2.0, "", "How strongly the music moves the picture."),
    _row("/performer/visuals/speed", "float", 0.3, 0.0, 2.0, "", "How fast the picture walks by itself."),
    _row("/performer/visuals/truncation", "float", 0.9, 0.0, 1.5, "", "Near the mean style (0) or far out (1 and more)."),
    _row("/performer/visuals/mix", "float", 0.35, 0.0, 1.0, "", "How much a second style is mixed into the fine layers."),
    _row("/performer/visuals/kick", "float", 0.35, 0.0, 1.0, "", "How much an onset brightens the picture at once, before a new one is painted."),
    _row("/performer/visuals/mix_from", "float", 0.35, 0.0, 1.0, "", "The coarsest layer that the second style is mixed into: 0 coarse, 1 fine."),
    _row("/performer/visuals/mix_to", "float", 1.0, 0.0, 1.0, "", "The finest layer that it is mixed into."),
    _row("/performer/visuals/noise", "float", 1.0, 0.0, 2.0, "", "How strong the generator's grain is."),
    _switch("/performer/visuals/walk", True, "Whether the picture walks on, by itself and pushed by the music."),
    _row("/performer/visuals/seed", "int", 0, 0, 9999, "", "Which of the endless walks; 0 is the show's own."),
    _row("/performer/visuals/position", "float", 0.0, 0.0, 64.0, "radians", "Moves the place on the walk by hand."),
    _row("/performer/visuals/loop", "float", 0.0, 0.0, 64.0, "beats", "The walk closes after so many beats; 0 goes on for ever."),
    _row("/performer/visuals/loop_width", "float", 0.6, 0.0, 2.0, "", "How far out a loop leads."),
    _row("/performer/visuals/glide", "float", 0.0, 0.0, 64.0, "beats", "How long the picture's values, keyframes and seeds take to come."),
    _choice("/performer/visuals/family", WALK, FAMILIES, "The kind of picture; walk goes from one to the other."),
    _choice("/performer/visuals/symmetry", WALK, SYMMETRIES, "How often the picture repeats around its centre."),
    _choice("/performer/visuals/palette", WALK, PALETTES, "The colours; walk changes them by and by."),
    _row("/performer/visuals/direction/hue", "float", 0.0, -0.5, 0.5, "turns", "Turns the palette."),
    *(_row(f"/performer/visuals/direction/{name}", "float", 0.0, -1.0, 1.0, "", f"Less or more {name} than the walk has.") for name in AMOUNTS),
    *(_row(f"/performer/visuals/direction/pc{number}", "float", 0.0, -1.0, 1.0, "", f"Along the styles' principal direction {number}.")
      for number in range(1, COMPONENTS + 1)),
    _row("/performer/visuals/bend/spin", "float", 0.0, -1.0, 1.0, "half turns", "Turns the features inside the generator."),
    _row("/performer/visuals/bend/turn", "float", 0.0, -1.0, 1.0, "half turns", "Turns what lies in the fold."),
    _row("/performer/visuals/bend/x", "float", 0.0, -1.0, 1.0, "half sides", "Shifts the features across."),
    _row("/performer/visuals/bend/y", "float", 0.0, -1.0, 1.0, "half sides", "Shifts the features down."),
    _row("/performer/visuals/bend/scale", "float", 0.0, -1.0, 1.0, "octaves", "Enlarges the features."),
    _row("/performer/visuals/fps", "int", 24, 1, 60, "1/s", "How many pictures the generator makes a second, at most."),
    _row("/performer/visuals/fade", "float", 1.0, 0.0, 1.0, "", "The picture's brightness; 0 is black."),
    _row("/performer/midi/delay", "float", 0.0, -500.0, 500.0, "ms", "When planned notes leave against the beat: negative earlier."),
    _row("/performer/midi/panic_control", "int", -1, -1, 119, "", "A controller that stands for the panic button, from the value 64 on; -1 is none."),
    _row("/performer/midi/panic_note", "int", -1, -1, 127, "note", "A key that stands for the panic button; -1 is none."),
    _row("/performer/midi/panic_channel", "int", 0, 0, 16, "", "The MIDI channel of that controller or key; 0 is any."),
    _switch("/performer/visuals/blackout", False, "Black, at once; what plays goes on behind it."),
    _switch("/performer/visuals/freeze", False, "Hold the picture that is seen now."),
    _switch("/performer/visuals/test_card", False, "Show the test card instead, to set up a projector."),
    _row("/performer/visuals/zoom", "float", 1.0, 0.25, 4.0, "", "How far the picture is enlarged."),
    _row("/performer/visuals/rotation", "float", 0.0, -180.0, 180.0, "degrees", "How far the picture is turned."),
    _row("/performer/visuals/kaleidoscope", "int", 0, 0, 24, "", "How many segments the kaleidoscope has; 0 is none."),
    _choice("/performer/visuals/mirror", "none", MIRRORS, "Shown on both sides: the left half, the upper half, or the quarter of both."),
    _row("/performer/visuals/blur", "float", 0.0, 0.0, 1.0, "", "How far the picture is blurred."),
    _row("/performer/visuals/feedback", "float", 0.0, 0.0, 0.98, "", "How much of what was seen a moment ago stays and leaves a trail."),
    _row("/performer/visuals/feedback_zoom", "float", 1.01, 0.95, 1.05, "", "How far the trail is enlarged in a sixtieth of a second."),
    _row("/performer/visuals/feedback_rotation", "float", 0.0, -90.0, 90.0, "degrees/s", "How fast the trail turns."),
    *_pins(),
    *(_row(f"/performer/window/edge_{side}", "float", 0.0, 0.0, 0.5, "", f"The share of the picture over which its {side} edge fades out.")
      for side in ("left", "right", "top", "bottom")),
    _row("/performer/window/gamma", "float", 1.0, 0.3, 3.0, "", "Lifts (above 1) or lowers (below) the middle greys, for this projector."),
    _switch("/performer/visuals/record", False, "Record the picture as a video file, in time with the take."),
    _switch("/performer/visuals/guard", True, "Damp flashes above three a second over a quarter of the picture (WCAG 2.3.1)."),
)  # fmt: skip

_PICTURE = "/performer/visuals/"
_MOVED = ("none", *(
    row.address.removeprefix(_PICTURE) for row in ROWS
    if row.address.startswith(_PICTURE) and row.kind in ("float", "int") and row.address != _PICTURE + "fps"
))  # fmt: skip
ROWS += (
    _choice("/performer/modulation/{slot}/source", "none", MOVERS, "What moves: the sound, the notes, a model's word, an LFO on the beat, a hand."),
    _choice("/performer/modulation/{slot}/target", "none", _MOVED, "Which of the picture's parameters it moves."),
    _choice("/performer/modulation/{slot}/curve", "linear", CURVES, "How the source is bent on its way; gate is all or nothing."),
    _row("/performer/modulation/{slot}/depth", "float", 0.5, -1.0, 1.0, "", "The share of the parameter's range that it adds at most."),
    _row("/performer/modulation/{slot}/smoothing", "float", 0.05, 0.0, 5.0, "s", "The time it takes to follow."),
    _row("/performer/modulation/{slot}/number", "int", 1, 0, 127, "", "Which controller, own number, or pitch class of the chroma (0 is C)."),
    _row("/performer/modulation/{slot}/beats", "float", 4.0, 0.125, 64.0, "beats", "How long one round of an LFO takes."),
    _row("/performer/source/{number}", "float", 0.0, 0.0, 1.0, "", "A number of your own that can move the picture."),
)


@dataclass(frozen=True, slots=True)
class Command:
    """An address that does something instead of holding a value. `arguments` are OSC type tags; those in brackets may be left out. `file`: of one."""

    address: str
    arguments: str
    doc: str
    file: bool = False

    def check(self, arguments: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments: whole numbers are MIDI's, 0-127, and 1-16 in an optional place, which is a channel; texts are names, and one of QUANTA in
        an optional place. Raises ParameterError for others."""
        required, tags = len(self.arguments.split("[")[0]), self.arguments.replace("[", "").replace("]", "")
        if not required <= len(arguments) <= len(tags):
            count = f"{required}" if required == len(tags) else f"{required} to {len(tags)}"
            raise ParameterError(f"{self.address} takes {self.arguments} ({count} value{'s' * (count != '1')}), not {len(arguments)}.")
        return tuple(self._one(tags[place], place >= required, value) for place, value in enumerate(arguments))

    def _one(self, tag: str, optional: bool, value: Any) -> Any:
        if tag == "s":
            if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
                raise ParameterError(f"{self.address} takes a name of up to {LONGEST_NAME} letters, not {value!r}.")
            if self.file and not is_file_name(value):
                raise ParameterError(f"{self.address} takes the name of a file, without a folder, not {value!r}.", "Put it where [pictures] says.")
            if optional and value not in QUANTA:
                raise ParameterError(f"{self.address} comes {', '.join(QUANTA)}, not {value!r}.")
            return value
        low, high = (1, 16) if optional else (0, 127)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value not in range(low, high + 1):
            raise ParameterError(f"{self.address} takes whole numbers, here from {low} to {high}, not {value!r}.")
        return int(value)


COMMANDS: tuple[Command, ...] = (
    Command("/performer/panic", "", "Silence everything that sounds, now."),
    Command("/performer/panic/learn", "", "The controller or key that is pressed next becomes a panic button."),
    Command("/performer/midi/restore", "", "Hear MIDI inputs again at once that were cut off because of a storm."),
    Command("/performer/sync", "", "Send every parameter's value to the sender."),
    Command("/performer/tempo/tap", "", "A tap on the beat; several give the tempo, the first of them a downbeat."),
    Command("/performer/tempo/start", "", "Start at the first beat."),
    Command("/performer/tempo/stop", "", "Stop, and keep the position."),
    Command("/performer/tempo/continue", "", "Go on from where it was stopped."),
    Command("/performer/note/on", "ii[i]", "A key goes down: pitch, velocity, channel (1)."),
    Command("/performer/note/off", "i[i]", "A key comes up: pitch, channel (1)."),
    Command("/performer/model", "s", "Another model plays in place of the show's first, as soon as it is loaded: its name."),
    Command("/performer/visuals/model", "s", "Another model paints as soon as it is loaded, and fades in: its name."),
    Command("/performer/visuals/keyframe/store", "s", "Keep the place where the picture is now under this name."),
    Command("/performer/visuals/keyframe/recall", "s", "Go to the place that was kept, as long as /performer/visuals/glide says."),
    Command("/performer/visuals/picture", "s", "Go to what is most like the picture in this file of the folder of [pictures].", file=True),
    Command("/performer/visuals/still", "", "Keep what is seen now as a PNG file; /performer/visuals/saved tells where."),
    Command("/performer/scene/recall", "s[s]", "Set all parameters of a scene: its name, and when (now, beat, bar, 2 bars, 4 bars, 8 bars)."),
    Command("/performer/scene/store", "s", "Keep the parameters as they are now as a scene of this name."),
    Command("/performer/suggest", "i[i]", "Other ways in which a voice's next phrase could go: voice, how many (3, at most 16)."),
    Command("/performer/suggest/hear", "ii", "Hear a suggestion softly, once, beside what plays: voice, its number."),
    Command("/performer/suggest/choose", "ii[s]",
            "A suggestion becomes the voice's plan: voice, its number, and when (now, beat, bar ...; else by tempo/quantise)."),
    Command("/performer/suggest/back", "i[s]",
            "The voice's idea before becomes its plan, said again the one before that: voice, and when."),
    Command("/performer/chords", "s", "The song's chords as text, a bar each or with beats: Am F C G, or Dm7:2 G7:2 C."),
    Command("/performer/control", "ii[i]", "A controller moves: number, value, channel (1)."),
)
FEEDBACK: tuple[Command, ...] = (
    Command("/performer/error", "ss", "The address of a message that was not taken, or not as it was sent, and why."),
    Command("/performer/panic/learning", "i", "The next controller or key that is pressed becomes the panic button (1)."),
    Command("/performer/panic/learnt", "sii", "The panic button: control or note, its number, its channel."),
    Command("/performer/midi/loop", "sfi", "What leaves comes back: the input, after how many milliseconds, by how many semitones shifted."),
    Command("/performer/midi/cut", "si", "An input is not heard because of a storm (1), or is heard again (0)."),
    Command("/performer/played", "iiiff", "A note leaves: voice, pitch, velocity, seconds it lasts (0: held), lateness in milliseconds."),
    Command("/performer/released", "ii", "A note of a voice ends: voice, pitch."),
    Command("/performer/plan", "iiifff", "What will sound unless it is replanned: voice, pitch, velocity, time in seconds, beat, length in beats."),
    Command("/performer/plan/committed", "iiiff", "What will sound for certain: voice, pitch, velocity, time and length in seconds."),
    Command("/performer/plan/missed", "iiff", "A note that is too late for its time: voice, pitch, that time, its new one (-1: left out)."),
    Command("/performer/plan/cleared", "if", "The rest of a voice's plan is thought over: voice, beat."),
    Command("/performer/suggestion", "iiiiff", "A suggestion's note: voice, its number (0: an earlier idea), pitch, velocity, beat, beats long."),
    Command("/performer/suggestion/ready", "iif", "A suggestion has been told: voice, its number, its length in beats."),
    Command("/performer/suggestion/cleared", "i[i]", "The suggestions of a voice (or the one of this number) are no more: others follow."),
    Command("/performer/suggestion/chosen", "ii", "A suggestion was chosen: voice, its number (0: an earlier idea)."),
    Command("/performer/suggestion/begins", "iff", "What was chosen is the plan: voice, time in seconds and beat of its beginning."),
    Command("/performer/cue", "sf", "A change waits for its beat: the parameter's address, the time in seconds."),
    Command("/performer/model/playing", "s", "The model that plays first now."),
    Command("/performer/scene", "ss", "A scene was called up: its name, and when it comes."),
    Command("/performer/scenes", "s", "The names of all scenes, as JSON."),
    Command("/performer/rung", "is", "Where a voice's planned notes come from now: voice; plan, small (model), pattern or rest."),
    Command("/performer/looks", "s", "To the pages alone: the uniforms of the two shaders that they compose the picture with, as JSON."),
    Command("/performer/visuals/saved", "s", "A still or a video was written: its file, or the sentence why not."),
    Command("/performer/chord", "ssf", "The chord of the song that sounds, the next one (empty: not known), and the beat at which it comes."),
    Command("/performer/heard", "iii", "A key of the human: pitch, velocity (0 when it comes up), channel."),
    Command("/performer/moved", "iii", "A controller of the human: number, value, channel."),
    Command("/performer/features", "fffffff", "Level, low, middle and high band, centroid, onset (each 0 to 1), source (0 notes, 1 audio)."),
    Command("/performer/tone", "f" * 13, "What the audio input sounds like: pitch (a note's number over 127), then how much of C, C# ... B."),
    Command("/performer/pulse", "fff", "The beat of the audio input: beats a minute, where in the beat it is (0 to 1), how sure that is (0 to 1)."),
    Command("/performer/surprise", "ffi", "How little the first model expected the human's note: 0 to 1 (1: it knew nothing), in nats; the pitch."),
    Command("/performer/entropy", "ff", "How open it is to the first model which pitch comes next: 0 to 1, in nats."),
    Command("/performer/timeline", "fiifisi",
            "Each beat and each change: tempo, a beat, its time as whole seconds and the rest, playing (0 or 1), who leads, Link peers."),
    Command("/performer/health", "s", "Once a second while it plays: ms of reply, lateness, models' steps; missed notes, voices' rungs; as JSON."),
    Command("/performer/status", "s", "What is going on in a few words, as JSON."),
)  # fmt: skip


def _rows(voices: int) -> Iterator[Parameter]:
    for row in ROWS:
        if "{voice}" not in row.address:
            yield from _numbered(row)
            continue
        for number in range(1, voices + 1):
            default = number if row.address.endswith("/channel") else row.default
            if row.address.endswith("/mode") and number > 1:
                default = "mute"
            yield replace(row, address=row.address.format(voice=number), default=default)


def _numbered(row: Parameter) -> Iterator[Parameter]:
    """The row, or as many of it as there are slots or numbers."""
    for key, most in (("{slot}", SLOTS), ("{number}", NUMBERS)):
        if key in row.address:
            for number in range(1, most + 1):
                moves = MOVES[number - 1] if key == "{slot}" and number <= len(MOVES) else {}
                default = moves.get(row.address.rsplit("/", 1)[1], row.default)
                yield replace(row, address=row.address.replace(key, str(number)), default=default)
            return
    yield row


MOST_NEAREST = 256  # wrong addresses of which the nearest right one is remembered


class Table:
    """The parameters of a show with so many voices, by address."""

    def __init__(self, voices: int = 1) -> None:
        self.voices = voices
        self.rows: Mapping[str, Parameter] = MappingProxyType({row.address: row for row in _rows(voices)})
        self._nearest_found: dict[str, list[str]] = {}

    def check(self, address: str, arguments: Sequence[Any]) -> Any:
        """The value that `arguments` give to the parameter at `address`, in its type. Raises ParameterError, and changes nothing."""
        row = self.rows.get(address)
        if row is None:
            raise ParameterError(f"There is no parameter {address}.", self._nearest(address))
        if len(arguments) != 1:
            raise ParameterError(f"{address} takes one value, not {len(arguments)}.")
        return row.check(arguments[0])

    def split(self, address: str, arguments: Sequence[Any]) -> tuple[Any, str]:
        """The value as `check` gives it, and on which beat or bar it was asked for: a second argument, one of QUANTA. Raises ParameterError."""
        if len(arguments) == 2 and arguments[1] in QUANTA:
            return self.check(address, arguments[:1]), arguments[1]
        if len(arguments) == 2 and address in self.rows:
            raise ParameterError(f"{address} takes a value, and then when it is to come: {', '.join(QUANTA)}, not {arguments[1]!r}.")
        return self.check(address, arguments), ""

    def defaults(self) -> dict[str, Any]:
        """Every parameter's default, by address."""
        return {address: row.default for address, row in self.rows.items()}

    def _nearest(self, address: str) -> str:
        import difflib

        # A client that sends a wrong address sends it again and again, and to look for the nearest takes milliseconds.
        if address not in self._nearest_found:
            if len(self._nearest_found) >= MOST_NEAREST:
                self._nearest_found.clear()
            self._nearest_found[address] = difflib.get_close_matches(address, self.rows, 1, 0.8)
        near = self._nearest_found[address]
        return f"Did you mean {near[0]}?" if near else "`performer parameters` lists them."
