"""The desk over real sockets: HTTP and WebSocket on one side, OSC over loopback UDP on the other."""

import contextlib
import json
import os
import re
import signal
import socket
import time

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from performer.desk.process import DeskOptions
from tests.desk.stand import PATIENCE, Stand, corner, eventually, noise

TOKEN = "ein Wort für die Bühne"


@pytest.fixture(scope="module")
def stand():
    stand = Stand(DeskOptions(voices=2))
    yield stand
    assert stand.end() == 0


@pytest.fixture(scope="module")
def guarded():
    stand = Stand(DeskOptions(token=TOKEN, host="0.0.0.0"), "0.0.0.0")
    yield stand
    assert stand.end() == 0


@contextlib.contextmanager
def page(stand, query="", **options):
    with connect(f"ws://{stand.host}/ws{query}", open_timeout=PATIENCE, close_timeout=1, compression=None, **options) as websocket:
        stand.hears("/performer/sync")
        yield websocket


def send(websocket, *message):
    websocket.send(json.dumps(message))


def receive(websocket, address):
    """The next message of this address."""
    while True:
        message = json.loads(websocket.recv(PATIENCE))
        if message[0] == address:
            return message[1:]


def test_the_page_and_its_files(stand):
    for path, kind in (("/", "text/html"), ("/projector", "text/html"), ("/desk.js", "text/javascript"), ("/desk.css", "text/css"),
                       ("/icon.svg", "image/svg+xml"), ("/parameters.json", "application/json")):  # fmt: skip
        status, headers, body = stand.get(path)
        assert (status, headers["content-type"].split(";")[0]) == (200, kind)
        assert body
        assert "default-src 'none'" in headers["content-security-policy"]
    etag = stand.get("/desk.js")[1]["etag"]
    assert stand.get("/desk.js", **{"If-None-Match": etag})[0] == 304
    assert json.loads(stand.get("/parameters.json")[2])["voices"] == 2


@pytest.mark.parametrize(
    "path", ["/nothing", "/../process.py", "/%2e%2e/process.py", "/..%2fprocess.py", "/page/desk.js", "/desk.js/", "//etc/passwd"]
)
def test_only_the_shelf_is_served(stand, path):
    assert stand.get(path)[0] in (307, 404)


def test_what_a_page_says_reaches_the_engine(stand):
    with page(stand) as websocket:
        send(websocket, "/performer/note/on", 60, 100)
        send(websocket, "/performer/note/off", 60)
        send(websocket, "/performer/voice/2/temperature", 1)
        send(websocket, "/performer/panic")
        assert stand.hears("/performer/note/on") == ("/performer/note/on", 60, 100)
        assert stand.hears("/performer/note/off") == ("/performer/note/off", 60)
        assert stand.hears("/performer/voice/2/temperature") == ("/performer/voice/2/temperature", 1.0)
        stand.hears("/performer/panic")


def test_what_is_wrong_goes_back_to_its_page_alone_and_no_further(stand):
    with page(stand) as wrong, page(stand) as other:
        send(wrong, "/performer/voice/1/temperature", 9)
        address, reason = receive(wrong, "/performer/error")
        assert address == "/performer/voice/1/temperature"
        assert "0.05 to 2" in reason
        wrong.send("not JSON")
        assert receive(wrong, "/performer/error")[0] == ""
        wrong.send(b"\x00\x01")
        assert receive(wrong, "/performer/error")[0] == ""
        send(wrong, "/performer/panic")
        assert next(stand.heard()) == ("/performer/panic",)
        stand.say("/performer/released", 1, 60)
        assert json.loads(other.recv(PATIENCE)) == ["/performer/released", 1, 60]


@pytest.mark.parametrize("text", [
    '["/performer/scene/store", "\\ud800"]', '["\\udc80"]', '["/performer/model", "a\\u0000b"]', '["/performer/scene/recall", "\\u0007"]',
    '["/performer/chords", "\\ud83d"]', '["/performer/voice/1/mode", "\\udfff"]',
])  # fmt: skip
def test_half_a_character_or_a_control_character_is_told_and_ends_no_conversation(stand, text):
    with page(stand) as websocket:
        websocket.send(text)
        assert re.search(r"has (half a|the control) character", receive(websocket, "/performer/error")[1])
        send(websocket, "/performer/panic")
        assert next(stand.heard()) == ("/performer/panic",)


def test_what_the_engine_tells_reaches_every_page(stand):
    with page(stand) as one, page(stand) as two:
        stand.say("/performer/played", 1, 64, 90, 0.5, 0.25)
        stand.say("/performer/voice/1/mode", "harmonise")
        for websocket in (one, two):
            assert receive(websocket, "/performer/played") == [1, 64, 90, 0.5, 0.25]
            assert receive(websocket, "/performer/voice/1/mode") == ["harmonise"]


def test_a_page_that_leaves_lets_go_of_what_it_holds(stand):
    with page(stand) as other:
        with page(stand) as leaving:
            for pitch in (60, 62, 64):
                send(leaving, "/performer/note/on", pitch, 100, 2)
            send(leaving, "/performer/control", 64, 127)
            send(leaving, "/performer/note/off", 62, 2)
            stand.hears("/performer/note/off", 62)
            send(other, "/performer/note/on", 64, 100, 2)
            stand.hears("/performer/note/on", 64)
            leaving.socket.shutdown(socket.SHUT_RDWR)  # no good-bye: the cable was pulled
        assert {next(stand.heard()), next(stand.heard())} == {("/performer/note/off", 60, 2), ("/performer/control", 64, 0)}
        send(other, "/performer/panic")
        assert next(stand.heard()) == ("/performer/panic",)


def test_a_key_that_two_pages_hold_ends_with_the_last_of_them(stand):
    with page(stand) as one, page(stand) as two:
        for websocket in (one, two):
            send(websocket, "/performer/note/on", 60, 100, 1)
            assert next(stand.heard()) == ("/performer/note/on", 60, 100, 1)
        send(one, "/performer/note/off", 60, 1)
        send(one, "/performer/note/on", 72, 100, 1)
        assert next(stand.heard()) == ("/performer/note/on", 72, 100, 1)
        send(two, "/performer/note/off", 60, 1)
        assert next(stand.heard()) == ("/performer/note/off", 60, 1)


def test_a_page_that_reads_slowly_gets_the_newest_picture_and_holds_nobody_up(stand):
    frames = {number: noise(number) for number in range(10, 210, 2)}
    with page(stand, "?pictures=1") as quick, socket.create_connection(("127.0.0.1", stand.port)) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        slow.sendall(
            f"GET /ws?pictures=1 HTTP/1.1\r\nHost: {stand.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        stand.hears("/performer/sync")
        for picture in frames.values():
            stand.paint(picture)
            assert quick.recv(PATIENCE) == picture
        sent = sum(map(len, frames.values()))
        slow.settimeout(1.0)
        taken = b""
        with contextlib.suppress(TimeoutError):
            while chunk := slow.recv(1 << 16):
                taken += chunk
        starts = [at for at in range(len(taken) - 1) if taken[at : at + 3] == b"\xff\xd8\xff"]
        assert len(taken) < sent / 2, "what a slow page had not taken was kept"
        assert abs(corner(taken[starts[-1] :]) - max(frames)) <= 2, "the last picture that came was not the newest"


def test_pictures_only_come_to_those_who_ask(stand):
    with page(stand) as websocket:
        stand.paint(noise(50))
        stand.say("/performer/released", 1, 60)
        assert json.loads(websocket.recv(PATIENCE)) == ["/performer/released", 1, 60]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "[::1", "192.168.1.5", ""])
def test_a_foreign_name_is_not_served(stand, host):
    assert stand.get("/", Host=host)[0] == 403


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8765"])
def test_its_own_names_are_served(stand, host):
    assert stand.get("/", Host=host)[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", "http://localhost"])
def test_a_page_of_another_site_may_not_speak(stand, origin):
    with pytest.raises(InvalidStatus, match="403"), page(stand, origin=origin):
        pass


def test_its_own_page_may_speak(stand):
    with page(stand, origin=f"http://{stand.host}"):
        pass


def test_a_network_brings_the_token_once(guarded):
    assert guarded.get("/")[0] == 401
    assert guarded.get("/health")[0] == 401
    assert guarded.get("/?token=wrong")[0] == 401
    status, headers, _ = guarded.get("/?token=ein%20Wort%20f%C3%BCr%20die%20B%C3%BChne&x=1")
    assert (status, headers["location"]) == (303, "/?x=1")
    assert "HttpOnly" in headers["set-cookie"]
    cookie = headers["set-cookie"].split(";")[0]
    assert guarded.get("/", Cookie=cookie)[0] == 200
    assert guarded.get("/", Cookie=cookie, Host="stage.local:8765")[0] == 200
    with pytest.raises(InvalidStatus, match="401"), page(guarded):
        pass
    with page(guarded, additional_headers={"Cookie": cookie}):
        pass


def test_it_is_healthy(stand):
    with page(stand):
        health = stand.health()
    assert health["ok"] and health["pages"] == 1
    eventually(lambda: stand.health()["pages"] == 0, "a desk without pages")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_it_ignores_ctrl_c_and_ends_on_sigterm_and_lets_go():
    stand = Stand(DeskOptions())
    with page(stand) as websocket:
        send(websocket, "/performer/note/on", 60, 100)
        stand.hears("/performer/note/on")
        os.kill(stand.process.pid, signal.SIGINT)
        send(websocket, "/performer/note/on", 61, 100)
        stand.hears("/performer/note/on", 61)
        os.kill(stand.process.pid, signal.SIGTERM)
        assert {next(stand.heard()), next(stand.heard())} == {("/performer/note/off", 60), ("/performer/note/off", 61)}
    started = time.monotonic()
    assert stand.end() == 0
    assert time.monotonic() - started < 4.0
