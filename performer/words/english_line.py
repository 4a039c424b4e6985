"""The rules of one English line, told token by token to the search: whole words of the lexicon, syllables,
stress, rhyme, initial, safe list, copies, repetition."""

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from performer.words.copies import RUN, CopyFilter
from performer.words.english import sound_of
from performer.words.lexicon import RHYMING, Lexicon, fits_iambic
from performer.words.safe_list import SafeList
from performer.words.tokenizer import BYTES, END, LINE, STANZA, Tokenizer
from performer.words.verse_forms import LineLimits

MARKS, STOPS = ",.;:!?", ".!?"
# Words that belong to what follows, so that no line ends with them.
WEAK_WORDS = """
a am an and are as at be because been but by can could did do does doth else every for from had has
hath have he i if in into is its like may might must my no nor o of oh on or our per shall she
should since some such than that the thee's their these they this those though thy till to until
unto upon was we were what when whence where whereas wherefore wherein whether which while who whom
whose will with within without would yet your
"""
WEAK = frozenset(WEAK_WORDS.split())
START, SPACE, WORD, MARK, HYPHEN, DASH = range(6)
FREQUENT = 64  # the rank up to which a word may come again and again
FEWEST_RHYMES = 12  # words that a line which opens a rhyme must leave to the others
TIMES = 2  # that a rarer word may come in a poem
TRIES, ENOUGH = 200, 5


@dataclass(frozen=True, slots=True)
class EnglishState:
    """What was written of the line."""

    word: str = ""
    """The word that is being written, small."""
    words: tuple[str, ...] = ()
    syllables: int = 0
    after: int = START
    stop: bool = False
    """Whether the mark after the last word ends a sentence."""


class EnglishLine:
    """The rules of a line. One thread at a time."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        lexicon: Lexicon,
        limits: LineLimits,
        before: Sequence[str] = (),
        rhyme: str = "",
        ends: Sequence[str] = (),
        copies: CopyFilter | None = None,
        safe: SafeList | None = None,
        most_words: int = 10,
    ) -> None:
        """`before`: the poem's words so far; `rhyme`: the sound that the line has to end on, if others gave it;
        `ends`: the words that ended lines before; `most_words`: of a line without a number of syllables."""
        self._tokenizer, self._lexicon, self._limits = tokenizer, lexicon, limits
        self._before, self._rhyme, self._ends = tuple(before), rhyme, frozenset(ends)
        self._copies, self._safe, self._most = copies, safe or SafeList(()), most_words
        self._pieces = pieces_of(tokenizer)
        self.start = EnglishState()
        self._spaced: tuple[EnglishState | None, EnglishState | None] = (None, None)
        self.ends = [tokenizer.control(name) for name in (LINE, STANZA, END)]

    def narrow(self, state: EnglishState) -> Sequence[int] | None:
        """The only tokens that can go on, if they are few; None where any may."""
        if self._limits.initial and state == self.start:
            return [
                at for at, piece in enumerate(self._pieces) if piece.lower().startswith(self._limits.initial)
            ]
        if self._rhyme and not state.word and self._left(state) == 1 and state.after in (SPACE, WORD, MARK):
            words = self._lexicon.rhyming(self._rhyme, 1, self._parity(state))
            return first_tokens(self._tokenizer, tuple(w for w in words if w not in self._ends | WEAK))
        return None

    def advance(self, state: EnglishState, token: int) -> EnglishState | None:
        """The state after the token; None where the rules forbid it."""
        piece = self._pieces[token]
        if not piece:
            return None
        letters = piece[1:] if piece[0] == " " else piece
        spaced = self._after_space(state) if letters != piece else state
        if spaced is None:
            return None
        if letters.isalpha():
            # Most tokens are a word or a part of one.
            if spaced.after == MARK or not (letters[1:].islower() or len(letters) == 1):
                return None
            if spaced.word and not letters[0].islower():
                return None
            word = spaced.word + letters.lower()
            state = EnglishState(word, spaced.words, spaced.syllables, WORD, spaced.stop)
            return state if self._may_become(state) else None
        state = spaced
        for letter in letters:
            found = self._write(state, letter)
            if found is None:
                return None
            state = found
        return state if not state.word or self._may_become(state) else None

    def _after_space(self, state: EnglishState) -> EnglishState | None:
        """The state after a space; remembered, since a search asks for one state again and again."""
        if self._spaced[0] is not state:
            self._spaced = state, self._write(state, " ")
        return self._spaced[1]

    def end(self, state: EnglishState) -> EnglishState | None:
        """The state when the line ends here; None where it may not."""
        closed = self._close(state)
        if closed is None or not closed.words or closed.after == HYPHEN:
            return None
        last = closed.words[-1]
        if self._limits.syllables and closed.syllables != self._limits.syllables:
            return None
        if last in WEAK or (self._limits.last and not (closed.after == MARK and closed.stop)):
            return None
        if self._limits.rhyme:
            sound = sound_of(last).rhyme
            if self._lexicon.ranks[last] >= RHYMING or last in self._ends or (self._rhyme and sound != self._rhyme):
                return None
            if not self._rhyme and self._lexicon.rhyme_size(sound) < FEWEST_RHYMES:
                return None
        return closed

    def fill(self, rng: random.Random) -> str:
        """A line of common words that keeps the limits, without the model: the way out if a search fails."""
        for _ in range(TRIES):
            state, wanted = self.start, self._limits.syllables or 6
            while state.syllables < wanted:
                found = self._some_word(state, wanted - state.syllables, rng)
                if found is None:
                    break
                state = found
            if state.syllables == wanted and self.end(replace(state, after=MARK, stop=True)):
                return " ".join(state.words).capitalize() + ("." if self._limits.last else "")
        return ""

    def _some_word(self, state: EnglishState, left: int, rng: random.Random) -> EnglishState | None:
        if (
            self._rhyme
            and left <= 2
            and (last := self._lexicon.rhyming(self._rhyme, left, self._parity(state)))
        ):
            words: Sequence[str] = last
        else:
            words = self._lexicon.common(rng.choice((1, 1, 2)) if left > 2 else 1, self._parity(state))
        if self._limits.initial and not state.words:
            words = [word for word in words if word.startswith(self._limits.initial)] or words
        for word in rng.sample(words, min(len(words), 20)):
            if found := self._close(replace(state, word=word, after=WORD)):
                return found
        return None

    def _left(self, state: EnglishState) -> int:
        return self._limits.syllables - state.syllables

    def _parity(self, state: EnglishState) -> int | None:
        return state.syllables % 2 if self._limits.iambic else None

    def _write(self, state: EnglishState, letter: str) -> EnglishState | None:
        if letter.isalpha():
            if state.after == MARK or (letter.isupper() and state.word):
                return None
            return replace(state, word=state.word + letter.lower(), after=WORD)
        if letter in "'’":
            return (
                replace(state, word=state.word + "'", after=WORD)
                if state.word or state.after in (START, SPACE)
                else None
            )
        closed = self._close(state)
        if closed is None:
            return None
        if letter == " ":
            return None if closed.after in (START, SPACE, HYPHEN) else replace(closed, after=SPACE)
        if letter in MARKS:
            # "I." counts sections.
            fits = closed.after == WORD and not (letter == "." and closed.words == ("i",))
            return replace(closed, after=MARK, stop=letter in STOPS) if fits else None
        if letter == "-":
            return self._join(closed)
        return replace(closed, after=DASH) if letter == "—" and closed.after in (WORD, MARK) else None

    def _join(self, state: EnglishState) -> EnglishState | None:
        """The state after a hyphen. No "to-day", and no compound that was made up for a rhyme."""
        if state.after == HYPHEN:
            return replace(state, after=DASH)
        fits = state.after == WORD and state.words[-1] != "to" and not (self._rhyme and self._left(state) < 3)
        return replace(state, after=HYPHEN) if fits else None

    def _may_become(self, state: EnglishState) -> bool:
        """Whether the word that is being written can end as one that fits."""
        if (
            not state.words
            and self._limits.initial
            and not state.word.lstrip("'").startswith(self._limits.initial)
        ):
            return False
        if not self._limits.syllables:
            return len(state.words) < self._most and self._lexicon.begins(state.word)
        left = self._left(state)
        if left < 1:
            return False
        return self._lexicon.begins(state.word, left, self._parity(state), self._rhyme)

    def _close(self, state: EnglishState) -> EnglishState | None:
        """The state with its last word finished; None where that word may not be written here."""
        word = state.word
        if not word:
            return state
        words = (*self._before, *state.words, word)
        if word not in self._lexicon or self._safe.refuses_words(words) or self._repeats(words):
            return None
        if self._copies is not None and len(words) >= RUN and " ".join(words[-RUN:]) in self._copies:
            return None
        sound = sound_of(word)
        if self._limits.syllables and (not sound.known or sound.syllables > self._left(state)):
            return None
        if not fits_iambic(word, self._parity(state)):
            return None
        return EnglishState("", (*state.words, word), state.syllables + sound.syllables, state.after)

    def _repeats(self, words: Sequence[str]) -> bool:
        """Whether the last word makes the poem say itself again: a rarer word for the third time, a word
        twice in a row, or three words that it had."""
        last = words[-1]
        if len(words) > 1 and words[-2] == last:
            return True
        if self._lexicon.ranks[last] >= FREQUENT and words.count(last) > TIMES:
            return True
        three = tuple(words[-3:])
        return len(words) > 3 and any(tuple(words[at : at + 3]) == three for at in range(len(words) - 3))


@functools.lru_cache(4)
def pieces_of(tokenizer: Tokenizer) -> list[str]:
    """The text of each token that verse may use; empty for the others: controls, digits, brackets, quotes,
    letters beyond ASCII."""
    texts = [""] * len(tokenizer.controls)
    for piece in tokenizer.pieces:
        text = bytes(BYTES[letter] for letter in piece).decode(errors="replace")
        fine = all((letter.isascii() and letter.isalpha()) or letter in MARKS + " -—'’" for letter in text)
        texts.append(text if fine else "")
    return texts


@functools.lru_cache(256)
def first_tokens(tokenizer: Tokenizer, words: Sequence[str]) -> Sequence[int]:
    """The tokens that begin these words after a space. Words of one token go before the others if they are
    enough: the chance of a first piece tells little about a word ("to" of "toe")."""
    written = [tokenizer.encode_line(f" {word}") for word in words]
    whole = {tokens[0] for tokens in written if len(tokens) == 1}
    return sorted(whole if len(whole) >= ENOUGH else {tokens[0] for tokens in written})
