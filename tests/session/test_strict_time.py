"""Machines that play in strict time without any loop: a sequencer, a drum computer. None of their keys may be taken for a copy."""

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
