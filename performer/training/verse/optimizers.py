"""Muon (Jordan 2024) for the matrices of the blocks, Adam for the table of tokens, and the rate at which both
learn.

On one core a run sees few tokens, and Muon learns more from each: after 0.88 million English tokens 5.8
million weights had 2.19 bits a character on valid poems; another run, of 8.9 million weights, had 2.56 after
0.9 million (issue 21).
"""

import torch
from torch import nn

from performer.training.verse.model import Verse

WARMUP_STEPS = 40


def optimizers_of(net: Verse, rate: float, table_rate: float, decay: float) -> list[torch.optim.Optimizer]:
    """The two optimizers; each group keeps its full rate as `peak`."""
    matrices = [parameter for parameter in net.blocks.parameters() if parameter.ndim == 2]
    muon = torch.optim.Muon(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW(
        net.table.parameters(), lr=table_rate, weight_decay=0.0, betas=(0.9, 0.95), fused=True
    )
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return [muon, adam]


def factor(step: int, share: float, cooling: float) -> float:
    """The share of the full rate at `step` when `share` of the time is over: a short rise, a plateau, a
    straight fall over the last `cooling` of the time. A run that is given more time goes on from the plateau
    (WSD, Hu et al. 2024)."""
    return min(1.0, (step + 1) / WARMUP_STEPS) * min(1.0, max(0.0, 1 - share) / cooling)


def set_rates(optimizers: list[torch.optim.Optimizer], share: float) -> None:
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * share


def clip(net: nn.Module) -> None:
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
