"""Hosts and ports of both families of IP: what listens at one, what is sent to it, and what cannot be."""

import socket

import pytest

from performer.addresses import in_link, parse_client, reach
from performer.errors import PerformerError, PortError
from performer.outputs.clients import client_address
from performer.supervisor import _bind


def test_sockets_listen_where_the_show_says():
    for host, sender in (("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "::1"), ("::", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")):
        with _bind(socket.SOCK_DGRAM, host, 0, "OSC", "[osc] port") as ear:
            family = socket.AF_INET6 if ":" in sender else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as mouth:
                mouth.bind((sender, 0))
                mouth.sendto(b"a", (sender, ear.getsockname()[1]))
                ear.settimeout(5.0)
                word, (back, port, *_) = ear.recvfrom(10)
                ear.sendto(word + b"b", (f"{back}:{port}".rsplit(":", 1)[0], port))
                mouth.settimeout(5.0)
                assert mouth.recv(10) == b"ab", host


@pytest.mark.parametrize(("listening", "client"), [
    ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]"), ("::", "127.0.0.1"), ("0.0.0.0", "localhost"),
])  # fmt: skip
def test_a_named_client_of_either_family_is_told(listening: str, client: str):
    family = socket.AF_INET6 if "[" in client else socket.AF_INET
    with _bind(socket.SOCK_DGRAM, listening, 0, "OSC", "[osc] port") as mouth, socket.socket(family, socket.SOCK_DGRAM) as ear:
        ear.bind((client.strip("[]"), 0))
        ear.settimeout(5.0)
        mouth.sendto(b"a", client_address(f"{client}:{ear.getsockname()[1]}", mouth.family, listening))
        assert ear.recv(10) == b"a"


@pytest.mark.parametrize(("listening", "client"), [("127.0.0.1", "[::1]:9001"), ("::1", "127.0.0.1:9001"), ("::1", "x"), ("::1", "a\0b:1")])
def test_a_client_that_cannot_be_reached_from_there_is_told(listening: str, client: str):
    family = socket.AF_INET6 if ":" in listening else socket.AF_INET
    with pytest.raises(PerformerError, match=r"The OSC client"):
        client_address(client, family, listening)


def test_addresses_in_words():
    assert [in_link(host) for host in ("::1", "127.0.0.1", "stage.local")] == ["[::1]", "127.0.0.1", "stage.local"]
    assert parse_client(" [fe80::1%eth0]:9001") == ("fe80::1%eth0", 9001)
    assert reach("10.0.0.1", socket.AF_INET6, "::") == "::ffff:10.0.0.1"


@pytest.mark.parametrize(("host", "remedy"), [
    ("203.0.113.7", r"\[osc\] host .*127\.0\.0\.1"), ("2001:db8::7", r"\[osc\] host"), ("no-such-host.invalid", r"\[osc\] host"),
    ("a" * 64 + ".b", r"\[osc\] host"), ("a..b", r"\[osc\] host"),
])  # fmt: skip
def test_an_address_that_this_machine_does_not_have_is_told_as_that(host: str, remedy: str):
    with pytest.raises(PortError, match=remedy):
        _bind(socket.SOCK_DGRAM, host, 0, "OSC", "[osc] port")
