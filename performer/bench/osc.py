"""`bench osc`: a flood of parameter messages while notes are answered: what it does to the reply, what of it is lost, what it costs in memory."""

import json
import math
import socket
import subprocess
import sys
import time
from typing import Any

from performer.bench.figures import percentiles, surroundings
from performer.bench.line import Line, midi_system
from performer.bench.reply import WARM_UP, play_phrase, stage_and_line
from performer.bench.stage import Stage, rss_mb
from performer.errors import PerformerError, PortError
from performer.loopback import LARGEST, decode, encode
from performer.progress import Watch, unwatched

RATE_HZ = 16.0
PATIENCE = 5.0  # seconds in which the show must have said where it stands


def bench_osc(seconds: float, rate: float = 5000.0, visuals: bool = False, watch: Watch = unwatched) -> dict[str, Any]:
    """The JSON object: replies for so many seconds without, then as long with `rate` messages a second. `lost` are those that were sent and
    never accepted; `stands` says whether every parameter has the value that was sent last."""
    system = midi_system()
    if system is None:
        raise PortError("This is measured through MIDI ports, and this machine has no MIDI system.", "Start a JACK server.")
    with stage_and_line(system, 1, visuals) as (stage, line):
        assert stage is not None
        notes = max(1, round(seconds * RATE_HZ))
        play_phrase(line, WARM_UP, RATE_HZ, 1)
        without = percentiles(play_phrase(line, notes, RATE_HZ, 1, watch).first)
        memory, before = rss_mb(stage.process.pid), standing(stage)
        sent, during, lost_notes = _flooded(stage, line, rate, seconds, watch)
        after = standing(stage)
        heard = percentiles(during)
        accepted = after["osc_accepted"] - before["osc_accepted"]
        return surroundings("osc", line.transport, visuals) | {
            "seconds": seconds, "rate": rate, "sent": sent["sent"], "accepted": accepted, "lost": sent["sent"] - accepted,
            "stands": all(math.isclose(after[address], value, abs_tol=1e-5) for address, value in sent["last"].items()),
            "lost_notes": lost_notes, "reply_ms": {"without": without, "with": heard}, "ratio": round(heard["p99"] / without["p99"], 3),
            "rss_mb": {"before": memory, "after": rss_mb(stage.process.pid)},
        }  # fmt: skip


def _flooded(stage: Stage, line: Line, rate: float, seconds: float, watch: Watch) -> tuple[dict[str, Any], list[float], int]:
    """What the flood says that it sent, the replies meanwhile in seconds, and the notes without one."""
    command = [sys.executable, "-m", "performer.bench.flood", str(stage.osc_port), str(rate), str(seconds)]
    during, lost, begun = [], 0, time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flood:
        while flood.poll() is None:
            watch("playing during a flood", time.monotonic() - begun, seconds)
            replies = play_phrase(line, round(RATE_HZ), RATE_HZ, 1)
            during += replies.first
            lost += replies.lost
        assert flood.stdout is not None
        told: dict[str, Any] = json.loads(flood.stdout.read())
    return told, during, lost


def standing(stage: Stage) -> dict[str, Any]:
    """Every parameter's value and every fact of the status, asked for by /performer/sync and told after what was said before it."""
    _emptied(stage.ear)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(encode("/performer/sync"), ("127.0.0.1", stage.osc_port))
        found: dict[str, Any] = {}
        stage.ear.settimeout(0.2)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                messages = list(decode(stage.ear.recv(LARGEST)))
            except TimeoutError:
                continue
            for message in messages:
                found |= json.loads(message.arguments[0]) if message.address == "/performer/status" else {message.address: message.arguments[:1]}
            if "osc_accepted" in found:
                return {key: value[0] if isinstance(value, tuple) and value else value for key, value in found.items()}
    raise PerformerError("The show did not say where it stands.", "Is it of this version?")


def _emptied(ear: socket.socket) -> None:
    """Take what was said before."""
    ear.settimeout(0.05)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            ear.recv(LARGEST)
        except TimeoutError:
            return
