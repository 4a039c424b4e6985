"""What a calibration found: the figures, the delay that follows from them, and both in words. Pure."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from performer.errors import PortError
from performer.parameters import Table
from performer.session.room import DELAY

REMEDY_LOST = "Notes were lost: look for a filter, or a program that is busy, on the way."
REMEDY_DOUBLED = "Notes came back more than once: two ways lead back (a thru in a DAW or a synthesiser?). The first was counted; take one away."


@dataclass(frozen=True, slots=True)
class Measured:
    """What came back of the notes that left. `times` are seconds from the sending of a note to its return; `ways` says how many ways as
    long as the one out are in such a time; `input_latency` is what was taken off as the audio input's own, None where it is not known."""

    kind: str  # "midi" or "audio"
    transport: str
    output: str
    input: str
    sent: int
    times: tuple[float, ...]
    ways: int = 1
    doubled: int = 0
    input_latency: float | None = None

    @property
    def lost(self) -> int:
        return self.sent - len(self.times)


def figures(times: Sequence[float]) -> Mapping[str, float]:
    """p50, p95, min, max and standard deviation of times in seconds, as milliseconds."""
    ordered = sorted(times)
    values = {
        "p50": statistics.median(ordered), "p95": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
        "min": ordered[0], "max": ordered[-1], "sd": statistics.pstdev(ordered),
    }  # fmt: skip
    return {name: round(1000.0 * value, 3) for name, value in values.items()}


def delay_ms(measured: Measured) -> float:
    """What to write into the show: planned notes leave earlier by the way out. Raises PortError if that is further than a show can go."""
    row = Table().rows[DELAY]
    delay = round(-1000.0 * statistics.median(measured.times) / measured.ways, 1) + 0.0
    if delay < row.low:
        raise PortError(
            f"The way out takes {-delay:.0f} ms; a show makes up for {-row.low:g} ms at most.",
            "Make the buffers of the sound system smaller, or play through another port.",
        )
    return min(delay, 0.0)


def as_json(measured: Measured) -> dict[str, Any]:
    """The findings as one object."""
    latency = measured.input_latency
    return {
        "calibrate": measured.kind, "transport": measured.transport, "output": measured.output, "input": measured.input,
        "n": measured.sent, "lost": measured.lost, "doubled": measured.doubled,
        "there_and_back_ms" if measured.ways == 2 else "way_ms": figures(measured.times),
        **({"input_latency_ms": None if latency is None else round(1000.0 * latency, 3)} if measured.kind == "audio" else {}),
        "delay_ms": delay_ms(measured),
    }  # fmt: skip


def in_words(measured: Measured) -> str:
    """The findings as sentences, and the line for the show file."""
    delay = delay_ms(measured)
    lines = [_KINDS[measured.kind, measured.ways].format(output=measured.output, input=measured.input)]
    lines.append("  " + ", ".join(f"{name} {value:.2f} ms" for name, value in figures(measured.times).items()))
    twice = f", {measured.doubled} came back more than once" if measured.kind == "midi" else ""
    lines.append(f"  {measured.sent} notes left {measured.output}: {measured.lost} lost{twice}.")
    if measured.kind == "audio":
        known = measured.input_latency is not None
        taken = f"{1000.0 * (measured.input_latency or 0.0):.1f} ms" if known else "which could not be learned"
        lines.append(f"  The time that the input itself takes ({taken}) is {'not in it' if known else 'still in it'}; the attack of the sound is.")
    lines += [REMEDY_LOST] if measured.lost else []
    lines += [REMEDY_DOUBLED] if measured.doubled else []
    spread = figures(measured.times)["sd"] / measured.ways
    lines.append(f"A planned note should leave {-delay:.1f} ms early; from note to note that varies by {spread:.1f} ms (standard deviation).")
    lines.append(f"In the show file, under [midi]: delay = {delay}")
    return "\n".join(lines)


_KINDS: Mapping[tuple[str, int], str] = {
    ("midi", 1): "From {output} to {input}, inside this machine: the way out to any program here.",
    ("midi", 2): "Out at {output} and back at {input}: half of it is taken for the way out.",
    ("audio", 1): "From a note at {output} to its sound at {input}:",
}
