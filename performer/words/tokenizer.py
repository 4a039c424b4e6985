"""The tokens of a verse model: control tokens, then pieces of text. Its vocabulary travels as JSON in the
metadata of the ONNX graph.

Two kinds: "bpe" (byte pairs over UTF-8, Sennrich et al. 2016, so that every text has tokens) and "characters"
(one each; a character that is not in the vocabulary becomes "unknown"). A poem is `author:NAME`, `form:NAME`,
its lines with `line` or `stanza` between them, and `end`.
"""

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from performer.words.form import form_of_characters, form_of_lines
from performer.words.poems import Poem

UNKNOWN, LINE, STANZA, END = "unknown", "line", "stanza", "end"
AUTHOR, FORM = "author:", "form:"
# Without a name after the colon: any author, any form.
CONTROLS = (UNKNOWN, LINE, STANZA, END, AUTHOR, FORM)
HEADER = 2
UNKNOWN_TEXT = "□"
WORD = re.compile(r" ?[^\W\d_]+(?:['’][^\W\d_]+)?| ?\d+| ?[^\w\s]+| ?_+|\s")


class Tokenizer:
    """Text to tokens and back. Thread-safe: yes, except that one thread at a time may encode."""

    def __init__(self, vocabulary: dict[str, Any]) -> None:
        """Reads what `to_json` wrote: `kind`, `controls`, `pieces` and, for byte pairs, `merges`. Raises
        ValueError, KeyError or TypeError for a vocabulary that cannot write every text."""
        self.kind = str(vocabulary["kind"])
        self.controls: list[str] = list(vocabulary["controls"])
        self.pieces: list[str] = list(vocabulary["pieces"])
        self.merges = [(str(left), str(right)) for left, right in vocabulary.get("merges", [])]
        needed = {*CONTROLS, *(LETTERS.values() if self.kind == "bpe" else ())}
        if missing := needed - {*self.controls, *self.pieces}:
            raise ValueError(f"it lacks {', '.join(map(repr, sorted(missing)[:3]))}")
        self._control = {name: index for index, name in enumerate(self.controls)}
        self._piece = {piece: index for index, piece in enumerate(self.pieces, len(self.controls))}
        self._rank = {pair: rank for rank, pair in enumerate(self.merges)}
        self._known: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.controls) + len(self.pieces)

    def to_json(self) -> str:
        content = {"kind": self.kind, "controls": self.controls, "pieces": self.pieces, "merges": self.merges}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    def control(self, name: str) -> int:
        """The control token of this name; of an author or a form it does not know, the one that stands for
        any."""
        return self._control.get(name, self._control.get(name[: name.find(":") + 1], 0))

    @property
    def forms(self) -> list[str]:
        return [name.removeprefix(FORM) for name in self.controls if name.startswith(FORM) and name != FORM]

    @property
    def authors(self) -> list[str]:
        return [name.removeprefix(AUTHOR) for name in self.controls if name.startswith(AUTHOR) and name != AUTHOR]

    def form_of(self, poem: Poem) -> str:
        """The poem's form as the file names it, if there is a token for it; else as the text tells."""
        if poem.form in self.forms:
            return poem.form
        return form_of_lines(poem.text) if self.kind == "bpe" else form_of_characters(poem.text)

    def encode(self, text: str) -> list[int]:
        """Tokens of tidy text: pieces, with `line` and `stanza` for its ends of lines."""
        tokens: list[int] = []
        for number, stanza in enumerate(text.split("\n\n")):
            tokens += [self._control[STANZA]] if number else []
            for place, line in enumerate(stanza.split("\n")):
                tokens += [self._control[LINE]] if place else []
                tokens += self.encode_line(line)
        return tokens

    def encode_header(self, author: str = "", form: str = "") -> list[int]:
        """The two tokens that a poem begins with."""
        return [self.control(AUTHOR + author), self.control(FORM + form)]

    def encode_poem(self, poem: Poem) -> list[int]:
        """The whole poem, from its header to `end`."""
        return [
            *self.encode_header(poem.author, self.form_of(poem)),
            *self.encode(poem.text),
            self._control[END],
        ]

    def decode(self, tokens: Iterable[int]) -> str:
        """Text again; control tokens other than ends of lines have none."""
        texts = {
            self._control[LINE]: "\n",
            self._control[STANZA]: "\n\n",
            self._control[UNKNOWN]: UNKNOWN_TEXT,
        }
        out = bytearray()
        for token in tokens:
            if token < len(self.controls):
                out += texts.get(token, "").encode()
            elif self.kind == "bpe":
                out += bytes(BYTES[letter] for letter in self.pieces[token - len(self.controls)])
            else:
                out += self.pieces[token - len(self.controls)].encode()
        return out.decode(errors="replace")

    def encode_line(self, line: str) -> list[int]:
        """Tokens of text without ends of lines."""
        if self.kind != "bpe":
            return [self._piece.get(character, self._control[UNKNOWN]) for character in line]
        tokens: list[int] = []
        for word in WORD.findall(line):
            if word not in self._known:
                if len(self._known) > 100_000:
                    self._known.clear()
                self._known[word] = [
                    self._piece[piece]
                    for piece in self._merge([LETTERS[byte] for byte in word.encode(errors="replace")])
                ]
            tokens += self._known[word]
        return tokens

    def _merge(self, parts: Sequence[str]) -> list[str]:
        """Join the neighbours whose pair came first in training, until no pair is known."""
        parts = list(parts)
        while len(parts) > 1:
            ranks = [self._rank.get(pair, len(self._rank)) for pair in itertools.pairwise(parts)]
            best = min(range(len(ranks)), key=ranks.__getitem__)
            if ranks[best] == len(self._rank):
                break
            parts[best : best + 2] = [parts[best] + parts[best + 1]]
        return parts


def _letters() -> dict[int, str]:
    """A visible letter for each byte, as GPT-2 writes them."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {byte: chr(byte) for byte in visible} | {
        byte: chr(256 + place) for place, byte in enumerate(hidden)
    }


LETTERS = _letters()
BYTES = {letter: byte for byte, letter in LETTERS.items()}
