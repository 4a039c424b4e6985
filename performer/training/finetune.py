"""A base model goes on learning from one player: a slow rate, an average of the weights, and the mixture of it with the base that serves best.

Nobody who plays has the corpora, so what must not be forgotten is what the base itself plays: its dreams, drawn from it beforehand. A mixture
(Wortsman et al. 2022, "Robust fine-tuning of zero-shot models") is taken only where the dreams stay about as likely as they were.
"""

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn

from performer.encoding import BEGIN, CLASSES, OFFSETS, OWN, UNKNOWN
from performer.training.data import TRAIN
from performer.training.data_epoch import Flat, Notes, Variation, streams
from performer.training.evaluate import flat_of, likelihood, summary
from performer.training.network import NoteNet, ranks
from performer.training.player import CHOSEN_BY, Material

RATE, WARMUP = 5e-4, 30
ROWS, STEPS = 8, 128  # streams and events of a batch
AVERAGE = 0.99
USUAL = 0.9  # share of events whose attributes are predicted in the order of the evaluation
SHARES = (1.0, 0.7, 0.5, 0.3)  # of what was learned, in a mixture with the base; the first that serves is taken
FORGETTING = 1.07  # the dreams' nats, of what they were
PATIENCE = 8  # measurements without a better one
EVERY = 8.0  # seconds between measurements, at least
LEARNING = 4.0  # times as long as the last measurement took is learned before the next: on a busy machine they would be all there is
DREAMS, DREAMT = 24, 128  # streams, notes in each
VARIED = replace(Variation.full(), style_told=0.0, plain=0.3, rings=0.0, told_all=0.8)
Watch = Callable[[float, float], object]


@dataclass(slots=True)
class Learned:
    """The best so far: its weights, how much of them was learned (`share`), nats a note of the music it was chosen by (`before` those of the base),
    and the dreams' nats in relation to the base's."""

    net: NoteNet
    before: float
    nats: float
    share: float = 0.0
    dreams: float = 1.0
    seconds: float = 0.0
    steps: int = 0
    events: int = 0
    broken_off: bool = field(default=False)


def learn(base: NoteNet, material: Material, seconds: float, seed: int, watch: Watch = lambda _now, _gain: None) -> Learned:
    """Learn until nothing gets better, `seconds` are over, or somebody breaks it off; `base` stays as it is. `watch` hears of the seconds that
    went by and of the best nats in relation to the base's."""
    run = _Run(base, material, seed)
    try:
        run.until(time.monotonic() + seconds, watch)
    except KeyboardInterrupt:
        run.best.broken_off = True
    return run.best


class _Run:
    def __init__(self, base: NoteNet, material: Material, seed: int) -> None:
        self.base = base.eval()
        self.net = copy.deepcopy(base)
        self.average = copy.deepcopy(base).requires_grad_(False)
        self.generator = torch.Generator().manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.notes = Notes(material.store, torch.device("cpu"))
        self.pieces = material.store.pieces(TRAIN)
        self.chosen_by = flat_of(self.notes, material.store.pieces(CHOSEN_BY))
        self.dreams = dream(base, self.generator)
        self.dreamt = nats_of(base, self.dreams)
        before = nats_of(base, self.chosen_by)
        self.best = Learned(base, before, before)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=0.0, betas=(0.9, 0.98))
        self.steps, self.events = 0, 0

    def until(self, end: float, watch: Watch) -> None:
        started = measured = time.monotonic()
        without, took = 0, 0.0
        for batch, (inputs, targets, weight, state) in enumerate(self._batches()):
            self._step(batch, inputs, targets, weight, state)
            now = time.monotonic()
            if now - measured >= max(EVERY, LEARNING * took) or now >= end - took:
                without = 0 if self._measure(now - started) else without + 1
                measured = time.monotonic()
                took = measured - now
                watch(measured - started, self.best.nats / self.best.before)
                if without == PATIENCE or measured >= end - took:
                    return

    def _batches(self) -> Iterator[tuple[Tensor, Tensor, Tensor, list]]:
        """Windows of one pass after another, each with the place where the state is carried."""
        while True:
            flat = self.notes.flat(torch.from_numpy(self.rng.permutation(self.pieces)), VARIED, self.generator)
            steps = min(STEPS, len(flat.weight) - 1)
            cut = streams(flat, max(1, min(ROWS, len(flat.weight) // (steps + 1))), steps)
            carried: list = [None]
            for start in range(0, cut.weight.shape[1] - 1, steps):
                now, then = slice(start, start + steps), slice(start + 1, start + steps + 1)
                yield cut.inputs[:, now].long(), cut.targets[:, then].long(), cut.weight[:, then], carried

    def _step(self, batch: int, inputs: Tensor, targets: Tensor, weight: Tensor, carried: list) -> None:
        self.net.train()
        state = None if carried[0] is None else self.net.step.detached(carried[0], torch.ones(len(inputs)))
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (batch + 1) / WARMUP)
        loss, carried[0] = self.net.loss(inputs, targets, weight, ranks(weight.shape, weight.device, self.generator, USUAL), state)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.steps, self.events = self.steps + 1, self.events + weight.numel()
        decay = min(AVERAGE, self.steps / (9 + self.steps))
        torch._foreach_lerp_(list(self.average.parameters()), [p.detach() for p in self.net.parameters()], 1 - decay)

    def _measure(self, seconds: float) -> bool:
        """Whether one of the mixtures is better than all before it."""
        for share in SHARES:
            net = mixture(self.base, self.average, share)
            nats = nats_of(net, self.chosen_by)
            if nats < self.best.nats:
                dreams = nats_of(net, self.dreams) / self.dreamt
                if dreams <= FORGETTING:
                    self.best = Learned(net, self.best.before, nats, share, dreams, seconds, self.steps, self.events)
                    return True
        return False


@torch.no_grad()
def mixture(base: NoteNet, learned: NoteNet, share: float) -> NoteNet:
    """A network whose weights lie between two, `share` of the way from the first to the second."""
    out = copy.deepcopy(base)
    for mixed, other in zip(out.parameters(), learned.parameters(), strict=True):
        mixed.lerp_(other, share)
    return out


def nats_of(net: NoteNet, flat: Flat) -> float:
    """Nats a note in the shared bins."""
    return summary(likelihood(net, flat)[0], flat.weight, flat.first)["total"]


@torch.no_grad()
def dream(net: NoteNet, generator: torch.Generator, rows: int = DREAMS, notes: int = DREAMT) -> Flat:
    """What the network plays from silence when nobody asks for anything: `rows` pieces of `notes` notes, as events end to end."""
    net.eval()
    state, event = None, torch.tensor(BEGIN).repeat(rows, 1)
    events = [event]
    for _ in range(notes):
        hidden, state = net.step(event.unsqueeze(1), state)
        known = torch.tensor(UNKNOWN).repeat(rows, 1)
        for k, classes in enumerate(CLASSES):
            logits = net.heads(hidden[:, 0], known)[:, OFFSETS[k] : OFFSETS[k] + classes]
            known[:, k] = torch.multinomial(torch.softmax(logits, -1), 1, generator=generator).squeeze(1)
        event = torch.cat([known, torch.tensor([[OWN, 0]]).expand(rows, 2)], 1)
        events.append(event)
    inputs = torch.stack(events, 1)  # (rows, notes + 1, 7)
    place = torch.arange(notes + 1).repeat(rows)
    targets = torch.where(inputs[..., :5] == torch.tensor(UNKNOWN), 0, inputs[..., :5])  # of BEGIN, which carries no weight
    piece = torch.arange(rows).repeat_interleave(notes + 1)
    return Flat(inputs.flatten(0, 1), targets.flatten(0, 1), (place > 0).float(), place == 1, piece)
