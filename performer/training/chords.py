"""Trains the chord model: an LSTM over chords relative to the key and their lengths in beats, exported with card and metrics.

    python -m performer.training.chords --data .work/chords.json --out models/onnx/chords-first --seconds 600

Held out are whole songs; the figures are nats a chord (its number, then its length given it) beside those of the variable-order Markov model.
The weights that do best on one song in ten of those learned from are kept. It takes minutes on one core.
"""

import argparse
import copy
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from performer.card import read_card
from performer.chords import BEATS, BEGIN, CHORDS, ENCODING
from performer.errors import PerformerError
from performer.evaluation.markov import baseline_nats
from performer.inference.chords import open_graphs
from performer.training.card_writer import replacing, write_card
from performer.training.chord_data import CORPORA, Song, load
from performer.training.export import STEPS, TOLERANCE, entry, write_graph

ATTRIBUTES = ("chord", "length")
ROWS, LONGEST = 32, 160  # songs in a batch, chords of a song at a time
EVERY = 20.0  # seconds between measurements
CHOOSING = 10  # one in so many of the songs that are learned from chooses the weights


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of the architecture; they go into the card."""

    hidden: int = 256
    dropout: float = 0.3


class Step(nn.Module):
    """Chords into hidden vectors, the state carried."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.chord, self.length, self.mode = nn.Embedding(CHORDS + 1, 96), nn.Embedding(len(BEATS) + 1, 24), nn.Embedding(2, 8)
        self.place = nn.Linear(8, 16)
        self.drop = nn.Dropout(shape.dropout)
        self.lstm = nn.LSTM(144, shape.hidden, 1, batch_first=True)
        self.register_buffer("beats", torch.tensor([*BEATS, 0], dtype=torch.float32), persistent=False)
        self.register_buffer("rounds", 2 * torch.pi / torch.tensor([4.0, 8.0, 16.0, 32.0]), persistent=False)

    def forward(self, events: Tensor, hidden: Tensor, cell: Tensor, beat: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """events (batch, time, 3) chord, length, mode; hidden, cell (1, batch, hidden); beat (batch, 1) that the last chord ended on
        -> (batch, time, hidden), and the new state. Where in bar and phrase the next chord begins is told by four clocks."""
        ends = beat + self.beats[events[..., 1]].cumsum(1)  # (batch, time)
        angles = ends.unsqueeze(-1) * self.rounds
        place = torch.tanh(self.place(torch.cat([angles.cos(), angles.sin()], -1)))
        parts = [self.chord(events[..., 0]), self.length(events[..., 1]), self.mode(events[..., 2]), place]
        out, (hidden, cell) = self.lstm(self.drop(torch.cat(parts, -1)), (hidden, cell))
        return self.drop(out), hidden, cell, torch.remainder(ends[:, -1:], 32.0)


class Heads(nn.Module):
    """Hidden vector and the chord, where it is decided (CHORDS: not yet), into the logits of chords and of lengths."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.known = nn.Embedding(CHORDS + 1, 96)
        self.chord = nn.Linear(shape.hidden, CHORDS)
        self.length = nn.Sequential(nn.Linear(shape.hidden + 96, 96), nn.ReLU(), nn.Linear(96, len(BEATS)))

    def forward(self, hidden: Tensor, known: Tensor) -> Tensor:
        """hidden (n, hidden), known (n, 1) -> (n, CHORDS + lengths)."""
        return torch.cat([self.chord(hidden), self.length(torch.cat([hidden, self.known(known[:, 0])], -1))], -1)


class ChordNet(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, self.step, self.heads = shape, Step(shape), Heads(shape)

    def nats(self, songs: Tensor, inside: Tensor) -> Tensor:
        """songs (batch, time + 1, 3), the first event BEGIN, inside (batch, time) -> nats (chords inside, 2)."""
        zero = torch.zeros(1, len(songs), self.shape.hidden)
        hidden = self.step(songs[:, :-1], zero, zero, torch.zeros(len(songs), 1))[0][inside]
        target = songs[:, 1:][inside]
        logits = self.heads(hidden, target[:, :1])
        parts = (F.cross_entropy(part, target[:, k], reduction="none") for k, part in enumerate(logits.split([CHORDS, len(BEATS)], -1)))
        return torch.stack(list(parts), 1)


def batch_of(songs: list[Song]) -> tuple[Tensor, Tensor]:
    """(batch, longest + 1, 3) events, BEGIN first, and which of those after it there are (batch, longest)."""
    longest = max(len(song.rows) for song in songs)
    rows = np.zeros((len(songs), longest + 1, 3), np.int64)
    inside = np.zeros((len(songs), longest), bool)
    for place, song in enumerate(songs):
        rows[place, 0] = (*BEGIN, song.rows[0][2])
        rows[place, 1 : len(song.rows) + 1], inside[place, : len(song.rows)] = song.rows, True
    return torch.from_numpy(rows), torch.from_numpy(inside)


@torch.no_grad()
def measured(net: ChordNet, songs: list[Song]) -> dict[str, float]:
    """Mean nats a chord, whole songs from nothing."""
    net.eval()
    nats = torch.cat([net.nats(*batch_of(songs[k : k + ROWS])) for k in range(0, len(songs), ROWS)]).double().mean(0).tolist()
    return {"total": sum(nats), **dict(zip(ATTRIBUTES, nats, strict=True))}


def baseline(learned: list[Song], heard: list[Song]) -> dict[str, float]:
    """The same of the Markov model."""
    nats = baseline_nats(*([np.array(song.rows)[:, :2] for song in songs] for songs in (learned, heard)), sizes=(CHORDS, len(BEATS))).mean(0)
    return {"total": float(nats.sum()), **dict(zip(ATTRIBUTES, map(float, nats), strict=True))}


def cut(song: Song, rng: np.random.Generator) -> Song:
    """At most LONGEST chords from anywhere in the song."""
    begin = int(rng.integers(0, max(1, len(song.rows) - LONGEST + 1)))
    return Song(song.name, song.corpus, song.held_out, song.rows[begin : begin + LONGEST])


def train(songs: list[Song], seconds: float, seed: int, batches: int = 0) -> tuple[ChordNet, dict[str, float]]:
    """Learn for so long of the processor's time, or for so many batches (0: no limit); returns the best network and what it took."""
    torch.manual_seed(seed)
    rng, net = np.random.default_rng(seed), ChordNet(Shape())
    choosing, learned = songs[::CHOOSING], [song for place, song in enumerate(songs) if place % CHOOSING]
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.05)
    best, best_nats, steps, started, due = copy.deepcopy(net), np.inf, 0, time.process_time(), EVERY
    while (share := max((passed := time.process_time() - started) / seconds, steps / batches if batches else 0.0)) < 1.0:
        net.train()
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, (steps + 1) / 50) * (0.01 + 0.495 * (1 + np.cos(np.pi * share)))
        chosen = [cut(learned[k], rng) for k in rng.choice(len(learned), min(ROWS, len(learned)), replace=False)]
        loss = net.nats(*batch_of(chosen)).sum(1).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        steps += 1
        if passed > due:
            figures, due = measured(net, choosing), passed + EVERY
            print(json.dumps({"seconds": round(passed), "steps": steps, "train": round(loss.item(), 3)} | figures), flush=True)
            if figures["total"] < best_nats:
                best, best_nats = copy.deepcopy(net), figures["total"]
    if measured(net, choosing)["total"] < best_nats:
        best = net
    return best.eval(), {"seconds": round(passed, 1), "steps": steps, "seed": seed}


def export(net: ChordNet, out: Path, metrics: dict[str, Any], training: dict[str, float]) -> float:
    """Put the model at `out` and return how far ONNX Runtime and PyTorch were apart. Raises ModelError, `out` untouched, where they disagree."""
    zero = torch.zeros(1, 1, net.shape.hidden)
    with replacing(out) as new:
        example = (torch.zeros(1, 1, 3, dtype=torch.long), zero, zero.clone(), torch.zeros(1, 1))
        names = ("state_hidden", "state_cell", "state_beat")
        write_graph(net.step, example, ("event", *names), ("hidden", *(f"new_{name}" for name in names)), new / "step.onnx")
        known = (torch.zeros(1, net.shape.hidden), torch.zeros(1, 1, dtype=torch.long))
        write_graph(net.heads, known, ("hidden", "known"), ("logits",), new / "heads.onnx")
        write_card(new, {
            "model": {"name": out.name, "role": "chords", "encoding": ENCODING,
                      "sentence": f"An LSTM of {net.shape.hidden} cells over chords in their key and how long they last."},
            "shape": asdict(net.shape) | {"parameters": sum(p.numel() for p in net.parameters())},
            "graphs": {name: entry(new, f"{name}.onnx") for name in ("step", "heads")},
            "training": training,
            "data": [{"name": name, "licence": corpus.licence, "credit": corpus.credit} for name, corpus in CORPORA.items()],
            "metrics": metrics,
        })  # fmt: skip
        apart = disagreement(net, new)
        if not apart <= TOLERANCE:
            raise PerformerError(f"ONNX Runtime and PyTorch are {apart:.1e} apart, more than {TOLERANCE:.0e}.", "The model was not exported.")
    return apart


@torch.no_grad()
def disagreement(net: ChordNet, folder: Path, seed: int = 0) -> float:
    """The largest difference of logits and state over STEPS random chords, each runtime with its own state."""
    net = net.eval()
    step, heads = open_graphs(read_card(folder))
    rng, worst = np.random.default_rng(seed), 0.0
    theirs = [torch.zeros(1, 1, net.shape.hidden), torch.zeros(1, 1, net.shape.hidden), torch.zeros(1, 1)]
    mine = [each.numpy() for each in theirs]
    for _ in range(STEPS):
        event, known = rng.integers(0, (CHORDS + 1, len(BEATS) + 1, 2), (1, 1, 3)), rng.integers(0, CHORDS + 1, (1, 1))
        hidden, *mine = step(event, *mine)
        (logits,) = heads(hidden[0], known)
        their_hidden, *theirs = net.step(torch.from_numpy(event), *theirs)
        pairs = [(logits, net.heads(their_hidden[0], torch.from_numpy(known))), *zip(mine, theirs, strict=True)]
        worst = max(worst, *(float(np.abs(a - b.numpy()).max()) for a, b in pairs))
    return worst


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(".work/chords.json"), help="what performer.training.chord_data wrote")
    parser.add_argument("--out", type=Path, required=True, help="the model's folder; its last part is the model's name")
    parser.add_argument("--seconds", type=float, default=600.0, help="of the processor")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    songs = load(options.data)
    learned, held = ([song for song in songs if song.held_out == wanted] for wanted in (False, True))
    net, training = train(learned, options.seconds, options.seed)
    metrics: dict[str, Any] = {"command": f"python -m performer.training.chords --data {options.data} --out {options.out}", "unit": "nats a chord"}
    for name in ("all", *CORPORA):
        own = [song for song in held if name in ("all", song.corpus)]
        known = [song for song in learned if name in ("all", song.corpus)]
        nll, markov = measured(net, own), baseline(known, own)
        metrics[name] = {"chords": sum(len(song.rows) for song in own), "ratio": nll["total"] / markov["total"], "nll": nll, "markov": markov}
    print(json.dumps(metrics, indent=1))
    try:
        apart = export(net, options.out, _rounded(metrics), training)
    except PerformerError as error:
        print(f"{options.out} was not written: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: ONNX Runtime and PyTorch agree to {apart:.1e} over {STEPS} steps.")
    return 0


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    raise SystemExit(main())
