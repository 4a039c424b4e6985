import io
import json
import socket
from collections import deque

import numpy as np
from PIL import Image

from performer.loopback import LARGEST, Loopback, bind_loopback, encode
from performer.visuals.process import SILENCE, Hearing, Tally, VisualsOptions, jpeg, run
from performer.visuals.walk import PREFIX


def test_features_go_stale_and_parameters_stay():
    hearing = Hearing({PREFIX + "speed": 1.5})
    hearing.take(encode("/performer/features", 0.5, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0), 10.0)
    hearing.take(encode(PREFIX + "fade", 0.25), 10.0)
    assert hearing.features(10.5)[0] == 0.5 and hearing.features(11.5) == SILENCE
    assert hearing.values[PREFIX + "fade"] == 0.25 and hearing.values[PREFIX + "speed"] == 1.5


def test_what_is_no_osc_or_no_business_of_the_picture_changes_nothing():
    hearing = Hearing({})
    before = dict(hearing.values)
    for datagram in (b"", b"\x00" * 7, b"/performer", encode("/performer/voice/1/low", 3), encode("/performer/features", 1.0)):
        hearing.take(datagram, 1.0)
    assert hearing.values == before and hearing.features(1.0) == SILENCE


def test_even_noise_fits_into_a_datagram():
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    data = jpeg(noise)
    assert len(data) <= LARGEST and Image.open(io.BytesIO(data)).size == (256, 256)


def test_the_tally_tells_rate_and_milliseconds():
    tally = Tally(deque([0.010] * 99 + [0.050]), 100.0, 48)
    told = json.loads(tally.tell(102.0, "light", ""))
    assert told == {"model": "light", "fps": 24.0, "ms": {"p50": 10.0, "p95": 10.0}, "remark": ""} and tally.frames == 0


def test_the_process_paints_and_ends_with_its_lifeline():
    import multiprocessing

    ends = {place: bind_loopback() for place in ("engine", "visuals", "desk")}
    ports = {place: sock.getsockname()[1] for place, sock in ends.items()}
    here, there = multiprocessing.get_context("spawn").Pipe()
    options = VisualsOptions("no-such-model", (), {PREFIX + "fps": 30})
    child = multiprocessing.get_context("spawn").Process(target=run, args=(Loopback(ends["visuals"], ports), options, there))
    child.start()
    try:
        ends["desk"].settimeout(20)
        ends["engine"].settimeout(20)
        frames = [ends["desk"].recv(LARGEST) for _ in range(5)]
        assert all(Image.open(io.BytesIO(frame)).size == (128, 128) for frame in frames)
        assert ends["engine"].recv(LARGEST).startswith(b"/performer/sync")
        assert b"no-such-model" in _status(ends["engine"])
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
