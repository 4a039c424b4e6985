"""The poems of a file in three parts that stay the same on every machine and in every order: train, valid and
test (about 96 / 2 / 2).

    python -m performer.training.verse.data --poems poems_en.jsonl.xz --out .work/split-en
    performer eval .work/split-en/test.jsonl.xz --model verse-en --baseline-from .work/split-en/train.jsonl.xz

A poem's part is decided by the SHA-256 of its normalised text (letters and digits only, small): the remainder
of its first four bytes by 100 is 0 or 1 for test, 2 or 3 for valid, else train. A poem of train that shares
half of its lines, or half of the other's, with one held-out poem is left out of train.

Counts: 12,522 English poems in train (17 near-duplicates left out), 245 in valid, 297 in test; 111,138
Chinese ones in train (132 left out), 2,296 in valid, 2,343 in test.
"""

import argparse
import hashlib
import json
import lzma
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from performer.words.poems import Poem, read_poems

TRAIN, VALID, TEST = "train", "valid", "test"
OVERLAP = 0.5


def normalise(text: str) -> str:
    """Letters and digits only, small."""
    return "".join(filter(str.isalnum, text.lower()))


def part_of(poem: Poem) -> str:
    """The part that the poem belongs to."""
    place = int.from_bytes(hashlib.sha256(normalise(poem.text).encode()).digest()[:4]) % 100
    return TEST if place < 2 else VALID if place < 4 else TRAIN


def read_split(path: Path) -> dict[str, list[Poem]]:
    """The poems of the file by part, without near-duplicates of held-out ones in train."""
    parts: dict[str, list[Poem]] = {TRAIN: [], VALID: [], TEST: []}
    for poem in read_poems(path):
        parts[part_of(poem)].append(poem)
    parts[TRAIN] = without_copies(parts[TRAIN], [*parts[VALID], *parts[TEST]])
    return parts


def without_copies(poems: Iterable[Poem], held_out: Iterable[Poem]) -> list[Poem]:
    """Those of `poems` that are no near-duplicate of a held-out poem."""
    holders, sizes = defaultdict(set), []
    for index, poem in enumerate(held_out):
        lines = _lines(poem)
        sizes.append(len(lines))
        for line in lines:
            holders[line].add(index)

    def copied(poem: Poem) -> bool:
        lines = _lines(poem)
        shared = Counter(index for line in lines for index in holders.get(line, ()))
        return any(count >= OVERLAP * min(len(lines), sizes[index]) for index, count in shared.items())

    return [poem for poem in poems if not copied(poem)]


def _lines(poem: Poem) -> set[str]:
    return {line for line in map(normalise, poem.text.split("\n")) if line}


def write_split(path: Path, out: Path) -> dict[str, int]:
    """Write each part to `out/PART.jsonl.xz`. Returns how many poems each has."""
    out.mkdir(parents=True, exist_ok=True)
    parts = read_split(path)
    for part, poems in parts.items():
        with lzma.open(out / f"{part}.jsonl.xz", "wt", encoding="utf-8", preset=1) as file:
            file.writelines(json.dumps(asdict(poem), ensure_ascii=False) + "\n" for poem in poems)
    return {part: len(poems) for part, poems in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--poems", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    counts = write_split(options.poems, options.out)
    print(f"{options.out}: " + ", ".join(f"{count} poems in {part}" for part, count in counts.items()))


if __name__ == "__main__":
    main()
