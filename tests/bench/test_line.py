"""The bench's way to a show and back: when a note came, and that its ports close."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from performer.bench.line import Stamps
from tests.jack import JackServer

CLOSING = Path(__file__).with_name("closing.py")


def test_a_stamp_is_the_moment_at_which_a_message_came_not_that_of_the_look_that_found_it() -> None:
    came = [10.0, 10.1, 10.2, 10.35, 10.5]
    lag = [0.0003, 0.0001, 0.0, 0.0002, 0.0004]  # until it was found
    deltas = [0.0, *(after - before for before, after in itertools.pairwise(came))]
    stamps = Stamps()
    told = [stamps.stamp(delta, moment + late) for delta, moment, late in zip(deltas, came, lag, strict=True)]
    assert told[2:] == pytest.approx(came[2:], abs=1e-9)  # exact from the first one on that was found at once
    assert told[:2] == pytest.approx(came[:2], abs=3.1e-4)


@pytest.mark.programs
def test_a_line_that_closes_while_notes_come_never_stops_the_interpreter(jack_server: JackServer) -> None:
    """With a callback of Python's on JACK's thread the tenth closing stood still for ever."""
    done = subprocess.run([sys.executable, str(CLOSING), "30"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
