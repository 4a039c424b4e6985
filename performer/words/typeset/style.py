"""How lines are set: font, size, place, spacing, outline and shade. A value."""

import math
from dataclasses import dataclass, fields, replace

ALIGNMENTS = ("left", "centre", "right")


@dataclass(frozen=True, slots=True)
class Style:
    """How lines are set. Lengths in em are shares of the letters' size."""

    family: str = "spectral"
    """The first font that is asked for a character."""
    size: float = 0.085
    """Of the letters (an em), as a share of the picture's height."""
    x: float = 0.5
    """Of the block's left edge, centre or right edge (by `align`), as a share of the width."""
    y: float = 0.72
    """Of the block's centre, as a share of the height from the top."""
    width: float = 0.86
    """The longest row (upright: the longest column), as a share of the picture's width (height)."""
    align: str = "centre"
    """One of ALIGNMENTS."""
    tracking: float = 0.0
    """Space added between letters, in em."""
    line_height: float = 1.25
    """From row to row (column to column), in em."""
    upright: bool = False
    """Chinese from top to bottom, columns from right to left."""
    outline: float = 0.045
    """Width of the outline, in em."""
    shade: float = 0.3
    """Radius of the soft shade around the letters, in em."""
    blur: float = 0.0
    """Radius over which the letters themselves are blurred, in em."""

    def sane(self) -> "Style":
        """The same with every number finite and within what can be drawn."""
        changes: dict[str, float | str] = {}
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            changes[name] = min(high, max(low, value)) if math.isfinite(value) else getattr(Style(), name)
        if self.align not in ALIGNMENTS:
            changes["align"] = "centre"
        return replace(self, **changes)  # type: ignore[arg-type]


LIMITS: dict[str, tuple[float, float]] = {
    "size": (0.01, 0.5),
    "x": (0.0, 1.0),
    "y": (0.0, 1.0),
    "width": (0.1, 1.0),
    "tracking": (-0.2, 2.0),
    "line_height": (0.8, 4.0),
    "outline": (0.0, 0.25),
    "shade": (0.0, 1.0),
    "blur": (0.0, 1.0),
}
assert set(LIMITS) <= {field.name for field in fields(Style)}

ENGLISH = Style()
CHINESE = Style(family="noto-serif", size=0.11, tracking=0.06)
CHINESE_UPRIGHT = Style(
    family="noto-serif", size=0.1, x=0.86, y=0.5, align="right", tracking=0.08, line_height=1.5, upright=True
)


def default_style(language: str) -> Style:
    """The style that a line of this language ("en", "zh") is shown in where the show says nothing."""
    return CHINESE if language == "zh" else ENGLISH
