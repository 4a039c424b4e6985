"""What a person has to know who is not there: whether all is well, why not, how every process is, what is left of the disk. Part of health."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from performer.outputs.take_writer import TakeWriter
from performer.process_report import ADDRESS, disk_left_gb, judge, read_report
from performer.worker import Worker


class ShowHealth:
    """Collects it in the engine. `handlers` are what the other processes tell, by address, on the thread `net`; the thread `health` asks."""

    def __init__(self, folder: Path, workers: Sequence[Worker], take: TakeWriter | None, facts: Mapping[str, Any]) -> None:
        self._folder, self._workers, self._take, self._facts = folder, workers, take, facts
        self._processes: list[dict[str, Any]] = []
        self._sound_dropped = 0
        self.handlers: Mapping[str, Callable[[Sequence[Any]], object]] = {
            ADDRESS: self._told_processes, "/performer/listening/dropped": self._told_dropped,
        }  # fmt: skip

    @property
    def figures(self) -> dict[str, object]:
        """All of it. May wait for a slow disk."""
        take = self._take
        failures = {worker.name: worker.counters.failed for worker in self._workers} | {"take": take.failed if take else 0}
        written = {"file": take.path.name, "problem": take.problem, "missing_notes": take.missing_notes} if take else None
        figures: dict[str, object] = {
            "failures": failures, "sound_dropped": self._sound_dropped, "video_frames_dropped": self._of_screen("camera_dropped"),
            "stills_refused": self._of_screen("stills_refused"), "disk_left_gb": disk_left_gb(self._folder), "take": written,
        }  # fmt: skip
        status, reasons = judge(self._processes, figures, {})
        return figures | {"status": status, "reasons": reasons, "processes": self._processes}

    def _of_screen(self, name: str) -> int:
        """A count of the process that shows."""
        screen = self._facts.get("screen")
        return int(screen.get(name, 0)) if isinstance(screen, dict) else 0

    def _told_processes(self, arguments: Sequence[Any]) -> None:
        self._processes = [
            each | {"memory_mb": each["memory_mb"] and each["memory_mb"] // 16 * 16, "beat_age_s": None}  # what moves all the time is no news
            for each in read_report(arguments[0] if arguments else "")
        ]

    def _told_dropped(self, arguments: Sequence[Any]) -> None:
        self._sound_dropped = int(arguments[0])
