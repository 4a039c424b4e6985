"""Where the music is: tempo, metre, transport, and who leads them. Hands, taps, a MIDI clock and Ableton Link only ever make new timelines.

Pure, and owned by the session. Whoever leads, the timeline runs on without end, also while the song is stopped: what was asked for at the
next bar happens. A leader that falls silent leaves its tempo and its beat to the next one.
"""

import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from performer.clock import Metre, Timeline
from performer.effects import Effect, Join, Pass, Propose, Say, Wake
from performer.events import LinkState, ParameterSet, Resume, Tap, Transport
from performer.session.clock_out import EVERY, ClockOut
from performer.session.follower import Follower
from performer.session.pulse import Pulse
from performer.session.taps import Taps

PREFIX = "/performer/tempo/"
BEAT, CLOCK = "tempo beat", "tempo clock"  # the tags of its ticks
BARS: Mapping[str, int] = {"bar": 1, "2 bars": 2, "4 bars": 4, "8 bars": 8}
SLOWEST, FASTEST = 20.0, 400.0  # bpm
JUMP = 0.02  # beats: a timeline so far from the one before is another one
STEP = 0.002  # of the tempo: a change by so much at a stroke is one that everybody has to know
SIXTEENTH = 0.25  # beats: the grain of song positions


class Tempo:
    """The timeline that everybody plays to. `source` says who leads: internal, midi or link. `jumps` counts how often position or tempo
    changed at a stroke: what was planned before has other times since. `moved` is by how many beats the position was moved in all.

    Who leads and whether the song runs are two things. `playing` is whether it runs. `halted` is whether a MIDI transport that leads, or
    a person in its place, has stopped it; that outlives the leader's clock, and lasts until somebody starts the song or leads here."""

    def __init__(self, values: MutableMapping[str, Any]) -> None:
        self._values = values
        self.timeline = Timeline(self._setting("bpm"))
        self.metre = Metre(self._setting("numerator"), self._setting("denominator"))
        self.playing = False
        self.halted = False
        self.source = "internal"
        self.jumps = 0
        self.moved = 0.0
        self._bar_beat = 0.0  # the beat of a bar line: a metre may begin in the middle of a song
        self._position = 0.0  # the beat from which a continue goes on
        self._tapped = 0.0  # the beat of the last tap
        self._begun = False
        self._clock_source = "midi"
        self._by_hand: bool | None = None  # whether a person let the song run while a MIDI clock leads, since its transport last spoke
        self._follower = Follower()
        self._taps = Taps()
        self._pulse = Pulse()
        self._clock = ClockOut()
        self._link: LinkState | None = None
        self._setters: Mapping[str, Callable[[float], Iterator[Effect]]] = {
            "bpm": self._set_bpm, "source": self._set_source, "numerator": self._set_metre, "denominator": self._set_metre,
            "clock_out": self._set_clock_out, "link": self._set_link, "start_stop": self._set_start_stop,
            "follow": self._set_follow,
        }  # fmt: skip

    def next(self, unit: str, after: float) -> float:
        """The time of the next `unit`, one of QUANTA, that is not before `after` (seconds). Bars are counted from the song's beginning, or
        from where the metre or a tap on the downbeat last began them anew."""
        if unit == "now":
            return after
        if unit == "beat":
            return self.timeline.next(1.0, after)
        return self._bars.next(self.metre.beats * BARS[unit], after)

    @property
    def counted_from(self) -> float:
        """The beat from which bars are counted."""
        return self._bar_beat

    @property
    def _bars(self) -> Timeline:
        """The timeline, in beats since the bars' count began."""
        return replace(self.timeline, beat_origin=self.timeline.beat_origin - self._bar_beat)

    def _setting(self, name: str) -> Any:
        return self._values[PREFIX + name]

    def begin(self, time: float, sender: str = "") -> Iterator[Effect]:
        """Somebody listens from now on; the first time, beats begin to be told."""
        if self._begun:
            yield self._said(time, sender)
            return
        self._begun = True
        if self._setting("link"):
            yield self._join()
        if self._setting("clock_out"):
            yield from self._commit(time)
        yield from self._tell(time)

    def set(self, time: float, event: ParameterSet) -> Iterator[Effect]:
        """A person sets one of the tempo's parameters."""
        name, before = event.address.removeprefix(PREFIX), self._values[event.address]
        if name == "bpm" and self.source == "midi":
            yield Say("/performer/error", (event.address, self._led), event.sender)
        elif name == "bpm" and self.source == "link":
            yield Propose(bpm=event.value)
        else:
            self._values[event.address] = event.value
            if event.value != before:
                yield from self._setters[name](time)
        yield Say(event.address, (self._values[event.address],))

    def transport(self, time: float, event: Transport) -> Iterator[Effect]:
        """A MIDI clock, or a hand that starts and stops."""
        if event.source.startswith("midi"):
            if not self._is_clock_of(time, event):
                return
            self._follower.hear(time, event, self.timeline)
            if event.word in ("start", "continue", "stop"):
                self._by_hand = None
            yield from self._lead(time)
            yield from self._halt(time, event.word)
        elif self.source == "midi":
            self._by_hand = event.word != "stop"
            yield from self._lead(time)
            yield from self._halt(time, event.word)
        elif self.source == "link" and self._setting("start_stop"):
            yield Propose(playing=event.word != "stop")
        elif event.word == "stop":
            yield from self._move(time, self.timeline, playing=False)
        else:
            self.halted = False
            yield from self._start(time, 0.0 if event.word == "start" else self._position)

    def _is_clock_of(self, time: float, event: Transport) -> bool:
        """Whether this input is the one that is followed: of several that send a clock the one that ticked first, while it ticks."""
        if event.source != self._clock_source and self._follower.ticks_at(time):
            return False
        self._clock_source = event.source
        return True

    def _halt(self, time: float, word: str) -> Iterator[Effect]:
        """A word of the transport, or of a person while a MIDI clock leads, may halt the song or let it go on."""
        before = self.halted
        if word in ("start", "continue"):
            self.halted = False
        elif word == "stop" and self.source == "midi":
            self.halted = True
        if self.halted != before:
            yield from self._tell(time)

    @property
    def transport_state(self) -> Mapping[str, Any]:
        """What a `Resume` wants to know beside beat, tempo and whether the song runs."""
        clock_plays = self._follower.playing if self._by_hand is None or self.source != "midi" else self._by_hand
        return {"halted": self.halted, "position": self._position, "counted_from": self._bar_beat, "clock_plays": clock_plays}

    def resume(self, time: float, event: Resume) -> Iterator[Effect]:
        """The song goes on where another engine died. Who follows us has counted on and hears of no start."""
        self.halted, self._position, self._bar_beat = event.halted, event.position, event.counted_from
        self._follower.resume(event.clock_plays, event.position)
        yield from self._move(time, Timeline(event.bpm, event.beat, time), event.playing)

    def link(self, time: float, event: LinkState) -> Iterator[Effect]:
        """What the Link session says."""
        if self._setting("link"):
            peers = self._link.peers if self._link else 0
            self._link = event
            yield from self._lead(time)
            if event.peers != peers:
                yield from self._tell(time)

    def tap(self, time: float, event: Tap) -> Iterator[Effect]:
        """A tap on the beat: the first of a row is a downbeat, from the second on they give the tempo."""
        if self.source == "midi":
            yield Say("/performer/error", (f"{PREFIX}tap", self._led))
        elif self._taps.hear(time):
            interval = self._taps.interval
            bpm = min(max(60.0 / interval, SLOWEST), FASTEST) if interval else self.timeline.bpm
            if self.source == "link":
                if interval:
                    yield Propose(bpm=bpm)
                return
            first = self._taps.count == 1
            self._tapped = float(round(self.timeline.beat_at(time))) if first else self._tapped + 1.0
            if first:
                self._bar_beat = self._tapped
            self._pulse = Pulse()
            yield from self._move(time, Timeline(bpm, self._tapped, time))

    def hear(self, time: float) -> Iterator[Effect]:
        """The player begins a note or a chord: where nobody else leads and it is to follow, the tempo goes with it."""
        follow = self._setting("follow")
        if follow and self.source == "internal":
            timeline = self._pulse.hear(time, self.timeline, follow)
            if timeline is not None:
                yield from self._move(time, timeline)

    def tick(self, time: float, tag: str) -> Iterator[Effect]:
        """A timer of the session's comes due."""
        if tag == BEAT:
            # What was to be made good is: the player's tempo itself.
            if self._pulse.bpm not in (None, self.timeline.bpm) and self.source == "internal":
                yield from self._move(time, self.timeline.with_tempo(self._pulse.bpm, time))
            yield from self._lead(time)
            yield from self._tell(time)
        elif tag == CLOCK and self._setting("clock_out"):
            yield from self._commit(time)

    @property
    def landmark(self) -> tuple[object, ...]:
        """What a beat that is only told leaves as it is."""
        return self._begun, self.timeline, self.source, self.playing, self.halted, self.jumps, self.moved

    @property
    def _led(self) -> str:
        return f"A MIDI clock leads; {PREFIX}source internal lets you lead here."

    def _leader(self, time: float) -> str:
        wish = self._setting("source")
        believed = self._follower.ticks_at(time) and (self._follower.locked or self._follower.begins or self.source == "midi")
        if believed and (wish == "midi" or (wish == "auto" and not self._setting("clock_out"))):
            return "midi"
        return "link" if self._link is not None and wish in ("auto", "link") else "internal"

    def _lead(self, time: float) -> Iterator[Effect]:
        """Follow whoever leads now."""
        timeline, playing, source = self.timeline, self.playing, self._leader(time)
        if source == "midi":
            playing = self._follower.playing if self._by_hand is None else self._by_hand
            timeline = self._follower.timeline if self._follower.locked else timeline
        elif source == "link" and self._link is not None:
            timeline = self._linked(time, self._link)
            playing = self._link.playing if self._setting("start_stop") else playing
        begins = source == "link" and playing and not self.playing
        yield from self._move(time, timeline, self.playing if begins else playing, source)
        if begins:
            self.halted = False
            yield from self._start(time, 0.0)

    def _linked(self, time: float, state: LinkState) -> Timeline:
        """The session's timeline. It has no beginning that all agree on, only bars: of the beats that it may be, the nearest to ours."""
        if self.source != "link":
            self._bar_beat = 0.0
        bar = self.metre.beats
        away = Timeline(state.bpm, state.beat, state.time).beat_at(time) - self.timeline.beat_at(time)
        return Timeline(state.bpm, state.beat - round(away / bar) * bar, state.time)

    def _move(self, time: float, timeline: Timeline, playing: bool | None = None, source: str | None = None) -> Iterator[Effect]:
        """The timeline from now on, whether the song runs, and who leads."""
        before = (self.playing, self.source, self.jumps)
        moved = timeline.beat_at(time) - self.timeline.beat_at(time)
        self.moved += moved if abs(moved) > JUMP else 0.0
        self.jumps += abs(moved) > JUMP or abs(timeline.bpm / self.timeline.bpm - 1.0) > STEP
        if self.playing and playing is False:
            self._position = round(self.timeline.beat_at(time) / SIXTEENTH) * SIXTEENTH
            yield from self._send(time, "stop")
        elif source == "midi" and playing and not self.playing:  # what is followed is passed on; ticks that are committed are the song's first
            self._clock.begin(time, self._follower.upcoming)
            yield from self._go_on(time, self._follower.upcoming)
        self.timeline = timeline
        self.playing = self.playing if playing is None else playing
        self.source = self.source if source is None else source
        if before != (self.playing, self.source, self.jumps):
            yield from self._tell(time)

    def _start(self, time: float, beat: float) -> Iterator[Effect]:
        """The song goes on from this beat: now, or in a Link session at its next bar, which nobody can move."""
        if self.source == "link":
            bar = self.metre.beats
            beat = math.ceil(beat / bar - 1e-9) * bar
            at = self.next("bar", time - bar / 16.0 * 60.0 / self.timeline.bpm)
            higher = beat - self.timeline.beat_at(at)
            self._clock.renumber(higher)
            timeline = replace(self.timeline, beat_origin=self.timeline.beat_origin + higher)
            said = max(time, at - 0.5 / 24.0 * 60.0 / self.timeline.bpm)
        else:
            at = self._clock.begin(time, beat) if self._setting("clock_out") else time
            timeline, said = Timeline(self.timeline.bpm, beat, at), time
        self._bar_beat = 0.0
        yield from self._go_on(said, beat)
        yield from self._move(time, timeline, playing=True)

    def _go_on(self, time: float, beat: float) -> Iterator[Effect]:
        """Tell those who follow us that the song goes on from this beat with the next tick."""
        if beat:
            yield from self._send(time, "songpos", round(beat / SIXTEENTH))
        yield from self._send(time, "continue" if beat else "start")

    def _send(self, time: float, word: str, position: int = 0) -> Iterator[Effect]:
        if self._setting("clock_out"):
            yield Pass(time, Transport(word, position % 2**14, "clock"))

    def _commit(self, time: float) -> Iterator[Effect]:
        yield from self._clock.commit(time, self.timeline)
        yield Wake(time + EVERY, CLOCK)

    def _set_source(self, time: float) -> Iterator[Effect]:
        if self._setting("source") == "internal":
            self.halted = False
        yield from self._lead(time)

    def _set_follow(self, time: float) -> Iterator[Effect]:
        self._pulse = Pulse()
        yield from ()

    def _set_bpm(self, time: float) -> Iterator[Effect]:
        self._pulse = Pulse()
        yield from self._move(time, self.timeline.with_tempo(self._setting("bpm"), time))
        yield from self._tell(time)

    def _set_metre(self, time: float) -> Iterator[Effect]:
        """The bar that it is in begins where it did, and is as long as the new metre says."""
        bars = math.floor(self._bars.beat_at(time) / self.metre.beats + 1e-6)
        self._bar_beat = 0.0 if self.source == "link" else self._bar_beat + bars * self.metre.beats
        self.metre = Metre(self._setting("numerator"), self._setting("denominator"))
        if self._setting("link"):
            yield self._join()

    def _set_clock_out(self, time: float) -> Iterator[Effect]:
        if self._setting("clock_out"):
            self._clock.end()
            yield from self._commit(time)
        yield from self._lead(time)

    def _set_link(self, time: float) -> Iterator[Effect]:
        if not self._setting("link"):
            self._link = None
        yield self._join()
        yield from self._lead(time)

    def _set_start_stop(self, time: float) -> Iterator[Effect]:
        if self._setting("link"):
            yield self._join()
        yield from self._lead(time)

    def _join(self) -> Join:
        return Join(self._setting("link"), self.timeline, self.metre.beats, self._setting("start_stop"))

    def _tell(self, time: float) -> Iterator[Effect]:
        """Say where the music is, and do so again at the next beat."""
        if abs(self.timeline.bpm - self._setting("bpm")) > 0.005:
            bpm = min(max(round(self.timeline.bpm, 2), SLOWEST), FASTEST)
            self._values[f"{PREFIX}bpm"] = bpm
            yield Say(f"{PREFIX}bpm", (bpm,))
        if self._begun:
            yield self._said(time)
            yield Wake(self.timeline.next(1.0, time + 15.0 / self.timeline.bpm), BEAT)

    def _said(self, time: float, sender: str = "") -> Say:
        beat = math.ceil(self.timeline.beat_at(time) - 0.1)
        seconds, rest = divmod(self.timeline.time_at(beat), 1.0)
        peers = self._link.peers if self._link else 0
        return Say("/performer/timeline", (self.timeline.bpm, beat, int(seconds), rest, int(self.playing), self.source, peers), sender)
