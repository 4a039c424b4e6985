"""`bench frames`: how many pictures the generator paints and the screen shows while music plays, as the show itself tells them, and how long it
takes from a sound in the audio input to a picture that changed. Where there is a display the screen is a window of 1280 x 720 on it."""

import json
import socket
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from performer.apart import Apart
from performer.assets import find_model
from performer.bench.eye import eye
from performer.bench.figures import percentiles, surroundings
from performer.bench.onset import onsets_to_frames
from performer.bench.sound import jack_server
from performer.bench.stage import Play, Stage, show
from performer.card import read_card
from performer.errors import PerformerError, PortError
from performer.loopback import LARGEST, decode
from performer.progress import Watch, unwatched
from performer.show import Show
from performer.visuals.displays import displays

PLAYS = ('mode = "autonomous"\ninstrument = "keys"',)
STILL = 'speed = 0.0\n[[modulation]]\nsource = "none"'  # what neither walks nor drifts can be seen to move
PATIENCE_S = 10.0  # seconds that the system has to say which displays there are
MUTED = 2.0  # seconds until what sounded has faded


def bench_frames(seconds: float, clicks: int, watch: Watch = unwatched) -> dict[str, Any]:
    """The JSON object: means over the seconds, the generator asked for 60 pictures a second and a voice playing by itself; then so many clicks
    while nothing else sounds. Raises PerformerError where the show tells nothing or hears nothing."""
    with jack_server() as sound, show(play(sound != "none")) as stage:
        stage.said()  # while it started: no part of it
        told, notes = _told(stage.ear, seconds, watch)
        if "fps" not in told["visuals"]:
            raise PerformerError("The generator said nothing of its pictures.", "Measure longer.")
        before = surroundings("frames", sound, True)
        onsets = _onsets(stage, clicks, watch) if sound != "none" and clicks else {"onset_to_frame_ms": None}
    return before | _painted(told["visuals"]) | _shown(told["screen"]) | {"seconds": seconds, "notes": notes} | onsets


def play(audio: bool) -> Play:
    """The show that is measured; with a window where there is a display to open one on."""
    window = "windowed = true" if _a_display() else ""
    return Play(PLAYS, False, True, audio=audio, desk=True, looks=STILL, window=window)


def _painted(told: Mapping[str, list[Any]]) -> dict[str, Any]:
    """What the generator said of itself."""
    folder = find_model(told["model"][-1], Show().models.folders)
    return {
        "model": told["model"][-1], "px": None if folder is None else read_card(folder).shape.get("px"),
        **{word: told[word][-1] for word in ("threads", "provider") if word in told},
        "generator_fps": _mean(told["fps"]), "generator_ms": told["ms"][-1],
    }  # fmt: skip


def _shown(told: Mapping[str, list[Any]]) -> dict[str, Any]:
    """What the screen said of itself: of its window, where it has one (`drawn_by` is what draws it, `software` where that is no graphics card),
    and of what it sends to the pages; where it has none, of the pages alone."""
    pages, windows = _figures(told), [each for each in told["window"] if each and "fps" in each][1:]  # it takes a second to open
    if not windows:
        return {"presenter": "the desk's pages", **pages}
    words: dict[str, list[Any]] = {word: [each[word] for each in windows] for word in windows[0]}
    width, height = words["size"][-1]
    window = {"presenter": f"a window, {width} x {height}", "drawn_by": words["renderer"][-1], "software": words["software"][-1]}
    return window | _figures(words) | {f"pages_{word}": value for word, value in pages.items()}


def _figures(told: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The median of the frames of each second, the share of late ones, the longest time without a frame."""
    rates = sorted(told["fps"])
    return {
        "presenter_fps": rates[len(rates) // 2] if rates else None, "late_frames_percent": _mean(told["late_percent"]),
        "longest_ms": max(told["longest_ms"], default=None),
    }  # fmt: skip


def _a_display() -> bool:
    """Whether a window could be opened here. Asked apart: a library of windows keeps what it has opened."""
    with Apart(_displays) as found:
        try:
            return found.result(PATIENCE_S) > 0
        except (PortError, TimeoutError):
            return False


def _displays() -> int:
    return len(displays())


def _onsets(stage: Stage, clicks: int, watch: Watch) -> dict[str, Any]:
    """From a click in the audio input to a page that has a picture which visibly changed. A browser shows it with its next frame."""
    stage.say("/performer/voice/1/mode", "mute")
    time.sleep(MUTED)
    with eye(stage.page) as page:
        found = onsets_to_frames(page, clicks, watch)
    return {"onset_to_frame_ms": percentiles(found.times), "clicks": clicks, "clicks_lost": found.lost, "seen_by": "a page of the desk"}


def _told(ear: socket.socket, seconds: float, watch: Watch) -> tuple[dict[str, dict[str, list[Any]]], int]:
    """What `visuals` and `screen` said of themselves from now on, by the word, and how many notes sounded meanwhile."""
    told: dict[str, dict[str, list[Any]]] = {who: defaultdict(list) for who in ("visuals", "screen")}
    last: dict[str, Any] = {}
    notes = 0
    end = time.monotonic() + seconds
    ear.settimeout(0.2)
    while (left := end - time.monotonic()) > 0:
        watch("counting pictures", seconds - left, seconds)
        try:
            messages = list(decode(ear.recv(LARGEST)))
        except TimeoutError:
            continue
        for message in messages:
            notes += message.address == "/performer/played"
            facts = json.loads(message.arguments[0]) if message.address == "/performer/status" else {}
            for who in told.keys() & facts.keys():
                if facts[who] != last.get(who):
                    last[who] = facts[who]
                    for word, value in facts[who].items():
                        told[who][word].append(value)
    return told, notes


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None
