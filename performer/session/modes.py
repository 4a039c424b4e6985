"""Every mode by its name: what a voice can be told to do."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from performer.session.ahead import HABITS, Ahead
from performer.session.call import Call
from performer.session.harmonise import Harmonise
from performer.session.mode import Mode
from performer.session.through import Through
from performer.session.voices import Voice

MODES: Mapping[str, Callable[[Voice], Mode]] = MappingProxyType(
    {"call": Call, "harmonise": Harmonise, "input": Through, "mute": Mode} | {name: partial(Ahead, habit=habit) for name, habit in HABITS.items()}
)


def mode_of(voice: Voice) -> Mode:
    """A fresh mode of the name that the voice is set to."""
    return MODES[voice.setting("mode")](voice)
