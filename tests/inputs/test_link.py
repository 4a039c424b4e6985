"""Ableton Link with a real peer in another process: joining keeps the others' tempo, and the bars fall together."""

import json
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from performer.clock import SystemClock, Timeline
from performer.effects import Join, Propose
from performer.events import LinkState, Timed
from performer.inputs.link import LinkInput

PEER = Path(__file__).parent.parent / "link_peer.py"
BPM, BAR = 97.0, 4.0
SETTLED = 120  # words of the peer, 20 ms apart: of two sessions that begin within a second Link may take the later one's tempo
Told = tuple[float, float, float, int]  # moment, beat, tempo, peers


class Peer:
    """The other program, and what it tells."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, str(PEER), str(BPM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(SETTLED):
            self.next()

    def next(self) -> Told:
        assert self._process.stdout is not None
        moment, beat, tempo, peers = json.loads(self._process.stdout.readline())
        return moment, beat, tempo, peers

    def until(self, tempo: float, peers: int, seconds: float = 20.0) -> Told:
        """The first that it tells with this tempo and so many peers."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            told = self.next()
            if abs(told[2] - tempo) < 0.01 and told[3] == peers:
                return told
        raise AssertionError(f"the peer never had {peers} peers at {tempo} bpm; it said {told}")

    def end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    program = Peer()
    yield program
    program.end()


@pytest.mark.programs
def test_joining_keeps_the_tempo_and_the_bars_fall_together(peer: Peer):
    pytest.importorskip("aalink")
    said: queue.SimpleQueue[Timed] = queue.SimpleQueue()
    failed: list[str] = []
    clock = SystemClock()
    link = LinkInput(clock, said.put, failed.append)
    link.handle(Join(True, Timeline(141.0), BAR, False))
    try:
        peer.until(BPM, 1)  # joined, and the tempo is still theirs
        states = [last(said, BPM)]
        errors = []
        for _ in range(150):
            moment, beat, tempo, _ = peer.next()
            assert tempo == pytest.approx(BPM, abs=0.01)
            states += [timed.event for timed in drained(said) if isinstance(timed.event, LinkState)]
            state = states[-1]
            ours = Timeline(state.bpm, state.beat, state.time).beat_at(moment - clock.origin)
            off = (ours - beat + BAR / 2) % BAR - BAR / 2
            errors.append(abs(off) * 60.0 / BPM)
        assert sorted(errors)[int(0.95 * len(errors))] <= 0.002, f"p95 {sorted(errors)[int(0.95 * len(errors))] * 1000:.2f} ms"
        link.handle(Propose(bpm=110.0))
        peer.until(110.0, 1)  # what a person changes is for all
    finally:
        link.stop()
    peer.until(110.0, 0)
    assert not failed


def last(said: "queue.SimpleQueue[Timed]", bpm: float) -> LinkState:
    """The first state with this tempo and a peer."""
    while True:
        event = said.get(timeout=20.0).event
        assert isinstance(event, LinkState)
        if abs(event.bpm - bpm) < 0.01 and event.peers:
            return event


def drained(said: "queue.SimpleQueue[Timed]") -> Iterator[Timed]:
    while not said.empty():
        yield said.get()
