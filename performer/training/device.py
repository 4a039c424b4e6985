"""Where a training runs."""

import torch


def device_of(word: str = "auto") -> torch.device:
    """The device of this name; of "auto" the GPU where there is one, else the processor."""
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if word == "auto" else word)
