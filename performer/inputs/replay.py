"""A recorded human performance plays the human's part: a MIDI file, at its own times, on the thread `replay`.

Where the performance rests, the replay waits for an answer that is under way, as a person would.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from performer.clock import Clock
from performer.errors import TakeError
from performer.events import Control, Event, NoteOff, NoteOn, Timed

REST = 0.8  # seconds without a key down: the end of a phrase
LISTEN = 1.2  # seconds that the player waits for somebody to answer
LONGEST_ANSWER = 15.0


def read_performance(path: Path) -> list[Timed]:
    """The keys and pedals of a Standard MIDI File with their times in seconds. Raises TakeError for a file that is none or has no notes."""
    import mido
    from mido.midifiles.meta import KeySignatureError

    events: list[Timed] = []
    time = 0.0
    try:
        file = mido.MidiFile(path)
        if file.ticks_per_beat <= 0:
            raise ValueError("its time is counted in SMPTE frames")
        for message in file:
            time += message.time
            event = _event(message)
            if event is not None:
                events.append(Timed(time, event))
    except (OSError, ValueError, EOFError, IndexError, KeyError, TypeError, KeySignatureError) as error:
        raise TakeError(f"'{path}' cannot be played ({str(error) or type(error).__name__}).", "Give a Standard MIDI File.") from None
    if not any(isinstance(timed.event, NoteOn) for timed in events):
        raise TakeError(f"'{path}' has no notes.", "Give a MIDI file with a performance in it.")
    return events


def _event(message: object) -> Event | None:
    kind = getattr(message, "type", "")
    channel = getattr(message, "channel", 0) + 1
    if kind == "note_on" and message.velocity:  # type: ignore[attr-defined]
        return NoteOn(message.note, message.velocity, channel, "replay")  # type: ignore[attr-defined]
    if kind in ("note_on", "note_off"):
        return NoteOff(message.note, channel, "replay")  # type: ignore[attr-defined]
    if kind == "control_change":
        return Control(message.control, message.value, channel, "replay")  # type: ignore[attr-defined]
    return None


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
    """Plays a performance over and over until it is stopped; every key that is down then comes up."""

    def __init__(self, path: Path, clock: Clock, post: Callable[[Timed], object], answering: Callable[[], bool]) -> None:
        self._events = read_performance(path)
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
