"""How what Performer needs is installed on this system: the command of the installer found here, and that of pip for Performer's own extras.

Every command works as it is printed: with the Python that runs, and from where Performer itself was installed, since it may be on no index.
"""

import json
import os
import re
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import Distribution

DISTRIBUTION = "performer-live"

_INSTALLERS: Mapping[str, str] = {  # what is looked for in the path: the command before the names
    "snap": "snap install",
    "apt-get": "apt-get install",
    "dnf": "dnf install",
    "pacman": "pacman -S",
    "zypper": "zypper install",
    "brew": "brew install",
    "winget": "winget install",
}
_AS_ROOT = ("snap", "apt-get", "dnf", "pacman", "zypper")  # installers that need its rights
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
            rights = "sudo " if installer in _AS_ROOT and not _is_root() else ""
            return f"Install it with: {rights}{command} {_NAMES[thing][installer]}"
    return f"Install it ({thing}) with the package manager of this system." if sys.platform.startswith("linux") else reinstall(thing)


def reinstall(thing: str) -> str:
    """The sentence that installs the Python package behind `thing` again."""
    wheel = {"portaudio": "sounddevice", "midi": "python-rtmidi" if sys.version_info < (3, 13) else "supriya-midi"}.get(thing, thing)
    if thing == "onnxruntime" and _distribution("onnxruntime-gpu") is not None:
        wheel = "onnxruntime-gpu"
    return f"Install it with: {_pip('--force-reinstall', wheel)}"


def extra(name: str) -> str:
    """The sentence that installs what Performer needs for this extra of its own."""
    return f"Install it with: {_pip(*_wanted(name))}"


def _wanted(name: str) -> Sequence[str]:
    """What pip is to install for the extra: Performer from where it came from where that is still there, else the packages themselves."""
    found = _distribution(DISTRIBUTION)
    origin = _origin(found)
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    address = urlsplit(origin.get("url", ""))
    source = Path(url2pathname(address.path)) if address.scheme == "file" else None
    if found is None:  # it runs from a folder that nobody installed
        source = Path(__file__).resolve().parent.parent
    if source is not None and (source.is_file() or (source / "pyproject.toml").is_file()):
        editable = origin.get("dir_info", {}).get("editable", False)
        return (*(("-e",) if editable else ()), f"{source}[{name}]")
    packages = [requirement for each in (found.requires if found else None) or () if (requirement := _of_extra(each, name))]
    return packages or (f"{DISTRIBUTION}[{name}]",)


def _of_extra(requirement: str, name: str) -> str:
    """The requirement without its marker, where it belongs to the extra; else empty."""
    package, _, marker = requirement.partition(";")
    return package.strip() if re.search(rf"extra\s*==\s*['\"]{re.escape(name)}['\"]", marker) else ""


def _pip(*what: str) -> str:
    """The command that has this Python's environment install these."""
    if util.find_spec("pip") is None and shutil.which("uv"):
        return _quoted(["uv", "pip", "install", "--python", sys.executable, *what])
    system = sys.prefix == sys.base_prefix and Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").exists()
    return _quoted([sys.executable, "-m", "pip", "install", *(["--break-system-packages"] if system else []), *what])


def _quoted(words: Sequence[str]) -> str:
    """The command as a shell of this system reads it."""
    if sys.platform != "win32":
        return shlex.join(words)
    from subprocess import list2cmdline

    return list2cmdline(words)


def _origin(found: "Distribution | None") -> Mapping[str, Any]:
    """From where pip installed it, as direct_url.json says (PEP 610); empty where it came from an index."""
    try:
        origin = json.loads((found.read_text("direct_url.json") if found else None) or "{}")
    except ValueError:
        origin = {}
    return origin if isinstance(origin, dict) else {}


def _distribution(name: str) -> "Distribution | None":
    from importlib import metadata  # late: it takes longer than all else that `performer --help` needs

    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
