"""A voice: one player inside Performer, with a channel, a mode and constraints. The verbs here are what its modes are made of."""

import math
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from performer.chords import Chord
from performer.effects import Ask, Drop, Effect, Feed, Play, Release
from performer.encoding import VOICES as INSTRUMENTS
from performer.events import STYLES
from performer.parameters import KEYS, SCALES
from performer.session.gestures import Destination
from performer.session.keys import Key, port_of
from performer.session.plan import PlannedNote
from performer.session.room import Room
from performer.session.song import DRUM_ENDING, KEEPING_TIME

DRUMS = INSTRUMENTS.index("drums")
BUSY = 8.0  # onsets a second of a human who plays as densely as anybody is followed
SLACK = 1.6  # of the human's mean gap: the longest gap of a voice that follows wholly
SPARSEST = 0.1  # of the density that is left where the human hardly plays
REMEMBERED = 512  # notes
OWN_LOUDNESS = 24  # notes by which the model's own loudness is known
BREATH = 0.25  # of a bar: the rest at the end of a phrase
LEANING = 2.0  # nats at the full setting
CHORD, ROOT = 1.8, 1.2  # nats for the notes of the song's chord beside those, and for its root


class Listening(NamedTuple):
    """What a voice listens to: a MIDI input's number and a channel (0: any), and the keys from `low` to `high`."""

    port: int
    channel: int
    low: int
    high: int


class Voice:
    """The settings of one voice and the verbs that its modes are made of. `part` is its instrument class, `model` the name of its model."""

    def __init__(self, number: int, part: int, model: str, room: Room) -> None:
        self.number = number
        self.part = part
        self.model = model
        self.room = room
        self._prefix = f"/performer/voice/{number}/"
        self._listening: tuple[int, Listening] = -1, Listening(0, 0, 0, 127)
        self._settled: tuple[int, Mapping[str, Any]] = -1, {}
        self._wanted: deque[int] = deque(maxlen=OWN_LOUDNESS)  # the loudness that the model gave its last notes
        self.played: deque[PlannedNote] = deque(maxlen=REMEMBERED)  # what sounded, in beats
        self.last_key = -math.inf  # when a key that this voice listens to last went down or up

    def setting(self, name: str) -> Any:
        """The voice's parameter of this name, as the table has it."""
        return self.room.values[self._prefix + name]

    def chord(self, beat: float) -> Chord | None:
        """The song's chord on this beat, where the voice heeds it."""
        return None if self.part == DRUMS or self.setting("chords") == "free" else self.room.chords.at(beat)

    def classes(self, chord: Chord | None = None) -> tuple[int, ...]:
        """The pitch classes that the voice may use now, over the song's chord where there is one; drums have none."""
        if self.part == DRUMS:
            return tuple(range(12))
        if chord is None:
            return self._scale()
        if self.setting("chords") == "only":
            return tuple(sorted(chord.classes))
        scale = self.room.chords.scale if self.setting("scale") == "follow" and self.room.tonality.key is None else self._scale()
        return tuple(sorted({*scale, *chord.classes}))

    def _scale(self) -> tuple[int, ...]:
        """The pitch classes that the voice's settings allow."""
        scale = self.setting("scale")
        if scale == "follow":
            return self.room.tonality.classes()
        tonic = KEYS.index(self.setting("key"))
        return tuple(sorted((tonic + step) % 12 for step in SCALES[scale]))

    def range(self) -> tuple[int, int]:
        """The lowest and the highest pitch; a range that was set upside down counts as if it were not."""
        low, high = self.setting("low"), self.setting("high")
        return min(low, high), max(low, high)

    def ask(self, time: float, most: int, patience: float, beat: float | None = None, **wishes: Any) -> Ask:
        """A question to the model with this voice's settings, about what comes on a `beat` (None: now); `wishes` are fields of Ask."""
        number, seed = self.room.next_ask(self.number)
        fields = {**self._by_settings(), "model": self.model, **wishes}
        if "heard" not in wishes:
            fields["heard"] = self.room.hearing.pending(time)
        if "density" not in wishes:
            fields["density"] = self.density(time)
        if "classes" not in wishes or "harmony" not in wishes:
            chord = self.chord(self.room.timeline.beat_at(time) if beat is None else beat)
            fields = {"classes": self.classes(chord), "harmony": self._harmony(time, chord), **fields}
        return Ask(number, self.number, seed, most, time + patience, self.part, **fields)

    def _by_settings(self) -> Mapping[str, Any]:
        """The fields of an ask that the parameters settle, reckoned again where one of them was set."""
        changes = self.room.values.changes
        if self._settled[0] != changes:
            low, high = self.range()
            self._settled = changes, {
                "low": low,
                "high": high,
                "gap": (0.0, 4.0),
                "temperature": self.setting("temperature"),
                "top_p": self.setting("top_p"),
                "polyphony": self.setting("polyphony"),
                "time_temperature": self.setting("time_temperature"),
                "velocity_temperature": self.setting("velocity_temperature"),
                "novelty": self.setting("novelty"),
                "without": KEEPING_TIME if self.part == DRUMS and self.room.section.fill else (),
                "styles": self.styles(),
            }
        return self._settled[1]

    def styles(self) -> tuple[tuple[int, float], ...]:
        """The styles that the voice is to play in, with weights that sum to 1; none where any will do.

        A strength above 1 goes further from what the model would play unstyled than its style does (classifier-free guidance: Ho and Salimans
        2022): that has a weight below 0 then."""
        if self.setting("style") == "any" and not (self.setting("style_2_weight") or self.setting("style_3_weight")):
            return ()
        weights: dict[str, float] = {self.setting("style"): 1.0}
        for name in ("style_2", "style_3"):
            weight = self.setting(f"{name}_weight")
            if weight:
                weights[self.setting(name)] = weights.get(self.setting(name), 0.0) + weight
        total, strength = sum(weights.values()), self.setting("style_strength")
        weights = {style: strength * weight / total for style, weight in weights.items()}
        weights["any"] = weights.get("any", 0.0) + 1.0 - strength
        told = tuple((STYLES.index(style), round(weight, 4)) for style, weight in weights.items() if weight)
        return () if [style for style, _ in told] == [0] else told

    def breaths(self, first: float, last: float) -> list[tuple[float, float]]:
        """From where to where the voice breathes between these beats: at the end of each phrase. Drums do not."""
        bars = self.setting("phrase")
        if not bars or self.part == DRUMS:
            return []
        bar, origin = self.room.bar, self.room.tempo.counted_from
        length, breath = bars * bar, bar * BREATH
        number = math.floor((first - origin) / length)
        ends = [origin + (number + place) * length for place in range(1, math.ceil((last - first) / length) + 2)]
        return [(end - breath, end) for end in ends]

    def rests(self, since: float, until: float) -> tuple[tuple[float, float], ...]:
        """The same from `since` to `until`, both in seconds, and in seconds since then, as a model is told."""
        timeline = self.room.timeline
        breaths = self.breaths(timeline.beat_at(since), timeline.beat_at(until))
        return tuple((round(timeline.time_at(a) - since, 3), round(timeline.time_at(b) - since, 3)) for a, b in breaths)

    def kept_to_phrases(self, beat: float, beats: float, grid: float) -> tuple[float, float]:
        """Where and how long a note is that the grid may have moved into a breath, or that would ring through it."""
        for begins, ends in self.breaths(beat - 1e-6, beat + beats):
            if begins - 1e-6 <= beat < ends - 1e-6:
                beat = begins - (grid or 0.25)
            if beat < begins:
                return beat, min(beats, begins + (ends - begins) / 2 - beat)
        return beat, beats

    def density(self, time: float, least_follow: float = 0.0) -> float:
        """The most onsets a second: the setting, as far below it as the human is sparse where the voice follows."""
        follow = max(least_follow, self.setting("follow"))
        share = min(1.0, self.room.rate(time) / BUSY)
        return float(round(self.setting("density") * self.room.section.density * (1.0 - follow + follow * max(share, SPARSEST)), 2))

    def widest(self, time: float, usual: float, least_follow: float = 0.0) -> float:
        """The longest gap between two onsets in seconds: `usual`, as far below it as the human is dense where the voice follows."""
        follow = max(least_follow, self.setting("follow"))
        rate = self.setting("density") * self.room.section.density * min(1.0, self.room.rate(time) / BUSY)
        return float(round(usual + follow * (min(usual, SLACK / max(rate, 0.01)) - usual), 2))

    def _harmony(self, time: float, chord: Chord | None) -> tuple[float, ...]:
        """Nats that each pitch class is likelier: for the song's chord, else for what the human plays; drums have none."""
        strength = self.setting("harmony") * LEANING
        if chord is not None:
            return tuple((strength + CHORD + ROOT * (each == chord.root)) * (each in chord.classes) for each in range(12))
        classes = self.room.harmony(time) if strength and self.part != DRUMS else set()
        return tuple(strength if each in classes else 0.0 for each in range(12)) if classes else ()

    def play(
        self, time: float, pitch: int, velocity: int, duration: float | None, tag: str, model: str, late: str = "play", grid: float = 0.0
    ) -> Play:
        """A note for the scheduler, which counts as heard."""
        velocity = min(127, max(1, velocity))
        self.room.hearing.plan(time, pitch, velocity, duration, self.part, self.number)
        if duration is not None:
            timeline = self.room.timeline
            self.played.append(PlannedNote(timeline.beat_at(time), pitch, velocity, duration * timeline.bpm / 60, model))
        port, channel = self.destination
        return Play(time, self.number, channel, pitch, velocity, duration, tag, model, late, grid, port)

    def last_chord(self) -> tuple[int, ...]:
        """What ends a song on this voice: root, third and fifth of the key in the middle of its range, as many as it may sound; drums hit."""
        if self.part == DRUMS:
            return DRUM_ENDING
        tonic, mode = self.room.tonality.key or (0, "major")
        low, high = self.range()
        root = low + (tonic - low) % 12 + 12 * ((high - low) // 24)
        chord = (root, root + (4 if mode == "major" else 3), root + 7)
        return tuple(pitch for pitch in chord if low <= pitch <= high)[: self.setting("polyphony")]

    @property
    def destination(self) -> Destination:
        """The output port and the channel that it plays on."""
        return Destination(self.setting("output_port"), self.setting("channel"))

    @property
    def listening(self) -> Listening:
        """What the voice listens to."""
        changes = self.room.values.changes
        if self._listening[0] != changes:
            low, high = self.setting("input_low"), self.setting("input_high")
            listening = Listening(self.setting("input_port"), self.setting("input"), min(low, high), max(low, high))
            self._listening = changes, listening
        return self._listening[1]

    def hears(self, source: str, channel: int) -> bool:
        """Whether the voice listens to this input and channel."""
        listening = self.listening
        return listening.channel in (0, channel) and listening.port in (0, port_of(source))

    def hears_key(self, key: Key) -> bool:
        """Whether the voice listens to this key."""
        return self.listening.low <= key.pitch <= self.listening.high and self.hears(key.source, key.channel)

    @property
    def is_played(self) -> bool:
        """Whether a key that it listens to is down and shows that its player is playing."""
        return any(held.playing and self.hears_key(key) for key, held in self.room.held.items())

    def transposed(self, pitch: int) -> int:
        """The pitch as the voice hears the player's; octaves lower or higher where it would leave the keyboard."""
        pitch += self.setting("transpose")
        return pitch - 12 * math.ceil((pitch - 127) / 12) if pitch > 127 else pitch + 12 * math.ceil(-pitch / 12) if pitch < 0 else pitch

    def through(self, time: float, key: Key, velocity: int) -> Play:
        """The human's own note at this voice's output, held until a Release with the key's tag."""
        pitch = self.transposed(key.pitch)
        return Play(time, self.number, self.setting("channel"), pitch, velocity, None, key.tag, port=self.setting("output_port"))

    def velocity(self, wanted: int, accent: int | None = None) -> int:
        """The model's velocity, moved towards the player's by the setting `velocity`: as loud on the whole, with its own accents. Where the player's
        `accent` is known, which is how much louder the last key was than usual, the answer has it too."""
        follow = float(self.setting("velocity"))
        self._wanted.append(wanted)
        loudness = self.room.loudness if accent is None else self.room.usual
        moved = follow * (loudness - sum(self._wanted) / len(self._wanted))
        louder: int = self.setting("loudness") + self.room.section.loudness
        return min(127, max(1, round(wanted + moved) + (accent or 0) + louder))

    def stop(self, time: float, spare: str = "", only: str = "") -> Iterator[Effect]:
        """Take back all that is asked, planned and sounding, except what has the tag `spare`; or `only` what has that tag."""
        self.room.hearing.cut(time, self.number)
        if not spare:
            yield Drop(self.number, self.room.asks)
        yield Release(time, self.number, only, spare)
        yield from map(Feed, self.room.hearing.settle(time))
