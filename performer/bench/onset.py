"""Sound to picture: a click into the show's audio input, through JACK, until a page of the desk has a picture that visibly changed."""

import random
import subprocess
import sys
import time
from dataclasses import dataclass, field

from performer.bench.eye import Eye, change, still
from performer.bench.sound import LISTENS
from performer.errors import PerformerError
from performer.progress import Watch, unwatched, watched

REST_S = 0.35  # seconds of the very same picture, before a click
PATIENCE = 1.0  # seconds after which a click has moved nothing
CALMING = 6.0  # seconds in which the picture has to come to rest
OPENING = 15.0  # seconds in which the show has to have opened its audio input


@dataclass(slots=True)
class Onsets:
    """Seconds from each click to the picture that changed, and the clicks that changed none."""

    times: list[float] = field(default_factory=list)
    lost: int = 0


def onsets_to_frames(eye: Eye, clicks: int, watch: Watch = unwatched) -> Onsets:
    """Play so many clicks, each into a picture that stands still and at no fixed phase to it. Raises PerformerError where nobody listens."""
    chance, found = random.Random(5), Onsets()
    command = [sys.executable, "-m", "performer.bench.click", LISTENS]
    with _player(command) as player:
        assert player.stdin is not None and player.stdout is not None
        for _ in watched(range(clicks), watch, "clicks"):
            _await_rest(eye)
            time.sleep(chance.random() / 20)
            print(file=player.stdin, flush=True)
            struck = float(player.stdout.readline())
            time.sleep(PATIENCE / 2)
            moment = change(eye.since(struck))
            if moment is None:
                time.sleep(PATIENCE / 2)
                moment = change(eye.since(struck))
            if moment is None:
                found.lost += 1
            else:
                found.times.append(moment - struck)
        player.stdin.close()
    return found


def _player(command: list[str]) -> "subprocess.Popen[str]":
    """The clicks' program, as soon as there is a port that listens."""
    end = time.monotonic() + OPENING
    while time.monotonic() < end:
        player = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert player.stdin is not None and player.stdout is not None
        if player.stdout.readline() == "ready\n":
            return player
        player.communicate()
        time.sleep(0.3)
    raise PerformerError("The show did not open its audio input.", "Its own words stand above.")


def _await_rest(eye: Eye) -> None:
    end = time.monotonic() + CALMING
    while time.monotonic() < end:
        time.sleep(0.05)
        last = eye.since(time.perf_counter() - REST_S)
        if len(last) > 4 and still(last):
            return
    raise PerformerError("The picture does not come to rest.", "What else makes a sound or moves it?")
