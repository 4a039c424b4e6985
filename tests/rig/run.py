"""Long runs of random performances outside pytest: `python -m tests.rig.run --steps 300000 --seed 1`.

Prints one JSON line a batch on standard error and one of the whole on standard output; a failure is told with the shortest script that shows it."""

import argparse
import json
import sys
import time

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.rig.machine import Performance
from tests.rig.shrink import script, shrink

LENGTH = 60  # rules of a performance
BATCH = 40  # performances of a seed


def play(number: int, performances: int = BATCH, length: int = LENGTH) -> str:
    """So many performances from this seed; returns the shortest script of a failure and what was wrong, or nothing."""
    how = settings(
        max_examples=performances, stateful_step_count=length, deadline=None, database=None, phases=[Phase.generate], report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck), print_blob=False, verbosity=Verbosity.quiet,
    )  # fmt: skip
    machine = seed(number)(type(Performance.__name__, (Performance,), {}))
    try:
        run_state_machine_as_test(machine, settings=how)
    except AssertionError as error:
        failed = Performance.record.failed
        steps, wrong = shrink(failed.made, failed.done, str(error))
        return script(failed.made, steps, wrong)
    return ""


def main(arguments: list[str] | None = None) -> int:
    """The program. Returns 1 where something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.rig.run", description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first batch; each further one has the next")
    parser.add_argument("--failures", type=int, default=3, help="after which it gives up")
    parser.add_argument("--without", nargs="*", default=[], metavar="VERB", help="verbs of the rig that nobody does: panic, loop_with, stop ...")
    asked = parser.parse_args(arguments)
    Performance.without = frozenset(asked.without)
    record, number, failures, begun = Performance.record, asked.seed, 0, time.monotonic()
    while record.steps < asked.steps and failures < asked.failures:
        shown = play(number)
        if shown:
            failures += 1
            sys.stderr.write(f"# seed {number}\n{shown}\n")
        sys.stderr.write(json.dumps({"seed": number, "steps": record.steps, "failures": failures}) + "\n")
        number += 1
    whole = {
        "steps": record.steps, "performances": record.performances, "played_s": round(record.seconds), "messages_in": record.messages_in,
        "messages_out": record.messages_out, "out_per_in": round(record.messages_out / max(1, record.messages_in), 3), "failures": failures,
        "seeds": [asked.seed, number - 1], "took_s": round(time.monotonic() - begun, 1),
    }  # fmt: skip
    sys.stdout.write(json.dumps(whole) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
