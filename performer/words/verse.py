"""A verse model that reads and writes token by token: it opens a model folder of the role "words" and keeps
its rolling cache.

One thread at a time owns a model. A token takes some milliseconds of one core, so a show asks for lines
ahead of time.
"""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.card import Card, read_card
from performer.errors import ModelError
from performer.inference.lstm import state_ports
from performer.inference.onnx import KINDS, Port, open_graph, ports_of
from performer.words.tokenizer import END, FORM, LINE, STANZA, Tokenizer

ENCODING, VOCABULARY = "verse-1", "vocabulary"
CHUNK = 64  # tokens that the graph reads at a time, so that a long text needs no more memory than a short one
Array = npt.NDArray[Any]


class VerseModel:
    """Reads tokens with `feed`, tells how likely each next token is with `next_logits`, and writes lines."""

    def __init__(self, folder: Path) -> None:
        """Opens the model. Raises ModelError for a folder that holds no verse model of this encoding."""
        card = read_card(folder)
        card.require("words", ENCODING, "step")
        self.name, self.shape, self.files = card.name, card.shape, card.files
        self._state_ports = state_ports(card)
        logits = _logits_of(card)
        read = (Port("tokens", "int64", (1, 1)), *self._state_ports)
        made = (logits, *(Port(f"new_{port.name}", port.kind, port.shape) for port in self._state_ports))
        self._step = open_graph(card.graphs["step"], read, made)
        self.tokenizer = _tokenizer_of(self._step.metadata.get(VOCABULARY), card.name)
        if len(self.tokenizer) != logits.shape[-1]:
            sizes = f"{len(self.tokenizer)} tokens, its graph {logits.shape[-1]}"
            problem = f"The vocabulary of '{card.name}' has {sizes}."
            raise ModelError(problem, "Export the model again.")
        self.reset()

    def reset(self) -> None:
        """Forget everything that was read."""
        self._state = [np.zeros(port.shape, KINDS[port.kind]) for port in self._state_ports]
        self.next_logits: Array = np.zeros(len(self.tokenizer), np.float32)
        """(vocabulary,) of the token after the last one that was read."""

    def save(self) -> tuple[list[Array], Array]:
        """What was read so far, to `restore` later."""
        return list(self._state), self.next_logits

    def restore(self, saved: tuple[list[Array], Array]) -> None:
        """Go back to what `save` returned."""
        self._state, self.next_logits = list(saved[0]), saved[1]

    def feed(self, tokens: Sequence[int]) -> Array:
        """Read tokens. Returns the logits after each (tokens, vocabulary)."""
        rows = [np.zeros((0, len(self.tokenizer)), np.float32)]
        for start in range(0, len(tokens), CHUNK):
            chunk = np.array([tokens[start : start + CHUNK]], np.int64)
            logits, *self._state = self._step(chunk, *self._state)
            rows.append(logits)
        if len(rows) > 1:
            self.next_logits = rows[-1][-1]
        return np.concatenate(rows)

    def begin(self, rng: np.random.Generator, author: str = "", form: str = "") -> str:
        """Forget everything and begin a poem. Returns its form: `form`, or one that is drawn where the model
        does not know it."""
        tokenizer = self.tokenizer
        self.reset()
        self.feed(tokenizer.encode_header(author)[:1])
        if form not in tokenizer.forms:
            known = {tokenizer.control(FORM + name) for name in tokenizer.forms}
            others = [token for token in range(len(tokenizer)) if token not in known]
            form = tokenizer.controls[sample(self.next_logits, rng, 1.0, 1.0, others)].removeprefix(FORM)
        self.feed([tokenizer.control(FORM + form)])
        return form

    def write_line(
        self,
        rng: np.random.Generator,
        temperature: float = 0.8,
        top_p: float = 0.9,
        longest: int = 40,
        stops: Collection[str] = (LINE, STANZA, END),
    ) -> tuple[str, str]:
        """Write until one of the control tokens `stops`, or `longest` tokens. Returns the text and the name
        of the token that ended it, or "". What was written is read too. Control tokens other than `stops`
        never come."""
        ends = {self.tokenizer.control(stop): stop for stop in stops}
        banned = [token for token in range(len(self.tokenizer.controls)) if token not in ends]
        written: list[int] = []
        for _ in range(longest):
            token = sample(self.next_logits, rng, temperature, top_p, banned)
            self.feed([token])
            if token in ends:
                return self.tokenizer.decode(written), ends[token]
            written.append(token)
        return self.tokenizer.decode(written), ""


def sample(
    logits: Array, rng: np.random.Generator, temperature: float, top_p: float, banned: Sequence[int] = ()
) -> int:
    """Draw a token from the smallest set of tokens that have `top_p` of the chances (nucleus sampling,
    Holtzman et al. 2020). A temperature of 0 takes the most likely one."""
    logits = logits.astype(np.float64)
    logits[list(banned)] = -np.inf
    if temperature <= 0:
        return int(logits.argmax())
    chances = np.exp((logits - logits.max()) / temperature)
    order = np.argsort(-chances, kind="stable")
    totals = np.cumsum(chances[order] / chances.sum())
    kept = order[: int(np.searchsorted(totals, top_p)) + 1]
    return int(rng.choice(kept, p=chances[kept] / chances[kept].sum()))


def _logits_of(card: Card) -> Port:
    for port in ports_of(card.graphs["step"], "outputs"):
        if port.name == "logits":
            return port
    problem = f"The card of '{card.name}' tells of no output 'logits' of its graph 'step'."
    raise ModelError(problem, 'Add it, as logits = "float 1 x 4096".')


def _tokenizer_of(vocabulary: str | None, name: str) -> Tokenizer:
    try:
        return Tokenizer(json.loads(vocabulary or ""))
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The graph of '{name}' has no vocabulary that can be read ({error}).", "Export the model again."
        ) from None
