"""Scenes: the parameters of a moment, kept under a name and called up together."""

from collections.abc import Mapping
from typing import Any

LEFT_OUT = ("/performer/midi/", "/performer/tempo/")  # how the show is wired is no scene

MOST = 256  # scenes, so that whoever sends names without end fills no memory


class Scenes:
    """The scenes of a show by name: those of its file, and those that were stored since."""

    def __init__(self, scenes: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._scenes = {name: dict(values) for name, values in (scenes or {}).items()}

    @property
    def names(self) -> list[str]:
        """The names, in the order in which they came."""
        return list(self._scenes)

    @property
    def kept(self) -> Mapping[str, Mapping[str, Any]]:
        """The scenes by name."""
        return self._scenes

    def store(self, name: str, values: Mapping[str, Any]) -> None:
        """Keep the values, all but those that belong to the wiring. A scene of this name is replaced. Raises LookupError where there are MOST."""
        if name not in self._scenes and len(self._scenes) >= MOST:
            raise LookupError(f"There are {MOST} scenes already; store it under the name of one of them.")
        self._scenes[name] = {address: value for address, value in values.items() if not address.startswith(LEFT_OUT)}

    def get(self, name: str) -> Mapping[str, Any] | None:
        """What the scene sets, by address."""
        return self._scenes.get(name)
