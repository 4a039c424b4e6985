"""Puts the guards of a verse model into its folder and names them in its card: the filter of copies, and for
English the words that it may write. Run it again after each export.

    python -m performer.training.verse.guard --poems .work/split-en/train.jsonl.xz --model models/onnx/verse-en

Words: those of the poems that come at least twice, or once if the CMU dictionary has them, the most frequent
first. Neither file holds a poem or can be turned back into one.
"""

import argparse
import lzma
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import tomli_w

from performer.card import CARD, sha256_of
from performer.words.copies import CopyFilter, lines_of, runs_of, words_of
from performer.words.english import dictionary_words
from performer.words.poems import read_poems

SIZE = 2 * 1024 * 1024 - 4096
COPIES, WORDS = "copies.npz", "words.txt.xz"
LEAST = 2
LETTERS = {"a", "i", "o"}


def words_to_admit(counts: Counter[str]) -> list[str]:
    """The words that a model may write, the most frequent first."""
    dictionary = set(dictionary_words())
    kept = [
        word
        for word, count in counts.items()
        if (count >= LEAST or word in dictionary) and (len(word) > 1 or word in LETTERS) and word.isascii()
    ]
    return sorted(kept, key=lambda word: (-counts[word], word))


def add_guards(poems: Path, folder: Path, size: int = SIZE) -> dict[str, Any]:
    """Write the files and the card. Returns the card's table `files`."""
    card = tomllib.loads((folder / CARD).read_text(encoding="utf-8"))
    texts = [poem.text for poem in read_poems(poems)]
    files: dict[str, Any] = {}
    if card["shape"]["language"] == "zh":
        copies = CopyFilter.of((line for text in texts for line in lines_of(text)), size)
    else:
        words = [words_of(text) for text in texts]
        copies = CopyFilter.of((run for poem in words for run in runs_of(poem)), size)
        admitted = words_to_admit(Counter(word for poem in words for word in poem))
        with lzma.open(folder / WORDS, "wt", encoding="utf-8", preset=9) as file:
            file.write("\n".join(admitted) + "\n")
        files["words"] = {"file": WORDS, "sha256": sha256_of(folder / WORDS), "count": len(admitted)}
    copies.save(folder / COPIES)
    files["copies"] = {
        "file": COPIES,
        "sha256": sha256_of(folder / COPIES),
        "false_positives": round(copies.false_positives, 6),
    }
    (folder / CARD).write_text(tomli_w.dumps({**card, "files": files}), encoding="utf-8")
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--poems", type=Path, required=True, help="those that the model learned from")
    parser.add_argument("--model", type=Path, required=True, help="its folder")
    options = parser.parse_args()
    for name, entry in add_guards(options.poems, options.model).items():
        print(f"{name}: {entry}")


if __name__ == "__main__":
    main()
