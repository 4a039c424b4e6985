"""Input, punch-in and drums; and the channel that a voice listens to."""

from performer.events import NoteOff, NoteOn, ParameterSet, Sync, Timed
from tests.stagehands import WrittenOutput, melody, offline, overdue

BEGIN = Timed(0.0, Sync())


def test_input_passes_on_what_is_played_and_nothing_is_asked():
    output = WrittenOutput()
    graph = offline(mode="input", channel=5, outputs=[output])
    notes = graph.play([Timed(1.0, NoteOn(60, 90)), Timed(1.5, NoteOff(60))], until=5.0)
    assert [(note.channel, note.pitch, note.velocity, note.start, note.end) for note in notes] == [(5, 60, 90, 1.0, 1.5)]
    assert graph.session.room.asks == 0
    assert ("on", 5, 60, 90) in output.lines


def test_a_voice_listens_to_its_channel_only():
    graph = offline(mode="harmonise", notes=1, input=3)
    assert graph.play([Timed(1.0, NoteOn(60, 90, 2)), Timed(1.5, NoteOff(60, 2))], until=3.0) == []
    assert graph.play([Timed(4.0, NoteOn(60, 90, 3)), Timed(4.5, NoteOff(60, 3))], until=6.0)


def test_punch_in_plays_alone_until_the_human_takes_the_voice_over_and_goes_on_afterwards():
    graph = offline(mode="punch-in", patience=0.5, channel=4)
    notes = graph.play([BEGIN, *melody(60, 64, 67, start=6.0, step=0.5, length=0.4)], until=14.0)
    human = [note for note in notes if 6.0 <= note.start < 7.4]
    assert [(note.pitch, note.channel) for note in human] == [(60, 4), (64, 4), (67, 4)]
    assert any(note.start < 5.9 for note in notes) and all(note.end <= 6.0 + 1e-6 for note in notes if note.start < 6.0)
    after = [note.start for note in notes if note.start > 7.5]
    assert after and 7.4 + 0.5 <= min(after) < 9.0


def test_drums_go_with_the_players_density():
    def played(step: float) -> int:
        graph = offline(mode="drums", density=4.0)
        pitches = [60 + number % 7 for number in range(int(16 / step))]
        notes = graph.play([BEGIN, *melody(*pitches, step=step, length=step / 2)], until=17.0)
        return sum(6.0 < note.start < 16.0 for note in notes)

    assert played(0.125) > 1.5 * played(1.0) > 0


def test_a_voice_may_change_from_one_mode_to_any_other_while_it_plays():
    modes = ("call", "harmonise", "accompany", "drums", "continue", "autonomous", "punch-in", "input", "mute")
    events = [BEGIN, *melody(*(60, 62, 64, 65, 67) * 20, step=0.2, length=0.15)]
    events += [Timed(1.5 + place * 0.9, ParameterSet("/performer/voice/1/mode", mode)) for place, mode in enumerate((*modes, *reversed(modes)))]
    graph = offline(mode="mute")
    graph.play_on(sorted(events, key=lambda timed: timed.time), until=30.0)
    assert graph.session.values["/performer/voice/1/mode"] == "call"
    assert overdue(graph) == [] and graph.session.room.lanes == []
