"""Writes a poem line by line, in a form that it keeps.

A line that the search does not find within its effort is searched once more with what it rests on let go
(prompt, theme), then filled with common words that keep the form: a poem never stops for want of a line.
"""

import functools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.words.chinese import rhyme_groups
from performer.words.chinese_line import ChineseLine
from performer.words.controls import MOODS, NOBODY, POETS, Controls
from performer.words.copies import CopyFilter, words_of
from performer.words.english import sound_of
from performer.words.english_line import FREQUENT, EnglishLine, pieces_of
from performer.words.lexicon import Lexicon
from performer.words.line_search import Effort, LineSearch
from performer.words.prompt import clean_prompt
from performer.words.safe_list import SafeList
from performer.words.tokenizer import LINE, STANZA, Tokenizer
from performer.words.verse import VerseModel
from performer.words.verse_forms import Form, LineLimits, make_form

THEME, MOOD, PENALTY = 3.0, 1.2, 3.0  # what is added to a logit at most
CAPITAL, COMPOUND = -2.5, -1.5  # what is added for a capital within a line and for a hyphen
CAPITALS = frozenset(("I", "I'll", "I'm", "I've", "I'd", "O", "God", "Lord", "Heaven", "Oh"))
LATELY = 48  # tokens that count as lately
MODEL, FILLED, REPEATED = "model", "filled", "repeated"


@dataclass(frozen=True, slots=True)
class VerseLine:
    """A line of a poem."""

    text: str
    source: str
    """MODEL, FILLED (common words; the search found none) or REPEATED (a refrain)."""
    stanza: bool
    """Whether an empty line follows."""
    tokens: int
    """What the model read to find it."""
    seconds: float


class VerseWriter:
    """Writes poems with one model. One thread at a time."""

    def __init__(self, model: VerseModel) -> None:
        """Reads the guards that the model's card names. Raises ModelError for broken ones."""
        self.model = model
        self.language = str(model.shape.get("language", "en" if model.tokenizer.kind == "bpe" else "zh"))
        files = model.files
        self._copies = CopyFilter.load(files["copies"]) if "copies" in files else None
        self._lexicon = Lexicon.load(files["words"]) if "words" in files else Lexicon(())
        self.remarks: list[str] = []
        """Sentences about what was left out of the last poem's prompt and theme."""

    def write(self, controls: Controls, seed: int = 0, effort: Effort | None = None) -> Iterator[VerseLine]:
        """Yield the lines of a poem as they are found. Raises PerformerError for controls that cannot be."""
        controls.check()
        form = make_form(self.language, controls.form, controls.lines, controls.word, seed)
        poem = _Poem(self, controls, form, seed)
        for limits in form.lines:
            yield poem.next_line(limits, effort or Effort())


class _Poem:
    """A poem that is being written."""

    def __init__(self, writer: VerseWriter, controls: Controls, form: Form, seed: int) -> None:
        self._model, self._controls, self._form = writer.model, controls, form
        self._english = writer.language == "en"
        self._lexicon, self._copies = writer._lexicon, writer._copies
        self._rng, self._chance = np.random.default_rng(seed), random.Random(seed)
        self._safe = SafeList(controls.safe_list)
        self._said: list[str] = []
        self._ends: dict[str, list[str]] = {}
        self._groups: dict[str, frozenset[str]] = {}
        self._read: list[int] = []
        prompt, writer.remarks = clean_prompt(controls.prompt, self._model.tokenizer)
        theme, _ = clean_prompt(" ".join(controls.theme), self._model.tokenizer)
        self._theme = theme.split()
        self._wanted = self._tokens_of_theme()
        self._style = _bias_of_style(self._model.tokenizer) if self._english else 0.0
        author, remarks = self._author_of(controls.author, seed)
        writer.remarks += remarks
        self._model.begin(self._rng, author, form.model_form)
        if self._theme:
            self._begin_with(" ".join(self._theme) if self._english else "".join(self._theme))
        if prompt:
            self._begin_with(prompt)
        self._before: list[str] = words_of(prompt) if self._english else []

    def next_line(self, limits: LineLimits, effort: Effort) -> VerseLine:
        begun = time.monotonic()
        if limits.repeats is not None:
            text, source, steps = self._said[limits.repeats], REPEATED, 0
            tokens = self._encode(text)
            self._model.feed(tokens)
        else:
            text, source, tokens, steps = self._find(limits, effort)
        self._said.append(text)
        mark = limits.mark
        after = [*self._model.tokenizer.encode_line(mark)]
        if self._english or mark != "，":
            after.append(self._model.tokenizer.control(STANZA if limits.stanza else LINE))
        self._model.feed(after)
        self._read += [*tokens, *after]
        self._before += words_of(text) if self._english else []
        return VerseLine(text + mark, source, limits.stanza, steps, time.monotonic() - begun)

    def _find(self, limits: LineLimits, effort: Effort) -> tuple[str, str, list[int], int]:
        rules = self._rules(limits)
        controls = self._controls
        search = LineSearch(self._model, rules, self._rng, controls.temperature, controls.top_p, self._bias)
        draft = search.find(effort)
        if draft is not None:
            text, tokens = self._model.tokenizer.decode(draft.tokens), list(draft.tokens)
            self._model.restore(draft.memory)
            self._note_end(limits, text)
            return text, MODEL, tokens, search.steps
        text = rules.fill(self._chance)
        while not text and (limits.rhyme or limits.initial):
            # What cannot be kept is let go in this order: initial, rhyme. Length and stress stay.
            limits = replace(limits, initial="") if limits.initial else replace(limits, rhyme="")
            text = self._rules(limits).fill(self._chance)
        tokens = self._encode(text)
        self._model.feed(tokens)
        self._note_end(limits, text)
        return text, FILLED, tokens, search.steps

    def _rules(self, limits: LineLimits) -> EnglishLine | ChineseLine:
        tokenizer, ends = self._model.tokenizer, self._ends.get(limits.rhyme, [])
        guards: dict[str, Any] = {"copies": self._copies, "safe": self._safe, "ends": ends}
        length = self._controls.line_length
        if self._english:
            rhyme = sound_of(ends[0]).rhyme if ends else ""
            return EnglishLine(
                tokenizer, self._lexicon, limits, self._before, rhyme, most_words=length, **guards
            )
        groups = self._groups.get(limits.rhyme, frozenset())
        return ChineseLine(tokenizer, limits, "".join(self._said), groups, most=2 * length, **guards)

    def _note_end(self, limits: LineLimits, text: str) -> None:
        """Keep what later lines rhyme with."""
        if not limits.rhyme or not text:
            return
        last = words_of(text)[-1] if self._english else text[-1]
        self._ends.setdefault(limits.rhyme, []).append(last)
        if not self._english:
            groups = rhyme_groups(last, level_only=True)
            self._groups[limits.rhyme] = groups & self._groups.get(limits.rhyme, groups)

    def _author_of(self, name: str, seed: int) -> tuple[str, list[str]]:
        """The poet whom the model is given, and a sentence if it does not know the one asked for."""
        known = self._model.tokenizer.authors
        if name and name != NOBODY and name not in known:
            return "", [f"The model does not know the poet '{name[:40]}'; it writes as nobody."]
        poets = [poet for poet in POETS.get(self._form.language, ()) if poet in known]
        if name or not poets:
            return name if name in known else "", []
        return random.Random(seed).choice(poets), []

    def _begin_with(self, text: str) -> None:
        tokens = [*self._encode(text), self._model.tokenizer.control(LINE)]
        self._model.feed(tokens)

    def _encode(self, text: str) -> list[int]:
        return self._model.tokenizer.encode(text)

    def _tokens_of_theme(self) -> dict[int, float]:
        """What is added to a token's logit until it was said."""
        wanted: dict[int, float] = {}
        mood = MOODS[self._form.language].get(self._controls.mood, ())
        for words, weight in ((mood, MOOD), (self._theme, THEME)):
            for word in words:
                for token in self._beginnings(word):
                    wanted[token] = max(wanted.get(token, 0.0), weight)
        return wanted

    def _beginnings(self, word: str) -> list[int]:
        if self._english:
            return [self._model.tokenizer.encode_line(f" {word}")[0]]
        return self._model.tokenizer.encode_line(word)

    def _bias(self) -> npt.NDArray[np.float64]:
        """What is added to the logits of the next line: theme and mood, less what came lately."""
        bias = np.zeros(len(self._model.tokenizer)) + self._style
        lately = set(self._read[-LATELY:])
        for token, weight in self._wanted.items():
            bias[token] += weight if token not in lately else 0.0
        for token in lately:
            if self._is_rare(token):
                bias[token] -= PENALTY * self._controls.repetition
        return bias

    def _is_rare(self, token: int) -> bool:
        """Whether a token is a word, or its beginning, that should not come again soon."""
        if not self._english:
            return token >= len(self._model.tokenizer.controls)
        piece = pieces_of(self._model.tokenizer)[token].strip().lower()
        return piece.isalpha() and len(piece) > 2 and self._lexicon.ranks.get(piece, FREQUENT) >= FREQUENT


@functools.lru_cache(4)
def _bias_of_style(tokenizer: Tokenizer) -> npt.NDArray[np.float64]:
    """What is added to the logits of every English line: fewer names and compounds than in the poems."""
    bias = np.zeros(len(tokenizer))
    for token, piece in enumerate(pieces_of(tokenizer)):
        if piece[:1] == " " and piece[1:2].isupper() and piece[1:] not in CAPITALS:
            bias[token] = CAPITAL
        elif piece == "-":
            bias[token] = COMPOUND
    return bias
