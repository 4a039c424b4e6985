"""OSC on the wire, byte by byte."""

import random
import struct

import pytest

from performer.inputs.osc_decoder import DEEPEST, UNIX_IN_NTP, Fault, Odd, OscMessage, Untyped, decode_datagram
from performer.loopback import encode

NOW = (1).to_bytes(8, "big")


def text(words: str) -> bytes:
    return words.encode() + b"\0" * (4 - len(words.encode()) % 4)


def message(address: str, tags: str, data: bytes = b"") -> bytes:
    return text(address) + text(tags) + data


def bundle(tag: bytes, *elements: bytes) -> bytes:
    return b"#bundle\0" + tag + b"".join(len(each).to_bytes(4, "big") + each for each in elements)


def tag(unix: float) -> bytes:
    return int((unix + UNIX_IN_NTP) * 2**32).to_bytes(8, "big")


@pytest.mark.parametrize(("tags", "data", "arguments"), [
    (",", b"", ()),
    (",f", struct.pack(">f", 0.5), (0.5,)),
    (",d", struct.pack(">d", 0.1), (0.1,)),
    (",i", struct.pack(">i", -7), (-7,)),
    (",h", struct.pack(">q", 2**40), (2**40,)),
    (",sS", text("mute") + text("grün"), ("mute", "grün")),
    (",TF", b"", (True, False)),
    (",NI", b"", (Odd("nil"), Odd("an impulse"))),
    (",bi", struct.pack(">i", 5) + b"12345\0\0\0" + struct.pack(">i", 1), (Odd("a blob"), 1)),
    (",c", struct.pack(">i", 65), (Odd("a character"),)),
    (",rmti", b"1234" b"5678" b"12345678" + struct.pack(">i", 1), (Odd("a colour"), Odd("a MIDI message"), Odd("a time tag"), 1)),
    (",[f]", struct.pack(">f", 0.5), ((0.5,),)),
    (",[[i]]i", struct.pack(">ii", 1, 2), (((1,),), 2)),
    (",f", struct.pack(">f", 0.5) + b"what follows", (0.5,)),
])  # fmt: skip
def test_every_type_of_osc_is_read(tags: str, data: bytes, arguments: tuple[object, ...]):
    assert decode_datagram(message("/a", tags, data)) == [OscMessage("/a", arguments)]


@pytest.mark.parametrize(("datagram", "arguments"), [
    (text("/performer/panic"), ()),
    (text("/a") + struct.pack(">f", 0.9), (Untyped(struct.pack(">f", 0.9)),)),
    (b"/abc\0,i\0\0", None),  # its zeros are missing in the middle
    (b"/a\0", ()),  # its zeros are missing at the end
])  # fmt: skip
def test_what_senders_from_before_leave_out(datagram: bytes, arguments: tuple[object, ...] | None):
    (heard,) = decode_datagram(datagram)
    assert isinstance(heard, OscMessage) and (arguments is None or heard.arguments == arguments)


@pytest.mark.parametrize(("datagram", "kind"), [
    (b"", "foreign"), (b"\0\1\2\3", "foreign"), (b"#reply\0\0,\0\0\0", "foreign"), (b"hello from netcat\n", "foreign"),
    (text("performer/panic") + text(","), "slash"),
    (b"/performer/note/on", "malformed"),
    (message("/a", ",f"), "malformed"),  # this one set 0.0
    (message("/a", ",f", b"\0\0\0"), "malformed"),
    (message("/a", ",d", b"\0" * 7), "malformed"),
    (message("/a", ",s", b"harm"), "malformed"),
    (message("/a", ",s", b"\xff\xfe\0\0"), "malformed"),
    (message("/a", ",b", struct.pack(">i", 100)), "malformed"),
    (message("/a", ",b", struct.pack(">i", -1)), "malformed"),
    (message("/a", ",[f", struct.pack(">f", 1)), "malformed"),
    (message("/a", ",f]", struct.pack(">f", 1)), "malformed"),
    (message("/a", "," + "[" * 100 + "]" * 100), "malformed"),
    (message("/a", ",x"), "type"),
    (b"#bundle\0", "malformed"), (bundle(NOW)[:-1], "malformed"), (bundle(NOW) + b"\xff\xff\xff\xff", "malformed"),
    (bundle(NOW) + b"\0\0\0\x64/a", "malformed"), (bundle(NOW) + b"\0\0", "malformed"),
])  # fmt: skip
def test_what_cannot_be_read_is_a_fault_with_its_reason(datagram: bytes, kind: str, caplog: pytest.LogCaptureFixture):
    (fault,) = decode_datagram(datagram)
    assert isinstance(fault, Fault) and fault.kind == kind and fault.reason and not caplog.records


def test_what_is_wrong_in_a_bundle_costs_only_itself():
    heard = decode_datagram(bundle(NOW, encode("/a", 1), message("/b", ",x"), bundle(NOW, message("/c", ",f")), encode("/d", 2)))
    assert [(type(each), each.address) for each in heard] == [(OscMessage, "/a"), (Fault, "/b"), (Fault, "/c"), (OscMessage, "/d")]


def test_a_bundle_in_another_is_due_when_both_are():
    inner = bundle(tag(2000.0), encode("/late"))
    outer = bundle(tag(1500.5), encode("/mid"), inner, bundle(NOW, encode("/now")), bundle(tag(1000.0), encode("/early")))
    due = {each.address: each.due for each in decode_datagram(outer) if isinstance(each, OscMessage)}
    assert due == {"/mid": 1500.5, "/late": 2000.0, "/now": 1500.5, "/early": 1500.5}
    assert decode_datagram(bundle(NOW, inner))[0].due == 2000.0  # type: ignore[union-attr]
    assert decode_datagram(bundle(bytes(8), encode("/a"))) == [OscMessage("/a", ())]


def test_bundles_in_bundles_have_an_end():
    packed = encode("/a")
    for _ in range(DEEPEST):
        packed = bundle(NOW, packed)
    assert decode_datagram(packed) == [OscMessage("/a", ())]
    (fault,) = decode_datagram(bundle(NOW, packed))
    assert isinstance(fault, Fault)


def test_whatever_bytes_come_something_is_said_of_them():
    rng = random.Random(1)
    good = [encode("/performer/visuals/react", 0.5), bundle(NOW, encode("/a", 1, "two", 3.0), encode("/b")), message("/c", ",[fT]b", b"\0" * 16)]
    for _ in range(20000):
        datagram = bytearray(rng.choice(good))
        for _ in range(rng.randint(1, 6)):
            datagram[rng.randrange(len(datagram))] = rng.choice((0, 1, 44, 47, 91, 255, rng.randrange(256)))
        for heard in decode_datagram(bytes(datagram[: rng.randint(0, len(datagram))])):
            assert isinstance(heard, (OscMessage, Fault))
