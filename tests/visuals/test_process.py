import itertools
import json
import socket
import threading
from collections import deque

import numpy as np
import pytest

from performer.errors import ModelError
from performer.loopback import LARGEST, Loopback, bind_loopback, decode, encode
from performer.visuals.easel import Easel
from performer.visuals.film import LONGEST, Strip
from performer.visuals.hearing import QUIET_S, Hearing
from performer.visuals.pattern import Pattern
from performer.visuals.process import QUIET_FPS, Painting, Tally, VisualsOptions, run
from performer.visuals.reel import BYTES, Reel
from performer.visuals.walk import PREFIX


def test_the_tally_tells_rate_and_milliseconds():
    tally = Tally(deque([0.010] * 99 + [0.050]), 100.0, 48)
    told = json.loads(tally.tell(102.0, {"model": "light"}))
    assert told == {"model": "light", "fps": 24.0, "ms": {"p50": 10.0, "p95": 10.0}} and tally.frames == 0


def test_a_new_generator_walks_on_from_the_last_frame():
    reel, hearing = Reel(bytearray(BYTES)), Hearing({})
    sock = bind_loopback()
    first = Painting(Loopback(sock, {}), reel, hearing, Easel(Pattern()))
    for number in range(10):
        first.paint(first._last + 0.1 * number)
    before = reel.read()
    second = Painting(Loopback(sock, {}), reel, hearing, Easel(Pattern()))
    second.paint(second._last)
    after = reel.read()
    sock.close()
    assert before is not None and after is not None
    assert before.place > 0 and after.place == before.place and after.source == before.source


def test_an_onset_is_painted_at_once():
    """At one frame a second, the frame after an onset comes long before its turn."""
    reel, hearing = Reel(bytearray(BYTES)), Hearing({PREFIX + "fps": 1})
    sock = bind_loopback()
    done = threading.Event()
    painting = Painting(Loopback(sock, {}), reel, hearing, Easel(Pattern()))
    thread = threading.Thread(target=painting.go_on, args=(done,))
    thread.start()
    try:
        for number in range(1, 6):
            hearing.take(encode("/performer/features", 0.5, 0.5, 0.5, 0.5, 0.5, float(number % 2), 1.0), painting._last)
            while hearing.struck.is_set():
                pass
        frame = reel.read()
        assert frame is not None and frame.sequence >= 3
    finally:
        done.set()
        hearing.struck.set()
        thread.join(5)
        sock.close()


def test_the_process_paints_and_ends_with_its_lifeline():
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    ends = {place: bind_loopback() for place in ("engine", "visuals")}
    ports = {place: sock.getsockname()[1] for place, sock in ends.items()}
    here, there = context.Pipe()
    memory = context.RawArray("B", BYTES)
    options = VisualsOptions("no-such-model", (), {PREFIX + "fps": 30})
    child = context.Process(target=run, args=(Loopback(ends["visuals"], ports), memory, options, there))
    child.start()
    try:
        ends["engine"].settimeout(20)
        assert ends["engine"].recv(LARGEST).startswith(b"/performer/sync")
        assert b"no-such-model" in _status(ends["engine"])
        frame = Reel(memory).read()
        assert frame is not None and frame.pixels.shape == (128, 128, 3) and frame.pixels.mean() > 5
    finally:
        here.close()
        child.join(10)
        for sock in ends.values():
            sock.close()
        there.close()
    assert child.exitcode == 0


def _status(sock: socket.socket) -> bytes:
    while True:
        datagram = sock.recv(LARGEST)
        if datagram.startswith(b"/performer/visuals/status"):
            return datagram


class Nothing:
    """A painter that has nothing to show until it is well."""

    name, provider = "nothing", "cpu"

    def __init__(self) -> None:
        self.ill = True

    def paint(self, pose):
        return np.zeros((32, 32, 3), np.uint8) if self.ill else Pattern().paint(pose)


def heard(painting: Painting, hearing: Hearing, *messages: tuple) -> None:
    """These messages, and a frame afterwards."""
    for message in messages:
        hearing.take(encode(*message), painting._last)
    painting.paint(painting._last + 0.04)


def test_black_frames_are_held_counted_and_the_walk_goes_on_elsewhere():
    reel, hearing, painter = Reel(bytearray(BYTES)), Hearing({}), Nothing()
    sock, engine = bind_loopback(), bind_loopback()
    painting = Painting(Loopback(sock, {"engine": engine.getsockname()[1]}), reel, hearing, Easel(painter))
    for _ in range(5):
        painting.paint(painting._last + 0.04)
    told, place = painting._facts(), painting._walk.place
    assert reel.read() is None and told["held"] == 5 and place.seed != 0
    assert engine.recv(LARGEST).startswith(b"/performer/visuals/seed")
    painter.ill = False
    painting.paint(painting._last + 0.04)
    frame = reel.read()
    assert frame is not None and frame.pixels.mean() > 5 and painting._facts()["held"] == 5
    sock.close()
    engine.close()


def test_a_keyframe_is_gone_back_to_and_survives_the_process():
    reel, hearing = Reel(bytearray(BYTES)), Hearing({PREFIX + "glide": 0.0, PREFIX + "seed": 7, PREFIX + "speed": 2.0})
    sock, engine = bind_loopback(), bind_loopback()
    ports = {"engine": engine.getsockname()[1]}
    painting = Painting(Loopback(sock, ports), reel, hearing, Easel(Pattern()))
    for _ in range(10):
        heard(painting, hearing)
    heard(painting, hearing, ("/performer/visuals/keyframe/store", "verse"))
    kept = painting._walk.place
    for _ in range(40):
        heard(painting, hearing)
    away = painting._walk.place
    told = json.dumps({"clock_origin": 0.0, "visuals": painting._facts()})
    second = Painting(Loopback(sock, ports), reel, again := Hearing({PREFIX + "speed": 0.0}), Easel(Pattern()))
    words = (("/performer/status", '{"voices": [], "key": ""}'), ("/performer/status", told))  # the session's own, then the engine's
    heard(second, again, *words, ("/performer/visuals/keyframe/recall", "verse"))
    for _ in range(30):
        heard(second, again)
    sock.close()
    engine.close()
    assert kept.seed == 7 and away.path > kept.path + 0.2
    assert second._walk.place.seed == 7 and abs(second._walk.place.path - kept.path) < 0.15


def test_another_model_is_asked_for_over_osc_and_paints():
    painter = Nothing()
    painter.ill = False
    reel, hearing = Reel(bytearray(BYTES)), Hearing({})
    sock, engine = bind_loopback(), bind_loopback()
    engine.settimeout(10.0)
    painting = Painting(Loopback(sock, {"engine": engine.getsockname()[1]}), reel, hearing, Easel(Pattern(), "", lambda name: painter))
    heard(painting, hearing)
    before = reel.read()
    heard(painting, hearing, ("/performer/visuals/model", "nothing", "127.0.0.1:4"))
    while painting._facts()["model"] != "nothing":
        heard(painting, hearing)
    after = reel.read()
    (said,) = decode(engine.recv(65536))
    sock.close()
    engine.close()
    assert (said.address, said.arguments) == ("/performer/visuals/granted", ("model", "nothing", "127.0.0.1:4", ""))
    assert before is not None and after is not None and before.source != after.source


@pytest.mark.parametrize(("word", "name", "refusal"), [
    ("keyframe/store", "verse", ""), ("keyframe/recall", "nope", "There is no keyframe 'nope'. There are: none yet."),
    ("model", "nope", "There is no light 'nope'. 'pattern' goes on."), ("picture", "nope.png", "Model 'pattern' cannot read pictures."),
])  # fmt: skip
def test_who_asks_the_picture_for_something_is_answered_and_nobody_else(word, name, refusal):
    """What is not there was echoed to all as if it were done, and the mistake told to all."""

    def none(name: str):
        raise ModelError(f"There is no light '{name}'.")

    sock, engine = bind_loopback(), bind_loopback()
    engine.settimeout(10.0)
    hearing = Hearing({})
    painting = Painting(Loopback(sock, {"engine": engine.getsockname()[1]}), Reel(bytearray(BYTES)), hearing, Easel(Pattern(), "", none))
    heard(painting, hearing, (f"/performer/visuals/{word}", name, "10.0.0.9:4000"))
    (said,) = decode(engine.recv(65536))
    sock.close()
    engine.close()
    assert said.address == "/performer/visuals/granted" and said.arguments[:3] == (word, name, "10.0.0.9:4000")
    assert said.arguments[3].startswith(refusal) and bool(said.arguments[3]) == bool(refusal)


def test_few_frames_are_painted_where_nobody_plays_and_as_many_as_ever_from_the_first_sound():
    hearing = Hearing({PREFIX + "fps": 60})
    sock = bind_loopback()
    painting = Painting(Loopback(sock, {}), Reel(bytearray(BYTES)), hearing, Easel(Pattern()))
    hearing.take(encode("/performer/features", 0.5, 0.1, 0.2, 0.3, 0.4, 0.1, 1.0), 10.0)
    assert painting._rate_hz(10.1) == 60.0
    rates = [painting._rate_hz(11.0 + QUIET_S) for _ in range(60)]
    assert rates[-1] == QUIET_FPS >= 1 / LONGEST, "the screens fade all the time"
    assert rates[0] > 50 and all(0.9 * before <= after for before, after in itertools.pairwise(rates)), "not at once"
    strip, now = Strip(np.zeros((4, 4, 3), np.uint8), 0.0), 0.0
    for rate in (*[60.0] * 60, *rates):
        now += 1.0 / rate
        assert not strip.stalled(now), "no screen takes it for stuck"
        strip.take(np.full((4, 4, 3), 9, np.uint8), now)
    hearing.take(encode("/performer/features", 0.5, 0.1, 0.2, 0.3, 0.4, 0.1, 1.0), 20.0)
    assert painting._rate_hz(20.0) == 60.0
    hearing.values[PREFIX + "fps"] = 3
    assert painting._rate_hz(40.0) == 3.0, "never more than was asked for"
    sock.close()
