"""OSC out: who is told what, on real sockets."""

import select
import socket
import threading
from collections.abc import Iterator

import pytest

from performer.effects import Play, Say
from performer.loopback import LARGEST, PLACES, Loopback, Message, bind_loopback, decode
from performer.outputs.bundles import SAFE_BYTES
from performer.outputs.clients import FAILURES
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


def test_every_host_that_spoke_is_told(house: House):
    """Two controllers took the feedback from each other: only the last that spoke was told."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.2", house.ports["reply"]))
        other.setblocking(False)
        house.output.spoke(STRANGER)
        house.output.spoke("127.0.0.2:50000")
        assert house.tell(KEY)["reply"] == SAID
        assert list(decode(other.recv(LARGEST))) == SAID


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


def values(house: House, *addresses: str, named: str = "named") -> None:
    """An output that knows these addresses as values."""
    loopback = Loopback(house.socks["engine"], {place: house.ports[place] for place in PLACES})
    house.output = OscOutput(loopback, house.socks["public"], [("127.0.0.1", house.ports[named])], house.ports["reply"], addresses)


def test_of_a_value_that_changes_in_a_flood_the_newest_is_told_and_the_last_always(house: House):
    values(house, "/v")
    heard = house.tell(*(Say("/v", (number,)) for number in range(2000)), Say("/n", (1,)))
    told = [message.arguments[0] for message in heard["desk"] if message.address == "/v"]
    assert told[-1] == 1999 and len(told) < 200 and told == sorted(told)
    assert [message.arguments for message in heard["desk"] if message.address == "/n"] == [(1,)]


def test_an_unchanged_value_is_told_to_clients_once_and_to_the_pages_always(house: House):
    """An echoing surface went round for ever."""
    values(house, "/v")
    told = [house.received()]
    house.output.start()
    for _ in range(3):
        house.output.say(Say("/v", (0.5,)))
        wait_for(house, told, "desk")
    house.output.stop()
    assert len(told) == 4 and sum(len(each.get("named", [])) for each in told) == 1


def test_who_set_a_value_from_where_it_listens_is_not_told_it_and_who_did_from_elsewhere_is(house: House):
    values(house, "/v")
    mine = f"127.0.0.1:{house.ports['named']}"
    assert house.output.stated(mine, "/v", 0.5)
    house.output.spoke(STRANGER)
    heard = house.tell(Say("/v", (0.5,)))
    assert "named" not in heard and heard["reply"] == [Message("/v", (0.5,))]


def test_a_value_that_was_not_taken_as_it_was_sent_is_told_when_the_hand_is_at_rest(house: House):
    values(house, "/v")
    mine, told = f"127.0.0.1:{house.ports['named']}", []
    house.output.start()
    house.output.say(Say("/v", (2.0,), "desk"))
    house.output.stated(mine, "/v", None, exact=False)
    wait_for(house, told, "named")
    house.output.stop()
    assert told[0]["named"] == [Message("/v", (2.0,))]


def test_what_is_said_to_one_sender_travels_in_bundles_of_a_safe_size_and_to_it_alone(house: House):
    """/performer/sync brought 1,011 datagrams, to everybody."""
    heard = []
    house.output.spoke("127.0.0.2:50000")
    house.output.start()
    for number in range(300):
        house.output.say(Say(f"/performer/value/{number}", (number,), STRANGER))
    house.output.say(KEY)
    house.output.stop()
    house.socks["reply"].setblocking(False)
    while True:
        try:
            heard.append(house.socks["reply"].recv(LARGEST))
        except BlockingIOError:
            break
    assert len(heard) < 12 and max(map(len, heard)) <= SAFE_BYTES
    assert [message.arguments[0] for datagram in heard for message in decode(datagram)] == list(range(300))
    assert house.received()["named"] == SAID


def test_a_client_that_is_this_show_itself_is_never_told_and_that_is_said_once(house: House, caplog: pytest.LogCaptureFixture):
    """With reply_port equal to port the show answered its own answers."""
    loopback = Loopback(house.socks["engine"], house.ports)
    house.output = OscOutput(loopback, house.socks["public"], [], house.ports["public"])
    for _ in range(3):
        house.output.spoke(STRANGER)
    house.output.refuse(STRANGER, "/x", "no")
    heard = house.tell(KEY)
    assert "public" not in heard and len(caplog.records) == 1 and "reply_port" in caplog.text


def test_what_was_done_for_a_sender_is_told_to_the_other_clients(house: House):
    house.output.spoke(STRANGER)
    house.output.tell_clients("/performer/visuals/keyframe/store", ("verse",), STRANGER)
    assert house.tell() == {"named": [Message("/performer/visuals/keyframe/store", ("verse",))]}


def test_a_panic_is_not_told_to_the_one_who_gave_it(house: House):
    """Two Performers that name each other would panic for ever."""
    mine = f"127.0.0.1:{house.ports['named']}"
    house.output.spoke(mine)
    house.output.asked(mine, "/performer/panic")
    assert "named" not in house.tell(Say("/performer/panic", ()))


def test_a_client_that_cannot_be_reached_is_left_alone_for_a_while(house: House, caplog: pytest.LogCaptureFixture):
    loopback = Loopback(house.socks["engine"], house.ports)
    house.output = OscOutput(loopback, house.socks["public"], [("::1", 9001), ("127.0.0.1", house.ports["named"])], house.ports["reply"])
    heard = house.tell(*[KEY] * 50)
    assert heard["named"][:50] == SAID * 50 and house.output.lost == FAILURES
    assert len(caplog.records) == 1 and "cannot be reached" in caplog.text


def wait_for(house: House, told: list[dict[str, list[Message]]], name: str) -> None:
    """Collect what the sockets receive until this one received something."""
    house.socks[name].setblocking(True)
    assert select.select([house.socks[name]], [], [], 10.0)[0]
    told.append(house.received())
