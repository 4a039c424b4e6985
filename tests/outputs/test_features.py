"""What the music is like now: figures of notes that rise and fall, and the choice between them and the audio input."""

import math
import threading

import pytest

from performer.clock import SystemClock, VirtualClock
from performer.effects import Say
from performer.outputs.features import BANDS, FLASH, QUIET, RING, STALE, Features, NoteFeatures

LEVEL, LOW, MID, HIGH, CENTROID, ONSET, SOURCE = range(7)
LOUD = (0.9, 0.1, 0.2, 0.3, 0.4, 0.5)


def features() -> tuple[Features, VirtualClock, list[Say]]:
    said: list[Say] = []
    clock = VirtualClock(10.0)
    return Features(clock, said.append), clock, said


def test_nothing_heard_is_all_zero():
    assert NoteFeatures().at(3.0) == (0.0,) * 6


@pytest.mark.parametrize(("pitch", "band"), [(0, LOW), (BANDS[0] - 1, LOW), (BANDS[0], MID), (BANDS[1] - 1, MID), (BANDS[1], HIGH), (127, HIGH)])
def test_a_note_sounds_in_its_own_band(pitch: int, band: int):
    notes = NoteFeatures()
    notes.hear(1.0, pitch, 127)
    values = notes.at(1.0)
    assert [place for place in (LOW, MID, HIGH) if values[place] > 0] == [band]
    assert values[LEVEL] == values[band] == pytest.approx(1 - math.exp(-1))
    assert values[CENTROID] == pytest.approx(pitch / 127)
    assert values[ONSET] == 1.0


def test_energy_and_onset_fall_at_their_own_pace():
    notes = NoteFeatures()
    notes.hear(1.0, 60, 127)
    assert notes.at(1.0 + FLASH)[ONSET] == pytest.approx(math.exp(-1))
    values = notes.at(1.0 + RING)
    assert values[LEVEL] == pytest.approx(1 - math.exp(-math.exp(-1)))
    assert values[ONSET] < 0.01
    assert notes.at(1.0 + 20 * RING)[LEVEL] < QUIET
    assert notes.at(1.0 + 20 * RING)[CENTROID] == 0.0


def test_harder_is_more_and_everything_stays_within_one():
    soft, hard = NoteFeatures(), NoteFeatures()
    soft.hear(0.0, 60, 30)
    hard.hear(0.0, 60, 110)
    assert 0 < soft.at(0.0)[LEVEL] < hard.at(0.0)[LEVEL]
    assert 0 < soft.at(0.0)[ONSET] < hard.at(0.0)[ONSET]
    for pitch in range(128):
        hard.hear(0.0, pitch, 127)
    assert all(0.0 <= value <= 1.0 for value in hard.at(0.0))
    assert hard.at(0.0)[LEVEL] > 0.99


def test_the_centroid_lies_between_the_notes_and_nearer_the_louder():
    notes = NoteFeatures()
    notes.hear(0.0, 40, 127)
    notes.hear(0.0, 80, 40)
    assert 40 / 127 < notes.at(0.0)[CENTROID] < 60 / 127


def test_a_time_that_went_back_changes_nothing():
    notes = NoteFeatures()
    notes.hear(5.0, 60, 127)
    before = notes.at(5.0)
    assert notes.at(4.0) == before == notes.at(5.0)


@pytest.mark.parametrize(("address", "arguments", "heard"), [
    ("/performer/heard", (60, 90, 1), True), ("/performer/heard", (60, 0, 1), False), ("/performer/played", (1, 60, 90, 0.5, 0.1), True),
    ("/performer/released", (1, 60), False), ("/performer/status", ("{}",), False),
])  # fmt: skip
def test_keys_and_answers_count_and_nothing_else(address: str, arguments: tuple[object, ...], heard: bool):
    now = features()[0]
    now.notice(address, arguments)
    values = now.now()
    assert (values[LEVEL] > 0) is heard
    assert values[SOURCE] == 0.0


def test_an_answers_pitch_is_not_its_voice():
    now = features()[0]
    now.notice("/performer/played", (1, 100, 127, 0.5, 0.1))
    assert now.now()[HIGH] > 0 and now.now()[LOW] == 0


def test_the_audio_input_speaks_while_it_sounds():
    now, clock, _ = features()
    now.notice("/performer/heard", (60, 127, 1))
    now.from_audio(LOUD)
    assert now.now() == (*LOUD, 1.0)
    clock.advance_to(10.0 + STALE * 0.9)
    assert now.now() == (*LOUD, 1.0)
    clock.advance_to(10.0 + STALE * 1.1)
    assert now.now()[SOURCE] == 0.0
    assert now.now()[LEVEL] > 0


@pytest.mark.parametrize("values", [(QUIET / 2, 0.0, 0.0, 0.0, 0.0, 0.0), LOUD[:5], ()])
def test_a_silent_or_malformed_audio_leaves_the_word_to_the_notes(values: tuple[float, ...]):
    now = features()[0]
    now.notice("/performer/heard", (60, 127, 1))
    now.from_audio(values)
    assert now.now()[SOURCE] == 0.0
    assert now.now()[ONSET] == 1.0


def test_the_thread_tells_it_to_everybody_and_stops():
    told, said = threading.Event(), []

    def say(each: Say) -> None:
        said.append(each)
        if len(said) == 3:
            told.set()

    now = Features(SystemClock(), say)
    now.notice("/performer/heard", (60, 127, 1))
    now.start()
    assert told.wait(5.0)
    now.stop()
    assert {each.address for each in said} == {"/performer/features"}
    assert [each.arguments[LEVEL] for each in said] == sorted((each.arguments[LEVEL] for each in said), reverse=True)
    assert all(len(each.arguments) == 7 for each in said)
    assert "features" not in {thread.name for thread in threading.enumerate()}


def test_the_thread_says_twice_a_second_that_there_is_nothing_to_hear():
    thrice, times, clock = threading.Event(), [], SystemClock()

    def say(each: Say) -> None:
        times.append(clock.now())
        if len(times) == 3:
            thrice.set()

    now = Features(clock, say)
    now.start()
    assert thrice.wait(5.0)
    now.stop()
    assert times[1] - times[0] > 0.4 and times[2] - times[1] > 0.4
