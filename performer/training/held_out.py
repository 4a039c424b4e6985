"""The split of a corpus as two folders of MIDI files, for `performer eval`.

    python -m performer.training.held_out groove --from /data --out .work/split
    performer eval .work/split/groove/held_out --model lstm-drums --baseline-from .work/split/groove/train
    performer eval .work/split/pop909/held_out --model lstm-piano --baseline-from .work/split/pop909/train --track PIANO

The files are the corpus's own, copied; which piece is held out is what performer.training.data says.
"""

import argparse
import shutil
from pathlib import Path

from performer.training.data import CORPORA, HELD_OUT


def copy_split(corpus: str, source: Path, out: Path) -> tuple[int, int]:
    """Copy the corpus in `source/corpus` to `out/corpus/train` and `out/corpus/held_out`; returns how many files went to each."""
    folder, counts = source / corpus, [0, 0]
    paths = sorted(folder.rglob("*.mid"))
    named = {str(path.relative_to(folder)): path for path in paths} | {path.stem: path for path in paths}  # a piece has either name
    for piece in CORPORA[corpus].read(folder):
        held, path = piece.split == HELD_OUT, named[piece.name]
        place = out / corpus / ("held_out" if held else "train") / path.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
        counts[held] += 1
    return counts[0], counts[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", choices=[name for name in CORPORA if name != "lieder"], help="lieder are scores, not MIDI files")
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder that holds one folder a corpus")
    parser.add_argument("--out", type=Path, default=Path(".work/split"))
    options = parser.parse_args()
    train, held = copy_split(options.corpus, options.source, options.out)
    print(f"{options.out / options.corpus}: {train} pieces in train, {held} in held_out")


if __name__ == "__main__":
    main()
