"""How what Performer needs from outside is installed on this system: one table of names, and the command of the installer found here."""

import shutil
import sys
from collections.abc import Mapping

_INSTALLERS: Mapping[str, str] = {  # what is looked for in the path: the command before the names
    "snap": "sudo snap install",
    "apt-get": "sudo apt-get install",
    "dnf": "sudo dnf install",
    "pacman": "sudo pacman -S",
    "zypper": "sudo zypper install",
    "brew": "brew install",
    "winget": "winget install",
}
_NAMES: Mapping[str, Mapping[str, str]] = {  # thing: {installer: packages}
    "portaudio": {
        "apt-get": "libportaudio2", "dnf": "portaudio", "pacman": "portaudio", "zypper": "libportaudio2", "brew": "portaudio",
    },
    "midi": {"apt-get": "alsa-utils", "dnf": "alsa-lib", "pacman": "alsa-lib", "zypper": "libasound2"},
    "jack": {"apt-get": "jackd2", "dnf": "jack-audio-connection-kit", "pacman": "jack2", "zypper": "jack", "brew": "jack"},
    "browser": {
        "snap": "chromium", "apt-get": "chromium", "dnf": "chromium", "pacman": "chromium", "zypper": "chromium",
        "brew": "--cask firefox", "winget": "Mozilla.Firefox",
    },
    "python": {
        "apt-get": "python3", "dnf": "python3", "pacman": "python", "zypper": "python311", "brew": "python", "winget": "Python.Python.3.13",
    },
}  # fmt: skip


def install(thing: str) -> str:
    """The sentence that tells how to install `thing` (a row of the table) here.

    What has no package for the installer that is here came with a wheel: then it is the wheel that has to be installed again."""
    for installer, command in _INSTALLERS.items():
        if shutil.which(installer) and installer in _NAMES[thing]:
            return f"Install it with: {command} {_NAMES[thing][installer]}"
    return f"Install it ({thing}) with the package manager of this system." if sys.platform.startswith("linux") else reinstall(thing)


def reinstall(thing: str) -> str:
    """The sentence that installs the Python package behind `thing` again."""
    wheel = {"portaudio": "sounddevice", "midi": "python-rtmidi"}.get(thing, thing)
    return f"Install it with: {sys.executable} -m pip install --force-reinstall {wheel}"


def extra(name: str) -> str:
    """The sentence that installs what Performer needs for this extra of its own."""
    return f"Install it with: {sys.executable} -m pip install 'performer-live[{name}]'"
