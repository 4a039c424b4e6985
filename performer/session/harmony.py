"""The harmony of the song: chords on the timeline, bar by bar, that the voices play to. Owned by the session, kept in beats.

Where they come from is a parameter: what the player plays, a chord model that goes on in the player's key, or a progression that somebody wrote.
A line of chords lies some bars ahead, so that voices that plan know what comes; at every change the tick tells it and the line goes on.
"""

import math
from collections import deque
from collections.abc import Callable, Collection, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

from performer.chords import MODES, NAMES, Chord, Timed, heard, length_class, progression
from performer.effects import AskChords, Effect, Say, Wake
from performer.events import ChordAnswer, Progression
from performer.parameters import SCALES
from performer.session.tempo import Tempo
from performer.session.tonality import Tonality

SOURCE, KEY, ADDRESS = "/performer/song/chords", "/performer/song/key", "/performer/chords"
TAG, LISTENED = "chords", "chords heard"
AHEAD = 16.0  # beats that are known ahead
ASKED = 4  # chords that the model is asked for at once
REMEMBERED = 48  # chords that it is told
PATIENCE = 1.0  # beats after which an answer that did not come is asked for again
FADE = 1.5  # beats in which half of the weight of what the player played is gone
TOGETHER = 0.06  # seconds after a key in which the rest of its chord comes
FULL = 3  # pitch classes that are held make a chord by themselves
SAME = 1e-6  # beats


@dataclass(frozen=True, slots=True)
class Placed:
    """A chord from one beat to another (infinite: until another comes)."""

    beat: float
    end: float
    chord: Chord


class Harmony:
    """The line of chords. `revised` counts how often chords that were known became others: what was planned on them has to be thought over."""

    def __init__(self, values: MutableMapping[str, Any], tempo: Tempo, tonality: Tonality, next_ask: Callable[[], tuple[int, int]]) -> None:
        self.revised = 0
        self._values, self._tempo, self._tonality, self._next_ask = values, tempo, tonality, next_ask
        self._line: list[Placed] = []
        self._past: deque[Placed] = deque(maxlen=REMEMBERED)
        self._written: tuple[Timed, ...] = ()
        self._place = 0  # in what was written
        self._ask = (0, -math.inf)  # the number of the one under way, and the beat at which it was asked
        self._key = (0, 0)  # that the model was asked in: tonic, and minor (1)
        self._keys: list[tuple[float, int, int]] = []  # that the player struck of late: beat, pitch, velocity
        self._told: tuple[Any, ...] = ("", "", 0.0)

    @property
    def source(self) -> str:
        return str(self._values[SOURCE])

    @property
    def key(self) -> tuple[int, int]:
        """The song's tonic, and whether it is minor (1): as it is set, or as the player plays."""
        name = self._values[KEY]
        if name != "follow":
            return NAMES.index(name.removesuffix("m")), int(name.endswith("m"))
        tonic, mode = self._tonality.key or (0, MODES[0])
        return tonic, MODES.index(mode)

    @property
    def scale(self) -> tuple[int, ...]:
        """The pitch classes of the key."""
        tonic, minor = self.key
        return tuple((tonic + step) % 12 for step in SCALES[MODES[minor]])

    def at(self, beat: float) -> Chord | None:
        """The chord that sounds on this beat; the last that is known where none is known so far ahead, None where there are none."""
        placed = next((each for each in self._line if each.beat - SAME <= beat < each.end - SAME), None)
        return placed.chord if placed else self._line[-1].chord if self._line and beat >= self._line[-1].beat else None

    def change_after(self, beat: float) -> float:
        """The beat of the next change of chord after this one; infinite where none is known."""
        return next((each.beat for each in self._line if each.beat > beat + SAME), math.inf)

    def begin(self, time: float) -> Iterator[Effect]:
        """Begin anew, with the bar that is under way: the source or the key is another one."""
        self.revised += bool(self._line)
        self._line, self._place, self._ask = [], 0, (0, -math.inf)
        if self.source != "off":
            yield from self._go_on(time)
        yield from self._tell()

    def write(self, time: float, event: Progression) -> Iterator[Effect]:
        """Somebody wrote the chords: they are taken up at the next bar. Who sends them where the song has none yet wants to hear them."""
        try:
            self._written = progression(event.text, self._tempo.metre.beats)
        except ValueError as error:
            yield Say("/performer/error", (ADDRESS, str(error)), event.sender)
            return
        if self.source == "off" and event.sender:
            self._values[SOURCE] = "text"
            yield Say(SOURCE, ("text",))
            yield from self.begin(time)
        elif self.source == "text":
            self._cut(self._bar_after(time))
            self._place = 0
            yield from self._go_on(time)

    def hear(self, time: float, pitch: int, velocity: int) -> Iterator[Effect]:
        """The player begins a note; once the rest of its chord has come it is looked whether that is another one."""
        if self.source == "player":
            self._keys = [*self._keys[-15:], (self._tempo.timeline.beat_at(time), pitch, velocity)]
            yield Wake(time + TOGETHER, LISTENED)

    def tick(self, time: float, tag: str, held: Collection[int]) -> Iterator[Effect]:
        """The next chord's beat, the moment to look whether the model has answered, or what the player's chord is, who has these keys `held`."""
        if tag == TAG:
            yield from self._go_on(time)
        elif tag == LISTENED and self.source == "player":
            beat = self._tempo.timeline.beat_at(time)
            chord = self._heard(beat, held)
            if chord is not None and (not self._line or chord != self._line[-1].chord):
                self._line = [Placed(beat, math.inf, chord)]
                self.revised += 1
                yield from self._tell()

    def _heard(self, beat: float, held: Collection[int]) -> Chord | None:
        """The player's chord: what is held where that is enough, else what was struck of late, the later the more."""
        weights, bass = [0.0] * 12, min(held, default=None)
        if len({pitch % 12 for pitch in held}) >= FULL:
            for pitch in held:
                weights[pitch % 12] = 1.0
        else:
            for since, pitch, velocity in self._keys:
                weights[pitch % 12] += (0.5 + velocity / 254) * 0.5 ** ((beat - since) / FADE)
            bass = min((pitch for since, pitch, _ in self._keys if beat - since < FADE), default=bass)
        return heard(weights, None if bass is None else bass % 12, self.scale)

    def answer(self, time: float, event: ChordAnswer) -> Iterator[Effect]:
        """The model's chords go on where the line ends."""
        if event.ask != self._ask[0]:
            return
        self._ask = (0, -math.inf)
        for number, beats in event.chords:
            self._add(Timed(Chord.numbered(number, self._key[0]), beats), time)
        yield from self._go_on(time)

    def retime(self, time: float, moved: float) -> Iterator[Effect]:
        """The timeline is another one; where the song jumped the line begins anew."""
        if self.source in ("model", "text"):
            yield from self.begin(time) if moved else self._wake(time)

    def said(self, sender: str = "") -> Say:
        """The chord that sounds and the next, with the beat of the change (0 where it is not known)."""
        names = [each.chord.name for each in self._line[:2]]
        beat = self._line[1].beat if len(self._line) > 1 else 0.0
        return Say("/performer/chord", (*names, *("",) * (2 - len(names)), beat), sender)

    def _go_on(self, time: float) -> Iterator[Effect]:
        """What is over goes, what is missing ahead is added or asked for; tell it where it is another chord, and wake again."""
        beat = self._tempo.timeline.beat_at(time)
        while self._line and self._line[0].end <= beat + SAME:
            self._past.append(self._line.pop(0))
        if self.source == "text" and self._written:
            while not self._line or self._line[-1].end < beat + AHEAD:
                self._add(self._written[self._place % len(self._written)], time)
                self._place += 1
        elif self.source == "model":
            yield from self._question(time, beat)
        yield from self._tell()
        yield from self._wake(time)

    def _tell(self) -> Iterator[Effect]:
        if self.said().arguments != self._told:
            self._told = self.said().arguments
            yield self.said()

    def _question(self, time: float, beat: float) -> Iterator[Effect]:
        if self._line and self.key != self._key:
            self._cut(min(self._line[0].end, self._bar_after(time)))  # the player has modulated: what comes is in the new key
        known = self._line[-1].end if self._line else beat
        if known < beat + AHEAD and beat >= self._ask[1] + PATIENCE:
            number, seed = self._next_ask()
            self._ask, self._key = (number, beat), self.key
            before = tuple((each.chord.number(self._key[0]), length_class(each.end - each.beat)) for each in (*self._past, *self._line))
            yield AskChords(number, seed, self._key[1], before[-REMEMBERED:], ASKED, self._tempo.metre.beats)

    def _add(self, timed: Timed, time: float) -> None:
        """The chord at the end of the line; the first begins with the bar under way."""
        tempo = self._tempo
        self.revised += not self._line
        begin = self._line[-1].end if self._line else self._bar_after(time) - tempo.metre.beats
        self._line.append(Placed(begin, begin + timed.beats, timed.chord))

    def _cut(self, beat: float) -> None:
        """Nothing is known from this beat on."""
        if any(each.end > beat + SAME for each in self._line):
            kept = [each for each in self._line if each.beat < beat - SAME]
            self._line = [*kept[:-1], *(Placed(each.beat, min(each.end, beat), each.chord) for each in kept[-1:])]
            self._ask = (0, -math.inf)
            self.revised += 1

    def _bar_after(self, time: float) -> float:
        """The beat of the next bar line."""
        return self._tempo.timeline.beat_at(self._tempo.next("bar", time + 0.001))

    def _wake(self, time: float) -> Iterator[Effect]:
        """Look again at the next change, at the next bar where the key may be another by then, and where an answer should be there."""
        timeline = self._tempo.timeline
        due = self.change_after(timeline.beat_at(time)) if self._line else math.inf
        if self.source == "model":
            due = min(due, self._bar_after(time), self._ask[1] + PATIENCE if self._ask[0] else math.inf)
        if due < math.inf:
            yield Wake(max(timeline.time_at(due), time + 0.001), TAG)
