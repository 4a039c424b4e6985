"""`performer check`: whether a model folder keeps the contract of models/onnx/README.md, and how quick it is on this machine.

Everything is tried as a show would use it, on the caller's thread; nothing is written.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from performer.card import CARD, Card, read_card
from performer.chords import Chord
from performer.constraints import Constraints
from performer.effects import AskChords
from performer.errors import ModelError
from performer.inference.chords import load_harmonist
from performer.inference.lstm import LstmMind, load_mind, state_ports
from performer.visuals.even import apart
from performer.visuals.generator import Generator
from performer.visuals.walk import Pose
from performer.words.verse import VerseModel

STEPS = 64
INSTANT_MS = 10.0  # a note within this long can answer a key
SLOWEST_MS = 100.0  # ten notes a second are the least that a show can plan with
READ = tuple(Pose(5.0 * number, (0.0, 0.0, 0.0), 0.0, 0.0, 1.0) for number in range(8))  # pictures that a model shall know again
FRAME_MS = 33.0  # thirty frames a second
BESIDE = (".md", ".txt", ".mid", ".png", ".svg", "")  # files that may lie in the folder though the card does not name them


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at: whether it fits, what was seen, and what to do where it does not fit or could be better."""

    fits: bool
    seen: str
    remedy: str = ""


def check(folder: Path) -> list[Remark]:
    """Look at everything, until something does not fit that the rest rests on."""
    remarks: list[Remark] = []
    try:
        for remark in _checked(folder):
            remarks.append(remark)
    except ModelError as error:
        remarks.append(Remark(False, error.problem, error.remedy))
    return remarks


def report(remarks: Sequence[Remark]) -> str:
    """The remarks as lines, the remedy below, and the judgement last."""
    lines = []
    for remark in remarks:
        lines.append(f"{'fits     ' if remark.fits else 'does not '}  {remark.seen}")
        if remark.remedy:
            lines.append(f"{'':11}{remark.remedy}")
    wrong = sum(not remark.fits for remark in remarks)
    judgement = f"{wrong} thing{'s do' if wrong > 1 else ' does'} not fit; models/onnx/README.md tells what is expected."
    return "\n".join([*lines, "", judgement if wrong else "Performer can play with this model."])


def _checked(folder: Path) -> Iterator[Remark]:
    card = read_card(folder)
    yield Remark(True, f"'{card.name}' has a card, for {card.role} in the encoding {card.encoding}; its graphs are those that it names.")
    yield from _folder(folder, card)
    yield from {"notes": _notes, "pictures": _pictures, "chords": _chords, "words": _words}[card.role](folder, card)


def _folder(folder: Path, card: Card) -> Iterator[Remark]:
    """The name, the files that nobody vouches for, the licences."""
    called = folder.resolve().name
    if called != card.name:
        yield Remark(False, f"The folder is called '{called}' and the card says '{card.name}': takes would not find it.", "Use one name for both.")
    named = {CARD, *(graph.path.name for graph in card.graphs.values()), *(path.name for path in card.files.values())}
    others = [path.name for path in sorted(folder.iterdir()) if path.name not in named and path.suffix.lower() not in BESIDE]
    if others:
        remedy = "Save the weights inside the graphs (onnx.save_model does), and take away what is not needed."
        yield Remark(False, f"The card says nothing of {', '.join(others)}: nobody would see whether it was altered.", remedy)
    if not card.data:
        yield Remark(True, "The card does not say what the model learned from.", "Add [[data]] with name, licence and credit before you share it.")


def _notes(folder: Path, card: Card) -> Iterator[Remark]:
    mind = load_mind(folder)
    carried = ", ".join(port.name for port in state_ports(card)) or "nothing"
    yield Remark(True, f"Its graphs open, and their inputs and outputs are those of the contract; from event to event it carries {carried}.")
    first, seconds = _playing(mind)
    yield Remark(True, f"It plays {STEPS} notes from silence, all numbers finite; the first pitches are {', '.join(map(str, first[:8]))}.")
    if _playing(mind)[0] != first:
        remedy = "Take what is random out of the graphs: Performer draws the notes, from the seed of the show."
        yield Remark(False, "The same seed gives other notes the second time: a take could not be told again.", remedy)
    p50, p99 = (float(value) * 1000 for value in np.percentile(seconds, (50, 99)))
    told = f"A note takes {p50:.2f} ms, {p99:.2f} ms at the slowest of a hundred"
    if p99 <= INSTANT_MS:
        yield Remark(True, f"{told}: quick enough to answer a key at once.")
    elif p50 <= SLOWEST_MS:
        yield Remark(True, f"{told}: quick enough for what is planned ahead, too slow to answer a key at once.", "A narrower model is quicker.")
    else:
        yield Remark(False, f"{told}: too slow to play along.", f"Make it narrower, until a note takes less than {SLOWEST_MS:.0f} ms.")


def _playing(mind: LstmMind) -> tuple[list[int], list[float]]:
    """The pitches of notes drawn from silence, and the seconds that each took, its step included. Raises ModelError for what is no number."""
    rng = np.random.default_rng(0)
    mind.warm()
    mind.reset()
    pitches, seconds = [], []
    for place in range(STEPS):
        begun = time.perf_counter()
        try:
            note = mind.query(Constraints(), rng)
        except ValueError:
            raise _not_finite(mind, place) from None
        mind.feed(note)
        seconds.append(time.perf_counter() - begun)
        pitches.append(note.pitch)
        if not mind.is_finite():
            raise _not_finite(mind, place + 1)
    return pitches, seconds


def _not_finite(mind: LstmMind, notes: int) -> ModelError:
    remedy = "Look for a division by zero, the logarithm of 0 or weights that grew without end, and export it again."
    return ModelError(f"After {notes} notes from silence '{mind.name}' gives numbers that are not finite.", remedy)


def _chords(folder: Path, card: Card) -> Iterator[Remark]:
    mind = load_harmonist(folder)
    yield Remark(True, "Its graphs open, and their inputs and outputs are those of the contract.")
    ask = AskChords(0, 1, 0, (), STEPS, 4.0)
    begun = time.perf_counter()
    try:
        answer = mind.answer(ask)
    except ValueError as error:
        raise ModelError(f"{error}.", "Look for a division by zero or weights that grew without end, and export it again.") from None
    seconds = time.perf_counter() - begun
    names = ", ".join(Chord.numbered(number, 0).name for number, _ in answer[:8])
    yield Remark(True, f"It plays {STEPS} chords from silence in {seconds * 1000:.0f} ms; the first are, in C, {names}.")
    if mind.answer(ask) != answer:
        remedy = "Take what is random out of the graphs: Performer draws the chords, from the seed of the show."
        yield Remark(False, "The same seed gives other chords the second time: a take could not be told again.", remedy)


def _words(folder: Path, card: Card) -> Iterator[Remark]:
    model = VerseModel(folder)
    yield Remark(True, f"Its graph opens, and its vocabulary has {len(model.tokenizer)} tokens, as many as its logits.")
    (text, seconds), (again, _) = (_writing(model) for _ in range(2))
    yield Remark(True, f"It writes {STEPS} tokens in {seconds * 1000:.0f} ms, all numbers finite; they begin: {text[:60]!r}.")
    if text != again:
        remedy = "Take what is random out of the graph: Performer draws the words, from the seed of the show."
        yield Remark(False, "The same seed gives other words the second time: a take could not be told again.", remedy)


def _writing(model: VerseModel) -> tuple[str, float]:
    """STEPS tokens drawn after the header of any poem, and the seconds they took. Raises ModelError for what is no number."""
    rng, begun = np.random.default_rng(0), time.perf_counter()
    model.begin(rng)
    text, _ = model.write_line(rng, longest=STEPS, stops=())
    if not np.isfinite(model.next_logits).all():
        raise ModelError(f"'{model.name}' gives numbers that are not finite.", "Look for weights that grew without end, and export it again.")
    return text, time.perf_counter() - begun


def _pictures(folder: Path, card: Card) -> Iterator[Remark]:
    painter = Generator(folder)
    yield Remark(True, "Its graphs open, and their inputs and outputs are those of the contract.")
    seconds = []
    for frame in range(STEPS):
        begun = time.perf_counter()
        picture = painter.paint(Pose(frame / 8, (0.5, 0.5, 0.5), 0.0, 0.0, 0.7))
        seconds.append(time.perf_counter() - begun)
    p50, p99 = (float(value) * 1000 for value in np.percentile(seconds, (50, 99)))
    rows, columns, _ = picture.shape
    told = f"A picture of {columns} x {rows} takes {p50:.1f} ms, {p99:.1f} ms at the slowest of a hundred"
    if p50 <= FRAME_MS:
        yield Remark(True, f"{told}: quick enough for {min(60, int(1000 / p50))} frames a second on one core.")
    else:
        yield Remark(True, f"{told}: {1000 / p50:.0f} frames a second on one core.", "Smaller pictures are quicker; so is a GPU.")
    if "encoder" in card.graphs:
        yield from _reading(painter)


def _reading(painter: Generator) -> Iterator[Remark]:
    """Whether it knows its own pictures again: what it paints from its answer is nearer to them than another picture is."""
    own = [painter.paint(pose) for pose in READ]
    small = [_averaged(picture, painter.reads_px) for picture in own]
    painter.read(small[0])
    begun, again = time.perf_counter(), []
    answers = [painter.read(picture) for picture in small]
    took = (time.perf_counter() - begun) / len(own)
    for number, (z, label) in enumerate(answers):
        painter.lead_through(number + 1, READ[number].path, z, label)
        again.append(painter.paint(replace(READ[number], seed=number + 1)))
    near = float(np.mean([apart(a, b) for a, b in zip(own, again, strict=True)]))
    far = float(np.mean([apart(a, b) for a, b in zip(own, own[1:] + own[:1], strict=True)]))
    told = f"It reads a picture in {1000 * took:.1f} ms; painted from that, its own are off by {near:.0f} levels where another is by {far:.0f}"
    if near < far:
        yield Remark(True, f"{told}.")
    else:
        yield Remark(False, f"{told}: it does not know them again.", "Train the encoder longer, or leave it out of the card.")


def _averaged(picture: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """The picture at a smaller side, or, where that does not divide its own, every so many pixels of it."""
    times = picture.shape[0] // side
    if times * side != picture.shape[0]:
        places = np.arange(side) * picture.shape[0] // side
        return np.ascontiguousarray(picture[places][:, places])
    return np.asarray(picture.reshape(side, times, side, times, 3).mean((1, 3)), np.uint8)
