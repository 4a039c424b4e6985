"""The rules of one Chinese line, told token by token to the search: length, tones, rhyme, initial, safe list,
copies, repetition."""

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from performer.words.chinese import EITHER, fits_tone, rhyme_groups
from performer.words.copies import CopyFilter, lines_of
from performer.words.safe_list import SafeList
from performer.words.tokenizer import END, LINE, STANZA, Tokenizer
from performer.words.verse_forms import LineLimits

COMMAS, STOPS = "，、；", "。！？"
CLAUSE = (3, 9)  # characters between marks of a free line
FEWEST_RHYMES = 30  # characters that a line which opens a rhyme must leave to the others
TRIES = 200
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ChineseState:
    """What was written of the line."""

    text: str = ""


class ChineseLine:
    """The rules of a line. One thread at a time."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        limits: LineLimits,
        before: str = "",
        rhyme: frozenset[str] = frozenset(),
        ends: Sequence[str] = (),
        copies: CopyFilter | None = None,
        safe: SafeList | None = None,
        most: int = 16,
    ) -> None:
        """`before`: the poem so far; `rhyme`: the groups that the line has to end in, if others gave them;
        `most`: characters of a line of free length."""
        self._tokenizer, self._limits, self._before = tokenizer, limits, before
        self._rhyme, self._ends, self._most = rhyme, frozenset(ends), most
        self._copies, self._safe = copies, safe or SafeList(())
        self.start = ChineseState()
        names = [tokenizer.control(name) for name in (LINE, STANZA, END)]
        self.ends = tokenizer.encode_line(limits.mark) if limits.mark else names

    def narrow(self, state: ChineseState) -> Sequence[int] | None:
        """The only tokens that can go on; None in a free line."""
        tones, place = self._limits.tones, len(state.text)
        if not tones:
            return None
        if place >= len(tones):
            return ()
        if place == 0 and self._limits.initial:
            return self._tokenizer.encode_line(self._limits.initial)
        fitting = tone_flags(self._tokenizer, tones[place])
        if self._limits.rhyme and place == len(tones) - 1:
            fitting = fitting & rhyme_flags(self._tokenizer, self._rhyme)
        used = self._tokenizer.encode_line("".join({*self._before, *state.text}))
        fitting = fitting.copy()
        fitting[used] = False
        return np.flatnonzero(fitting).tolist()

    def advance(self, state: ChineseState, token: int) -> ChineseState | None:
        """The state after the token; None where the rules forbid it."""
        first = token - len(self._tokenizer.controls)
        if first < 0:
            return None
        return self._add(state.text, self._tokenizer.pieces[first])

    def end(self, state: ChineseState) -> ChineseState | None:
        """The state when the line ends here; None where it may not."""
        text, tones = state.text, self._limits.tones
        if tones:
            return state if len(text) == len(tones) else None
        return state if text and text[-1] in STOPS + COMMAS else None

    def fill(self, rng: random.Random) -> str:
        """A line of characters that keeps the limits, without the model: the way out if a search fails."""
        for _ in range(TRIES):
            state: ChineseState | None = self.start
            while state is not None and len(state.text) < len(self._limits.tones or "五言七字诗"):
                tokens = self.narrow(state)
                if tokens is None:
                    tokens = np.flatnonzero(tone_flags(self._tokenizer, EITHER)).tolist()
                state = self.advance(state, rng.choice(tokens)) if tokens else None
            if state is not None:
                return state.text if self._limits.tones else f"{state.text}。"
        return ""

    def _add(self, text: str, character: str) -> ChineseState | None:
        new = text + character
        if self._limits.initial and not text and character != self._limits.initial:
            return None
        if self._safe.refuses_text(new):
            return None
        if not self._limits.tones and not self._fits_clause(text, character):
            return None
        whole = len(new) == len(self._limits.tones) if self._limits.tones else character in COMMAS + STOPS
        if whole and self._is_copy(new):
            return None
        return ChineseState(new)

    def _is_copy(self, text: str) -> bool:
        lines = lines_of(text)
        return bool(lines) and (
            lines[-1] in self._before or (self._copies is not None and lines[-1] in self._copies)
        )

    def _fits_clause(self, text: str, character: str) -> bool:
        """Whether a free line may go on so: a clause of some characters, then a mark; nothing after a full
        stop."""
        if text and text[-1] in STOPS:
            return False
        clause = 0
        for each in reversed(text):
            if each in COMMAS:
                break
            clause += 1
        if character in COMMAS + STOPS:
            return clause >= CLAUSE[0]
        return clause < CLAUSE[1] and len(text) < self._most and bool(rhyme_groups(character))


@functools.lru_cache(16)
def tone_flags(tokenizer: Tokenizer, tone: str) -> Flags:
    """Which tokens are characters that can be said in this tone."""
    return _flags(
        tokenizer, [bool(rhyme_groups(piece)) and fits_tone(piece, tone) for piece in tokenizer.pieces]
    )


@functools.lru_cache(256)
def rhyme_flags(tokenizer: Tokenizer, groups: frozenset[str]) -> Flags:
    """Which tokens are level characters of these groups; without groups, of any group that is large."""
    sizes: dict[str, int] = {}
    for piece in tokenizer.pieces:
        for name in rhyme_groups(piece, level_only=True):
            sizes[name] = sizes.get(name, 0) + 1
    wanted = groups or {name for name, size in sizes.items() if size >= FEWEST_RHYMES}
    return _flags(
        tokenizer, [bool(rhyme_groups(piece, level_only=True) & wanted) for piece in tokenizer.pieces]
    )


def _flags(tokenizer: Tokenizer, pieces: list[bool]) -> Flags:
    return np.array([False] * len(tokenizer.controls) + pieces)
