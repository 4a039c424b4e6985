"""Poems that a verse model writes, unselected, one a seed: to be read aloud.

python -m performer.training.verse.samples --model verse-en --count 10 --seed 0 --form sonnet --author "John
Keats"
"""

import argparse

import numpy as np

from performer.assets import model_at
from performer.words.tokenizer import END
from performer.words.verse import VerseModel


def write_poem(
    model: VerseModel,
    seed: int,
    author: str = "",
    form: str = "",
    temperature: float = 0.8,
    top_p: float = 0.9,
    lines: int = 8,
) -> str:
    """A poem of at most so many lines."""
    rng, written = np.random.default_rng(seed), []
    model.begin(rng, author, form)
    for _ in range(lines):
        text, stop = model.write_line(rng, temperature, top_p)
        written.append(text)
        if stop == END:
            break
    return "\n".join(written)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True, help="a model's name, or its folder")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the first poem")
    parser.add_argument("--author", default="")
    parser.add_argument("--form", default="")
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--top-p", type=float, default=0.9)
    parser.add_argument("--lines", type=int, default=8, help="at most")
    options = parser.parse_args()
    folder = model_at(options.model)
    if folder is None:
        raise SystemExit(
            f"There is no model '{options.model}'. Give a name that `performer doctor` lists, or a folder."
        )
    model = VerseModel(folder)
    for seed in range(options.seed, options.seed + options.count):
        poem = write_poem(
            model, seed, options.author, options.form, options.temperature, options.top_p, options.lines
        )
        print(f"[seed {seed}]\n{poem}\n")


if __name__ == "__main__":
    main()
