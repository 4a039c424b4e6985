"""The fonts of the words: the files that are shipped, those of the user, and which characters each has.

The shipped ones are cut by `performer.training.cut_fonts`; their licence, the OFL, lies beside them.
"""

import functools
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from performer.errors import PerformerError

FOLDER = Path(__file__).resolve().parent.parent / "fonts"
FAMILIES: Mapping[str, str] = {
    "spectral": "Spectral-SemiBold.ttf",
    "spectral-italic": "Spectral-SemiBoldItalic.ttf",
    "garamond": "EBGaramond-SemiBold.ttf",
    "noto-serif": "NotoSerifSC-SemiBold.ttf",
}
LARGEST = 64 << 20  # bytes of a font of the user's
IGNORED = frozenset((0x200D, *range(0xFE00, 0xFE10)))  # need no glyph: joiner and variation selectors


@dataclass(frozen=True, slots=True)
class Face:
    """One font file and the characters that it can draw."""

    path: Path
    codes: frozenset[int]

    def has(self, cluster: str) -> bool:
        """Whether it can draw every character of the cluster."""
        return all(ord(letter) in self.codes or ord(letter) in IGNORED for letter in cluster)


class FontSet:
    """The faces to look a character up in. Thread-safe: yes, it never changes."""

    def __init__(self, own: Iterable[Path] = ()) -> None:
        """`own`: font files of the user's. Raises PerformerError for one that is no font."""
        self._faces = {path.stem.casefold(): open_face(path) for path in own}
        self._faces |= {name: open_face(FOLDER / file) for name, file in FAMILIES.items()}

    @property
    def families(self) -> tuple[str, ...]:
        """The names that a style may ask for."""
        return tuple(self._faces)

    def order(self, family: str) -> Sequence[Face]:
        """All faces, the asked one first. A name that is not there asks for nothing."""
        first = self._faces.get(family.casefold())
        return (
            [first, *(face for face in self._faces.values() if face is not first)]
            if first
            else [*self._faces.values()]
        )

    def find(self, cluster: str, family: str = "") -> Face | None:
        """The first face that has the cluster."""
        return next((face for face in self.order(family) if face.has(cluster)), None)

    def missing(self, text: str) -> str:
        """The characters of the text that no face has, each once: they are drawn as boxes."""
        codes = frozenset[int]().union(*(face.codes for face in self._faces.values())) | IGNORED
        return "".join(
            letter for letter in dict.fromkeys(text) if ord(letter) not in codes and not letter.isspace()
        )


def describe_missing(missing: str) -> str:
    """A sentence about what is drawn as a box; empty for nothing."""
    if not missing:
        return ""
    some = ", ".join(f"U+{ord(letter):04X}" for letter in missing[:3])
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    return f"No font here has {some}{more}: each is drawn as a box. Add a font file that has it."


@functools.lru_cache(16)
def open_face(path: Path) -> Face:
    """Read which characters a TrueType or OpenType file has. Raises PerformerError with the remedy."""
    remedy = "Name a TrueType or OpenType file (.ttf, .otf, .ttc)."
    try:
        if path.stat().st_size > LARGEST:
            raise PerformerError(
                f"The font '{path}' is larger than {LARGEST >> 20} MiB.", "Name a smaller one."
            )
        return Face(path, frozenset(_codes(path.read_bytes())))
    except (OSError, struct.error, ValueError, MemoryError) as error:
        raise PerformerError(f"The font '{path}' cannot be read: {error}.", remedy) from None


def _codes(data: bytes) -> Iterator[int]:
    """The code points of the file's best Unicode table (OpenType 1.9, `cmap`, formats 4 and 12)."""
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    if data[start : start + 4] not in (b"\0\1\0\0", b"OTTO", b"true"):
        raise ValueError("it is neither TrueType nor OpenType")
    count = struct.unpack_from(">H", data, start + 4)[0]
    tables = {
        data[at : at + 4]: struct.unpack_from(">I", data, at + 8)[0]
        for at in range(start + 12, start + 12 + 16 * count, 16)
    }
    if b"cmap" not in tables:
        raise ValueError("it has no table of characters")
    cmap = tables[b"cmap"]
    found: dict[int, int] = {}
    for entry in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", data, cmap + 4 + 8 * entry)
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            found[struct.unpack_from(">H", data, cmap + offset)[0]] = cmap + offset
    if 12 in found:
        return _groups(data, found[12])
    if 4 in found:
        return _segments(data, found[4])
    raise ValueError("it has no Unicode table of characters")


def _groups(data: bytes, at: int) -> Iterator[int]:
    for group in range(min(0x10000, struct.unpack_from(">I", data, at + 12)[0])):
        first, last, _ = struct.unpack_from(">III", data, at + 16 + 12 * group)
        yield from range(first, min(last, 0x10FFFF) + 1)


def _segments(data: bytes, at: int) -> Iterator[int]:
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", data, at + 14)
    starts = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
    for first, last in zip(starts, ends, strict=True):
        yield from (code for code in range(first, last + 1) if code != 0xFFFF)
