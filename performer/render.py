"""`performer render`: tells a take again on the virtual clock, holds it against what was played, and writes it as a MIDI file."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from performer.errors import ModelError, TakeError
from performer.inference.thinker import Mind
from performer.minds import open_mind
from performer.offline import tell_again
from performer.outputs.take import Opening, Sounded, sounded
from performer.outputs.take_chain import read_chain
from performer.parameters import Table
from performer.progress import Watch, unwatched
from performer.session.parts import Parts
from performer.session.state import Session

TICKS = 480
TEMPO = 500_000  # microseconds a beat: a tick is 1.04 ms, near enough to hear no difference

MOST_TICKS = 0x0FFFFFFF  # of a pause in a MIDI file: about three days


def render(take: Path, output: Path, watch: Watch = unwatched) -> str:
    """Write the notes of the take to `output`; returns what was found, in words. Raises TakeError for a take that cannot be read."""
    if not output.parent.is_dir() or output.is_dir():
        raise TakeError(f"'{output}' cannot be written (its folder is not there, or it is one itself).", "Give another place.")
    notices: list[str] = []
    chain = read_chain(take, lambda sentence: notices.append(sentence.rstrip(".")))
    if chain.broken:
        played = sounded(chain.lines)
        write_midi(played, output)
        reason = f"as they were played: {chain.broken}, so no model plays them again"
        return f"{output}: {len(played)} notes, {'; '.join([reason, *chain.gaps, *notices])}."
    opening, lines = chain.opening, chain.lines
    minds, remarks = _minds(opening)
    remarks = [*notices, *remarks]
    parts = Parts.named(opening.instruments, opening.models, opening.small, opening.model)
    session = Session(Table(opening.voices), parts, opening.seed, opening.values, opening.scenes, opening.port_delays)
    told = tell_again(session, minds, lines, opening.counts, watch, opening.awaits)
    if told.faults:
        remarks.append(f"{len(told.faults)} events of the take cannot be told again; the first is {told.faults[0]}")
    played, again = ([note for note in notes if note.end >= chain.since] for notes in (sounded(lines), told.notes))
    write_midi(again, output)
    missing, more = Counter(played) - Counter(again), Counter(again) - Counter(played)
    same = "exactly those that were played" if not missing and not more else f"{missing.total()} played ones are missing, {more.total()} are new"
    names = ", ".join(opening.sha256) or opening.model
    answers = f"{told.answers - told.differing} of {told.answers} answers of {names} came out the same" if told.answers else "no model was asked"
    return f"{output}: {len(again)} notes, {same}; {'; '.join([*remarks, answers] if minds or not remarks else remarks)}."


def _minds(opening: Opening) -> tuple[dict[str, Mind], list[str]]:
    """The models that played in the take, those that are here and unaltered, and a sentence about each other one."""
    minds: dict[str, Mind] = {}
    remarks = []
    for name, hashes in opening.sha256.items():
        try:
            mind = open_mind(name)
        except ModelError as error:
            remarks.append(f"the model {name} is not here as it was ({str(error).rstrip('.')}), so the take's own answers were used")
            continue
        if dict(getattr(mind, "hashes", {})) == dict(hashes):
            minds[name] = mind
        else:
            remarks.append(f"the model {name} is another one here, so the take's own answers were used")
    return minds, remarks


def write_midi(notes: Sequence[Sounded], output: Path) -> None:
    """A Standard MIDI File of the notes, a track for each voice. Raises TakeError where it cannot be written."""
    import mido

    file = mido.MidiFile(ticks_per_beat=TICKS)
    for voice in sorted({note.voice for note in notes}) or [1]:
        track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=TEMPO), mido.MetaMessage("track_name", name=f"voice {voice}")])
        marks = []
        for note in notes:
            if note.voice == voice:
                common = {"channel": note.channel - 1, "note": note.pitch}
                marks.append((_ticks(note.start), 1, mido.Message("note_on", velocity=note.velocity, **common)))
                marks.append((max(_ticks(note.end), _ticks(note.start) + 1), 0, mido.Message("note_off", **common)))
        now = 0
        for tick, _, message in sorted(marks, key=lambda mark: mark[:2]):
            while tick - now > MOST_TICKS:  # a longer pause has no room in a file: marks stand in it
                track.append(mido.MetaMessage("marker", text="", time=MOST_TICKS))
                now += MOST_TICKS
            track.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(track)
    try:
        file.save(output)
    except OSError as error:
        raise TakeError(f"'{output}' cannot be written ({error.strerror}).", "Give another place.") from None


def _ticks(seconds: float) -> int:
    """Ticks from the beginning; what a delay took before it stands at it."""
    return round(max(0.0, seconds) * 1_000_000 / TEMPO * TICKS)
