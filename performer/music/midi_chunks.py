"""The parts of a MIDI file: header, tracks, what else there is. Counts and lengths that lie are found out."""

from dataclasses import dataclass

from performer.music.midi_track import Budget, RawTrack, TrackReader
from performer.music.repairs import Repairs
from performer.music.tempo_map import FILM

HEADER, TRACK = b"MThd", b"MTrk"
SEARCHED = 1 << 20  # bytes before a header
DIVISION = 480  # ticks a beat, where the header has none that can be
FRAME_RATES, FRAME_TICKS = (24, 25, FILM, 30), 40
SEPARATE = 2  # the type of a file whose tracks are pieces of their own
PADDING = b"\0\x1a\r\n "

# What else a file may be, by its first bytes.
OTHERS: dict[bytes, str] = {
    b"\x1f\x8b": "it is packed with gzip: unpack it first",
    b"PK\x03\x04": "it is a ZIP archive: unpack it first",
    b"Rar!": "it is a RAR archive: unpack it first",
    b"7z\xbc\xaf": "it is a 7-Zip archive: unpack it first",
    b"\0\x05\x16\x07": "it is a file that macOS keeps beside another one and has no music",
    b"MUS\x1a": "it is music in the MUS format of a game: convert it first",
    b"SMF2CLIP": "it is a MIDI 2.0 clip: save it as a Standard MIDI File",
    b"FORM": "it is music in the XMI format of a game: convert it first",
    b"ID3": "it is recorded sound (MP3)",
    b"OggS": "it is recorded sound (Ogg)",
    b"fLaC": "it is recorded sound (FLAC)",
    b"<": "it is a text or a web page",
    b"{": "it is a text",
}


class NoMidiError(Exception):
    """Bytes that are no MIDI file, with the reason: a clause about the file."""


@dataclass(frozen=True, slots=True)
class Header:
    """`kind` is the file's type 0, 1 or 2. Time is in ticks a beat or, where `frames` is above 0, a frame."""

    kind: int
    ticks: int
    frames: int = 0


def read_chunks(data: bytes, repairs: Repairs) -> tuple[Header, list[RawTrack]]:
    """Header and tracks of a whole file. Raises NoMidiError."""
    begin = _begin(data, repairs)
    data = data[begin : _end_of_wrapped(data, begin)]
    header, declared, place = _header(data, repairs)
    tracks = _tracks(data, place, repairs)
    if not tracks:
        raise NoMidiError("it has no tracks")
    if len(tracks) != declared:
        repairs.add(f"its header says {declared} tracks and it has {len(tracks)}")
    if header.kind == 0 and len(tracks) > 1:
        repairs.add("it is of type 0 and has several tracks, which are played together")
    return header, tracks


def _begin(data: bytes, repairs: Repairs) -> int:
    """The place of the header, in what is wrapped or has something before it."""
    if not data.strip(PADDING):
        raise NoMidiError("it is empty" if not data else "it has nothing in it but zeros or blanks")
    if data.startswith(HEADER):
        return 0
    for first, reason in OTHERS.items():
        if data.startswith(first):
            raise NoMidiError(reason)
    if data.startswith(b"RIFF"):
        if data[8:12] != b"RMID":
            raise NoMidiError("it is a RIFF file without MIDI, such as recorded sound")
        place = data.find(HEADER)
    else:
        place = data.find(HEADER, 0, SEARCHED)
        if place < 0:
            place = data.find(TRACK, 0, SEARCHED)
        if place > 0:
            repairs.add(f"{place:,} bytes before its header are left out")
    if place < 0:
        raise NoMidiError("it has no header of a MIDI file")
    return place


def _end_of_wrapped(data: bytes, begin: int) -> int:
    """The place after the music: in a RIFF file other chunks may follow, with lengths of another kind."""
    if data.startswith(b"RIFF") and data[begin - 8 : begin - 4] == b"data":
        end = begin + int.from_bytes(data[begin - 4 : begin], "little")
        following = data[end + end % 2 : end + end % 2 + 4]
        if end > begin and following.isascii() and following.decode().isprintable():
            return end
    return len(data)


def _header(data: bytes, repairs: Repairs) -> tuple[Header, int, int]:
    """The header, the number of tracks that it tells, and the place after it."""
    first = data.find(TRACK)
    if first < 0:
        raise NoMidiError("it has no tracks")
    fields = data[8 : min(14, first)] if data.startswith(HEADER) else b""
    if len(fields) < 6:
        repairs.add(f"it has no whole header: {DIVISION} ticks a beat are taken")
        return Header(1, DIVISION), data.count(TRACK), first
    kind, declared, division = (int.from_bytes(fields[at : at + 2]) for at in (0, 2, 4))
    if kind > SEPARATE:
        repairs.add(f"its type {kind} does not exist and is taken for 1")
        kind = 1
    place = 8 + int.from_bytes(data[4:8])
    if not 14 <= place <= first or not _chunk_begins(data, place):
        repairs.add("the length of its header is wrong")
        place = first
    return _with_division(kind, division, repairs), declared, place


def _with_division(kind: int, division: int, repairs: Repairs) -> Header:
    if division >> 15:
        frames, ticks = 256 - (division >> 8), division & 0xFF
        if frames not in FRAME_RATES:
            repairs.add(f"it counts {frames} frames a second, which no film has")
        if not ticks:
            repairs.add(f"it has 0 ticks a frame: {FRAME_TICKS} are taken")
        return Header(kind, ticks or FRAME_TICKS, frames)
    if not division:
        repairs.add(f"it has 0 ticks a beat: {DIVISION} are taken")
    return Header(kind, division or DIVISION)


def _tracks(data: bytes, place: int, repairs: Repairs) -> list[RawTrack]:
    found: list[RawTrack] = []
    budget = Budget()
    while place + 8 <= len(data) and budget.events > 0:
        kind, end = data[place : place + 4], place + 8 + int.from_bytes(data[place + 4 : place + 8])
        budget.events -= 1
        if kind == TRACK:
            track, place = _track(data, place + 8, end, repairs, budget)
            found.append(track)
        elif kind == HEADER and found:
            repairs.add("another MIDI file follows in it and is left out")
            break
        elif _chunk_begins(data, end):
            # Programs keep what is theirs in chunks of their own; that is in order.
            place = end
        else:
            place = _next_track(data, place, repairs)
    return found


def _track(
    data: bytes, begin: int, end: int, repairs: Repairs, budget: Budget
) -> tuple[RawTrack, int]:
    trusted = _chunk_begins(data, end)
    stop = end if trusted else _find(data, TRACK, begin)
    reader = TrackReader(data, begin, stop, trusted, repairs, budget)
    place = reader.read()
    if not reader.track.ended and stop == len(data) and not trusted:
        repairs.add("it ends in the middle of a track")
    elif place != end and budget.events > 0:
        repairs.add("the length of a track is wrong", "the lengths of {count} tracks are wrong")
    return reader.track, place


def _next_track(data: bytes, place: int, repairs: Repairs) -> int:
    following = _find(data, TRACK, place + 1)
    if data[place:following].strip(PADDING):
        text = "bytes between or after its tracks are left out"
        repairs.add(text, text)
    return following


def _chunk_begins(data: bytes, place: int) -> bool:
    """Whether the file ends at this place, or a chunk begins that lies in it."""
    if place == len(data):
        return True
    kind, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8])
    if kind == TRACK:
        return True
    named = len(kind) == 4 and kind.isascii() and kind.decode().isprintable()
    return named and place + 8 + length <= len(data)


def _find(data: bytes, what: bytes, begin: int) -> int:
    """The place of `what` from `begin` on, or the end."""
    place = data.find(what, begin)
    return len(data) if place < 0 else place
