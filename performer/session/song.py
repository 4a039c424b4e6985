"""Where the song is: intro, verse, fill, break, ending, hold. A section is a way in which all voices that plan ahead play."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SECTION = "/performer/song/section"
USUAL = "verse"


@dataclass(frozen=True, slots=True)
class Section:
    """`density` multiplies that of every voice, `loudness` is added to velocities. `bars` after which the section before it comes back (0: it
    stays). Where it does not play, the last chord sounds for `last` bars (0: none). No rest is longer than `rest` beats (0: as ever), and drums
    leave alone what they keep time with where it is a `fill`."""

    density: float = 1.0
    loudness: int = 0
    bars: int = 0
    plays: bool = True
    last: float = 0.0
    rest: float = 0.0
    fill: bool = False


SECTIONS: Mapping[str, Section] = MappingProxyType({
    "intro": Section(density=0.5, loudness=-12),
    "verse": Section(),
    "fill": Section(density=1.8, loudness=8, bars=1, rest=0.5, fill=True),
    "break": Section(plays=False),
    "ending": Section(plays=False, last=1.0),
    "hold": Section(plays=False, last=16.0),
})  # fmt: skip
KEEPING_TIME = (42, 44, 46, 51, 53, 54, 56, 59)  # hi-hats, rides, tambourine, cowbell
DRUM_ENDING = (36, 49)  # bass drum and crash cymbal
