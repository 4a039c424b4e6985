"""`bench frames`: how many pictures the generator paints and the screen shows while music plays, as the show itself tells them, and how long it
takes from a sound in the audio input to a picture that changed."""

import json
import socket
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from performer.assets import find_model
from performer.bench.eye import eye
from performer.bench.figures import percentiles, surroundings
from performer.bench.onset import onsets_to_frames
from performer.bench.sound import jack_server
from performer.bench.stage import Play, Stage, show
from performer.card import read_card
from performer.errors import PerformerError
from performer.loopback import LARGEST, decode
from performer.show import Show

CLICKS = 30
PLAYS = ('mode = "autonomous"\ninstrument = "keys"',)
STILL = "speed = 0.0"  # what does not walk by itself can be seen to move
MUTED = 2.0  # seconds until what sounded has faded


def bench_frames(seconds: float = 10.0, clicks: int = CLICKS) -> dict[str, Any]:
    """The JSON object: means over the seconds, the generator asked for 60 pictures a second and a voice playing by itself; then so many clicks
    while nothing else sounds. Raises PerformerError where the show tells nothing or hears nothing."""
    with jack_server() as sound, show(Play(PLAYS, False, True, audio=sound != "none", desk=True, looks=STILL)) as stage:
        told, notes = _told(stage.ear, seconds)
        if "fps" not in told["visuals"]:
            raise PerformerError("The generator said nothing of its pictures.", "Measure longer.")
        before = surroundings("frames", sound, True)
        onsets = _onsets(stage, clicks) if sound != "none" and clicks else {"onset_to_frame_ms": None}
    return before | _painted(told["visuals"]) | _shown(told["screen"]) | {"seconds": seconds, "notes": notes} | onsets


def _painted(told: Mapping[str, list[Any]]) -> dict[str, Any]:
    """What the generator said of itself."""
    folder = find_model(told["model"][-1], Show().models.folders)
    return {
        "model": told["model"][-1], "px": None if folder is None else read_card(folder).shape.get("px"),
        **{word: told[word][-1] for word in ("threads", "provider") if word in told},
        "generator_fps": _mean(told["fps"]), "generator_ms": told["ms"][-1],
    }  # fmt: skip


def _shown(told: Mapping[str, list[Any]]) -> dict[str, Any]:
    """What the screen said of itself; `drawing` is what a window is drawn with, None where there is none."""
    return {
        "presenter_fps": _mean(told["fps"]), "late_frames_percent": _mean(told["late_percent"]),
        "longest_ms": max(told["longest_ms"], default=None),
    }  # fmt: skip


def _onsets(stage: Stage, clicks: int) -> dict[str, Any]:
    """From a click in the audio input to a page that has a picture which visibly changed. A browser shows it with its next frame."""
    stage.say("/performer/voice/1/mode", "mute")
    time.sleep(MUTED)
    with eye(stage.page) as page:
        found = onsets_to_frames(page, clicks)
    return {"onset_to_frame_ms": percentiles(found.times), "clicks": clicks, "clicks_lost": found.lost, "seen_by": "a page of the desk"}


def _told(ear: socket.socket, seconds: float) -> tuple[dict[str, dict[str, list[Any]]], int]:
    """What `visuals` and `screen` said of themselves from now on, by the word, and how many notes sounded meanwhile."""
    told: dict[str, dict[str, list[Any]]] = {who: defaultdict(list) for who in ("visuals", "screen")}
    last: dict[str, Any] = {}
    notes = 0
    end = time.monotonic() + seconds
    ear.settimeout(0.2)
    while time.monotonic() < end:
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
