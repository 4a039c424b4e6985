"""Clients that the show names by a host name."""

import socket
import threading
import time

import pytest

from performer.effects import Say
from performer.loopback import PLACES, Loopback, bind_loopback, decode
from performer.outputs.clients import is_number
from performer.outputs.osc import OscOutput
from performer.outputs.resolver import Resolver, look_up


class Names:
    """A name server: a host that is an Event answers when that is set, one that is an error fails, any other is found."""

    def __init__(self, **hosts: "str | OSError | threading.Event") -> None:
        self.hosts, self.asked = hosts, []
        self.found: list[tuple[object, object]] = []
        self.said: list[str] = []
        self.news = threading.Semaphore(0)

    def look_up(self, host: str) -> str:
        self.asked.append(host)
        answer = self.hosts[host]
        if isinstance(answer, threading.Event):
            answer.wait(20.0)
            return "10.0.0.9"
        if isinstance(answer, OSError):
            raise answer
        return answer

    def place(self, place: object, before: object) -> None:
        self.found.append((place, before))
        self.news.release()

    def say(self, sentence: str) -> None:
        self.said.append(sentence)
        self.news.release()


def test_each_name_is_found_though_another_is_not_answered_and_that_is_said_once():
    silent = threading.Event()
    names = Names(dead=silent, gone=socket.gaierror(-2, "Name or service not known"), here="10.0.0.1")
    resolver = Resolver([("dead", 1), ("here", 2), ("here", 3), ("gone", 4)], names.place, names.say, names.look_up, 0.05, 0.01)
    resolver.start()
    for _ in range(4):
        assert names.news.acquire(timeout=10.0)
    while names.asked.count("gone") < 4:
        time.sleep(0.001)
    assert sorted(names.found) == [(("10.0.0.1", 2), None), (("10.0.0.1", 3), None)]
    assert len(names.said) == 2 and {sentence.split("'")[1] for sentence in names.said} == {"dead", "gone"}
    silent.set()
    assert names.news.acquire(timeout=10.0)
    resolver.stop()
    assert names.found[-1] == (("10.0.0.9", 1), None)


def test_a_name_that_is_elsewhere_now_is_followed():
    names = Names(here="10.0.0.1")
    resolver = Resolver([("here", 2)], names.place, names.say, names.look_up)
    resolver._place("here", "10.0.0.1")
    resolver._place("here", "10.0.0.1")
    resolver._place("here", "10.0.0.2")
    assert names.found == [(("10.0.0.1", 2), None), (("10.0.0.2", 2), ("10.0.0.1", 2))]


@pytest.mark.parametrize(("host", "number"), [
    ("127.0.0.1", True), ("::1", True), ("fe80::1%eth0", True), ("localhost", False), ("stage.local", False), ("1.2.3", False), ("", False),
])  # fmt: skip
def test_which_hosts_need_no_name_server(host: str, number: bool):
    assert is_number(host) is number


def test_a_name_of_this_machine_is_found():
    assert look_up("localhost") == "127.0.0.1"


def test_a_client_whose_name_is_not_answered_holds_up_nobody(monkeypatch: pytest.MonkeyPatch):
    """It was looked up again for every message, on the thread that tells everybody."""
    ended = threading.Event()

    def silent(*_: object) -> None:
        ended.wait(30.0)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    socks = {name: bind_loopback() for name in (*PLACES, "public", "client")}
    ports = {name: sock.getsockname()[1] for name, sock in socks.items()}
    named = [("nobody.invalid", 9001), ("127.0.0.1", ports["client"])]
    output = OscOutput(Loopback(socks["engine"], ports), socks["public"], named, 9001)
    socks["client"].settimeout(5.0)
    began = time.monotonic()
    output.start()
    output.say(Say("/n", (1,)))
    (said,) = decode(socks["client"].recv(65536))
    output.stop()
    took = time.monotonic() - began
    ended.set()
    for sock in socks.values():
        sock.close()
    assert said.arguments == (1,) and took < 2.0
