"""The folder of a show's takes: their names, and which of them are deleted when there are too many.

Only files are touched whose names are as this show gives them. Who renames a take keeps it.
"""

import contextlib
import logging
import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from performer.assets import file_name

log = logging.getLogger("performer")
GB = 1_000_000_000
DAY_S = 86_400.0
STAMP = r"-\d{8}-\d{6}-\d+(-\d+)?\.jsonl"


@dataclass(frozen=True, slots=True)
class TakeFolder:
    """Where takes are written, and how much of them is kept."""

    folder: Path
    show: str
    seed: int
    keep_gb: float = 10.0
    keep_days: float = 0.0  # 0: of any age

    def new_path(self) -> Path:
        """A file that is not there yet."""
        stem = f"{file_name(self.show)}-{time.strftime('%Y%m%d-%H%M%S')}-{self.seed}"
        names = (f"{stem}{'' if number == 1 else f'-{number}'}.jsonl" for number in range(1, 10_000))
        return next(path for path in map(self.folder.joinpath, names) if not path.exists())

    def takes(self) -> list[tuple[float, Path, int]]:
        """The takes of this show that have the names it gave them, the oldest first: when each was written last, its file, its bytes."""
        name = re.compile(re.escape(file_name(self.show)) + STAMP)
        found: list[tuple[float, Path, int]] = []
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                with contextlib.suppress(OSError):
                    if name.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                        stat = path.stat()
                        found.append((stat.st_mtime, path, stat.st_size))
        return sorted(found)

    def rotate(self, writing: Collection[Path] = ()) -> list[Path]:
        """Delete the oldest takes until what is kept is within the limits; never those that are being `writing`, nor the newest.
        Returns what was deleted."""
        found = self.takes()
        total, now, deleted = sum(size for _, _, size in found), time.time(), list[Path]()
        for written, path, size in found[:-1]:
            too_old = self.keep_days > 0 and now - written > self.keep_days * DAY_S
            if path in writing or not (too_old or total > self.keep_gb * GB):
                continue
            try:
                path.unlink()
            except OSError as error:
                log.warning("The old take '%s' cannot be deleted (%s).", path, error.strerror)
                continue
            total -= size
            deleted.append(path)
        return deleted

