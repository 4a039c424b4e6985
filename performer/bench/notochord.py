"""`bench notochord`: our instant model beside Notochord with random weights in its default size, one thread each, in the same run.

Notochord lives in an environment of its own, whose Python is told; ours of its size is made with random weights by performer.training,
in a process of its own, since what plays imports no torch. Ours has weights of 8 bits, as the model that a show plays with; float32 is told
beside it. All take turns: a machine that others share is twice as fast in one minute as in the next."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from performer import assets
from performer.bench.figures import median, surroundings
from performer.bench.models import spent
from performer.errors import PerformerError
from performer.packages import extra
from performer.progress import Watch, unwatched, watched

OURS = "lstm-first-int8"  # the model that answers in a show, and in the form in which it does
PARAMETERS = 17_700_000
PACKAGE = "notochord==0.8.0"  # older ones do not run with the newest PyTorch, and pip takes one where that is there already
PROGRAM = Path("noto", *(("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")))
REMEDY = f"Make an environment for it (python -m venv noto && {PROGRAM} -m pip install {PACKAGE}) and name its Python: --python {PROGRAM}."
TURNS = 5
THEIRS = Path(__file__).parents[1] / "training" / "notochord_yardstick.py"


def bench_notochord(python: Path | None, events: int, watch: Watch = unwatched) -> dict[str, Any]:
    """The JSON object: medians in ms of hearing an event and thinking of the next, `times_faster` ours are. Raises PerformerError."""
    if python is None:
        raise PerformerError("Notochord is measured in an environment of its own.", REMEDY)
    if shutil.which(str(python)) is None:
        raise PerformerError(f"'{python}' is no program.", REMEDY)
    folder = assets.find_model(OURS)
    if folder is None:
        raise PerformerError(f"No model '{OURS}' was found.", "Export it, or install Performer again.")
    seconds: dict[str, list[float]] = {"ours": [], "yardstick-int8": [], "yardstick": [], "theirs": []}
    each = max(1, events // TURNS)
    with tempfile.TemporaryDirectory() as place:
        made = _said([sys.executable, "-m", "performer.training.yardstick", "--parameters", str(PARAMETERS), "--out", place], extra("train"))
        for _ in watched(range(TURNS), watch, "turns"):
            for name, found in (("ours", folder), ("yardstick-int8", Path(place) / "yardstick-int8"), ("yardstick", Path(place) / "yardstick")):
                seconds[name] += _of_events(found, each)
            theirs = _said([str(python), str(THEIRS), str(each)], REMEDY)
            seconds["theirs"] += theirs["seconds"]
    ours, scaled, full, notochord = map(median, seconds.values())
    return surroundings("notochord", "none", False) | {
        "n": len(seconds["theirs"]), "notochord_ms": notochord, "notochord_parameters": theirs["parameters"],
        "ours_ms": ours, "ours_scaled_ms": scaled, "ours_scaled_float32_ms": full, "scaled_parameters": made["parameters"],
        "times_faster": round(notochord / ours, 2), "times_faster_scaled": round(notochord / scaled, 2),
    }  # fmt: skip


def _of_events(folder: Path, events: int) -> list[float]:
    """Seconds of each event: a step and a query."""
    return list(map(sum, zip(*spent(folder, events), strict=True)))


def _said(command: list[str], remedy: str) -> dict[str, Any]:
    """The JSON object that a program prints last. Raises PerformerError, with the remedy, where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise PerformerError(f"{Path(command[0]).name} {command[1]} failed: {last}.", remedy)
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said
