"""The engine's state as one value, and when it is dropped."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.saved_state import CrashLoop, SavedState, decode_state, encode_state

numbers = st.floats(allow_nan=False, allow_infinity=False)
tables = st.dictionaries(st.text(), st.one_of(numbers, st.text(), st.booleans()), max_size=5)
anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4)
states = st.builds(
    SavedState, time=numbers, values=tables, beat=numbers,
    tempo_bpm=st.floats(1, 999), running=st.booleans(), models=tables, chords=st.text(), transport=tables,
)  # fmt: skip


@given(states)
def test_a_state_comes_back_as_it_was(state: SavedState) -> None:
    assert decode_state(encode_state(state)) == state


@given(st.binary())
def test_any_bytes_decode_without_an_error(content: bytes) -> None:
    decode_state(content)


@given(states, st.sampled_from(list(SavedState.__slots__)), anything)
def test_a_field_of_another_kind_costs_that_field_only(state: SavedState, name: str, value: object) -> None:
    content = json.loads(encode_state(state)) | {name: value}
    read = decode_state(json.dumps(content).encode())
    assert read is not None
    assert all(getattr(read, each) == getattr(state, each) for each in SavedState.__slots__ if each != name)
    assert isinstance(read.beat_at(read.time + 1), (int, float))


def test_older_and_newer_versions_are_read() -> None:
    assert decode_state(b'{"version": 0, "beat": 3}') == SavedState(beat=3)
    assert decode_state(b'{"version": 9, "beat": 3, "weather": "rain"}') == SavedState(beat=3)
    assert decode_state(b'{"beat": 3}') is None


def test_beats_are_counted_on_while_the_engine_is_dead() -> None:
    assert SavedState(time=10, tempo_bpm=90, beat=4, running=True).beat_at(12) == pytest.approx(7)
    assert SavedState(time=10, tempo_bpm=90, beat=4, running=False).beat_at(12) == pytest.approx(7)


def test_two_early_deaths_in_a_row_drop_the_state_once() -> None:
    loop = CrashLoop()
    told = []
    for start, death, restored in ((0, 5, False), (6, 9, True), (10, 30, True), (31, 33, True), (34, 36, True), (37, 38, False)):
        loop.note_start(start, restored)
        told.append(loop.note_death(death))
    assert told == [False, False, False, False, True, False]
