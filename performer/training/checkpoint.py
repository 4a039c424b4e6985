"""What a training of the light leaves in its folder and goes on from: weights, Adam's memory, the shape. Read without pickle's dangers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from performer.training.generator import Shape

LONG_SINCE = 1000.0  # steps: past Adam's correction for the first ones


def load(path: Path) -> dict[str, Any]:
    """The file's content on the CPU."""
    return torch.load(path, map_location="cpu", weights_only=True)


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Written beside its place and then moved there: a run that is killed leaves the last whole one."""
    part = path.with_suffix(".part")
    torch.save(dict(content), part)
    part.replace(path)


def shape_of(saved: Mapping[str, Any]) -> Shape:
    """The shape that a checkpoint names."""
    return Shape(**{name: tuple(value) if isinstance(value, list) else value for name, value in saved["shape"].items()})


def weights(net: nn.Module, kind: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """The weights on the CPU. Halves are enough to go on from: their rounding is smaller than one step."""
    return {name: value.detach().to("cpu", kind, memory_format=torch.contiguous_format) for name, value in net.state_dict().items()}


def squares(net: nn.Module, optimizer: torch.optim.Adam) -> dict[str, Tensor]:
    """Adam's running squares, its only memory without momentum, in half the bytes."""
    known = {name: optimizer.state[p]["exp_avg_sq"] for name, p in net.named_parameters() if p in optimizer.state}
    return {name: value.to("cpu", torch.bfloat16, memory_format=torch.contiguous_format) for name, value in known.items()}


def restore(net: nn.Module, optimizer: torch.optim.Adam | None, saved: Mapping[str, Any]) -> None:
    """Put a checkpoint's weights and memory into `net`. Levels of a generator that has grown since keep the weights they have."""
    missing, unexpected = net.load_state_dict(saved["weights"], strict=False)
    grown = [name for name in missing if not name.startswith(("synthesis.levels.", "synthesis.fine."))]
    if unexpected or grown:
        raise ValueError(f"The checkpoint does not fit the network: {', '.join([*unexpected, *grown][:4])}.")
    with torch.no_grad():
        for level in {int(name.split(".")[2]) for name in missing if name.startswith("synthesis.levels.")}:
            if net.synthesis.levels[level].picture is not None:
                net.synthesis.levels[level].picture.weight.zero_()  # the picture begins as the smaller one, enlarged
    for name, p in net.named_parameters():
        if optimizer is not None and name in saved["squares"]:
            exp_avg_sq = saved["squares"][name].to(p).contiguous(memory_format=torch.preserve_format)
            step = torch.tensor(LONG_SINCE, device=p.device)
            optimizer.state[p] = {"step": step, "exp_avg": torch.zeros_like(p), "exp_avg_sq": exp_avg_sq}
