"""Bits per character of poems that a verse model has not seen, beside those of a character model that learned
from other poems.

Both pay for every character and for the end of each poem, and share an alphabet of ALPHABET characters: what
neither has seen is equally likely. The verse model is told author and form where the file gives them; a form
that is derived from the text is paid for.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.assets import model_at
from performer.errors import ModelError, PerformerError
from performer.evaluation.corpus import evenly_chosen
from performer.evaluation.markov import baseline_nats
from performer.progress import Watch, unwatched, watched
from performer.words.poems import Poem, read_poems
from performer.words.tokenizer import HEADER, UNKNOWN
from performer.words.verse import VerseModel

ALPHABET = 1 << 15
CONTEXT = 4
KIND = f"interpolated Witten-Bell, {CONTEXT} characters of context"


@dataclass(frozen=True, slots=True)
class PoemReport:
    """What `performer eval` tells of a file of poems."""

    model: str
    characters: int
    """Of the poems, ends of lines included."""
    bits_per_character: float
    baseline: dict[str, Any]
    """`bits_per_character` and `kind`."""

    def to_json(self) -> str:
        """One JSON object, figures to four places."""
        rounded = {"bits_per_character": round(self.bits_per_character, 4)}
        baseline = self.baseline | {"bits_per_character": round(self.baseline["bits_per_character"], 4)}
        return json.dumps(asdict(self) | rounded | {"baseline": baseline})

    def in_words(self) -> str:
        """The same for people."""
        ours, theirs = self.bits_per_character, self.baseline["bits_per_character"]
        return (
            f"{self.model} on {self.characters} characters it has not seen: {ours:.3f} bits a character.\n"
            f"The baseline ({self.baseline['kind']}): {theirs:.3f}. The model needs {ours / theirs:.2f} of it."
        )


def evaluate_poems(
    path: Path, model: str, learned: Path, limit: int = 0, watch: Watch = unwatched
) -> PoemReport:
    """Measure `model` on the poems of `path` (at most `limit`, evenly chosen; 0: all), the baseline on those
    of `learned`. Raises PerformerError for a model or a file that cannot be used."""
    folder = model_at(model)
    if folder is None:
        raise ModelError(
            f"There is no model '{model}'.",
            "Give the name of one that `performer doctor` lists, or its folder.",
        )
    verse = VerseModel(folder)
    poems = evenly_chosen(list(read_poems(path)), limit)
    if not poems:
        raise PerformerError(
            f"'{path}' has no poem with text.", "Name a file of poems, one JSON object a line."
        )
    bits = sum(bits_of(verse, poem) for poem in watched(poems, watch, "reading"))
    watch("the baseline learns", 0, 1)
    characters = sum(len(poem.text) for poem in poems)
    baseline = baseline_bits(list(read_poems(learned)), poems)
    return PoemReport(
        verse.name, characters, bits / characters, {"bits_per_character": baseline / characters, "kind": KIND}
    )


def bits_of(verse: VerseModel, poem: Poem) -> float:
    """Bits that the model pays for one poem and its end."""
    tokenizer = verse.tokenizer
    tokens = np.array(tokenizer.encode_poem(poem))
    verse.reset()
    logits = verse.feed(tokens[:-1].tolist())
    paid = HEADER - 1 if poem.form in tokenizer.forms else HEADER - 2
    logits, targets = logits[paid:], tokens[paid + 1 :]
    nats = np.logaddexp.reduce(logits.astype(np.float64), axis=1) - logits[np.arange(len(targets)), targets]
    # An unknown character is one of all that have no token.
    unknown = int((targets == tokenizer.control(UNKNOWN)).sum())
    return float(nats.sum()) / math.log(2) + unknown * math.log2(ALPHABET - len(tokenizer.pieces))


def baseline_bits(learned: Sequence[Poem], poems: Sequence[Poem]) -> float:
    """Bits that the character model pays for all the poems and their ends."""
    if not learned:
        raise PerformerError(
            "The baseline has no poem to learn from.", "Name a file of poems with --baseline-from."
        )
    numbers: dict[str, int] = {}
    known, new = ([_numbered(poem, numbers) for poem in each] for each in (learned, poems))
    return float(baseline_nats(known, new, order=CONTEXT, sizes=(ALPHABET,)).sum()) / math.log(2)


def _numbered(poem: Poem, numbers: dict[str, int]) -> npt.NDArray[np.int64]:
    """(characters + 1, 1): a number for each character, 0 for the end."""
    return np.array([[numbers.setdefault(character, len(numbers) + 1)] for character in poem.text] + [[0]])
