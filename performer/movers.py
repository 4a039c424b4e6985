"""What can move the picture, in words: the sources and curves of the modulation matrix, and what it holds in a fresh show."""

from collections.abc import Mapping
from typing import Any

SLOTS = 12  # of the modulation matrix
MOVES: tuple[Mapping[str, Any], ...] = (  # what the first slots hold in a fresh show; the sound's own ways to the picture are the walk's
    {"source": "onset", "target": "zoom", "depth": 0.012, "smoothing": 0.0},
    {"source": "pitch", "target": "direction/hue", "depth": 0.25, "smoothing": 0.6},
    {"source": "tension", "target": "direction/warp", "depth": 0.2, "smoothing": 0.5},
    {"source": "surprise", "target": "mix", "depth": 0.4, "smoothing": 0.1},
    {"source": "plan", "target": "direction/glow", "depth": 0.15, "smoothing": 0.3},
    {"source": "density", "target": "direction/detail", "depth": 0.15, "smoothing": 1.0},
)
NUMBERS = 4  # of a performer's own, for modulation
MOVERS = ("none", "level", "low", "mid", "high", "centroid", "flux", "onset", "pitch", "chroma", "pulse",
          "density", "register", "velocity", "tension", "surprise", "entropy", "plan",
          "sine", "triangle", "saw up", "saw down", "square", "controller", "number")  # fmt: skip
CURVES = ("linear", "slow start", "fast start", "s", "inverse", "gate")
