"""Suggestions in a real show: asked for, chosen and gone back to over OSC, and its take tells the same notes again."""

import json
import socket
import time
from pathlib import Path

import pytest

from performer.loopback import decode, encode
from performer.render import render
from tests.show_process import SILENT, ShowProcess

pytestmark = pytest.mark.programs
PATIENCE = 20.0


class Client:
    """An OSC client of the show that keeps what it was told."""

    def __init__(self, show: ShowProcess) -> None:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", show.reply))
        self._sock.settimeout(0.2)
        self._port = show.osc
        self.told: list[tuple[object, ...]] = []

    def say(self, address: str, *arguments: object) -> None:
        self._sock.sendto(encode(address, *arguments), ("127.0.0.1", self._port))

    def hears(self, address: str, count: int = 1) -> list[tuple[object, ...]]:
        """The arguments of the first `count` messages of this address, once they are there."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = [message[1:] for message in self.told if message[0] == address]
            if len(found) >= count:
                return found[:count]
            try:
                datagram = self._sock.recv(65536)
            except TimeoutError:
                continue
            self.told += [(each.address, *each.arguments) for each in decode(datagram)]
        raise AssertionError(f"{address} was not told {count} times, only {sorted({str(message[0]) for message in self.told})}")

    def close(self) -> None:
        self._sock.close()


def test_a_chosen_suggestion_is_played_and_the_take_tells_it_again(tmp_path: Path):
    voice = '[[voice]]\nmode = "autonomous"\nstrength = 1.0\nstyle = "pop"'
    with ShowProcess(tmp_path, *SILENT, voice) as show:
        client = Client(show)
        client.say("/performer/suggest", 1, 3)
        ready = client.hears("/performer/suggestion/ready", 3)
        assert [row[:2] for row in ready] == [(1, 1), (1, 2), (1, 3)]
        wanted = sorted((round(float(beat), 3), pitch) for _, number, pitch, _, beat, _ in _all(client, "/performer/suggestion") if number == 2)
        client.say("/performer/suggest/choose", 1, 2, "beat")
        ((_, begins, _),) = client.hears("/performer/suggestion/begins")
        committed = client.hears("/performer/plan/committed", len(_all(client, "/performer/plan/committed")) + 3 * len(wanted))
        played = sorted((round((float(row[3]) - float(begins)) * 2, 2), row[1]) for row in committed if float(row[3]) >= float(begins) - 0.001)
        assert [(round(beat, 2), pitch) for beat, pitch in wanted] == played[: len(wanted)]
        client.say("/performer/suggest/back", 1)
        assert client.hears("/performer/suggestion/chosen", 2)[-1] == (1, 0)
        client.say("/performer/suggest/hear", 1, 9)
        ((address, reason),) = client.hears("/performer/error")
        assert "no suggestion 9" in str(reason) and address == "/performer/suggest"
        client.close()
        assert show.end() == 0
        take = show.take
    kinds = [json.loads(line).get("in", {}).get("kind") for line in take.read_text(encoding="utf-8").splitlines()]
    assert kinds.count("Suggest") == 1 and kinds.count("Choose") == 2
    assert "exactly those that were played" in render(take, tmp_path / "again.mid")


def _all(client: Client, address: str) -> list[tuple[object, ...]]:
    return [message[1:] for message in client.told if message[0] == address]
