"""A program: `python -m tests.survival.stop_while_starting --times 50 [--stopped-jack] [--seed N]` ends a show while it starts.

Ctrl-C (SIGINT to the process group) and SIGTERM come by turns, at random moments of the first seconds; with `--stopped-jack` the JACK server
stands still (SIGSTOP) all the while. Told as JSON: how long each end took. No process may be left.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from tests.show_process import free_port
from tests.survival.tool import own_jack, percentiles

ENDED_S = 2.0
LATEST_S = 4.0  # seconds after the start in which the signal comes


def left_of(group: int) -> list[int]:
    """The processes of this session that are still there, but for those that only wait to be collected."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[3]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def stop_once(folder: Path, wait_s: float, number: int) -> tuple[float, str]:
    """Start a show, send the signal after so many seconds, and return the seconds that its end took, and what failed."""
    show = folder / "starting.show.toml"
    show.write_text(f"[osc]\nport = {free_port()}\nreply_port = {free_port()}\n[desk]\nport = {free_port()}\n[takes]\nrecord = false\n")
    command = [sys.executable, "-m", "performer", "run", str(show)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    time.sleep(wait_s)
    began = time.monotonic()
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return 30.0, f"{signal.Signals(number).name} after {wait_s:.2f} s: it does not end"
    took = time.monotonic() - began
    while left := left_of(process.pid):
        if time.monotonic() - began > ENDED_S:
            break
        time.sleep(0.02)
    failure = f"{signal.Signals(number).name} after {wait_s:.2f} s: "
    assert process.stdout is not None
    process.stdout.close()
    if left:
        os.killpg(process.pid, signal.SIGKILL)
        return took, f"{failure}{len(left)} processes are left"
    return took, f"{failure}ended after {took:.2f} s" if took > ENDED_S else ""


def stop(times: int, seed: int, folder: Path, latest_s: float = LATEST_S) -> tuple[list[float], list[str]]:
    """Start and end a show so often; the seconds, and what failed."""
    chance, took, failures = random.Random(seed), [], []
    for turn in range(times):
        seconds, failure = stop_once(folder, chance.uniform(0.05, latest_s), (signal.SIGINT, signal.SIGTERM)[turn % 2])
        took.append(seconds)
        failures += [failure] if failure else []
        sys.stderr.write(f"{turn + 1} of {times}: {seconds:.2f} s {failure}\n")
    return took, failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stopped-jack", action="store_true")
    options = parser.parse_args()
    with own_jack() as server, tempfile.TemporaryDirectory() as folder, server.stuck() if options.stopped_jack else nullcontext():
        took, failures = stop(options.times, options.seed, Path(folder))
    sys.stdout.write(json.dumps({"ended_s": percentiles(took), "failures": failures}, indent=1) + "\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
