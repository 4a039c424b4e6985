"""Clients that vanish with a key down, over real sockets; the times are arguments."""

import socket

import pytest

from performer.inputs.osc_presence import KNOCK_S, SILENT, Presence

KEY = ("key", 1, 60)


@pytest.fixture
def client():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


@pytest.fixture
def presence():
    presence = Presence()
    yield presence
    presence.clear()


def name(sock):
    return f"127.0.0.1:{sock.getsockname()[1]}"


def test_a_client_whose_port_closes_is_gone_within_two_looks(presence, client):
    sender = name(client)
    presence.hold(sender, KEY, 0.0)
    presence.hold(sender, ("control", 1, 64), 0.0)
    assert [presence.gone(second * KNOCK_S) for second in range(20)] == [[]] * 20
    client.close()
    assert presence.gone(20.0) + presence.gone(21.0) == [(sender, 2)]
    assert presence.gone(22.0) == []


def test_a_client_that_let_go_is_not_looked_after(presence, client):
    sender = name(client)
    presence.hold(sender, KEY, 0.0)
    presence.gone(0.0)
    presence.let_go(sender, KEY)
    client.close()
    assert presence.gone(1.0) + presence.gone(2.0) + presence.gone(SILENT + 3.0) == []


def test_a_program_with_a_new_socket_for_each_message_keeps_its_key_until_it_is_silent(presence, client):
    """Its port is closed before the first look: a drone that a script began sounds on."""
    sender = name(client)
    presence.hold(sender, KEY, 0.0)
    client.close()
    assert [presence.gone(second * KNOCK_S) for second in range(100)] == [[]] * 100
    presence.spoke(sender, 100.0)
    assert presence.gone(SILENT + 99.0) == []
    assert presence.gone(SILENT + 101.0) == [(sender, 1)]


def test_where_a_program_lets_go_from_another_port_a_closed_one_says_nothing(presence, client):
    sender = name(client)
    presence.hold(sender, KEY, 0.0)
    presence.gone(0.0)
    presence.rotates("127.0.0.1:9")
    client.close()
    assert presence.gone(1.0) + presence.gone(2.0) + presence.gone(3.0) == []


def test_what_a_client_says_to_the_port_that_knocks_changes_nothing(presence, client):
    sender = name(client)
    presence.hold(sender, KEY, 0.0)
    for second in range(5):
        assert presence.gone(second * KNOCK_S) == []
        datagram, asker = client.recvfrom(64)
        assert datagram == b"#bundle\0\0\0\0\0\0\0\0\1"
        client.sendto(b"what?", asker)
