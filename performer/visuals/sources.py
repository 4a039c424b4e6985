"""What can move the picture, each a number from 0 to 1 with a name: features, notes, the beat, controllers, models' words, numbers of one's own.

Where the audio input is silent, pitch, chroma and the pulse are those of the notes and of the show's own beat.

Pure: messages go in with their time, `value(name, ...)` comes out. The thread `hearing` writes, the main thread reads single numbers.
"""

import json
import math
import time as wall
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

FEATURES = ("level", "low", "mid", "high", "centroid", "onset")  # as /performer/features begins
NOTES = ("density", "register", "velocity", "tension")
TONES = ("pitch", "chroma", "pulse")
MODELS = ("surprise", "entropy")  # the first number of /performer/surprise, ...: what the models say
PLANNED = 2.5  # notes at full velocity in the next beat that make a plan 0.63
SURE = 0.3  # from here on the beat of the audio input counts
STALE = 1.0  # seconds after which features that stopped coming are silence
FORGET = 2.0  # seconds in which notes fall to 1/e
GONE = 0.05  # of a note: what faded below was played long ago
BUSY = 8.0  # notes a second that are much: density 0.63
FLUX = 6.0  # how much a rise of the bands by 1 within one message is worth
FLUX_FALL, WORD_FALL = 0.12, 1.5  # seconds in which a flux and a model's word fall to 1/e
# Consonance of the interval classes 0 to 6: David Huron, "Interval-class content in equally tempered pitch-class sets", Music Perception 11 (1994).
CONSONANCE = np.array([1.24, -1.428, -0.582, 0.594, 0.386, 1.24, -0.453])
LFOS: Mapping[str, Callable[[float], float]] = {  # of the phase 0 to 1, beginning at the beat
    "sine": lambda phase: 0.5 - 0.5 * math.cos(2 * math.pi * phase),
    "triangle": lambda phase: 1.0 - abs(2.0 * phase - 1.0),
    "saw up": lambda phase: phase,
    "saw down": lambda phase: 1.0 - phase,
    "square": lambda phase: float(phase < 0.5),
}


class Beat:
    """Where the beat is, by the last word of /performer/timeline; 120 a minute before the first. `origin` is the moment of our clock at which
    the engine's began."""

    def __init__(self) -> None:
        self.origin = 0.0
        self._line = (120.0, 0.0, 0.0)  # bpm, beat, time

    def take(self, arguments: Sequence[Any]) -> None:
        """The arguments of /performer/timeline: bpm, a beat, its time as whole seconds and the rest. Raises ValueError for others."""
        bpm, beat, seconds, rest = (float(each) for each in arguments[:4])
        if not (math.isfinite(bpm) and bpm > 0):
            raise ValueError("a tempo is more than 0")
        self._line = (bpm, beat, seconds + rest)

    def at(self, now: float) -> float:
        bpm, beat, time = self._line
        return beat + (now - self.origin - time) * bpm / 60.0


class Foreseen:
    """What the voices mean to play, by the beats that they said."""

    def __init__(self) -> None:
        self._notes: list[tuple[int, float, float]] = []  # voice, beat, velocity 0 to 1

    def take(self, voice: int, velocity: int, beat: float, now: float) -> None:
        """A note is planned at this beat; `now` is the beat that it is now."""
        self._notes = [note for note in self._notes if note[1] > now - 1.0]
        self._notes.append((voice, beat, velocity / 127.0))

    def clear(self, voice: int, beat: float) -> None:
        """From this beat on the voice has no plan any more."""
        self._notes = [note for note in self._notes if note[0] != voice or note[1] < beat]

    def value(self, now: float) -> float:
        """How much is to sound within a beat from now."""
        return 1.0 - math.exp(-sum(force for _, beat, force in self._notes if now < beat <= now + 1.0) / PLANNED)


class Notes:
    """Density, register, velocity and tension of what was played lately, by man and machine together; its last pitch and its chroma."""

    def __init__(self) -> None:
        self._pitch = 0
        self._time = self._count = 0.0
        self._register = self._velocity = 0.0
        self._chroma = np.zeros(12)

    def take(self, pitch: int, velocity: int, now: float) -> None:
        """A note begins."""
        self._fade(now)
        self._count += 1.0
        self._pitch = pitch
        weight = 1.0 / self._count if self._count < 2.0 else 0.5 / math.sqrt(self._count)
        self._register += (pitch / 127.0 - self._register) * weight
        self._velocity += (velocity / 127.0 - self._velocity) * weight
        self._chroma[pitch % 12] += velocity / 127.0

    def value(self, name: str, now: float) -> float:
        """0 where nothing was played for a while."""
        self._fade(now)
        here = 1.0 - math.exp(-2.0 * self._count)
        if name == "density":
            return 1.0 - math.exp(-self._count / (BUSY * FORGET))
        return here * {"register": self._register, "velocity": self._velocity, "tension": self._tension()}[name]

    def pitch(self, now: float) -> float:
        """The last note's, over 127, until all has faded."""
        self._fade(now)
        return self._pitch / 127.0 if self._count > GONE else 0.0

    def chroma(self, place: int, now: float) -> float:
        """How much of this pitch class there was against the one there was most of."""
        self._fade(now)
        most = float(self._chroma.max())
        return float(self._chroma[place % 12]) / most if most > GONE else 0.0

    def _tension(self) -> float:
        """Mean dissonance of all pairs of different pitch classes that sounded lately, weighted by how loud they were: 0 fifths, 1 semitones."""
        pairs = np.outer(self._chroma, self._chroma)
        np.fill_diagonal(pairs, 0.0)
        total = pairs.sum()
        steps = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
        mean = float((pairs * CONSONANCE[np.minimum(steps, 12 - steps)]).sum() / total) if total > 1e-6 else CONSONANCE[0]
        return float((CONSONANCE[0] - mean) / (CONSONANCE[0] - CONSONANCE[1]))

    def _fade(self, now: float) -> None:
        keep = math.exp(-max(0.0, now - self._time) / FORGET)
        self._time = max(self._time, now)
        self._count *= keep
        self._chroma *= keep


class Sources:
    """Everything that moves. `numbers` are the performer's own, 1 to 4; `controllers` the last value of each MIDI controller, 0 to 1."""

    def __init__(self) -> None:
        self.beat, self.notes = Beat(), Notes()
        self.controllers: dict[int, float] = {}
        self.numbers: dict[int, float] = {}
        self._features, self._heard = (0.0,) * len(FEATURES), -math.inf
        self._words: dict[str, tuple[float, float]] = {}  # name: (value, time)
        self._foreseen = Foreseen()
        self._tone: tuple[float, tuple[float, ...]] = (-math.inf, ())  # time; pitch and chroma
        self._pulse = (-math.inf, 120.0, 0.0)  # time, bpm, phase
        self._others: Mapping[str, Callable[[int, float], float]] = {
            "pitch": lambda number, now: self._heard_tone(now)[0] if self._heard_tone(now) else self.notes.pitch(now),
            "chroma": self._chroma,
            "pulse": lambda number, now: self._phase(now),
            "plan": lambda number, now: self._foreseen.value(self.beat.at(now)),
        }
        self._takers: Mapping[str, Callable[[Sequence[Any], float], None]] = {
            "/performer/features": self._take_features,
            "/performer/timeline": lambda said, now: self.beat.take(said),
            "/performer/heard": lambda said, now: self._note(said[0], said[1], now),
            "/performer/played": lambda said, now: self._note(said[1], said[2], now),
            "/performer/moved": self._take_controller,
            "/performer/tone": self._take_tone,
            "/performer/pulse": self._take_pulse,
            "/performer/plan": self._take_plan,
            "/performer/plan/cleared": lambda said, now: self._foreseen.clear(int(said[0]), float(said[1])),
            "/performer/status": self._take_status,
        } | {f"/performer/{name}": self._word(name) for name in MODELS}

    def take(self, address: str, arguments: Sequence[Any], now: float) -> None:
        """A message of the engine at the moment `now`; what is none of these, or malformed, is passed over."""
        if address.startswith("/performer/source/"):
            self.numbers[int(address.rsplit("/", 1)[1])] = float(arguments[0])
        elif address in self._takers:
            try:
                self._takers[address](arguments, now)
            except (IndexError, TypeError, ValueError):
                return

    def value(self, name: str, number: int, beats: float, now: float) -> float:
        """The source of this name, 0 to 1. `number` says which controller, own number or pitch class, `beats` how long an LFO takes."""
        if name in LFOS:
            return LFOS[name](self.beat.at(now) / max(1e-3, beats) % 1.0)
        if name in FEATURES:
            return self._features[FEATURES.index(name)] if now - self._heard < STALE else 0.0
        if name in NOTES:
            return self.notes.value(name, now)
        if name in self._others:
            return self._others[name](number, now)
        if name in self._words:
            value, time = self._words[name]
            return value * math.exp(-max(0.0, now - time) / (FLUX_FALL if name == "flux" else WORD_FALL))
        return {"controller": self.controllers, "number": self.numbers}.get(name, {}).get(number, 0.0)

    def _take_features(self, said: Sequence[Any], now: float) -> None:
        new = tuple(float(each) for each in said[: len(FEATURES)])
        if len(new) == len(FEATURES) and all(map(math.isfinite, new)):
            rise = sum(max(0.0, after - before) for before, after in zip(self._features[1:4], new[1:4], strict=True))
            flux = min(1.0, FLUX / 3 * rise)
            if flux >= self.value("flux", 0, 1.0, now):
                self._words["flux"] = (flux, now)
            self._features, self._heard = new, now

    def _take_controller(self, said: Sequence[Any], now: float) -> None:
        self.controllers[int(said[0])] = min(1.0, max(0.0, int(said[1]) / 127.0))

    def _take_tone(self, said: Sequence[Any], now: float) -> None:
        tone = tuple(min(1.0, max(0.0, float(each))) for each in said[:13])
        if len(tone) == 13 and all(map(math.isfinite, tone)):
            self._tone = (now, tone)

    def _take_pulse(self, said: Sequence[Any], now: float) -> None:
        bpm, phase, sure = (float(each) for each in said[:3])
        if sure >= SURE and 0.0 < bpm < math.inf and math.isfinite(phase):
            self._pulse = (now, bpm, phase)

    def _take_plan(self, said: Sequence[Any], now: float) -> None:
        voice, _, velocity, _, beat = said[:5]
        if math.isfinite(float(beat)):
            self._foreseen.take(int(voice), int(velocity), float(beat), self.beat.at(now))

    def _take_status(self, said: Sequence[Any], now: float) -> None:
        """The engine's clock counts from a moment of its own, which it says by the clock of the machine."""
        if "clock_origin" in said[0]:
            self.beat.origin = float(json.loads(said[0])["clock_origin"]) + wall.monotonic() - wall.perf_counter()

    def _heard_tone(self, now: float) -> tuple[float, ...]:
        """Pitch and chroma of the audio input; nothing where it is silent."""
        heard, tone = self._tone
        return tone if now - heard < STALE and any(tone) else ()

    def _chroma(self, number: int, now: float) -> float:
        tone = self._heard_tone(now)
        return tone[1 + number % 12] if tone else self.notes.chroma(number, now)

    def _phase(self, now: float) -> float:
        """Where in the beat we are."""
        heard, bpm, phase = self._pulse
        beats = phase + (now - heard) * bpm / 60.0 if now - heard < STALE else self.beat.at(now)
        return beats % 1.0

    def _note(self, pitch: Any, velocity: Any, now: float) -> None:
        if int(velocity) > 0:
            self.notes.take(int(pitch), int(velocity), now)

    def _word(self, name: str) -> Callable[[Sequence[Any], float], None]:
        def take(said: Sequence[Any], now: float) -> None:
            value = float(said[0])
            if math.isfinite(value):
                self._words[name] = (min(1.0, max(0.0, value)), now)

        return take
