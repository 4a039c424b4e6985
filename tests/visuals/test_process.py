import json
import os
import socket
import threading
from collections import deque

from performer.loopback import LARGEST, Loopback, bind_loopback, encode
from performer.visuals.hearing import Hearing
from performer.visuals.pattern import Pattern
from performer.visuals.process import Painting, Tally, VisualsOptions, run
from performer.visuals.reel import BYTES, Reel
from performer.visuals.walk import PREFIX


def test_the_tally_tells_rate_and_milliseconds():
    tally = Tally(deque([0.010] * 99 + [0.050]), 100.0, 48)
    told = json.loads(tally.tell(102.0, "light", ""))
    assert told == {"model": "light", "fps": 24.0, "ms": {"p50": 10.0, "p95": 10.0}, "remark": "", "pid": os.getpid(), "provider": "cpu", "threads": 1}
    assert tally.frames == 0


def test_a_new_generator_walks_on_from_the_last_frame():
    reel, hearing = Reel(bytearray(BYTES)), Hearing({})
    sock = bind_loopback()
    first = Painting(Loopback(sock, {}), reel, hearing, Pattern(), "")
    for number in range(10):
        first.paint(first._last + 0.1 * number)
    before = reel.read()
    second = Painting(Loopback(sock, {}), reel, hearing, Pattern(), "")
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
    painting = Painting(Loopback(sock, {}), reel, hearing, Pattern(), "")
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
