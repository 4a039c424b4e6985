"""Bits per character of held-out poems, in PyTorch, while a model trains. The figure for the card comes from
`performer eval`."""

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from performer.training.verse.batches import IGNORED, padded
from performer.training.verse.model import Verse
from performer.words.poems import Poem
from performer.words.tokenizer import Tokenizer

ROWS = 8


def characters_of(targets: torch.Tensor, tokenizer: Tokenizer) -> int:
    """Characters that the targets stand for."""
    return sum(len(tokenizer.decode(row[row != IGNORED].tolist())) for row in targets)


@torch.no_grad()
def bits_per_character(
    net: Verse, poems: Sequence[Poem], tokenizer: Tokenizer, bfloat16: bool = False
) -> float:
    """Mean bits per character of each poem's first `window` tokens after its header, its end included."""
    was_training = net.training
    net.eval()
    nats, characters = 0.0, 0
    ordered = sorted(poems, key=lambda poem: len(poem.text))
    for start in range(0, len(ordered), ROWS):
        tokens, targets = padded(ordered[start : start + ROWS], tokenizer, net.shape.window)
        length = int((targets != IGNORED).any(0).nonzero().max()) + 1
        tokens, targets = tokens[:, :length], targets[:, :length]
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = net(tokens)
        nats += float(
            F.cross_entropy(
                logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
            )
        )
        characters += characters_of(targets, tokenizer)
    net.train(was_training)
    return nats / math.log(2) / max(1, characters)


def parameters_of(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())
