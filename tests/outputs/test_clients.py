"""Who is told which value: two to thirty controllers on a time of the test's own."""

import pytest

from performer.outputs.clients import ECHO, ECHOES, EXPIRY, FAILURES, INSISTING, MOST, MOST_SENDERS, OTHER, REST, Client, Clients
from performer.outputs.values import UNKNOWN

A, B = "10.0.0.1:9001", "10.0.0.2:9001"  # they speak from the port where they listen
SPLIT = "10.0.0.3:50000"  # one that speaks from another
FADER = "/fader"


class Rig:
    """Clients, the value of one fader, and what each place was told."""

    def __init__(self, *named: tuple[str, int], own: tuple[str, int] = ("0.0.0.0", 9000)) -> None:
        self.reports: list[str] = []
        self.clients = Clients(9001, lambda host, port: (host, port) == own, self.reports.append)
        for place in named:
            self.clients.name(place)
        self.now, self.value = 100.0, UNKNOWN
        self.told: list[tuple[str, object]] = []

    def set(self, sender: str, value: object, stands: object = None) -> None:
        """A client sets the fader; it `stands` there then, or where it was asked to."""
        exact = stands is None
        if self.clients.stated(sender, FADER, value if exact else OTHER, self.now):
            self.change(value if exact else stands)

    def change(self, value: object) -> None:
        """The fader is there now, for whatever reason."""
        changed, self.value = value != self.value, value
        for client in self.clients.listeners(self.now):
            if self.clients.wants(client, FADER, value, changed, self.now):
                self.told.append((self._name(client), value))

    def later(self, seconds: float) -> None:
        """Time passes, and hands come to rest."""
        self.now += seconds
        for client, address, value in self.clients.corrections(lambda address: self.value, self.now):
            assert address == FADER
            self.told.append((self._name(client), value))

    def took(self) -> list[tuple[str, object]]:
        """What was told since somebody looked."""
        told, self.told = self.told, []
        return told

    @staticmethod
    def _name(client: Client) -> str:
        return {"10.0.0.1": "A", "10.0.0.2": "B", "10.0.0.3": "split"}.get(client.place[0], client.place[0])


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    for sender in (A, B):
        rig.clients.spoke(sender, rig.now)
    return rig


def test_two_controllers_are_told_of_each_other_and_not_of_themselves(rig: Rig):
    rig.set(A, 0.5)
    assert rig.took() == [("B", 0.5)]
    rig.set(B, 0.75)
    rig.later(1.0)
    rig.set(A, 0.25)
    rig.later(1.0)
    assert rig.took() == [("A", 0.75), ("B", 0.25)]


def test_an_unchanged_value_is_not_told_again(rig: Rig):
    rig.set(A, 0.5)
    for sender in (A, B, A):
        rig.set(sender, 0.5)
        rig.later(1.0)
    assert rig.took() == [("B", 0.5)]


def test_a_hand_that_moves_is_left_alone_and_told_what_stands_when_it_rests(rig: Rig):
    rig.set(A, 0.1)
    rig.set(B, 0.9)
    rig.set(A, 0.2)
    assert [told for told in rig.took() if told[0] == "A"] == []
    rig.set(B, 0.8)
    rig.later(REST)
    assert rig.took() == [("A", 0.8)] and rig.value == 0.8


def test_who_speaks_from_another_port_than_it_listens_on_is_told_at_once(rig: Rig):
    """The listener may be another program, as Pure Data's netsend and netreceive are two sockets."""
    rig.clients.spoke(SPLIT, rig.now)
    rig.set(SPLIT, 0.5)
    assert ("split", 0.5) in rig.took()
    rig.set(SPLIT, 0.5)
    rig.later(1.0)
    assert rig.took() == []


@pytest.mark.parametrize("sender", [A, SPLIT])
def test_a_value_that_was_clamped_or_refused_is_told_though_it_is_unchanged(rig: Rig, sender: str):
    rig.set(sender, 1.0)
    rig.later(1.0)
    rig.took()
    rig.set(sender, 1.5, stands=1.0)
    rig.later(1.0)
    assert [value for _, value in rig.took()] == [1.0]


def test_a_value_that_comes_on_a_later_beat_is_told_then(rig: Rig):
    rig.change("call")
    rig.took()
    rig.clients.stated(A, FADER, "harmonise", rig.now)  # it waits for its bar
    rig.later(1.0)
    rig.change("harmonise")
    assert rig.took() == [("A", "call"), ("A", "harmonise"), ("B", "harmonise")]


def test_a_client_is_told_for_some_minutes_after_its_last_word(rig: Rig):
    rig.now += EXPIRY - 1.0
    rig.clients.spoke(A, rig.now)
    rig.now += 2.0
    rig.change(0.5)
    assert rig.took() == [("A", 0.5)]


def test_a_named_client_is_told_always_and_answered_where_it_speaks_from():
    rig = Rig(("10.0.0.2", 7000))
    rig.now += 1e6
    rig.change(0.5)
    assert rig.took() == [("B", 0.5)]
    assert rig.clients.place_for("10.0.0.2:7000") == ("10.0.0.2", 7000)
    assert rig.clients.place_for("10.0.0.2:7001") == ("10.0.0.2", 9001)
    assert rig.clients.place_for("me") is rig.clients.place_for("a:b") is None
    rig.set("10.0.0.2:7000", 0.75)
    rig.later(1.0)
    assert rig.took() == []


def test_a_flood_from_hosts_that_are_not_there_costs_nothing_and_the_named_stay():
    rig = Rig(("10.0.0.2", 7000))
    for number in range(5000):
        rig.now += 0.001
        sender = f"10.1.{number // 250}.{number % 250}:{5000 + number}"
        rig.clients.spoke(sender, rig.now)
        rig.clients.stated(sender, FADER, 0.5, rig.now)
    assert len(rig.clients) == MOST + 1 and len(rig.clients._senders) <= MOST_SENDERS
    rig.change(0.5)
    assert len(rig.took()) == MOST + 1 and rig.clients.listeners(rig.now)[0].place == ("10.0.0.2", 7000)


def test_one_that_opens_a_socket_for_each_message_is_one_client(rig: Rig):
    for port in range(2000):
        rig.clients.stated(f"10.0.0.3:{40000 + port}", FADER, port / 2000, rig.now)
    assert len(rig.clients) == 3 and len(rig.clients._senders) <= MOST_SENDERS


def echoing(rig: Rig, delay: float, seconds: float) -> int:
    """Both surfaces send back what they are told, `delay` seconds later; how many messages they send."""
    waiting: list[tuple[float, str, object]] = []
    sent, end = 0, rig.now + seconds
    while rig.now < end:
        waiting += [(rig.now + delay, A if name == "A" else B, value) for name, value in rig.took()]
        due = [each for each in waiting if each[0] <= rig.now]
        waiting = [each for each in waiting if each[0] > rig.now]
        for _, sender, value in due:
            rig.set(sender, value)
            sent += 1
        rig.later(0.01)
    return sent


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.16, 0.3, 0.6])
def test_surfaces_that_send_back_what_they_are_told_come_to_rest(rig: Rig, delay: float):
    for value in (0.1, 0.2, 0.3, 0.4):
        rig.set(A, value)
        rig.now += 0.03
    assert echoing(rig, delay, 20.0) < 100
    assert echoing(rig, delay, 20.0) == 0


def test_what_an_echoing_client_says_late_is_passed_over_but_not_what_a_hand_says(rig: Rig):
    for number in range(ECHOES):
        rig.set(A, 0.1 * number)
        rig.set(B, 0.1 * number)
        rig.later(2 * REST)
    rig.set(A, 0.7)
    rig.set(A, 0.8)
    assert not rig.clients.stated(B, FADER, 0.7, rig.now), "that is what it was told a moment ago"
    assert rig.clients.stated(B, FADER, 0.123, rig.now)
    assert rig.clients.stated(B, FADER, 0.8, rig.now + 2 * ECHO)


def test_two_that_insist_on_different_values_come_to_rest(rig: Rig):
    """Two Performers that follow a clock each: what one says the other refuses, and says its own."""
    rig.change(120.0)
    rig.took()
    for _ in range(200):
        rig.set(A, 128.0, stands=120.0)
        rig.later(REST)
    assert len(rig.took()) <= INSISTING * 4


def test_a_client_that_cannot_be_reached_rests_ever_longer_and_is_tried_again(rig: Rig):
    client = rig.clients.listeners(rig.now)[0]
    for _ in range(FAILURES - 1):
        rig.clients.not_sent(client, "no route", rig.now)
    assert client in rig.clients.listeners(rig.now)
    pauses = []
    for _ in range(8):
        rig.clients.not_sent(client, "no route", rig.now)
        assert client not in rig.clients.listeners(rig.now)
        pauses.append(client.paused_until - rig.now)
        rig.now = client.paused_until
        rig.clients.spoke(A, rig.now)
        assert client in rig.clients.listeners(rig.now)
    assert pauses == [5.0, 10.0, 20.0, 40.0, 80.0, 80.0, 80.0, 80.0] and len(rig.reports) == 1
    rig.clients.sent(client)
    rig.clients.not_sent(client, "no route", rig.now)
    assert client in rig.clients.listeners(rig.now)


def test_the_show_itself_is_no_client():
    rig = Rig(("127.0.0.1", 9001), ("127.0.0.1", 7000), own=("127.0.0.1", 9001))
    for port in range(10):
        rig.clients.spoke(f"127.0.0.1:{50000 + port}", rig.now)
        assert rig.clients.place_for(f"127.0.0.1:{50000 + port}") is None
    assert len(rig.clients) == 1 and len(rig.reports) == 1 and "127.0.0.1:9001" in rig.reports[0]
