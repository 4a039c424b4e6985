"""`bench response`: how well the picture follows the music. Offline, through the same analysis, hearing, walk and painter as a show, with the sound's
own time: the same sound gives the same figures on any machine.

A feature is held against the change it should cause: the level against how far each picture is from the one before, each band
and each onset against how far the picture is from the one that there would be without it; `jump` is an onset against how much farther a
picture, or the next, is from the one before than the last three were. Levels and bands are means over a quarter of a second.
"""

import itertools
import os
import wave
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from performer.apart import CONTEXT
from performer.bench.figures import surroundings
from performer.bench.pieces import PIECES, RATE, Sound
from performer.errors import PerformerError
from performer.listening.analysis import TONE_EVERY, Analysis
from performer.loopback import encode
from performer.outputs.features import RATE_HZ, STRUCK
from performer.progress import Watch, unwatched
from performer.show import Show
from performer.visuals.even import apart
from performer.visuals.generator import Painter, painter_for
from performer.visuals.hand import Hand
from performer.visuals.hearing import Hearing
from performer.visuals.kick import kicked
from performer.visuals.probe import Probe
from performer.visuals.reel import Picture
from performer.visuals.walk import PREFIX, Pose, Walk

FPS = 24
BLOCK = 256
SOUNDS = 0.01  # a level above it is music
BEFORE = 3  # frames that a jump is a jump against
WITHOUT = 3  # every so many frames it is asked what each band does
SEEDS = (1, 2, 3)
BANDS = ("low", "mid", "high")


class Moment(NamedTuple):
    """What was heard by a frame: its features (the onset: the strongest since the frame before), the picture as it is painted and as it is shown."""

    features: tuple[float, ...]
    pose: Pose
    painted: Picture
    picture: Picture


@dataclass(slots=True)
class Run:
    """A piece with its pictures: for each frame level, onset and change; for each band what it was and what it did."""

    level: list[float] = field(default_factory=list)
    onset: list[float] = field(default_factory=list)
    change: list[float] = field(default_factory=list)
    bands: list[tuple[float, ...]] = field(default_factory=list)
    did: list[tuple[float, ...]] = field(default_factory=list)
    struck: list[float] = field(default_factory=list)  # how far the picture is from the one without the onset


def bench_response(
    sounds: Sequence[Path] = (), seeds: Sequence[int] = SEEDS, model: str = "", watch: Watch = unwatched
) -> dict[str, Any]:
    """The JSON object: for each piece the correlations, the mean and the least over several beginnings of the walk, one run a core at a time. Raises
    PerformerError where a file is no sound."""
    named: Mapping[str, str | Path] = {path.stem: path for path in sounds} or {name: name for name in PIECES}
    model = model or Show().models.pictures
    runs = [(piece, model, seed) for piece in named.values() for seed in seeds]
    with ProcessPoolExecutor(min(len(runs), os.cpu_count() or 1), CONTEXT) as pool:
        figures = {}
        for run, found in zip(itertools.product(named, seeds), pool.map(_figures, *zip(*runs, strict=True)), strict=True):
            figures[run] = found
            watch("following pieces", len(figures), len(runs))
    pieces = {}
    for name in named:
        of_seeds = [figures[name, seed] for seed in seeds]
        pieces[name] = {key: {"mean": _mean(each[key] for each in of_seeds), "least": _least(each[key] for each in of_seeds)} for key in of_seeds[0]}
    return surroundings("response", "none", True) | {"fps": FPS, "seeds": list(seeds), "pieces": pieces}


def _figures(piece: str | Path, model: str, seed: int) -> dict[str, float | None]:
    """Of one run: a piece of PIECES by its name, or a WAV file."""
    sound = read_wav(piece) if isinstance(piece, Path) else PIECES[piece]()
    return follow(sound, painter_for(model, (), seed)[0], seed)


def follow(sound: Sound, painter: Painter, seed: int = 0) -> dict[str, float | None]:
    """The figures of one piece; None for what it does not contain. `calm` is the mean change in the silence after the music against that in
    the music, `calmest` the least change of any frame there: above 0 the walk goes on."""
    run = _run(sound, painter, seed)
    level, onset, change = np.array(run.level), np.array(run.onset), np.array(run.change)
    last = int(np.flatnonzero(level > SOUNDS).max(initial=0)) + 1
    quiet = change[min(len(change), last + 2 * FPS) :]
    figures = {"level": _correlation(_quarters(level[:last]), _quarters(change[:last]))}
    bands, did = (np.array(each[: last // WITHOUT]).reshape(-1, len(BANDS)) for each in (run.bands, run.did))
    for place, name in enumerate(BANDS):
        figures[name] = _correlation(_means(bands[:, place], 2), _means(did[:, place], 2))
    figures["onset"] = _correlation(onset[:last], np.array(run.struck[:last]))
    figures["jump"] = _correlation(onset[BEFORE : last - 1], _jumps(change[:last]))
    figures["calm"] = round(float(quiet.mean() / change[:last].mean()), 3) if len(quiet) else None
    figures["calmest"] = round(float(quiet.min()), 4) if len(quiet) else None
    return figures


def _run(sound: Sound, painter: Painter, seed: int) -> Run:
    run, before = Run(), None
    unasked: list[Moment] = []  # what the bands did there is asked where music comes after it
    for number, moment in enumerate(moments(sound, painter, seed)):
        if before is not None:
            run.level.append(moment.features[0])
            run.onset.append(moment.features[5])
            run.change.append(apart(moment.picture, before))
            run.struck.append(apart(moment.picture, painter.paint(replace(moment.pose, flash=0.0))) if moment.features[5] > 0.0 else 0.0)
        if number % WITHOUT == 0:
            run.bands.append(moment.features[1:4])
            unasked.append(moment)
        if moment.features[0] > SOUNDS:
            run.did += [tuple(apart(each.painted, painter.paint(_without(each.pose, band))) for band in range(3)) for each in unasked]
            unasked.clear()
        before = moment.picture
    return run


def moments(sound: Sound, painter: Painter, seed: int) -> Iterator[Moment]:
    """The frames of a show that hears this sound, FPS a second, by the clock of the sound."""
    analysis, hearing, walk, hand = Analysis(float(RATE)), Hearing({PREFIX + "fps": FPS}), Walk(float(seed)), Hand()
    probe = Probe(painter.paint)
    told = shown = strongest = onset = 0.0
    before: Picture | None = None
    for at in range(0, len(sound) - BLOCK, BLOCK):
        now = (at + BLOCK) / RATE
        for features in analysis.hear(sound[at : at + BLOCK]):
            if now - told >= 1.0 / RATE_HZ or features[5] > onset + STRUCK:
                told, onset = now, features[5]
                hearing.take(encode("/performer/features", *features, 1.0), now)
                strongest = max(strongest, onset)
            if analysis.frames % TONE_EVERY == 0:
                hearing.take(encode("/performer/tone", analysis.tone.pitch, *analysis.tone.chroma.tolist()), now)
        if now - shown >= 1.0 / FPS:
            values, heard = hearing.moved(now), hearing.features(now)
            beat_s = hearing.beat_s(now)
            pose = walk.advance(now - shown, heard, values, hearing.sources.beat.at(now), beat_s)
            pose = replace(pose, ask=hand.ask(values, now - shown, beat_s))
            picture = painter.paint(pose)
            walk.even.seen(apart(picture, before))
            probe.look(walk, pose, picture)
            before = picture
            yield Moment((*heard[:5], strongest), pose, picture, kicked(picture, hearing.kick(values, now)))
            shown, strongest = now, 0.0


def read_wav(path: Path) -> Sound:
    """A WAV file of 16 bits at 48 kHz as (samples, channels). Raises PerformerError for another."""
    try:
        with wave.open(str(path), "rb") as file:
            kind = (file.getsampwidth(), file.getframerate())
            data, channels = file.readframes(file.getnframes()), file.getnchannels()
    except (OSError, wave.Error, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it ends too early"
        raise PerformerError(f"'{path}' is no WAV file that can be read ({reason}).", "Use one of 16 bits at 48 kHz.") from None
    if kind != (2, RATE):
        raise PerformerError(f"'{path}' has {8 * kind[0]} bits at {kind[1]} Hz.", "Use a WAV file of 16 bits at 48 kHz.")
    return (np.frombuffer(data, np.int16).reshape(-1, channels) / 32768.0).astype(np.float32)


def _without(pose: Pose, band: int) -> Pose:
    low, mid, high = (0.0 if place == band else value for place, value in enumerate(pose.bands))
    return replace(pose, bands=(low, mid, high))


def _jumps(change: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """How much farther each frame, or the next, is from the one before it than the frames were that came before."""
    before = np.convolve(change, np.ones(BEFORE) / BEFORE, "valid")[: len(change) - BEFORE - 1]
    return np.asarray(np.maximum(change[BEFORE:-1], change[BEFORE + 1 :]) - before)


def _quarters(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return _means(values, FPS // 4)


def _means(values: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    return np.asarray(values[: len(values) // length * length].reshape(-1, length).mean(1))


def _correlation(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float | None:
    """Pearson's; None where one of them never changes."""
    if len(a) < 3 or a.std() < 1e-3 or b.std() < 1e-9:
        return None
    return round(float(np.corrcoef(a, b)[0, 1]), 3)


def _mean(values: Iterator[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return round(sum(there) / len(there), 3) if there else None


def _least(values: Iterator[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)
