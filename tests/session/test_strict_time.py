"""Machines that play in strict time without any loop: a sequencer, a drum computer. None of their keys may be taken for a copy."""

import random

import pytest

from performer.events import NoteOff, NoteOn, Timed
from tests.stagehands import WrittenOutput, offline


def pitches(kind: str, count: int) -> list[int]:
    return {
        "one pitch": [36] * count,
        "chromatic run": [40 + place % 40 for place in range(count)],
        "octaves": [48 + 12 * (place % 2) for place in range(count)],
        "arpeggio": [(48, 52, 55, 60)[place % 4] for place in range(count)],
    }[kind]


@pytest.mark.parametrize("step", [0.06, 0.09, 0.125, 0.25])
@pytest.mark.parametrize("kind", ["one pitch", "chromatic run", "octaves", "arpeggio"])
@pytest.mark.parametrize("velocities", [(100,), (100, 70), (110, 60, 80, 60)])
def test_keys_in_strict_time_are_all_passed_on_but_a_few(kind: str, step: float, velocities: tuple[int, ...]):
    output, count = WrittenOutput(), 400
    graph = offline(mode="input", outputs=[output])
    for place, pitch in enumerate(pitches(kind, count)):
        time = 1.0 + place * step
        velocity = velocities[place % len(velocities)]
        graph.play_on([Timed(time, NoteOn(pitch, velocity)), Timed(time + step / 2, NoteOff(pitch))], until=time + step / 2)
    passed = sum(line[0] == "on" for line in output.lines)
    # What is taken for a copy before it is seen twice that nothing comes back: some turns of the pattern.
    assert passed >= count - 24


@pytest.mark.parametrize("spread", [0.0, 0.001, 0.003])
@pytest.mark.parametrize("velocity", [100, None])
@pytest.mark.parametrize("intervals", [(0, 4, 7), (0, 12)])
def test_parallel_chords_are_all_passed_on_but_a_few(intervals: tuple[int, ...], velocity: int | None, spread: float):
    """Half of the keys were taken for copies without delay, a third and a fifth or an octave up."""
    output, rng, count = WrittenOutput(), random.Random(1), 0
    graph = offline(mode="input", outputs=[output])
    for place in range(60):
        root, time, events = 48 + rng.choice((0, 2, 4, 5, 7, 9)), 1.0 + place * 0.25, []
        for number, interval in enumerate(intervals):
            at, count = time + number * spread, count + 1
            events += [Timed(at, NoteOn(root + interval, velocity or rng.randint(50, 110))), Timed(at + 0.12, NoteOff(root + interval))]
        graph.play_on(sorted(events, key=lambda each: each.time), until=time + 0.2)
    assert sum(line[0] == "on" for line in output.lines) >= count - 16
