"""Datagrams between processes: what goes in comes out, what is malformed is refused, what cannot go is lost in silence."""

import multiprocessing
import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from performer.loopback import JPEG, LARGEST, PLACES, Loopback, Message, OwnAddress, bind_loopback, decode, encode, watch_lifeline

PATIENCE = 5.0


@pytest.fixture
def ends() -> Iterator[dict[str, Loopback]]:
    """Every place's end, on real sockets."""
    sockets = {place: bind_loopback() for place in PLACES}
    ports = {place: sock.getsockname()[1] for place, sock in sockets.items()}
    for sock in sockets.values():
        sock.settimeout(PATIENCE)
    yield {place: Loopback(sock, ports) for place, sock in sockets.items()}
    for sock in sockets.values():
        sock.close()


@pytest.mark.parametrize("arguments", [
    (), (1,), (-(2**31), 2**31 - 1), (0.5,), ("Grüße, 音",), ("",), (True, False), (b"\x00\x01\xff",), (1, 0.25, "a", True, b"xyz"),
])  # fmt: skip
def test_arguments_come_out_as_they_went_in(arguments: tuple[object, ...]):
    (message,) = decode(encode("/performer/x", *arguments))
    assert message == Message("/performer/x", arguments)
    assert [type(each) for each in message.arguments] == [type(each) for each in arguments]


def test_the_datagram_is_osc():
    assert encode("/a", 1, 0.5, "b") == b"/a\0\0,ifs\0\0\0\0" + struct.pack(">if", 1, 0.5) + b"b\0\0\0"


def test_a_bundle_gives_its_messages_in_order_bundles_in_it_too():
    inner, outer = OscBundleBuilder(0), OscBundleBuilder(12345)
    for address in ("/b", "/c"):
        inner.add_content(OscMessageBuilder(address).build())
    outer.add_content(OscMessageBuilder("/a").build())
    outer.add_content(inner.build())
    outer.add_content(OscMessageBuilder("/d").build())
    assert [message.address for message in decode(outer.build().dgram)] == ["/a", "/b", "/c", "/d"]


def test_no_part_of_a_datagram_and_no_noise_raises_anything_but_value_error():
    whole = encode("/performer/voice/1/mode", "call", 3, 0.5, b"blob")
    bundle = OscBundleBuilder(0)
    bundle.add_content(OscMessageBuilder("/a").build())
    refused = 0
    for source in (whole, bundle.build().dgram):
        for place in range(len(source)):
            for datagram in (source[:place], source[:place] + b"\xff" + source[place + 1 :], JPEG + source[place:]):
                try:
                    list(decode(datagram))
                except ValueError:
                    refused += 1
    assert refused > 100


@pytest.mark.parametrize("datagram", [b"", b"/no end", b"/a\0\0,i\0\0\0\0", JPEG + b"picture"])
def test_what_is_no_osc_is_refused(datagram: bytes):
    with pytest.raises(ValueError, match="malformed OSC"):
        list(decode(datagram))


def test_bundles_that_are_packed_without_end_are_refused():
    datagram = encode("/a")
    while len(datagram) < LARGEST - 20:
        datagram = b"#bundle\0" + bytes(8) + struct.pack(">i", len(datagram)) + datagram
    with pytest.raises(ValueError, match="malformed OSC"):
        list(decode(datagram))


def test_each_place_hears_what_is_sent_to_it(ends: dict[str, Loopback]):
    for place in PLACES:
        ends["engine"].send(place, f"/to/{place}", 1)
    for place, end in ends.items():
        assert list(decode(end.receive())) == [Message(f"/to/{place}", (1,))]


def test_a_picture_travels_whole(ends: dict[str, Loopback]):
    picture = JPEG + bytes(range(256)) * 200
    ends["visuals"].send_raw("desk", picture)
    assert ends["desk"].receive() == picture


def test_what_cannot_go_is_lost_in_silence(ends: dict[str, Loopback]):
    ends["visuals"].send_raw("desk", JPEG + bytes(LARGEST))
    ends["listening"].sock.close()
    ends["engine"].send("listening", "/lost")
    ends["listening"].send("desk", "/lost")
    ends["visuals"].send("desk", "/after")
    assert list(decode(ends["desk"].receive())) == [Message("/after", ())]


def test_what_is_sent_while_nobody_reads_waits(ends: dict[str, Loopback]):
    for number in range(500):
        ends["engine"].send("desk", "/n", number)
    assert [next(decode(ends["desk"].receive())).arguments for _ in range(500)] == [(number,) for number in range(500)]


def test_a_closed_socket_ends_the_wait(ends: dict[str, Loopback]):
    ends["desk"].sock.close()
    with pytest.raises(OSError):
        ends["desk"].receive()


@pytest.mark.parametrize("word", [b"", b"stop"])
def test_the_lifeline_stops_when_its_other_end_closes_or_speaks(word: bytes):
    here, there = multiprocessing.Pipe()
    stopped = threading.Event()
    watch_lifeline(there, stopped.set)
    assert not stopped.is_set()
    if word:
        here.send_bytes(word)
        assert stopped.wait(PATIENCE)
    here.close()
    assert stopped.wait(PATIENCE)
    there.close()


@pytest.mark.parametrize(("text", "arrives"), [
    ("a\0b", "a\\x00b"), ("\ud800", "\\ud800"), ("tak\udce9", "tak\\udce9"), ("line\nend", "line\nend"), ("é 音 😀", "é 音 😀"),
])  # fmt: skip
def test_a_string_that_osc_cannot_hold_arrives_with_escapes(text: str, arrives: str):
    (message,) = decode(encode("/performer/saved", text, 7, text))
    assert message.arguments == (arrives, 7, arrives)


@pytest.mark.parametrize(("bound", "own", "others"), [
    ("127.0.0.1", ["127.0.0.1"], ["127.0.0.2", "10.255.255.1", "localhost", "nobody.invalid"]),
    ("0.0.0.0", ["127.0.0.1", "127.0.0.2"], ["203.0.113.7", "::1", "a\0b"]),
])  # fmt: skip
def test_a_socket_knows_its_own_address(bound: str, own: list[str], others: list[str]):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((bound, 0))
        port, is_own = sock.getsockname()[1], OwnAddress(sock)
        assert [host for host in own + others if is_own(host, port)] == own
        assert not any(is_own(host, port - 1) for host in own)
        for number in range(1000):
            is_own(f"203.0.{number // 250}.{number % 250}", port)
        assert len(is_own._local) <= 256
