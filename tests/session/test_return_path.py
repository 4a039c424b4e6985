"""The way back from the outputs to an input: outputs with delays of their own, and what is reported of a loop."""

import pytest

from performer.effects import Play, Say
from performer.events import NoteOn
from performer.session.return_path import ReturnPath, Verdict

LOOP_S = 0.1


def play_through_a_loop(path: ReturnPath, port_delay: float = 0.0, shift: int = 0) -> tuple[int, list[Say]]:
    """Plan forty notes for output 2 and send each back; how many copies count as a player's, and what is reported."""
    events = []
    for place in range(40):
        time, pitch, velocity = 1.0 + place * 0.37, 50 + place * 7 % 24, (40, 90, 60, 110, 75)[place % 5] + place % 3
        events += [(time, 0, pitch, velocity), (time + 1.0 + port_delay + LOOP_S, 1, pitch + shift, velocity)]
    own, reported = 0, []
    for time, comes_in, pitch, velocity in sorted(events):
        if comes_in:
            own += path.judge(time, NoteOn(pitch, velocity), 1) is Verdict.OWN
            path.learn()
        else:
            path.leave(time, [Play(time + 1.0, 1, 1, pitch, velocity, 0.2, "plan", late="drop", port=2)], 0.0, [2])
        reported += path.delays(time)
    return own, reported


@pytest.mark.parametrize("port_delay", [0.0, 0.45, -0.1])
def test_a_loop_is_known_through_an_output_with_a_delay_of_its_own(port_delay: float):
    own, reported = play_through_a_loop(ReturnPath((0.0, port_delay)), port_delay)
    assert own < 12
    assert reported[-1].arguments[1] == pytest.approx(1000 * LOOP_S, abs=10.0)


def test_who_asks_later_is_told_the_shift_of_a_loop_too():
    path = ReturnPath()
    _, reported = play_through_a_loop(path, shift=12)
    assert [say.arguments for say in path.state("page")] == [reported[-1].arguments]
    assert reported[-1].arguments[2] == 12


def test_a_loop_is_forgotten_with_its_input_and_reported_when_it_is_back():
    path = ReturnPath()
    play_through_a_loop(path)
    path.forget("midi")
    assert not list(path.state("page"))
