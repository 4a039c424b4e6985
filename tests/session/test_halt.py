"""Who leads and whether the song runs are two things: clocks without a Start, a Stop with the clock's end, a person at the transport."""

from collections.abc import Iterator

from performer.events import NoteOff, NoteOn, ParameterSet, Sync, Timed, Transport
from tests.stagehands import WrittenOutput, melody, offline

BEAT = 0.6  # seconds at 100 bpm


def ticks(start: float, end: float) -> Iterator[Timed]:
    """A MIDI clock at 100 bpm."""
    count = int((end - start) * 24 / BEAT)
    yield from (Timed(start + place * BEAT / 24, Transport("clock")) for place in range(count))


def onsets(graph: object, since: float, until: float) -> list[float]:
    return [played.sent for played in graph.score.begun if since <= played.sent < until]


def show(mode: str):
    graph = offline(outputs=[WrittenOutput()], mode=mode)
    graph.handle(Timed(0.0, Sync()))
    return graph


def test_a_voice_by_itself_plays_to_a_clock_that_came_without_a_start():
    graph = show("autonomous")
    graph.play_on(ticks(2.0, 12.0), until=12.0)
    assert len(onsets(graph, 5.0, 12.0)) > 5
    assert graph.session.room.tempo.source == "midi" and graph.session.room.tempo.playing


def test_a_clock_that_ran_before_performer_did_is_a_song_that_runs():
    graph = show("autonomous")
    graph.play_on([*ticks(0.1, 6.0), Timed(6.0, Transport("stop")), *ticks(6.0, 10.0)], until=10.0)
    assert onsets(graph, 2.0, 6.0) and not onsets(graph, 7.0, 10.0)
    assert not graph.session.room.tempo.playing


def test_a_stop_with_the_end_of_the_clock_halts_until_somebody_starts():
    graph = show("autonomous")
    graph.play_on([Timed(0.9, Transport("start")), *ticks(1.0, 7.0), Timed(7.0, Transport("stop"))], until=30.0)
    assert onsets(graph, 3.0, 7.0) and not onsets(graph, 8.0, 30.0)
    graph.play_on([Timed(30.0, Transport("start", 0, "osc"))], until=40.0)
    assert onsets(graph, 30.0, 40.0)


def test_a_clock_that_only_ends_leaves_the_band_playing():
    graph = show("autonomous")
    graph.play_on([Timed(0.9, Transport("start")), *ticks(1.0, 7.0)], until=20.0)
    assert onsets(graph, 10.0, 20.0)


def test_a_person_stops_and_starts_a_song_whose_clock_somebody_else_leads():
    graph = show("autonomous")
    hand = [Timed(6.0, Transport("stop", 0, "desk")), Timed(12.0, Transport("start", 0, "desk"))]
    events = sorted([*ticks(1.0, 20.0), *hand], key=lambda timed: timed.time)
    graph.play_on(events, until=20.0)
    assert onsets(graph, 3.0, 6.0) and not onsets(graph, 7.0, 12.0) and onsets(graph, 14.0, 20.0)


def test_who_leads_here_from_now_on_lets_the_band_go_on():
    graph = show("autonomous")
    stop = [Timed(0.9, Transport("start")), *ticks(1.0, 4.0), Timed(4.0, Transport("stop"))]
    graph.play_on([*stop, Timed(8.0, ParameterSet("/performer/tempo/source", "internal"))], until=16.0)
    assert not onsets(graph, 5.0, 8.0) and onsets(graph, 8.0, 16.0)


def test_a_stop_ends_the_answer_under_way():
    graph = show("call")
    phrase = [*melody(60, 62, 64, 65, 67, 69, start=2.0)]
    stop = [Timed(5.2, Transport("stop"))]
    events = sorted([Timed(0.9, Transport("start")), *ticks(1.0, 5.2), *phrase, *stop], key=lambda timed: timed.time)
    graph.play_on(events, until=12.0)
    assert onsets(graph, 4.0, 5.2) and not onsets(graph, 5.21, 12.0)


def test_a_halted_song_does_not_go_on_by_itself_after_a_key():
    graph = show("continue")
    stop = [Timed(0.9, Transport("start")), *ticks(1.0, 4.0), Timed(4.0, Transport("stop"))]
    graph.play_on([*stop, Timed(6.0, NoteOn(60, 90)), Timed(6.2, NoteOff(60))], until=16.0)
    assert not onsets(graph, 4.1, 16.0)


def test_of_two_inputs_that_send_a_clock_one_is_followed():
    graph = show("autonomous")
    other = [Timed(timed.time + 0.007, Transport("clock", 0, "midi:2")) for timed in ticks(2.0, 8.0)]
    graph.play_on(sorted([*ticks(2.0, 8.0), *other], key=lambda timed: timed.time), until=8.0)
    assert abs(graph.session.room.timeline.bpm - 100.0) < 0.5
    later = [Timed(timed.time, Transport("clock", 0, "midi:2")) for timed in ticks(8.0, 14.0)]
    graph.play_on(later, until=14.0)
    assert graph.session.room.tempo.source == "midi"
