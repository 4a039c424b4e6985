"""One file of lines that outlives a full disk: what finds no room is counted, and a line names the gap when there is room again.

Used by one thread. The file holds whole lines at every moment. Where the disk is full the last lines make room for the one that marks the gap, so
that a reader sees it even if no room ever comes.
"""

import contextlib
import json
import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

MARK = 224  # bytes that are kept for the line of the gap and the line of the end
TRIAL = 16_384  # bytes that have to find room before the disk counts as well again
SPARED = 16  # lines at the most that make room for the mark


def encode(line: Mapping[str, Any]) -> bytes:
    """A line as it stands in the file."""
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


@dataclass(slots=True)
class Gap:
    """What is missing: from and to a second of the take (`until` None: it goes on), how many notes, how many lines in all."""

    since: float
    until: float | None = None
    notes: int = 0
    lines: int = 0

    def add(self, time: float, notes: int) -> None:
        """One more line is missing."""
        self.since = min(self.since, time)
        self.notes += notes
        self.lines += 1

    def line(self) -> bytes:
        """The line that tells of it."""
        time = self.since if self.until is None else self.until
        return encode({"t": time, "gap": [self.since, self.until], "notes": self.notes, "lines": self.lines})


class LineFile:
    """A new file, and what is missing in it: `gap`, None while all is well."""

    def __init__(self, path: Path, first: bytes, gap: Gap | None = None) -> None:
        """Begin with the line `first`, and that of a `gap` that is over. Raises OSError, and leaves no file behind where there is no room."""
        self.path = path
        self.gap: Gap | None = None
        self.size = 0
        self._mark: int | None = None  # where the gap is marked
        self._last: deque[tuple[int, float, int]] = deque(maxlen=SPARED)  # place, time and notes of the last lines
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb", buffering=0)
        try:
            self._append(first + (gap.line() if gap is not None else b""))
        except OSError:
            self._file.close()
            with contextlib.suppress(OSError):
                path.unlink()
            raise

    def write(self, line: bytes, time: float, notes: int = 0) -> OSError | None:
        """Write the line of this time, which tells of so many notes, or count it as missing. Returns why a gap begins with it."""
        if self.gap is not None:
            self.gap.add(time, notes)
            return None
        place = self.size
        try:
            self._append(line)
        except OSError as error:
            self.gap = Gap(time)
            self.gap.add(time, notes)
            self._put_mark(self.gap)
            return error
        self._last.append((place, time, notes))
        return None

    def resume(self, time: float) -> Gap | None:
        """End the gap where there is room again, and return it."""
        gap = self.gap
        if gap is None or not self._has_room():
            return None
        gap.until = time
        try:
            self._put_at(self.size if self._mark is None else self._mark, gap.line())
        except OSError:
            gap.until = None
            return None
        self.gap, self._mark = None, None
        self._last.clear()
        return gap

    def close(self, end: bytes, time: float) -> None:
        """Write the last line, beside that of the gap where there is one, and close the file."""
        with contextlib.suppress(OSError):
            if self.gap is None and self.write(end, time) is not None and self.gap is not None:
                self.gap.lines -= 1
            if self.gap is not None and self._mark is not None:
                self.gap.until = time
                self._put_at(self._mark, _padded((self.gap.line() if self.gap.lines else b"") + end))
        with contextlib.suppress(OSError):
            self._file.close()

    def _append(self, content: bytes) -> None:
        self._put_at(self.size, content)

    def _put_at(self, place: int, content: bytes) -> None:
        """The file ends with this content from now on; it stays as it is where an error is raised."""
        try:
            self._file.seek(place)
            left = memoryview(content)
            while left:
                left = left[self._file.write(left) or 0 :]
            if place + len(content) < self.size:
                self._file.truncate(place + len(content))
        except OSError:
            if place >= self.size:
                with contextlib.suppress(OSError):
                    self._file.truncate(self.size)
            raise
        self.size = place + len(content)

    def _put_mark(self, gap: Gap) -> None:
        """Mark where the gap begins: where the file's last block has room, else in the place of the last lines."""
        with contextlib.suppress(OSError):
            self._mark = self.size
            self._append(_padded(gap.line()))
            return
        self._mark = None
        lines = list(self._last)
        place = self.size
        missing: list[tuple[int, float, int]] = []
        while lines and self.size - place < MARK:
            missing.append(lines.pop())
            place = missing[-1][0]
        if self.size - place < MARK:
            return
        wider = replace(gap)
        for _, time, notes in missing:
            wider.add(time, notes)
        with contextlib.suppress(OSError):  # where the disk can only be read, all lines are still there
            self._put_at(place, _padded(wider.line()))
            self._mark, self.gap = place, wider

    def _has_room(self) -> bool:
        try:
            if shutil.disk_usage(self.path.parent).free < TRIAL:
                return False
            self._file.seek(self.size)
            written = self._file.write(b" " * (TRIAL - 1) + b"\n") or 0
            self._file.truncate(self.size)
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(self.size)
            return False
        return written == TRIAL


def _padded(content: bytes) -> bytes:
    """The lines as long as a mark is; spaces behind a line mean nothing."""
    return content[:-1].ljust(MARK - 1) + b"\n"
