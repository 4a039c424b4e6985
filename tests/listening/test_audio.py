"""The ring, and the choice among inputs."""

import sys
import threading

import numpy as np
import pytest

from performer.errors import PortError
from performer.listening import audio
from performer.listening.audio import AudioInput, Ring, choose

CARDS = [
    AudioInput(3, "Built-in", "CoreAudio", 1, 44100.0),
    AudioInput(1, "Scarlett 2i2", "ALSA", 2, 48000.0),
    AudioInput(2, "Scarlett 18i20", "JACK", 20, 48000.0),
]


def block(value: float) -> np.ndarray:
    return np.full((256, 2), value, np.float32)


def test_a_full_ring_drops_the_oldest_and_counts_it() -> None:
    ring = Ring(48000.0)  # 47 blocks are a quarter of a second
    for value in range(50):
        ring.put(block(value))
    assert ring.dropped == 3
    held = []
    while (got := ring.get(0.0)) is not None:
        held.append(got[0, 0])
    assert held == list(range(3, 50))


def test_the_ring_keeps_a_copy_and_stamps_the_time() -> None:
    ring = Ring(48000.0)
    before, samples = ring.touched, block(1.0)
    ring.put(samples)
    samples[:] = 2.0
    kept = ring.get(0.0)
    assert kept is not None
    assert kept.max() == 1.0
    assert ring.touched > before


def test_nothing_is_lost_between_two_threads_unless_it_is_counted() -> None:
    ring = Ring(48000.0)
    feeder = threading.Thread(target=lambda: [ring.put(block(value)) for value in range(5000)])
    feeder.start()
    got = []
    while (kept := ring.get(0.5)) is not None:
        got.append(kept[0, 0])
    feeder.join()
    assert got == sorted(got)
    assert len(got) + ring.dropped == 5000


def test_an_input_is_chosen_by_its_name_or_a_part_of_it_and_the_systems_own_is_the_first() -> None:
    assert choose(None, CARDS).number == 3
    assert choose("Scarlett 18i20", CARDS).number == 2
    assert choose("scarlett", CARDS).number == 1
    assert choose("scarlett 18i20 (jack", CARDS).number == 2


def test_a_wrong_name_lists_what_there_is_and_no_input_at_all_is_a_sentence() -> None:
    with pytest.raises(PortError, match=r"^No audio input is called 'piano'\. There are: 'Built-in', 'Scarlett 2i2', 'Scarlett 18i20'\. "):
        choose("piano", CARDS)
    with pytest.raises(PortError, match="no audio input now"):
        choose(None, [])


def test_without_portaudio_it_is_one_sentence_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    audio._sounddevice.cache_clear()
    with pytest.raises(PortError, match=r"PortAudio library not found\. Install it with: (sudo )?apt-get install libportaudio2$"):
        audio.inputs()
    audio._sounddevice.cache_clear()
