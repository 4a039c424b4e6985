"""How well a model knows music it has not seen: nats a note in bins that every model and the baseline share (issue 4).

    python -m performer.training.evaluate --checkpoint .work/lstm/best.pt --data .work/notes.npz --out .work/lstm/metrics.json

Each note's gap, pitch, duration and velocity are predicted in this order, the voice given; a class's probability is summed into its bin.
The style is not told, durations are known once a note has been predicted, and a piece starts from nothing. Beside the likelihood stands
a figure that a musician can judge: how much of the model's choice of pitch lies in the key that a listener is in.
"""

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from performer.encoding import CLASSES, DURATION, GAP, OFFSETS, PITCH, SCALES, UNKNOWN, VELOCITY, VOICE
from performer.evaluation.corpus import CHAIN
from performer.evaluation.markov import baseline_nats
from performer.session.tonality import Tonality
from performer.training.data import DRUMS, HELD_OUT, TRAIN, Store, load
from performer.training.data_epoch import Flat, Notes, Variation
from performer.training.device import device_of
from performer.training.network import NoteNet, restore

MEASURED = {"time": GAP, "pitch": PITCH, "duration": DURATION, "velocity": VELOCITY}


def bin_nats(logits: Tensor, target: Tensor, attribute: int) -> Tensor:
    """logits (events, classes of the attribute), target (events,) classes -> nats (events,) of the target's bin."""
    per_bin = SCALES[attribute].per_bin
    logs = torch.log_softmax(logits.float(), -1).unflatten(-1, (-1, per_bin)).logsumexp(-1)
    return -logs.gather(1, (target // per_bin).unsqueeze(1)).squeeze(1)


@torch.no_grad()
def likelihood(net: NoteNet, flat: Flat, rows: int = 64, steps: int = 512) -> tuple[Tensor, Tensor]:
    """Of every event of `flat`: nats (events, 5) in the shared bins, where voice is given and stays 0, and how likely each pitch class was,
    (events, 12). Pieces run side by side, each from nothing."""
    net.eval()
    device = flat.weight.device
    lengths = torch.bincount(flat.piece)
    starts = torch.cumsum(lengths, 0) - lengths
    out, classes = torch.zeros(len(flat.weight), 5, device=device), torch.zeros(len(flat.weight), 12, device=device)
    order = torch.argsort(lengths, descending=True)
    for group in order.split(rows):
        longest, state = int(lengths[group[0]]), None
        for begin in range(0, longest - 1, steps):
            place = torch.arange(begin, min(begin + steps, longest - 1), device=device)
            inside = place.unsqueeze(0) + 1 < lengths[group].unsqueeze(1)  # (rows, time) whether an event follows
            index = torch.minimum(starts[group].unsqueeze(1) + place, (starts + lengths - 1)[group].unsqueeze(1))
            hidden, state = net.step(flat.inputs[index].long(), state)
            hidden, following = hidden[inside], index[inside] + 1
            targets = flat.targets[following].long()
            known = torch.tensor(UNKNOWN, device=device).repeat(len(targets), 1)
            known[:, 0] = targets[:, 0]
            for k in (GAP, PITCH, DURATION, VELOCITY):
                logits = net.heads(hidden, known)[:, OFFSETS[k] : OFFSETS[k] + CLASSES[k]]
                out[following, k] = bin_nats(logits, targets[:, k], k)
                if k == PITCH:
                    classes[following] = F.pad(torch.softmax(logits.float(), -1), (0, 4)).unflatten(1, (-1, 12)).sum(1)
                known[:, k] = targets[:, k]
    return out, classes


def summary(nats: Tensor | np.ndarray, weight: Tensor | np.ndarray, first: Tensor | np.ndarray) -> dict[str, float]:
    """Mean nats a note of each attribute and in total. The first note of a piece has no gap to measure."""
    nats, weight, first = (a.double().cpu().numpy() if isinstance(a, Tensor) else np.asarray(a, np.float64) for a in (nats, weight, first))
    notes = weight.sum()
    figures = {name: float((nats[:, k] * weight * (1 - first if k == GAP else 1)).sum() / notes) for name, k in MEASURED.items()}
    return {"total": sum(figures.values()), **figures}


def flat_of(notes: Notes, pieces: np.ndarray) -> Flat:
    """These pieces end to end, as they were played and without their guests."""
    chosen = torch.from_numpy(pieces).to(notes.device)
    return notes.flat(chosen, Variation(), torch.Generator(notes.device).manual_seed(0), with_guests=False)


def held_out(net: NoteNet, store: Store, notes: Notes, corpora: tuple[str, ...] = (), limit: int = 0) -> dict[str, dict[str, float]]:
    """Nats of each corpus on its held-out pieces (`limit` of them, evenly spread; 0: all), guests left out."""
    out = {}
    for corpus in corpora or store.corpora:
        pieces = store.pieces(HELD_OUT, (corpus,))
        if len(pieces):
            flat = flat_of(notes, pieces[:: max(1, len(pieces) // limit)] if limit else pieces)
            out[corpus] = summary(likelihood(net, flat)[0], flat.weight, flat.first)
    return out


def in_key(flat: Flat, likely: Tensor, pieces: int = 12) -> dict[str, float]:
    """The share of pitches inside the key of what came before, by the session's own ear: what the model would choose, and what was played.

    Of the first `pieces` pieces, drums left out; `likely` (events, 12) is how likely each pitch class was. Nothing where all are drums."""
    own = played = count = 0.0
    rows = zip(flat.piece.tolist(), flat.weight.tolist(), flat.targets.tolist(), likely.tolist(), strict=True)
    for piece, events in itertools.groupby(rows, key=lambda row: row[0]):
        if piece >= pieces:
            break
        ear = Tonality()
        for place, (_, weight, target, chances) in enumerate(events):
            if weight and target[VOICE] != DRUMS:
                key = ear.classes()
                if place > 16:
                    own, played, count = own + sum(chances[k] for k in key), played + (target[PITCH] % 12 in key), count + 1
                ear.hear(target[PITCH], target[VELOCITY] * 4)
    return {"model": own / count, "played": played / count} if count else {}


def baselines(notes: Notes, flat: Flat, train: np.ndarray) -> dict[str, dict[str, float]]:
    """Nats of the Markov model and of single counts (order 0), both learned from the pieces `train`, on the pieces of `flat`."""
    learned, heard = _bins(flat_of(notes, train)), _bins(flat)
    out = {}
    for name, order in (("markov", None), ("unigram", 0)):
        nats = np.zeros((len(flat.weight), len(CLASSES)))
        nats[flat.weight.cpu().numpy() > 0, 1:] = baseline_nats(learned, heard, order)
        out[name] = summary(nats, flat.weight, flat.first)
    return out


def _bins(flat: Flat) -> list[np.ndarray]:
    """The pieces as (notes, 4) bins in the order of corpus.CHAIN."""
    kept = flat.weight.cpu().numpy() > 0
    targets, piece = flat.targets.cpu().numpy()[kept], flat.piece.cpu().numpy()[kept]
    bins = np.stack([SCALES[k].bin_of(targets[:, k]) for k in CHAIN], 1)
    return [part for part in np.split(bins, np.flatnonzero(np.diff(piece)) + 1) if len(part)]


def figures_of(net: NoteNet, store: Store, notes: Notes, corpus: str, limit: int = 0) -> dict[str, Any]:
    """Everything measured on one corpus: `nll`, `markov` and `unigram` in nats a note, `bits` of the model, `ratio` to the Markov model."""
    pieces = store.pieces(HELD_OUT, (corpus,))
    flat = flat_of(notes, pieces[:: max(1, len(pieces) // limit)] if limit else pieces)
    nats, likely = likelihood(net, flat)
    nll, others = summary(nats, flat.weight, flat.first), baselines(notes, flat, store.pieces(TRAIN, (corpus,)))
    bits = {name: value / np.log(2) for name, value in nll.items()}
    ratio = nll["total"] / others["markov"]["total"]
    return {"notes": int(flat.weight.sum()), "nll": nll, "bits": bits, **others, "ratio": ratio, "in_key": in_key(flat, likely)}


def _rounded(value: Any) -> Any:
    return {key: _rounded(each) for key, each in value.items()} if isinstance(value, dict) else round(value, 4)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True, help="a best.pt of performer.training.lstm")
    parser.add_argument("--data", type=Path, default=Path(".work/notes.npz"))
    parser.add_argument("--out", type=Path, help="write the figures here as well, for the card")
    parser.add_argument("--corpora", nargs="*", default=[], help="only these (default: those the model learned)")
    parser.add_argument("--limit", type=int, default=0, help="held-out pieces a corpus (0: all)")
    options = parser.parse_args(arguments)
    store, device = load(options.data), device_of()
    net, facts = restore(options.checkpoint, device)
    notes = Notes(store, device)
    command = f"python -m performer.training.evaluate --checkpoint {options.checkpoint} --data {options.data} --limit {options.limit}"
    out: dict[str, Any] = {"command": command, "unit": "nats a note"}
    for corpus in options.corpora or facts["corpora"]:
        if len(store.pieces(HELD_OUT, (corpus,))):
            out[corpus] = _rounded(figures_of(net, store, notes, corpus, options.limit))
    text = json.dumps(out, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
