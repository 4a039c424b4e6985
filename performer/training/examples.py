"""Every mode at work on one tune, as MIDI files and piano rolls: `python -m performer.training.examples --out docs/examples`.

The tune is the Ode to Joy (Beethoven, 1824), played unevenly by a seed as a person would; the graph is the offline one, so the same command gives
the same files. In each MIDI file the track "voice 16" is the human, "voice 1" Performer; in each picture you are amber and the voice is blue.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from performer.assets import find_model
from performer.effects import Say
from performer.events import NoteOff, NoteOn, ParameterSet, Progression, Sync, Timed
from performer.inference.chords import load_harmonist
from performer.inference.lstm import load_mind
from performer.offline import Offline
from performer.outputs.take import Sounded
from performer.parameters import Table
from performer.render import write_midi
from performer.session.parts import Parts
from performer.session.state import Session

BPM, BAR = 108.0, 4.0  # beats are quarter notes
BEAT = 60 / BPM
HUMAN = 16  # the track of the human in the MIDI file, behind the voice's
SECTION = "/performer/song/section"
# Four lines of four bars: pitches with their beats; a line comes in where its letter stands in FORM.
LINES: Mapping[str, str] = MappingProxyType({
    "a": "64 64 65 67 67 65 64 62 60 60 62 64 64:1.5 62:.5 62:2",
    "b": "64 64 65 67 67 65 64 62 60 60 62 64 62:1.5 60:.5 60:2",
    "c": "62 62 64 60 62 64:.5 65:.5 64 60 62 64:.5 65:.5 64 62 60 62 55:2",
})  # fmt: skip
CHORDS: Mapping[str, str] = MappingProxyType({"a": "C G7 Am:2 C:2 G", "b": "C G7 Am:2 C:2 G7:2 C:2", "c": "G C:2 Am:2 E7:2 Am:2 D7:2 G7:2"})
FORM = "abcb"


@dataclass(frozen=True, slots=True)
class Example:
    """`bars` of the tune that the human plays (from, to), the length in bars, the voice's model and settings, and what is set when (bar, address,
    value). With `sheet` the tune's chords are typed in beforehand."""

    mode: str
    sentence: str
    model: str = "lstm-piano"
    instrument: str = "keys"
    bars: Sequence[tuple[int, int]] = ((0, 16),)
    length: int = 17
    settings: Mapping[str, Any] = field(default_factory=dict)
    changes: Sequence[tuple[float, str, Any]] = ()
    sheet: bool = False


LOW: Mapping[str, Any] = MappingProxyType({"low": 36, "high": 59, "scale": "major", "key": "C"})
EXAMPLES: tuple[Example, ...] = (
    Example("call", "You play four bars and stop; the answer is a phrase of its own.", "lstm-first-int8", bars=((0, 4), (8, 12)), length=16,
            settings={"scale": "major", "low": 48, "high": 84, "harmony": 0.0}),
    Example("harmonise", "Every note of yours is answered at once.", "lstm-first-int8", bars=((0, 8),), length=9,
            settings={"low": 48, "high": 79, "notes": 2, "chords": "only"}, sheet=True),
    Example("accompany", "It plays under your tune, over the chords that were typed.", sheet=True, changes=((16, SECTION, "ending"),),
            settings={**LOW, "chords": "only", "polyphony": 4, "novelty": 0.3}),
    Example("drums", "It keeps time with you, told to play rock; a fill leads into each half, and an ending closes.", "lstm-drums", "drums",
            settings={"follow": 0.3, "density": 10.0, "grid": "1/16", "strength": 0.8, "low": 35, "high": 59, "style": "rock"},
            changes=((7, SECTION, "fill"), (15, SECTION, "fill"), (16, SECTION, "ending")), length=18),
    Example("continue", "It plays on from where you stopped, and stops when you come back.", bars=((0, 4), (12, 16)), length=17,
            settings={"scale": "major", "low": 40, "high": 84, "phrase": 4}, sheet=True),
    Example("autonomous", "It plays by itself, over chords that the chord model goes on with.", bars=(), length=16,
            settings={"low": 40, "high": 84, "phrase": 4}, changes=((0, "/performer/song/chords", "model"),)),
    Example("punch-in", "It plays by itself until you take its place, and goes on when you leave it.", bars=((4, 8),), length=12,
            settings={"low": 40, "high": 84, "scale": "major"}, sheet=True),
    Example("input", "What you play is what sounds.", bars=((0, 4),), length=4),
)  # fmt: skip


def tune(bars: Sequence[tuple[int, int]], seed: int) -> Iterator[Sounded]:
    """The bars of the tune as somebody plays them: a little early or late, the beat louder than what is between."""
    rng = np.random.default_rng(seed)
    beat = 0.0
    for line in FORM:
        for word in LINES[line].split():
            pitch, _, beats = word.partition(":")
            lasts, bar = float(beats or 1), int(beat // BAR)
            late, force = rng.normal(0, 0.012), 70 + 10 * (beat % BAR == 0) + int(rng.integers(-6, 7)) + 6 * (line == "c")
            if any(first <= bar < last for first, last in bars):
                start = max(0.0, beat * BEAT + late)
                yield Sounded(HUMAN, 1, int(pitch), force, start, start + lasts * BEAT * 0.9)
            beat += lasts


def events(example: Example, human: Sequence[Sounded]) -> list[Timed]:
    """All that reaches the session."""
    out = [Timed(0.0, Sync("desk"))]
    if example.sheet:
        out += [Timed(0.0, Progression(" ".join(CHORDS[line] for line in FORM))), Timed(0.0, ParameterSet("/performer/song/chords", "text"))]
    for note in human:
        out += [Timed(note.start, NoteOn(note.pitch, note.velocity)), Timed(note.end, NoteOff(note.pitch))]
    for bar, address, value in example.changes:
        out.append(Timed(max(0.0, bar * BAR * BEAT - 0.2), ParameterSet(address, value, when="bar" if bar else "")))
    return sorted(out, key=lambda timed: timed.time)


def played(example: Example, human: Sequence[Sounded], seed: int) -> tuple[list[Sounded], list[tuple[float, str]]]:
    """What the voice plays, and the chords told, each with its time."""
    values = {f"/performer/voice/1/{key}": value for key, value in example.settings.items()}
    values |= {"/performer/voice/1/mode": example.mode, "/performer/tempo/bpm": BPM}
    session = Session(Table(1), Parts.named((example.instrument,)), seed, values)
    graph = Offline(session, load_mind(_folder(example.model)), harmonist=load_harmonist(_folder("chords-first")))
    notes = graph.play(events(example, human), until=(example.length * BAR + 1) * BEAT)
    told = [effect.arguments for effect in graph.said if isinstance(effect, Say) and effect.address == "/performer/chord"]
    first = [(0.0, now) for now, _, _ in told if now][:1]
    return notes, [*first, *((beat * BEAT, following) for _, following, beat in told if following)]


def _folder(name: str) -> Path:
    found = find_model(name)
    if found is None:
        raise SystemExit(f"There is no model '{name}'.")
    return found


def draw(example: Example, human: Sequence[Sounded], voice: Sequence[Sounded], chords: Sequence[tuple[float, str]], path: Path) -> None:
    """A piano roll with its bars: you amber, the voice blue, the louder the fuller; the chords above."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(12, 3.6), layout="constrained")
    for notes, colour in ((voice, "#3d7edb"), (human, "#e8a33d")):
        for note in notes:
            length, force = max(0.04, note.end - note.start), 0.3 + note.velocity / 185
            axes.barh(note.pitch, length, left=note.start, height=0.9, color=colour, alpha=force, linewidth=0)
    end = example.length * BAR * BEAT
    for bar in range(example.length + 1):
        axes.axvline(bar * BAR * BEAT, color="#999", linewidth=0.9 if bar % 4 == 0 else 0.4, zorder=0)
    pitches = [note.pitch for note in (*human, *voice)] or [60]
    for time, name in chords:
        if time < end:
            axes.text(time + 0.05, max(pitches) + 2, name, fontsize=7, color="#555")
    axes.set(xlim=(0, end), ylim=(min(pitches) - 2, max(pitches) + 5), ylabel="pitch", title=f"{example.mode}: {example.sentence}")
    axes.set_xticks([bar * BAR * BEAT for bar in range(0, example.length + 1, 4)], [f"bar {bar + 1}" for bar in range(0, example.length + 1, 4)])
    figure.savefig(path, dpi=75)
    pyplot.close(figure)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/examples"))
    parser.add_argument("--modes", nargs="*", default=[], help="only these")
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        if not options.modes or example.mode in options.modes:
            human = list(tune(example.bars, options.seed))
            voice, chords = played(example, human, options.seed)
            write_midi([*voice, *human], options.out / f"{example.mode}.mid")
            draw(example, human, voice, chords, options.out / f"{example.mode}.png")
            print(f"{example.mode}: you {len(human)} notes, the voice {len(voice)}")


if __name__ == "__main__":
    main()
