"""What a model sounds like: held-out phrases and its answers to them, as MIDI files and as a picture.

    python -m performer.training.listen --model models/onnx/lstm-first --data .work/notes.npz --out .work/listen

The answers come out of the runtime as on stage: the phrase is fed, and an Ask names range, key and rhythm as call and response does.
"""

import argparse
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from performer.effects import Ask
from performer.events import ModelNote
from performer.inference.lstm import load_mind
from performer.inference.thinker import Mind, Thinker
from performer.outputs.take import Sounded
from performer.render import write_midi
from performer.session.tonality import Tonality
from performer.training.data import CORPORA, DRUMS, HELD_OUT, TICK, Store, load

HUMAN, OWN = 1, 2  # the voices of the MIDI files
MOST_NOTES = 400
BREATH = 0.4  # seconds from the last onset of the phrase to the answer


@dataclass(frozen=True, slots=True)
class Exchange:
    """A phrase and its answer, in seconds from the phrase's first note."""

    name: str
    phrase: tuple[Sounded, ...]
    answer: tuple[Sounded, ...]


def phrase_of(store: Store, piece: int, seconds: float, rng: np.random.Generator) -> tuple[tuple[Sounded, ...], int]:
    """Some `seconds` from anywhere in the piece without its guests, and the instrument class that plays most of them."""
    corpus = CORPORA.get(store.corpora[store.corpus[piece]])
    own = np.arange(store.offsets[piece], store.offsets[piece + 1])
    own = own[store.voice[own] != (-1 if corpus is None or corpus.guest is None else corpus.guest)]
    begin = store.onset[own[rng.integers(max(1, len(own) // 2))]]
    own = own[(store.onset[own] >= begin) & (store.onset[own] < begin + seconds / TICK)]
    part = int(np.bincount(store.voice[own]).argmax())
    channel = 10 if part == DRUMS else 1
    start, held = (store.onset[own] - begin) * TICK, np.maximum(store.hold[own] * TICK, 0.03)
    rows = zip(store.pitch[own].tolist(), store.velocity[own].tolist(), start.tolist(), (start + held).tolist(), strict=True)
    return tuple(Sounded(HUMAN, channel, *row) for row in rows), part


def ask_after(phrase: tuple[Sounded, ...], part: int, seed: int, temperature: float, top_p: float) -> Ask:
    """What call and response would ask: about the phrase's range, in its key (drums: any of theirs), from a breath on."""
    pitches, key = [note.pitch for note in phrase], Tonality()
    for note in phrase:
        key.hear(note.pitch, note.velocity)
    low, high = (35, 59) if part == DRUMS else (max(0, min(pitches) - 7), min(127, max(pitches) + 7))
    return Ask(
        id=1, voice=OWN, seed=seed, most=MOST_NOTES, expires=0.0, part=part, low=low, high=high,
        classes=() if part == DRUMS else key.classes(), gap=(0.0, 2.0), first_gap=(BREATH, BREATH + 0.1),
        temperature=temperature, top_p=top_p,
    )  # fmt: skip


def exchange(mind: Mind, name: str, phrase: tuple[Sounded, ...], ask: Ask, seconds: float) -> Exchange:
    """Feed the phrase to a fresh mind and let it answer for `seconds`."""
    thinker, onset, answer = Thinker(mind), phrase[0].start, []
    thinker.forget()
    for note in phrase:
        thinker.hear(ModelNote(note.start - onset, note.pitch, note.velocity, note.end - note.start, ask.part))
        onset = note.start
    until = onset + BREATH + seconds
    for said in thinker.answer(ask):
        onset += said.gap
        if onset > until:
            break
        answer.append(Sounded(OWN, phrase[0].channel, said.pitch, said.velocity, onset, onset + max(0.05, said.duration or 0.25)))
    return Exchange(name, phrase, tuple(answer))


def write(heard: Exchange, path: Path) -> str:
    """The exchange as a MIDI file of two tracks; returns what it is, in words."""
    write_midi([*heard.phrase, *heard.answer], path)
    return f"{path}: {len(heard.phrase)} notes, answered with {len(heard.answer)} ({heard.name})"


def draw(exchanges: list[Exchange], path: Path) -> None:
    """A piano roll, one row for each exchange: the phrase blue, the answer orange, the louder the darker."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, rows = pyplot.subplots(len(exchanges), 1, figsize=(13, 2.4 * len(exchanges)), squeeze=False, layout="constrained")
    for axes, each in zip(rows[:, 0], exchanges, strict=True):
        for note in (*each.phrase, *each.answer):
            colour = "tab:blue" if note.voice == HUMAN else "tab:orange"
            axes.barh(note.pitch, note.end - note.start, left=note.start, height=0.9, color=colour, alpha=0.25 + note.velocity / 170)
        axes.set_title(each.name, fontsize=9, loc="left")
        axes.set_ylabel("pitch")
    rows[-1, 0].set_xlabel("seconds")
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path(".work/notes.npz"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--corpora", nargs="*", default=[])
    parser.add_argument("--phrases", type=int, default=2, help="of each corpus")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a phrase, and of its answer")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--top-p", type=float, default=0.92)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    store, mind, exchanges = load(options.data), load_mind(options.model), []
    options.out.mkdir(parents=True, exist_ok=True)
    for corpus in options.corpora or store.corpora:
        rng = np.random.default_rng((options.seed, zlib.crc32(corpus.encode())))
        for piece in rng.permutation(store.pieces(HELD_OUT, (corpus,)))[: options.phrases].tolist():
            phrase, part = phrase_of(store, piece, options.seconds, rng)
            ask = ask_after(phrase, part, options.seed, options.temperature, options.top_p)
            heard = exchange(mind, f"{corpus}: {store.names[piece]}", phrase, ask, options.seconds)
            print(write(heard, options.out / f"{corpus}-{piece}.mid"))
            exchanges.append(heard)
    draw(exchanges, options.out / "listen.png")


if __name__ == "__main__":
    main()
