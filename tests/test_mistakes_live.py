"""What a show is asked for and cannot do while it plays comes back as a sentence, over OSC and where it was started."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from performer.loopback import LARGEST, decode, encode
from tests.show_process import ShowProcess

pytestmark = pytest.mark.programs


def test_a_picture_or_a_keyframe_that_is_not_there_and_an_audio_input_by_a_wrong_name(tmp_path: Path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        osc = f'[osc]\nclients = ["127.0.0.1:{ear.getsockname()[1]}"]'
        pictures = f'[pictures]\nfolder = "{tmp_path.as_posix()}"'
        off = [f"[{part}]\nenabled = false" for part in ("midi", "desk")]
        with ShowProcess(tmp_path, osc, pictures, '[audio]\ninput = "Nobody"', *off) as show:
            errors = _errors(ear)
            assert next(errors)[0] == "audio"
            for address, name in (("keyframe/recall", "verse"), ("picture", "nope.png")):
                ear.sendto(encode(f"/performer/visuals/{address}", name), ("127.0.0.1", show.osc))
                who, sentence = next(errors)
                assert who == f"/performer/visuals/{address}" and f"'{name}'" in sentence
        words = "".join(show.words)  # all of them, when it has ended
    assert "There is no keyframe 'verse'" in words and "There is no picture 'nope.png'" in words and "audio input" in words


def _errors(ear: socket.socket, seconds: float = 40.0) -> Iterator[tuple[Any, ...]]:
    """The arguments of each /performer/error as it comes."""
    ear.settimeout(1.0)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            datagram = ear.recv(LARGEST)
        except TimeoutError:
            continue
        yield from (message.arguments for message in decode(datagram) if message.address == "/performer/error")
