"""A recorded human performance plays the human's part: a MIDI file, at its own times, on the thread `replay`.

Where the performance rests, the replay waits for an answer that is under way, as a person would.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from performer.clock import Clock
from performer.errors import MidiFileError, TakeError
from performer.events import Control, Event, NoteOff, NoteOn, Timed
from performer.music.midi_events import CONTROL, NOTE_ON
from performer.music.midi_file import read_midi_file
from performer.music.midi_notes import Message

log = logging.getLogger("performer")

REST = 0.8  # seconds without a key down: the end of a phrase
LISTEN = 1.2  # seconds that the player waits for somebody to answer
LONGEST_ANSWER = 15.0


def read_performance(path: Path, say: Callable[[str], object] = log.warning) -> list[Timed]:
    """The keys and controllers of a MIDI file with their times in seconds. `say` gets one sentence if the file had to be mended.

    Raises TakeError for a file that is none or has no notes."""
    try:
        file = read_midi_file(path)
    except MidiFileError as error:
        raise TakeError(f"'{path}' cannot be played: {error.reason}.", error.remedy) from None
    if not file.parts:
        raise TakeError(f"'{path}' has no notes.", "Give a MIDI file with a performance in it.")
    if remark := file.remark(path.name):
        say(remark)
    return [Timed(message.time, _event(message)) for message in file.messages]


def _event(message: Message) -> Event:
    channel = message.status % 16 + 1
    if message.status >= CONTROL:
        return Control(message.first, message.second, channel, "replay")
    if message.status >= NOTE_ON and message.second:
        return NoteOn(message.first, message.second, channel, "replay")
    return NoteOff(message.first, channel, "replay")


def rests(events: list[Timed]) -> Iterator[tuple[Timed, bool]]:
    """Each event, and whether a phrase ended just before it."""
    held: set[int] = set()
    quiet_since = 0.0
    for timed in events:
        yield timed, not held and isinstance(timed.event, NoteOn) and timed.time - quiet_since >= REST > 0 and quiet_since > 0
        if isinstance(timed.event, NoteOn):
            held.add(timed.event.pitch)
        elif isinstance(timed.event, NoteOff):
            held.discard(timed.event.pitch)
            quiet_since = timed.time


class Replay:
    """Plays a performance over and over until it is stopped; every key that is down then comes up.

    `remarks` are sentences about a file that had to be mended."""

    def __init__(self, path: Path, clock: Clock, post: Callable[[Timed], object], answering: Callable[[], bool]) -> None:
        self.remarks: list[str] = []
        self._events = read_performance(path, self.remarks.append)
        self._clock, self._post, self._answering = clock, post, answering
        self._stop = threading.Event()
        self._held: set[tuple[int, int]] = set()
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(1.0)
        for pitch, channel in sorted(self._held):
            self._post(Timed(self._clock.now(), NoteOff(pitch, channel, "replay")))

    def _run(self) -> None:
        while not self._stop.wait(1.0):
            offset = self._clock.now() - self._events[0].time
            for timed, rested in rests(self._events):
                if rested:
                    offset += self._let_answer()
                if self._stop.wait(max(0.0, timed.time + offset - self._clock.now())):
                    return
                self._play(timed.event)

    def _play(self, event: Event) -> None:
        match event:
            case NoteOn(pitch, _, channel):
                self._held.add((pitch, channel))
            case NoteOff(pitch, channel):
                self._held.discard((pitch, channel))
        self._post(Timed(self._clock.now(), event))

    def _let_answer(self) -> float:
        """Wait for the answer to begin and to end; returns the seconds that went by."""
        begun = self._clock.now()
        self._stop.wait(LISTEN)
        while self._answering() and self._clock.now() - begun < LONGEST_ANSWER and not self._stop.wait(0.1):
            pass
        return self._clock.now() - begun
