"""How well a model knows music it has not seen: nats a note in bins that every model and the baseline share (issue 4).

    python -m performer.training.evaluate --data .work/notes.npz --model .work/lstm/best.pt --json .work/lstm/metrics.json

Each note's gap, pitch, duration and velocity are predicted in this order, the voice given; a class's probability is summed into its bin.
The style is not told, durations are known once a note has been predicted, and a piece starts from nothing.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from performer.encoding import CLASSES, DURATION, GAP, OFFSETS, PITCH, SCALES, UNKNOWN, VELOCITY
from performer.training.data import HELD_OUT, Store, load
from performer.training.data_epoch import Flat, Notes, Variation
from performer.training.lstm import NoteNet, restore

MEASURED = {"time": GAP, "pitch": PITCH, "duration": DURATION, "velocity": VELOCITY}


def bin_nats(logits: Tensor, target: Tensor, attribute: int) -> Tensor:
    """logits (events, classes of the attribute), target (events,) classes -> nats (events,) of the target's bin."""
    per_bin = SCALES[attribute].per_bin
    logs = torch.log_softmax(logits.float(), -1).unflatten(-1, (-1, per_bin)).logsumexp(-1)
    return -logs.gather(1, (target // per_bin).unsqueeze(1)).squeeze(1)


@torch.no_grad()
def likelihood(net: NoteNet, flat: Flat, rows: int = 64, steps: int = 512) -> Tensor:
    """Nats (events, 5) of every event of `flat` in the shared bins; voice is given and stays 0. Pieces run side by side, each from nothing."""
    net.eval()
    device = flat.weight.device
    lengths = torch.bincount(flat.piece)
    starts = torch.cumsum(lengths, 0) - lengths
    out = torch.zeros(len(flat.weight), 5, device=device)
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
                known[:, k] = targets[:, k]
    return out


def summary(nats: Tensor | np.ndarray, weight: Tensor | np.ndarray, first: Tensor | np.ndarray) -> dict[str, float]:
    """Mean nats a note of each attribute and in total. The first note of a piece has no gap to measure."""
    nats, weight, first = (a.double().cpu().numpy() if isinstance(a, Tensor) else np.asarray(a, np.float64) for a in (nats, weight, first))
    notes = weight.sum()
    figures = {name: float((nats[:, k] * weight * (1 - first if k == GAP else 1)).sum() / notes) for name, k in MEASURED.items()}
    return {"total": sum(figures.values()), **figures}


def held_out(net: NoteNet, store: Store, notes: Notes, corpora: tuple[str, ...] = (), limit: int = 0) -> dict[str, dict[str, float]]:
    """Figures of each corpus on its held-out pieces (the first `limit` of them, 0: all), guests left out."""
    generator = torch.Generator(notes.device).manual_seed(0)
    out = {}
    for corpus in corpora or store.corpora:
        pieces = store.pieces(HELD_OUT, (corpus,))
        if len(pieces):
            chosen = torch.from_numpy(pieces[:limit] if limit else pieces).to(notes.device)
            flat = notes.flat(chosen, Variation(), generator, with_guests=False)
            out[corpus] = summary(likelihood(net, flat), flat.weight, flat.first)
    return out


def main() -> None:
    from performer.training.markov import baseline_figures  # needs no network; read only here

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(".work/notes.npz"))
    parser.add_argument("--model", type=Path, required=True, help="a best.pt of performer.training.lstm")
    parser.add_argument("--corpora", nargs="*", default=[])
    parser.add_argument("--no-baseline", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    arguments = parser.parse_args()
    store = load(arguments.data)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net, facts = restore(arguments.model, device)
    corpora = tuple(arguments.corpora or facts.get("corpora", ()))
    out = {}
    for corpus, figures in held_out(net, store, Notes(store, device), corpora).items():
        out[corpus] = {"nll": figures}
        if not arguments.no_baseline:
            baseline = baseline_figures(store, corpus)
            out[corpus] |= {"baseline": baseline, "ratio": figures["total"] / baseline["total"]}
    text = json.dumps(out, indent=1)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
