import socket
import time

import pytest
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from performer.clock import SystemClock
from performer.errors import ParameterError
from performer.events import Control, NoteOff, NoteOn, Panic, ParameterSet, PortGone, Query, Sync, Wish
from performer.inputs.osc import FARTHEST, LINGER, MOST_AHEAD, MOST_OF_ONE, SINGLE_BURST, SYNC_S, OscInput, Source, understand
from performer.inputs.port_limits import PortLimits
from performer.loopback import bind_loopback, encode
from performer.parameters import Table

TABLE = Table(1)


@pytest.fixture
def ear():
    """An OscInput on two real sockets, a client, and what it hands on."""
    ear = Ear()
    yield ear
    ear.close()


class Ear:
    def __init__(self):
        self.events, self.errors, self.private, self.spoke, self.stated = [], [], [], [], []
        self.backlog = 0
        self.public, self.own, self.client = bind_loopback(), bind_loopback(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.clock = SystemClock()
        self.input = OscInput(
            [Source(self.public, "osc"), Source(self.own, "loopback")], TABLE, self.clock, self.events.append,
            lambda *what: self.errors.append(what), {"/performer/listening/features": self.private.append}, self.spoke.append,
            lambda *said: self.stated.append(said) is None, backlog=lambda: self.backlog,
        )  # fmt: skip

    @property
    def sender(self):
        return f"127.0.0.1:{self.client.getsockname()[1]}"

    def send(self, datagram, to=None):
        self.client.sendto(datagram, (to or self.public).getsockname())
        self.input.turn(1.0)

    def another(self):
        """Speak from another port from now on."""
        with self.client:
            self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.client.bind(("127.0.0.1", 0))

    def close(self):
        self.input.close()
        for sock in (self.public, self.own, self.client):
            sock.close()


def bundle(when, *messages):
    builder = OscBundleBuilder(when)
    for address, *arguments in messages:
        message = OscMessageBuilder(address)
        for argument in arguments:
            message.add_arg(argument)
        builder.add_content(message.build())
    return builder.build().dgram


@pytest.mark.parametrize(("address", "arguments", "event"), [
    ("/performer/note/on", [60, 100], NoteOn(60, 100, 1, "osc")),
    ("/performer/note/on", [60.0, 100.0, 3.0], NoteOn(60, 100, 3, "osc")),
    ("/performer/note/on", [60, 0], NoteOff(60, 1, "osc")),
    ("/performer/note/off", [60], NoteOff(60, 1, "osc")),
    ("/performer/control", [64, 127], Control(64, 127, 1, "osc")),
    ("/performer/panic", [], Panic("osc")),
    ("/performer/panic", [1], Panic("osc")),
    ("/performer/sync", [], Sync("me")),
    ("/performer/visuals/model", ["light"], Wish("model", "light", "me")),
    ("/performer/visuals/picture", ["my own.png"], Wish("picture", "my own.png", "me")),
    ("/performer/visuals/keyframe/store", ["verse"], Wish("keyframe/store", "verse", "me")),
    ("/performer/visuals/keyframe/recall", ["verse"], Wish("keyframe/recall", "verse", "me")),
    ("/performer/visuals/react", [0.5], ParameterSet("/performer/visuals/react", 0.5, "me")),
])  # fmt: skip
def test_messages_become_events(address, arguments, event):
    assert understand(TABLE, address, arguments, "osc", "me") == event


@pytest.mark.parametrize(("address", "arguments"), [
    ("/performer/note/on", [60]), ("/performer/note/on", [128, 1]), ("/performer/note/on", [60, 1, 0]), ("/performer/note/on", [60, 1, 17]),
    ("/performer/note/on", ["C4", 1]), ("/performer/note/on", [60.5, 1]), ("/performer/note/off", []), ("/performer/nowhere", [1]),
    ("/performer/note/on", [float("nan"), 1]),
    *(("/performer/visuals/picture", [name]) for name in ("../secret.png", "/etc/hostname", "a\\b", "..", "")),
])  # fmt: skip
def test_wrong_messages_are_refused(address, arguments):
    with pytest.raises(ParameterError):
        understand(TABLE, address, arguments, "osc", "me")


@pytest.mark.parametrize(("address", "text"), [
    ("/performer/scene/store", "a\0b"), ("/performer/scene/recall", "a\nb"), ("/performer/model", "\x1b[2J"), ("/performer/chords", "Am\x07"),
    ("/performer/visuals/picture", "\ud800.png"), ("/performer/voice/1/mode", "call\x7f"), ("/performer/\x00", "a"), ("/performer/model", "x" * 5000),
])  # fmt: skip
def test_a_text_with_control_characters_or_half_a_letter_is_refused_in_words(address, text):
    with pytest.raises(ParameterError, match=r"has (the control|half)|longer than"):
        understand(TABLE, address, (text,), "osc", "me")


def test_chords_may_be_written_in_several_lines():
    assert understand(TABLE, "/performer/chords", ("Am F\r\n\tC G",), "osc", "me").text == "Am F\r\n\tC G"


def test_a_datagram_arrives_and_its_sender_is_remembered(ear):
    ear.send(encode("/performer/note/on", 60, 100))
    (timed,) = ear.events
    assert timed.event == NoteOn(60, 100, 1, f"osc:{ear.sender}")
    assert 0 <= timed.time <= ear.clock.now()
    assert ear.spoke == [f"127.0.0.1:{ear.client.getsockname()[1]}"]


def test_an_error_goes_to_the_sender_with_address_and_reason(ear):
    ear.send(encode("/performer/visuals/react", float("nan")))
    assert ear.events == []
    ((sender, address, reason),) = ear.errors
    assert sender.endswith(str(ear.client.getsockname()[1]))
    assert address == "/performer/visuals/react"
    assert "from 0 to 2" in reason


@pytest.mark.parametrize("datagram", [
    b"/performer/note/on", b"/a\0\0,ii\0\0\0\0\1", b"#bundle\0" + b"\0" * 8 + b"\xff\xff\xff\xff", b"#bundle\0", b"/" + b"x" * 5000,
])  # fmt: skip
def test_malformed_datagrams_are_counted_and_told(ear, datagram):
    ear.send(datagram)
    assert ear.events == []
    assert ear.input.malformed == 1
    assert len(ear.errors) == 1


@pytest.mark.parametrize("datagram", [b"", b"\0\1\2\3", b"#reply\0\0,\0\0\0", b"hello from netcat\n", b"reply\0\0\0,\0\0\0"])
def test_what_is_no_osc_is_dropped_quietly(ear, datagram):
    ear.send(datagram)
    assert (ear.events, ear.errors, ear.input.malformed) == ([], [], 1)


def test_a_bundle_waits_for_its_time_tag(ear):
    ear.send(bundle(time.time() + 0.2, ("/performer/note/on", 60, 90), ("/performer/note/on", 64, 90)))
    assert ear.events == []
    begun = ear.clock.now()
    while len(ear.events) < 2 and ear.clock.now() - begun < 3.0:
        ear.input.turn(1.0)
    assert [timed.event.pitch for timed in ear.events] == [60, 64]
    assert all(0.15 < timed.time - begun < 0.21 for timed in ear.events)


def test_a_bundle_from_the_past_happens_now_and_one_far_ahead_is_refused(ear):
    ear.send(bundle(time.time() - 100, ("/performer/panic",)))
    assert [timed.event for timed in ear.events] == [Panic(f"osc:{ear.sender}")]
    ear.send(bundle(time.time() + 3600, ("/performer/panic",)))
    assert len(ear.events) == 1
    assert "ahead" in ear.errors[0][2]


def test_only_our_own_processes_may_send_features(ear):
    ear.send(encode("/performer/listening/features", 0.5, 0.1, 0.2, 0.3, 0.4, 0.0), to=ear.own)
    assert ear.private == [pytest.approx([0.5, 0.1, 0.2, 0.3, 0.4, 0.0])]
    ear.send(encode("/performer/listening/features", 0.5, 0.1, 0.2, 0.3, 0.4, 0.0))
    assert len(ear.private) == 1
    assert len(ear.errors) == 1


def test_a_burst_of_a_thousand_is_not_lost(ear):
    for number in range(1000):
        ear.client.sendto(encode("/performer/visuals/react", number / 1000), ear.public.getsockname())
    while ear.input.accepted < 1000:
        before = ear.input.accepted
        ear.input.turn(1.0)
        assert ear.input.accepted > before, "the burst was cut short"
    assert ear.events[-1].event.value == pytest.approx(0.999)


def test_of_the_values_that_a_control_gets_at_once_the_newest_is_handed_on_in_the_order_of_time(ear):
    react = [("visuals/react", value) for value in (0.1, 0.3, 0.4, 0.5)]
    said = [react[0], ("visuals/speed", 0.2), react[1], ("note/on", 60, 100), *react[2:]]
    for word, *values in said:
        ear.client.sendto(encode(f"/performer/{word}", *values), ear.public.getsockname())
    ear.input.turn(1.0)
    told = [event.value if isinstance(event, ParameterSet) else type(event).__name__ for event in (timed.event for timed in ear.events)]
    assert told == [pytest.approx(0.2), pytest.approx(0.3), "NoteOn", pytest.approx(0.5)]
    assert ear.input.accepted == 5


def test_a_fader_that_moves_is_told_like_every_other(ear):
    """The first message is understood whole, those after it by what is new in them; of the same kind are those that are refused."""
    for value in (0.25, 0.5, 0.75):
        ear.send(encode("/performer/visuals/react", value))
    mine = f"127.0.0.1:{ear.client.getsockname()[1]}"
    assert [timed.event for timed in ear.events] == [ParameterSet("/performer/visuals/react", value, mine) for value in (0.25, 0.5, 0.75)]
    assert ear.input.accepted == 3 and ear.spoke == [mine] * 3 and not ear.errors
    ear.send(encode("/performer/visuals/react", float("nan")))
    ear.send(encode("/performer/visuals/reacz", 0.5))
    assert len(ear.events) == 3 and [address for _, address, _ in ear.errors] == ["/performer/visuals/react", "/performer/visuals/reacz"]
    ear.send(encode("/performer/visuals/react", 0.5, "bar"))
    assert ear.events[-1].event.when == "bar"


def test_a_message_with_more_in_it_is_never_taken_for_a_fader(ear):
    """What follows the value is nobody's; a value with a beat to come on is no fader either, whatever its last bytes look like."""
    begin, half = encode("/performer/visuals/react", 0.25), encode("/performer/visuals/react", 0.5)
    for _ in range(2):
        ear.send(begin + b",f\0\0" + half[-4:])
    assert [timed.event.value for timed in ear.events] == [0.25, 0.25]
    address = begin[:-8]
    odd = address + b",fs\0" + bytes([0x2C, 0x66, 0, 0])  # the value has the bytes of a tag
    ear.send(odd + b"now\0")
    ear.send(odd + b"0.5\0")
    assert [timed.event.when for timed in ear.events[2:]] == ["now"] and len(ear.errors) == 1


def test_a_whole_number_that_comes_as_a_float_stays_whole(ear):
    for value in (50.0, 51.0, 51.5):
        ear.send(encode("/performer/voice/1/low", value))
    told = [timed.event.value for timed in ear.events]
    assert told == [50, 51] and all(isinstance(value, int) for value in told) and len(ear.errors) == 1


def test_switches_and_whole_numbers_are_handed_on_one_by_one(ear):
    for value in (1, 0, 1):
        ear.client.sendto(encode("/performer/visuals/blackout", value), ear.public.getsockname())
        ear.client.sendto(encode("/performer/voice/1/low", 40 + value), ear.public.getsockname())
    ear.input.turn(1.0)
    assert len(ear.events) == 6


def test_in_a_flood_it_reads_seldomer_and_more_at_once(ear):
    for round_ in range(3):
        for number in range(20):
            ear.client.sendto(encode("/performer/visuals/react", number / 20), ear.public.getsockname())
        began = time.monotonic()
        ear.input.turn(1.0)
        assert (time.monotonic() - began >= LINGER) == (round_ > 0) and len(ear.events) == round_ + 1
    ear.input.turn(0.0)
    ear.client.sendto(encode("/performer/visuals/react", 1.0), ear.public.getsockname())
    ear.input.turn(1.0)
    assert len(ear.events) == 4 and ear.events[-1].event.value == 1.0


def test_a_number_out_of_range_is_clamped_and_that_is_said_once_to_each_client(ear):
    """It was refused, where every fader box expects that its end is the end."""
    for value in (2.5, 3.0, -1.0, 0.5):
        ear.send(encode("/performer/visuals/react", value))
    ear.send(encode("/performer/visuals/fps", 90))
    assert [timed.event.value for timed in ear.events] == [2.0, 2.0, 0.0, 0.5, 60]
    assert [(sender, address) for sender, address, _ in ear.errors] == [(ear.sender, f"/performer/visuals/{word}") for word in ("react", "fps")]
    assert "2.5 is outside, 2 is taken" in ear.errors[0][2]
    assert [exact for *_, exact in ear.stated] == [False, False, False, True, False]
    ear.another()
    ear.send(encode("/performer/visuals/react", 2.5))
    assert len(ear.errors) == 3 and ear.errors[2][0] == ear.sender


def test_an_address_without_a_value_is_a_question_and_keeps_its_place(ear):
    for arguments in ((0.4,), (), (1,)):
        ear.client.sendto(encode("/performer/visuals/react", *arguments), ear.public.getsockname())
    ear.send(encode("/performer/visuals/fps"))
    events = [timed.event for timed in ear.events]
    assert Query("/performer/visuals/fps", ear.sender) in events and Query("/performer/visuals/react", ear.sender) in events
    assert not ear.errors and ear.spoke


def test_what_performer_says_itself_is_passed_over_quietly(ear):
    """Two Performers that name each other answered errors with errors, for ever."""
    for address, *values in (("/performer/error", "/x", "no"), ("/performer/played", 1, 60, 90, 0.5, 0.0), ("/performer/status", "{}")):
        ear.send(encode(address, *values))
    assert (ear.events, ear.errors, ear.input.passed_over) == ([], [], 3)


def test_what_comes_from_performer_itself_is_passed_over(ear):
    ear.input._own = lambda host, port: port == ear.client.getsockname()[1]
    ear.send(encode("/performer/panic"))
    assert (ear.events, ear.errors, ear.input.passed_over) == ([], [], 1)


def test_an_address_of_ours_without_its_slash_does_nothing_and_is_told(ear):
    ear.send(b"performer/panic\0,\0\0\0")
    assert ear.events == [] and ear.errors == [(ear.sender, "performer/panic", "An address begins with a slash: write /performer/panic.")]


def test_mistakes_without_end_are_told_now_and_then_with_their_number(ear, monkeypatch, caplog):
    """Each unknown letter made a line of the log, each mistake an answer."""
    now = [0.0]
    monkeypatch.setattr(ear.clock, "now", lambda: now[0])
    unknown = b"/performer/visuals/react\0\0\0\0,xyz\0\0\0\0"
    for _ in range(3000):
        now[0] += 0.001
        ear.send(unknown)
    assert [reason.partition("(")[2] for _, _, reason in ear.errors] == ["", "999 more like this.)"] and not caplog.records
    assert ear.input.malformed == 3000
    ear.send(encode("/performer/visuals/react", "loud"))
    assert len(ear.errors) == 3, "a mistake of another kind is told at once"
    now[0] += 61.0
    ear.send(unknown)
    assert len(ear.errors) == 4


def test_a_wrong_message_in_a_bundle_costs_only_itself(ear):
    message = b"/performer/visuals/react\0\0\0\0,x\0\0"
    good = encode("/performer/visuals/react", 0.5)
    packed = b"".join(len(each).to_bytes(4, "big") + each for each in (message, good))
    ear.send(b"#bundle\0" + (1).to_bytes(8, "big") + packed)
    assert [timed.event.value for timed in ear.events] == [0.5] and len(ear.errors) == 1


def test_a_bundle_that_waits_long_is_not_held_silently(ear):
    """The clock of a tablet that is seconds ahead held everything that came from it, without a word."""
    ear.send(bundle(time.time() + 5.0, ("/performer/visuals/react", 0.5)))
    assert ear.events == [] and "5.0 s ahead" in ear.errors[0][2]
    ear.send(bundle(time.time() + FARTHEST + 5.0, ("/performer/visuals/react", 0.5)))
    assert "Compare the clocks" in ear.errors[1][2] and ear.input.figures["waiting"] == 1


def test_one_client_cannot_fill_what_waits(ear):
    many = bundle(time.time() + 0.9, *[("/performer/visuals/fps", 24)] * 500)
    for _ in range(MOST_OF_ONE // 500):
        ear.send(many)
    assert ear.input.figures["waiting"] == MOST_OF_ONE and not ear.errors
    ear.send(bundle(time.time() + 0.9, ("/performer/panic",)))
    assert ear.input.figures["waiting"] == MOST_OF_ONE and "wait already" in ear.errors[0][2]
    ear.another()
    ear.send(bundle(time.time() + 0.9, ("/performer/panic",)))
    assert ear.input.figures["waiting"] == MOST_OF_ONE + 1


def test_a_client_that_asks_for_everything_without_end_gets_it_four_times_a_second(ear, monkeypatch):
    now = [10.0]
    monkeypatch.setattr(ear.clock, "now", lambda: now[0])
    for _ in range(1000):
        now[0] += 0.001
        ear.send(encode("/performer/sync"))
    assert 3 <= len(ear.events) <= 1.0 / SYNC_S + 1
    told = len(ear.events)
    now[0] += SYNC_S
    ear.input.turn(0.0)
    assert len(ear.events) == told + 1, "the last one is answered"
    now[0] += 5 * SYNC_S
    ear.input.turn(0.0)
    assert len(ear.events) == told + 1


def test_a_client_that_sends_single_messages_without_end_is_held_to_a_limit_but_keys_come_up(ear, monkeypatch):
    monkeypatch.setattr(ear.clock, "now", lambda: 10.0)
    for number in range(int(SINGLE_BURST) + 500):
        ear.send(encode("/performer/visuals/fps", 20 + number % 2))
    ear.send(encode("/performer/note/off", 60))
    assert len(ear.events) == SINGLE_BURST + 1 and isinstance(ear.events[-1].event, NoteOff)
    assert ear.input.over_limit == 500 and len(ear.errors) == 1


def test_while_the_session_is_behind_clients_wait_in_the_socket_and_our_own_processes_do_not(ear):
    ear.backlog = MOST_AHEAD + 1
    ear.own.sendto(encode("/performer/tempo/tap"), ear.own.getsockname())
    for _ in range(3):
        ear.send(encode("/performer/panic"))
    assert [type(timed.event).__name__ for timed in ear.events] == ["Tap"]
    ear.backlog = 0
    ear.input.turn(1.0)
    assert len(ear.events) == 4


def test_a_key_is_let_go_by_the_client_that_pressed_it_or_by_another_socket_of_its_host(ear):
    ear.send(encode("/performer/note/on", 60, 90))
    first = f"osc:{ear.sender}"
    ear.another()
    ear.send(encode("/performer/note/on", 60, 80))
    second = f"osc:{ear.sender}"
    for _ in range(3):
        ear.send(encode("/performer/note/off", 60))
    sources = [timed.event.source for timed in ear.events]
    assert sources == [first, second, second, first, second] and first != second


def test_what_this_show_does_not_have_is_refused(ear):
    ear.input._absent = {"/performer/visuals/picture": "This show has no picture."}
    ear.send(encode("/performer/visuals/picture", "a.png"))
    assert ear.events == [] and ear.errors == [(ear.sender, "/performer/visuals/picture", "This show has no picture.")]


def test_the_keys_of_a_client_that_vanishes_are_let_go(ear, monkeypatch):
    """They sounded on until ten minutes were over."""
    monkeypatch.setattr("performer.inputs.osc_presence.KNOCK_S", 0.01)
    told = []
    ear.input._tell_all = told.append
    ear.send(encode("/performer/note/on", 60, 90))
    ear.send(encode("/performer/control", 64, 127))
    sender = ear.sender
    for _ in range(3):
        ear.input.turn(0.02)
    assert not any(isinstance(timed.event, PortGone) for timed in ear.events)
    ear.client.close()
    for _ in range(3):
        ear.input.turn(0.02)
    assert [timed.event for timed in ear.events if isinstance(timed.event, PortGone)] == [PortGone(f"osc:{sender}")]
    assert len(told) == 1 and f"The OSC client {sender} is gone" in told[0] and "2 keys and controllers" in told[0]


def test_a_panic_lets_go_what_clients_held(ear, monkeypatch):
    monkeypatch.setattr("performer.inputs.osc_presence.KNOCK_S", 0.01)
    ear.send(encode("/performer/note/on", 60, 90))
    ear.input.turn(0.02)
    ear.send(encode("/performer/panic"), ear.own)
    ear.client.close()
    for _ in range(4):
        ear.input.turn(0.02)
    assert not any(isinstance(timed.event, PortGone) for timed in ear.events)


@pytest.mark.parametrize(("word", "value"), [("output_port", 2), ("output_port", 99), ("output_port", 2.0), ("input_port", 3), ("input_port", "3")])
def test_a_port_that_the_show_does_not_have_is_refused(ear, word, value):
    """A voice on an output that is not there played to nobody, without a word."""
    ear.input._ports = PortLimits(inputs=2, outputs=1)
    ear.send(encode(f"/performer/voice/1/{word}", value))
    kind, count = word.removesuffix("_port"), "2 MIDI inputs" if word == "input_port" else "1 MIDI output"
    (_, address, sentence), = ear.errors  # fmt: skip
    assert ear.events == [] and address == f"/performer/voice/1/{word}"
    assert f"there is no {kind} {float(value):g}; this show has {count}." in sentence and f"[[midi.{kind}s]]" in sentence


@pytest.mark.parametrize(("word", "value"), [("output_port", 1), ("output_port", 0), ("input_port", 0), ("input_port", 2)])
def test_a_port_that_the_show_has_is_taken(ear, word, value):
    ear.input._ports = PortLimits(inputs=2, outputs=1)
    ear.send(encode(f"/performer/voice/1/{word}", value))
    assert [timed.event.value for timed in ear.events] == [max(value, 1) if word == "output_port" else value]
