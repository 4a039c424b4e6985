"""Bytes become messages: any stream, in pieces of any size."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from performer.events import Control, NoteOff, NoteOn
from performer.inputs.midi import parse
from performer.midi_parser import LENGTHS, LONGEST_PAUSE, LONGEST_SYSEX, MidiParser, is_whole

data = some.integers(0, 127)
channel_messages = some.integers(0x80, 0xEF).flatmap(lambda status: some.tuples(some.just(status), *[data] * (LENGTHS[status] - 1)))
common = some.one_of(
    some.tuples(some.just(0xF1), data), some.tuples(some.just(0xF2), data, data), some.tuples(some.just(0xF3), data), some.just((0xF6,)),
)  # fmt: skip
sysex = some.lists(data, max_size=20).map(lambda body: (0xF0, *body, 0xF7))
real_time = some.sampled_from([0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF])
messages = some.lists(some.one_of(channel_messages, common, sysex), max_size=20)
stream = some.lists(some.one_of(some.integers(0, 255), some.sampled_from([0x90, 0xF0, 0xF7, 0xF8, 60])), max_size=60)


def fed(pieces: Sequence[Sequence[int]], parser: MidiParser | None = None) -> list[tuple[int, ...]]:
    parser = parser or MidiParser()
    return [tuple(message) for piece in pieces for message in parser.feed(list(piece))]


@given(stream, some.lists(some.integers(0, 60), max_size=10))
def test_any_split_of_any_stream_gives_the_same_messages(content: list[int], cuts: list[int]) -> None:
    places = sorted({0, *(min(cut, len(content)) for cut in cuts), len(content)})
    pieces = [content[start:end] for start, end in itertools.pairwise(places)]
    whole, split, single = MidiParser(), MidiParser(), MidiParser()
    told = fed([content], whole)
    assert fed(pieces, split) == fed([[byte] for byte in content], single) == told
    assert whole.senseless == split.senseless == single.senseless
    assert all(is_whole(message) for message in told)


@given(messages)
def test_whole_messages_come_out_as_they_are(sent: list[tuple[int, ...]]) -> None:
    parser = MidiParser()
    assert fed([[byte for message in sent for byte in message]], parser) == sent == fed(sent)
    assert parser.senseless == 0


@given(messages)
def test_running_status_may_leave_out_what_repeats(sent: list[tuple[int, ...]]) -> None:
    content, running = [], 0
    for message in sent:
        content += message[1:] if message[0] == running else message
        running = message[0] if message[0] < 0xF0 else 0
    assert fed([content]) == sent


@given(messages, some.lists(some.tuples(some.integers(0, 200), real_time), max_size=8))
def test_real_time_bytes_inside_messages_disturb_none(sent: list[tuple[int, ...]], ticks: list[tuple[int, int]]) -> None:
    content = [byte for message in sent for byte in message]
    for place, byte in ticks:
        content.insert(min(place, len(content)), byte)
    told = fed([content])
    assert [message for message in told if message[0] < 0xF8] == sent
    assert sorted(message[0] for message in told if message[0] >= 0xF8) == sorted(byte for _, byte in ticks)


@given(some.lists(data, max_size=20), channel_messages)
def test_a_status_byte_ends_a_sysex(body: list[int], message: tuple[int, ...]) -> None:
    for pieces in ([[0xF0, *body, *message]], [[0xF0, *body], message]):
        parser = MidiParser()
        assert fed(pieces, parser) == [message]
        assert parser.senseless == 1


def test_a_sysex_that_is_too_long_ends_and_what_follows_is_heard() -> None:
    parser = MidiParser()
    assert fed([[0xF0, *[1] * LONGEST_SYSEX], [2, 3, 0xF7], [0x80, 60, 0]], parser) == [(0x80, 60, 0)]
    assert parser.senseless == 1
    whole = [0xF0, *[1] * (LONGEST_SYSEX - 2), 0xF7]
    assert fed([whole]) == [tuple(whole)] == fed([[byte] for byte in whole])
    assert fed([[0xF0, *[1] * (LONGEST_SYSEX - 1), 0xF7]]) == []


@pytest.mark.parametrize("begun", [[0xF0, 1, 2], [0x90, 60]])
def test_what_goes_on_after_a_long_pause_is_no_part_of_what_was_begun(begun: list[int]) -> None:
    parser = MidiParser()
    assert parser.feed(begun, 1.0) == []
    assert parser.feed([3, 0xF7], 1.0 + LONGEST_PAUSE + 0.01) == []
    assert parser.feed([0x91, 60, 1], 3.0) == [[0x91, 60, 1]]
    assert parser.senseless == 2
    parser = MidiParser()
    parser.feed([0xF0, 1], 1.0)
    assert [tuple(each) for each in parser.feed([2, 0xF7], 1.0 + LONGEST_PAUSE - 0.01)] == [(0xF0, 1, 2, 0xF7)]


@given(stream)
def test_only_a_note_on_message_is_a_note(content: list[int]) -> None:
    for message in fed([content]):
        event = parse(message)
        if isinstance(event, NoteOn | NoteOff):
            assert message[0] & 0xE0 == 0x80
        if isinstance(event, Control):
            assert message[0] & 0xF0 == 0xB0


def test_clock_active_sensing_time_code_and_sysex_are_no_notes() -> None:
    content = [0xF8, 0xFE, 0xF1, 60, 0xF0, 0x90, 60, 0xF8, 100, 0xF0, 60, 100, 0xF7, 0xF3, 60, 0xF6, 60, 100]
    events = [parse(message) for message in fed([content])]
    assert [event for event in events if isinstance(event, NoteOn | NoteOff)] == [NoteOn(60, 100)]  # 90 60 F8 100: a clock ticks inside it
