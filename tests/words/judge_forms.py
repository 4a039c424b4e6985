"""Writes poems of each form and judges them: whether they keep the form, what they copy, and how fast they come.

    python -m tests.words.judge_forms --poems 200 --train .work/split-en/train.jsonl.xz \\
        --held-out .work/split-en/test.jsonl.xz
"""

import argparse
import time
from collections import Counter
from pathlib import Path

from performer.assets import models_dir
from performer.words.controls import Controls
from performer.words.line_search import Effort
from performer.words.poems import read_poems
from performer.words.verse import VerseModel
from performer.words.verse_writer import VerseLine, VerseWriter
from tests.words.judges import JUDGES, longest_copies

WORDS = {"en": "verse", "zh": "山水有清音"}


def judge(writer: VerseWriter, form: str, poems: int, effort: Effort) -> tuple[list[str], Counter[str], int]:
    """Write poems with seeds from 0. Returns their texts, how many lines came from where, and how many keep
    the form."""
    language, texts, sources, kept = writer.language, [], Counter[str](), 0
    for seed in range(poems):
        controls = Controls(language, form, word=WORDS[language])
        lines: list[VerseLine] = list(writer.write(controls, seed, effort))
        sources.update(line.source for line in lines)
        texts.append("\n".join(line.text for line in lines))
        if JUDGES[language][form]([line.text for line in lines], WORDS[language]):
            kept += 1
        else:
            print(f"    seed {seed} does not keep {form}: {texts[-1]!r}", flush=True)
    return texts, sources, kept


def tell_copies(name: str, longest: list[int], bound: int) -> None:
    over = sum(run > bound for run in longest)
    print(f"  {name}: longest run {max(longest)}, {over} of {len(longest)} poems have more than {bound}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--language", choices=list(JUDGES), default="en")
    parser.add_argument("--forms", nargs="*", default=[], help="default: all of the language")
    parser.add_argument("--poems", type=int, default=200, help="of each form")
    parser.add_argument("--steps", type=int, default=Effort().steps, help="tokens that the model reads for a line at most")
    parser.add_argument("--drafts", type=int, default=Effort().drafts, help="lines of which the likeliest is taken")
    parser.add_argument("--train", type=Path, help="poems that nothing may be copied from")
    parser.add_argument("--held-out", type=Path, help="human poems to compare with")
    options = parser.parse_args()
    writer = VerseWriter(VerseModel(models_dir() / f"verse-{options.language}"))
    texts: list[str] = []
    for form in options.forms or JUDGES[options.language]:
        begun = time.process_time()
        poems, sources, kept = judge(writer, form, options.poems, Effort(options.steps, options.drafts))
        texts += poems
        spent = (time.process_time() - begun) / sum(sources.values())
        print(f"  {form}: {kept} of {len(poems)} keep it; {dict(sources)}; {spent:.3f} CPU s a line", flush=True)
    if options.train:
        sources_of_copies = [poem.text for poem in read_poems(options.train)]
        bound = 6 if options.language == "en" else 0
        tell_copies("written", longest_copies(texts, sources_of_copies, options.language), bound)
        if options.held_out:
            human = [poem.text for poem in read_poems(options.held_out)]
            tell_copies("human", longest_copies(human, sources_of_copies, options.language), bound)


if __name__ == "__main__":
    main()
