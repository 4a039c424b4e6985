"""One pass through the corpora as tensors: pieces shuffled, varied, put end to end and cut into streams. All on the training device.

A piece is the event BEGIN and then its notes, so that pieces follow each other in a stream and the network learns to start afresh. What is varied
is drawn anew for every piece in every pass: key, tempo, loudness, which parts play, who plays, what is known of the durations, whether
the style is told; scores (which have no performed timing) also get a player's unevenness.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from performer.encoding import BEGIN, DURATION, GAP, HUMAN, OWN, PITCH, SCALES, UNKNOWN, VELOCITY, VOICE
from performer.training.data import CORPORA, DRUMS, MELODY, TICK, Store

SCORES = ("lieder",)  # corpora without performed timing


@dataclass(frozen=True, slots=True)
class Variation:
    """How far a piece is varied. The default varies nothing: that is what held-out pieces are measured on."""

    transpose: int = 0  # semitones either way, not for drums
    tempo: float = 0.0  # natural logarithm, either way
    loudness: float = 0.0  # share and eighth of it in velocity, either way
    style_told: float = 0.0  # probability
    masks: bool = False  # durations unknown as in live use, who plays, parts left out, unevenness
    plain: float = 0.0  # probability that tempo and loudness of a piece stay as they were played
    rings: float = 0.7  # probability, with masks, that durations are what sounded (pedal) and not what was held
    alone: float = 0.4  # probability, with masks, that a duet is played without its melody
    told_all: float = 0.45  # probability, with masks, that every duration is known

    @classmethod
    def full(cls) -> "Variation":
        return cls(transpose=6, tempo=0.16, loudness=0.2, style_told=0.75, masks=True)


@dataclass(frozen=True, slots=True)
class Flat:
    """Events end to end. `inputs` (events, 7) as encoding.FIELDS, `targets` (events, 5) as encoding.ATTRIBUTES with nothing masked,
    `weight` (events,) 0 where an event must not be learned, `first` (events,) the first note of a piece, `piece` (events,) its place in the list."""

    inputs: Tensor
    targets: Tensor
    weight: Tensor
    first: Tensor
    piece: Tensor


class Notes:
    """A Store's notes on a device, with what is known about each piece."""

    def __init__(self, store: Store, device: torch.device) -> None:
        def put(array: np.ndarray, kind: torch.dtype) -> Tensor:
            return torch.from_numpy(array.astype(np.int64)).to(device, kind)

        self.device = device
        self.onset, self.hold, self.sound = (put(a, torch.int32) for a in (store.onset, store.hold, store.sound))
        self.pitch, self.velocity, self.voice = (put(a, torch.uint8) for a in (store.pitch, store.velocity, store.voice))
        self.offsets, self.style = put(store.offsets, torch.int64), put(store.style, torch.int64)
        guests = np.array([-1 if CORPORA.get(c) is None or CORPORA[c].guest is None else CORPORA[c].guest for c in store.corpora])
        self.guest = put(guests[store.corpus], torch.int64)  # (pieces,) the voice that is only an input, or -1
        self.score = put(np.array([c in SCORES for c in store.corpora])[store.corpus], torch.bool)
        self.edges = [torch.from_numpy(scale.edges[1:-1].copy()).to(device) for scale in SCALES]

    def flat(self, pieces: Tensor, vary: Variation, generator: torch.Generator, with_guests: bool = True) -> Flat:
        """The pieces (numbers in the Store, any may come twice) end to end, varied."""
        device = self.device

        def uniform(*shape: int) -> Tensor:
            return torch.rand(*shape, device=device, generator=generator, dtype=torch.float64)

        count, never = len(pieces), torch.zeros(len(pieces), dtype=torch.bool, device=device)
        length = self.offsets[pieces + 1] - self.offsets[pieces] + 1
        where = torch.repeat_interleave(torch.arange(count, device=device), length)  # (events,) place in `pieces`
        place = torch.arange(len(where), device=device) - (torch.cumsum(length, 0) - length)[where]
        source = self.offsets[pieces][where] + (place - 1).clamp(min=0)
        voice, guest, score = self.voice[source].long(), self.guest[pieces][where], self.score[pieces][where]
        begins = place == 0
        duet = never.index_fill(0, where[(voice == MELODY) & ~begins], True) & never.index_fill(0, where[(voice != MELODY) & ~begins], True)

        varied = (uniform(count) >= vary.plain).double()
        stretch = torch.exp((uniform(count) * 2 - 1) * vary.tempo * varied)[where]
        onset = self.onset[source].double() * TICK * stretch
        rings = (uniform(count) < vary.rings) if vary.masks else never
        duration = torch.where(rings[where], self.sound[source], self.hold[source]).double() * TICK * stretch
        if vary.masks:
            onset, duration = self._uneven(onset, duration, score, where, place, uniform, generator)
        left_out = (uniform(count) < vary.alone) if vary.masks else never
        silent = (left_out & duet)[where] & (voice == MELODY)
        if not with_guests:
            silent |= (guest >= 0) & (voice == guest)
        keep = begins | ~silent
        order = torch.argsort((where * 1e5 + onset + 10)[keep] - 20.0 * begins[keep], stable=True)
        index = torch.nonzero(keep).squeeze(1)[order]
        where, voice, guest, source, begins, onset, duration = (a[index] for a in (where, voice, guest, source, begins, onset, duration))
        place = torch.arange(len(where), device=device) - torch.nonzero(begins).squeeze(1)[where]

        first = torch.roll(begins, 1)
        gap = torch.where(first | begins, 0.0, onset - torch.roll(onset, 1))
        shift = torch.round((uniform(count) * 2 - 1) * (vary.transpose + 0.49)).long()[where] * (voice != DRUMS)
        pitch = self.pitch[source].long()
        pitch = torch.where((pitch + shift < 0) | (pitch + shift > 127), pitch, pitch + shift)
        loud = 1 + (uniform(count) * 2 - 1) * vary.loudness * varied
        lift = (uniform(count) * 2 - 1) * vary.loudness * 64 * varied
        velocity = (self.velocity[source].double() * loud[where] + lift[where]).round().clamp(1, 127)

        values = {VOICE: voice, GAP: gap.clamp(min=0), PITCH: pitch, DURATION: duration, VELOCITY: velocity}
        targets = torch.stack([torch.bucketize(values[k].double(), self.edges[k], right=True) for k in range(5)], 1)
        inputs = torch.cat([targets, torch.full_like(targets[:, :1], OWN), torch.zeros_like(targets[:, :1])], 1)
        inputs[:, 6] = (self.style[pieces] * (uniform(count) < vary.style_told))[where]
        inputs[:, 5] = self._who(voice, duet[where], where, place, count, uniform, vary)
        if vary.masks:
            following = torch.where(torch.roll(begins, -1), torch.inf, torch.roll(onset, -1))
            mode = ((uniform(count) - vary.told_all) / (1 - vary.told_all))[where]  # what is known of durations: all (below 0) ...
            unknown = (mode > 0) & (mode < 0.64) & (onset + duration > following)  # ... those that ended ...
            unknown |= (mode >= 0.64) & (mode < 0.86) & (inputs[:, 5] == HUMAN)  # ... those of one's own ...
            unknown |= (mode >= 0.86) & (uniform(len(mode)) < 0.3)  # ... most
            inputs[:, DURATION] = torch.where(unknown, UNKNOWN[DURATION], inputs[:, DURATION])
            for k in (GAP, VELOCITY):  # a source that sends no loudness or no sure time
                inputs[:, k] = torch.where(uniform(len(mode)) < 0.01, UNKNOWN[k], inputs[:, k])
        inputs[begins, :5] = torch.tensor(BEGIN[:5], device=device)
        weight = (~begins & ~((voice == guest) & (guest >= 0))).float()
        return Flat(inputs.to(torch.uint8), targets.to(torch.uint8), weight, first & ~begins, where)

    @staticmethod
    def _uneven(onset, duration, score, where, place, uniform, generator):
        """Scores get a slow ebb of tempo, a spread of chords and another touch; performances are left as they were played."""
        count = int(where[-1]) + 1
        depth, period, phase = uniform(count) * 0.1, 4 + uniform(count) * 20, uniform(count) * 2 * torch.pi
        omega = 2 * torch.pi / period
        wave = (depth / omega)[where] * torch.sin(onset * omega[where] + phase[where])  # its slope stays within +-depth: time never turns back
        spread = (uniform(count) * 0.015)[where] * torch.randn(len(where), device=onset.device, generator=generator, dtype=torch.float64)
        touch = (0.8 + uniform(count) * 0.35)[where]
        return torch.where(score, onset + wave + spread * (place > 0), onset), torch.where(score, duration * touch, duration)

    @staticmethod
    def _who(voice, duet, where, place, count, uniform, vary):
        """Who plays each event. Alone: one of the two throughout, or turn and turn about; with a melody: the human sings it, mostly."""
        if not vary.masks:
            return torch.full_like(voice, OWN)
        mode, turn = uniform(count)[where], (12 + uniform(count) * 84)[where]
        turns = (torch.div(place, turn, rounding_mode="floor") % 2).long()
        alone = torch.where(mode < 0.4, OWN, torch.where(mode < 0.65, HUMAN, turns))
        together = torch.where(voice == MELODY, HUMAN, OWN)
        return torch.where(duet & (mode < 0.85), together, alone)


def streams(flat: Flat, rows: int, steps: int) -> Flat:
    """The events cut into `rows` streams of equal length, a whole number of `steps` windows plus the event after: tensors (rows, length, ...)."""
    length = (len(flat.weight) // rows - 1) // steps * steps + 1
    if length < steps + 1:
        raise ValueError(f"{len(flat.weight)} events are too few for {rows} streams of {steps}.")
    take = slice(0, rows * length)
    return Flat(*(getattr(flat, name)[take].unflatten(0, (rows, length)) for name in ("inputs", "targets", "weight", "first", "piece")))
