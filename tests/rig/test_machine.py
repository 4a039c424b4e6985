"""Random performances on the rig, some 20 s of them; `python -m tests.rig.run` plays on for as long as one likes."""

import os
import random

from tests.rig.machine import Performance
from tests.rig.run import play

PERFORMANCES = 40


def test_everything_holds_in_random_performances(capsys):
    number = int(os.environ.get("RIG_SEED") or random.SystemRandom().randrange(1_000_000))
    shown = play(number, PERFORMANCES)
    with capsys.disabled():
        record = Performance.record
        print(f"\nrig: RIG_SEED={number}, {record.steps} steps, {record.messages_in} messages in, {record.messages_out} out")
    assert not shown, f"RIG_SEED={number}\n{shown}"
