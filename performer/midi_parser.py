"""A stream of MIDI bytes becomes whole messages: running status, real-time bytes inside a message, sysex, and what was cut off. Pure.

The rules are those of the MIDI 1.0 specification (running status, system common and real-time messages). Beyond them, so that a cable that was
pulled or a program that died in the midst of a sysex takes no note along: a sysex ends with the next status byte, after LONGEST_SYSEX bytes, and
after LONGEST_PAUSE seconds without a byte.
"""

from collections.abc import Sequence

LONGEST_SYSEX = 65536  # bytes, with its F0 and F7
LONGEST_PAUSE = 1.0  # seconds between two bytes of one message
SYSEX, SYSEX_END, REAL_TIME = 0xF0, 0xF7, 0xF8
UNDEFINED = frozenset({0xF4, 0xF5, 0xF9, 0xFD})

# Bytes of a message by its status; 0: a sysex, its end, or undefined.
LENGTHS: tuple[int, ...] = tuple(
    0 if status < 0x80 else (3, 3, 3, 3, 2, 2, 3)[(status >> 4) - 8] if status < SYSEX else {0xF1: 2, 0xF2: 3, 0xF3: 2, 0xF6: 1}.get(status, 0)
    for status in range(REAL_TIME)
) + tuple(int(status not in UNDEFINED) for status in range(REAL_TIME, 256))  # fmt: skip

Message = Sequence[int]


class MidiParser:
    """Takes bytes in pieces of any size and returns the messages that they complete, each with its status byte. For one thread.

    `senseless` counts what was left out: messages that were cut off, runs of data bytes without a status, undefined status bytes."""

    def __init__(self) -> None:
        self.senseless = 0
        self._message: list[int] = []  # what is not complete yet; empty: a data byte belongs to the running status
        self._running = 0  # the status that data bytes belong to; 0: none
        self._lost = False  # data bytes without a status are passing by
        self._time = 0.0  # of the last byte

    def feed(self, data: Message, time: float = 0.0) -> list[Message]:
        """The messages that these bytes complete, in order. `time` is in seconds of any clock that only goes on."""
        if self._message and time - self._time > LONGEST_PAUSE:
            self._cut_off()
            self._running = 0
        self._time = time
        if not self._message and is_whole(data):
            self._follow(data[0])
            return [data]
        out: list[Message] = []
        for byte in data:
            if byte >= REAL_TIME:
                self._real_time(byte, out)
            elif byte >= 0x80:
                self._status(byte, out)
            else:
                self._data(byte, out)
        return out

    def _real_time(self, byte: int, out: list[Message]) -> None:
        if LENGTHS[byte]:
            out.append((byte,))
        else:
            self.senseless += 1

    def _status(self, byte: int, out: list[Message]) -> None:
        if byte == SYSEX_END and self._message and self._message[0] == SYSEX:
            out.append((*self._message, byte))
            self._message = []
        else:
            if self._message:
                self._cut_off()
            if byte == SYSEX or LENGTHS[byte] > 1:
                self._message = [byte]
            elif LENGTHS[byte]:
                out.append((byte,))
            elif byte != SYSEX_END:
                self.senseless += 1
        self._follow(byte)

    def _data(self, byte: int, out: list[Message]) -> None:
        if not self._message:
            if not self._running:
                self.senseless += not self._lost
                self._lost = True
                return
            self._message = [self._running]
        self._message.append(byte)
        if self._message[0] == SYSEX:
            if len(self._message) >= LONGEST_SYSEX:
                self._cut_off()
                self._lost = True
        elif len(self._message) == LENGTHS[self._message[0]]:
            out.append(tuple(self._message))
            self._message = []

    def _cut_off(self) -> None:
        self.senseless += 1
        self._message = []

    def _follow(self, status: int) -> None:
        """What a status byte means for the data bytes that follow its message."""
        if status < REAL_TIME:
            self._running = status if status < SYSEX else 0
            self._lost = False


def is_whole(data: Message) -> bool:
    """Whether these bytes are exactly one message, as a MIDI system hands them over."""
    if not data:
        return False
    status = data[0]
    if status == SYSEX:
        return 1 < len(data) <= LONGEST_SYSEX and data[-1] == SYSEX_END and max(data[1:-1], default=0) < 0x80
    return len(data) == LENGTHS[status] > 0 and max(data[1:], default=0) < 0x80
