"""OSC out: who is told what, on real sockets."""

import socket
import threading
from collections.abc import Iterator

import pytest

from performer.effects import Play, Say
from performer.loopback import LARGEST, PLACES, Loopback, Message, bind_loopback, decode
from performer.outputs.osc import MOST_WAITING, OscOutput
from performer.scheduler import Applied, Ended, Missed, Played, Report

KEY = Say("/performer/heard", (60, 90, 1))
SAID = [Message("/performer/heard", (60, 90, 1))]
STRANGER = "127.0.0.1:50000"  # a client that speaks from a port where it does not listen


class House:
    """Every process's socket, a client that the show names, and one that listens on the reply port."""

    def __init__(self) -> None:
        self.socks = {name: bind_loopback() for name in (*PLACES, "public", "named", "reply")}
        self.ports = {name: sock.getsockname()[1] for name, sock in self.socks.items()}
        loopback = Loopback(self.socks["engine"], {place: self.ports[place] for place in PLACES})
        self.output = OscOutput(loopback, self.socks["public"], [("127.0.0.1", self.ports["named"])], self.ports["reply"])

    def tell(self, *items: Say | Report) -> dict[str, list[Message]]:
        """Say these, and end; returns what each socket received."""
        self.output.start()
        for item in items:
            self.output.say(item)
        self.output.stop()
        return self.received()

    def received(self) -> dict[str, list[Message]]:
        heard: dict[str, list[Message]] = {}
        for name, sock in self.socks.items():
            sock.setblocking(False)
            while True:
                try:
                    datagram = sock.recv(LARGEST)
                except BlockingIOError:
                    break
                heard.setdefault(name, []).extend(decode(datagram))
        return heard


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    for sock in house.socks.values():
        sock.close()


def test_desk_picture_and_named_clients_are_told_always(house: House):
    assert house.tell(KEY) == {"desk": SAID, "visuals": SAID, "screen": SAID, "named": SAID}


def test_the_last_that_spoke_is_told_on_the_reply_port(house: House):
    house.output.spoke(STRANGER)
    assert house.tell(KEY) == {"desk": SAID, "visuals": SAID, "screen": SAID, "named": SAID, "reply": SAID}


def test_only_the_last_is_the_last(house: House):
    house.output.spoke(STRANGER)
    house.output.spoke("127.0.0.2:50000")
    assert "reply" not in house.tell(KEY)


def test_a_client_that_is_named_and_spoke_last_is_told_once(house: House):
    loopback, listener = Loopback(house.socks["engine"], house.ports), house.ports["reply"]
    house.output = OscOutput(loopback, house.socks["public"], [("127.0.0.1", listener)] * 2, listener)
    house.output.spoke(STRANGER)
    assert house.tell(KEY)["reply"] == SAID


def test_a_reply_goes_to_its_sender_only(house: House):
    house.output.spoke("127.0.0.2:50000")
    assert house.tell(Say("/performer/heard", (60, 90, 1), STRANGER)) == {"reply": SAID}


def test_a_reply_to_the_desk_stays_in_the_house(house: House):
    assert house.tell(Say("/performer/heard", (60, 90, 1), "desk")) == {"desk": SAID, "visuals": SAID, "screen": SAID}


def test_a_mistake_is_told_to_the_one_who_made_it(house: House):
    house.output.refuse(STRANGER, "/performer/x", "There is no such thing.")
    assert house.tell() == {"reply": [Message("/performer/error", ("/performer/x", "There is no such thing."))]}


@pytest.mark.parametrize(("report", "told"), [
    (Played(1.0625, Play(1.0, 2, 5, 60, 90, 0.5, "a"), 1.0), [Message("/performer/played", (2, 60, 90, 0.5, 62.5))]),
    (Played(1.0, Play(1.0, 2, 5, 60, 90, None, "a"), 1.0), [Message("/performer/played", (2, 60, 90, 0.0, 0.0))]),
    (Played(1.0, Play(1.0, 2, 5, 60, 90, 3, "a"), 1.0), [Message("/performer/played", (2, 60, 90, 3.0, 0.0))]),
    (Ended(2.0, Play(1.0, 2, 5, 60, 90, 0.5, "a")), [Message("/performer/released", (2, 60))]),
    (Missed(1.0625, Play(1.0, 2, 5, 60, 90, 0.5, "a", late="drop"), 7, None), [Message("/performer/plan/missed", (2, 60, 1.0, -1.0))]),
    (Missed(1.0625, Play(1.0, 2, 5, 60, 90, 0.5, "a", late="next"), 7, 1.125), [Message("/performer/plan/missed", (2, 60, 1.0, 1.125))]),
    (Applied(3), []),
])  # fmt: skip
def test_what_left_is_told_in_osc(house: House, report: Report, told: list[Message]):
    heard = house.tell(report)
    for name in ("desk", "visuals", "screen", "named"):
        assert heard.get(name, []) == told
    types = {Played: [int, int, int, float, float], Ended: [int, int], Missed: [int, int, float, float]}
    assert [[type(value) for value in message.arguments] for message in heard.get("desk", [])] == ([types[type(report)]] if told else [])


def test_the_order_is_kept(house: House):
    heard = house.tell(*(Say("/n", (number,)) for number in range(300)))
    assert [message.arguments for message in heard["desk"]] == [(number,) for number in range(300)]


def test_who_notices_hears_notes_on_the_outputs_own_thread(house: House):
    noticed: list[tuple[object, ...]] = []
    house.output.noticed = lambda address, arguments: noticed.append((address, tuple(arguments), threading.current_thread().name))
    house.tell(KEY, Played(1.0, Play(1.0, 1, 1, 64, 90, None, "a"), 1.0))
    assert noticed == [("/performer/heard", (60, 90, 1), "telemetry"), ("/performer/played", (1, 64, 90, 0.0, 0.0), "telemetry")]


def test_a_client_that_went_away_and_a_message_too_large_stop_nobody(house: House, caplog: pytest.LogCaptureFixture):
    house.socks["named"].close()
    house.socks["named"] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # a closed one cannot be read
    house.socks["named"].bind(("127.0.0.1", 0))
    heard = house.tell(KEY, Say("/large", (b"x" * LARGEST,)), KEY)
    assert heard == {"desk": SAID * 2, "visuals": SAID * 2, "screen": SAID * 2}
    assert not caplog.records


def test_what_is_over_the_limit_is_counted_and_lost(house: House):
    for _ in range(MOST_WAITING + 3):
        house.output.say(KEY)
    assert house.output.dropped == 3


def test_of_a_value_that_changes_in_a_flood_the_newest_is_told_and_the_last_always(house: House):
    house.output._values = frozenset(("/v",))
    heard = house.tell(*(Say("/v", (number,)) for number in range(2000)), Say("/n", (1,)))
    values = [message.arguments[0] for message in heard["desk"] if message.address == "/v"]
    assert values[-1] == 1999 and len(values) < 200 and values == sorted(values)
    assert [message.arguments for message in heard["desk"] if message.address == "/n"] == [(1,)]
