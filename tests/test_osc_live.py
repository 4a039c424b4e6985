"""Whole shows and their OSC clients: several controllers, two Performers, a client whose name nobody answers."""

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from performer.loopback import LARGEST, Message, decode, encode
from performer.outputs.bundles import SAFE_BYTES
from performer.parameters import Table
from tests.show_process import SILENT, ShowProcess, free_port

pytestmark = pytest.mark.programs
SYNCED = "/performer/scenes"  # follows all values
SPEED, WALK = "/performer/visuals/speed", "/performer/visuals/walk"


class Controller:
    """A client that speaks from the port where it listens."""

    def __init__(self, show: ShowProcess, host: str = "127.0.0.1", port: int | None = None) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, show.reply if port is None else port))
        self._to = "127.0.0.1", show.osc

    def say(self, address: str, *values: object) -> None:
        self.sock.sendto(encode(address, *values), self._to)

    def datagrams(self, until: str, patience: float = 10.0) -> list[bytes]:
        """What comes until this address is among it, or in so many seconds."""
        found: list[bytes] = []
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if select.select([self.sock], [], [], 0.1)[0]:
                found.append(self.sock.recv(LARGEST))
                if any(message.address == until for message in decode(found[-1])):
                    break
        return found

    def hears(self, until: str, patience: float = 10.0) -> list[Message]:
        return [message for datagram in self.datagrams(until, patience) for message in decode(datagram)]


@pytest.fixture
def show(tmp_path: Path) -> Iterator[ShowProcess]:
    with ShowProcess(tmp_path, *SILENT) as show:
        yield show


def test_two_controllers_do_not_take_the_feedback_from_each_other(show: ShowProcess):
    one, two = Controller(show), Controller(show, "127.0.0.2")
    with one.sock, two.sock:
        for controller in (one, two):
            controller.say("/performer/sync")
            assert controller.hears(SYNCED)
        one.say(SPEED, 0.5)
        assert two.hears(SPEED)[-1].arguments == (0.5,)
        two.say(SPEED, 0.75)
        assert [message.arguments for message in one.hears(SPEED) if message.address == SPEED] == [(0.75,)]
        one.say(SPEED, 9.0)
        heard = [message for message in one.hears(SPEED) if message.address in (SPEED, "/performer/error")]
        assert [message.address for message in heard] == ["/performer/error", SPEED] and heard[1].arguments == (2.0,)
        two.say(SPEED, float("nan"))
        assert [message.arguments for message in two.hears("/performer/error")][-1][0] == SPEED
        two.say(WALK)
        assert two.hears(WALK)[-1].arguments == (1,)


def test_sync_is_answered_to_its_sender_alone_in_bundles(show: ShowProcess):
    """20 bytes brought 1,011 datagrams to everybody."""
    one, two = Controller(show), Controller(show, "127.0.0.2")
    with one.sock, two.sock:
        two.say(SPEED, 0.5)
        two.hears(SPEED, 1.0)
        one.say("/performer/sync")
        datagrams = one.datagrams(SYNCED)
        addresses = {message.address for datagram in datagrams for message in decode(datagram)}
        assert addresses >= Table(1).rows.keys() and len(datagrams) < 80
        assert all(len(datagram) <= SAFE_BYTES for datagram in datagrams if datagram.startswith(b"#"))
        assert not {message.address for message in two.hears(WALK, 0.5)} & Table(1).rows.keys()


def test_an_unknown_scene_or_model_is_told_to_its_sender_alone(show: ShowProcess):
    one, two = Controller(show), Controller(show, "127.0.0.2")
    with one.sock, two.sock:
        two.say(SPEED, 0.5)
        for address in ("/performer/scene/recall", "/performer/model", "/performer/visuals/picture", "/performer/visuals/keyframe/recall"):
            one.say(address, "nope")
            heard = one.hears("/performer/error")
            assert address not in [message.address for message in heard] and heard[-1].arguments[0] == address
        assert not {message.address for message in two.hears("/performer/error", 0.5)} & {"/performer/error", "/performer/visuals/picture"}


class Relay:
    """Passes on what two shows say to each other, and counts it."""

    def __init__(self) -> None:
        self.ends = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for end in self.ends:
            end.bind(("127.0.0.1", 0))
        self.ports = [end.getsockname()[1] for end in self.ends]
        self.shows: list[ShowProcess] = []

    def run(self, seconds: float) -> int:
        """Pass on for so long; how many datagrams there were."""
        count, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            for ready in select.select(self.ends, [], [], 0.05)[0]:
                place = self.ends.index(ready)
                self.ends[1 - place].sendto(ready.recv(LARGEST), ("127.0.0.1", self.shows[1 - place].osc))
                count += 1
        return count


def test_two_performers_that_name_each_other_come_to_rest(tmp_path: Path):
    """Each answered the other's feedback with errors, and those with errors."""
    relay = Relay()
    for place in range(2):
        folder = tmp_path / str(place)
        folder.mkdir()
        relay.shows.append(ShowProcess(folder, *SILENT, f'[osc]\nclients = ["127.0.0.1:{relay.ports[place]}"]'))
    one, two = relay.shows
    surface = Controller(one, "127.0.0.1")
    with surface.sock, relay.ends[0], relay.ends[1], one, two:
        relay.run(1.5)
        surface.say(SPEED, 0.625)
        surface.say("/performer/panic")
        surface.say("/performer/tempo/bpm", 133.0)
        busy = relay.run(1.5)
        rest = relay.run(2.0)
        print(f"{busy} datagrams in the first 1.5 s, then {rest} in 2 s")
        other = Controller(two)
        with other.sock:
            other.say(SPEED)
            assert other.hears(SPEED)[-1].arguments == (0.625,)
    assert busy < 60 and rest < 30, f"{busy} datagrams, then {rest} in 2 s"


def test_a_client_whose_name_nobody_answers_holds_up_nothing(tmp_path: Path):
    port = free_port()
    began = time.monotonic()
    with ShowProcess(tmp_path, *SILENT, f'[osc]\nclients = ["no-such-host.invalid:9001", "127.0.0.1:{port}"]') as show:
        started = time.monotonic() - began
        controller = Controller(show, port=port)
        with controller.sock:
            for _ in range(3):
                asked = time.monotonic()
                controller.say(SPEED)
                assert controller.hears(SPEED)[-1].address == SPEED and time.monotonic() - asked < 1.0
            controller.sock.settimeout(8.0)
            while not any("no-such-host.invalid" in word for word in show.words) and time.monotonic() - began < 30.0:
                time.sleep(0.05)
            assert sum("no-such-host.invalid" in word for word in show.words) == 1 and started < 20.0


def test_a_client_at_a_port_that_cannot_be_is_told_at_the_start(tmp_path: Path):
    file = tmp_path / "wrong.show.toml"
    file.write_text(f'[osc]\nport = {free_port()}\nclients = ["127.0.0.1:70000"]\n' + "\n".join(SILENT), encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "performer", "run", str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "127.0.0.1:70000" in done.stderr and "1 to 65535" in done.stderr and "Traceback" not in done.stderr


def test_mistakes_without_end_fill_no_log_and_health_counts_them(show: ShowProcess):
    one = Controller(show)
    with one.sock:
        for _ in range(2000):
            one.sock.sendto(b"/performer/visuals/speed\0\0\0\0,xyz\0\0\0\0", ("127.0.0.1", show.osc))
            one.sock.sendto(encode(SPEED, "fast"), ("127.0.0.1", show.osc))
        one.say(SPEED, 0.25)
        one.say(SPEED)
        heard = one.hears("/performer/health")
        errors = [message for message in heard if message.address == "/performer/error"]
        assert len(errors) <= 6 and sum("speed" in word or "Unhandled" in word for word in show.words) == 0
        figures = json.loads(heard[-1].arguments[0])["osc"]
        assert figures["malformed"] > 100 and figures["refused"] > 100 and figures["clients"] == 1


def test_a_client_that_vanishes_lets_go_and_a_port_that_is_not_there_is_refused(show: ShowProcess):
    one, two = Controller(show, "127.0.0.3"), Controller(show)
    with two.sock:
        two.say("/performer/voice/1/output_port", 2)
        address, sentence = next(each.arguments for each in two.hears("/performer/error") if each.address == "/performer/error")
        assert address == "/performer/voice/1/output_port" and "this show has 1 MIDI output" in str(sentence)
        with one.sock:
            one.say("/performer/note/on", 60, 90)
            # It is there for two looks, and then no longer.
            assert [each.arguments for each in two.hears("/performer/heard") if each.address == "/performer/heard"] == [(60, 90, 1)]
            assert not [each for each in two.hears("/performer/heard", 2.5) if each.address == "/performer/heard"]
        assert [each.arguments for each in two.hears("/performer/heard", 5.0) if each.address == "/performer/heard"] == [(60, 0, 1)]
