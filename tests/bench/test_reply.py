"""How a phrase is played into what is measured, on a clock of its own."""

import queue

import pytest

from performer.bench import reply
from performer.bench.line import Arrival

CYCLE = 64 / 48000  # seconds of a JACK server's cycle


class Piano:
    """A line that answers at once, and remembers when each key went down. It is its own clock, which goes on where somebody waits."""

    transport = "none"

    def __init__(self, waking: float) -> None:
        self.now, self.waking, self.pressed = 0.0, waking, []
        self.arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()

    def play(self, message: tuple[int, int, int]) -> None:
        if message[0] == 0x90:
            self.pressed.append(self.now)
            self.arrivals.put(Arrival(self.now, 1, message[1]))

    def perf_counter(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds + self.waking


class Band(Piano):
    """A second voice plays by itself, on the next channel, before the first one answers."""

    def play(self, message: tuple[int, int, int]) -> None:
        if message[0] == 0x90:
            self.arrivals.put(Arrival(self.now + 0.001, 2, 40))
            self.arrivals.put(Arrival(self.now + 0.005, 1, message[1]))


def test_a_note_of_a_voice_that_plays_by_itself_is_no_reply(monkeypatch):
    band = Band(0.0)
    monkeypatch.setattr(reply.time, "perf_counter", band.perf_counter)
    monkeypatch.setattr(reply.threading, "Event", lambda: band)
    assert reply.play_phrase(band, 8, 16.0, 1).first == pytest.approx([0.005] * 8)
    assert reply.play_phrase(band, 8, 16.0, 2).first == pytest.approx([0.001] * 8)


@pytest.mark.parametrize(("rate", "waking"), [(16.0, CYCLE / 8), (1 / (8 * CYCLE), 0.0)])
def test_keys_meet_a_servers_cycle_everywhere(monkeypatch, rate, waking):
    """Both are whole cycles apart: 46 and 7/8 with what a waking takes, and eight."""
    piano = Piano(waking)
    monkeypatch.setattr(reply.time, "perf_counter", piano.perf_counter)
    monkeypatch.setattr(reply.threading, "Event", lambda: piano)
    assert len(reply.play_phrase(piano, 160, rate, 1).first) == 160
    places = [int(time % CYCLE / CYCLE * 8) for time in piano.pressed]
    assert min(places.count(place) for place in range(8)) >= 8
    assert piano.pressed[-1] == pytest.approx(159 * (1 / rate + waking), abs=160 * reply.SPREAD / 4)
