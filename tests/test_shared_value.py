"""One value that survives its writer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.shared_value import SharedValue

SIZE = 256


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=8))
def test_the_last_value_is_read_by_another_view(values: list[bytes]):
    memory = bytearray(SIZE)
    for value in values:
        assert SharedValue(memory).write(value)
        assert SharedValue(memory).read() == value


@given(st.binary(min_size=1, max_size=100), st.binary(min_size=1, max_size=100), st.data())
def test_a_writer_that_is_killed_in_the_middle_leaves_the_value_before(before: bytes, after: bytes, data: st.DataObject):
    """Every prefix of the bytes that a write touches, in their order, is a moment at which it may be killed."""
    memory = bytearray(SIZE)
    SharedValue(memory).write(before)
    torn = Torn(memory, data.draw(st.integers(0, 3)), data.draw(st.integers(0, 120)))
    value = SharedValue(memory)
    value._view = torn  # type: ignore[assignment]
    try:
        value.write(after)
    except KilledError:
        assert SharedValue(memory).read() in (before, after if torn.done else before)
        assert SharedValue(memory).write(after) and SharedValue(memory).read() == after
    else:
        assert SharedValue(memory).read() == after


class KilledError(Exception):
    """The writer is no more."""


class Torn:
    """The memory as a writer sees it that is killed at its `steps`-th assignment, after so many bytes of it."""

    def __init__(self, memory: bytearray, steps: int, count: int) -> None:
        self._view, self._steps, self._count = memoryview(memory), steps, count
        self.done = False

    def __len__(self) -> int:
        return len(self._view)

    def __getitem__(self, place: slice) -> memoryview:
        return self._view[place]

    def __setitem__(self, place: slice, value: bytes) -> None:
        if self._steps == 0:
            part = value[: self._count]
            self._view[place.start : place.start + len(part)] = part
            self.done = len(part) == len(value)
            raise KilledError
        self._steps -= 1
        self._view[place] = value


def test_what_is_too_long_leaves_the_value_before():
    value = SharedValue(bytearray(SIZE))
    assert value.write(b"here")
    assert not value.write(bytes(value.capacity + 1))
    assert value.read() == b"here"


def test_bytes_that_were_spoilt_are_no_value():
    memory = bytearray(SIZE)
    SharedValue(memory).write(b"first")
    SharedValue(memory).write(b"second")
    memory[SIZE // 2 :] = bytes(reversed(memory[SIZE // 2 :]))
    assert SharedValue(memory).read() in (b"first", b"second")
    assert SharedValue(bytearray(b"\xff" * SIZE)).read() == b""


def test_memory_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="bytes"):
        SharedValue(bytearray(20))
