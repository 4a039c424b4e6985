from collections.abc import Sequence

import pytest

from performer.effects import Effect, Join, Pass, Propose, Say, Wake
from performer.events import LinkState, ParameterSet, Sync, Tap, Tick, Timed, Transport
from performer.parameters import Table
from performer.session.parts import Parts
from performer.session.state import Session
from performer.session.tempo import CLOCK, PREFIX, Tempo

TICKS = 24


class Stand:
    """A session whose wakes come back to it, and what it says and sends."""

    def __init__(self, **values: object) -> None:
        self.session = Session(Table(1), Parts.named(("keys",)), 7, {PREFIX + name: value for name, value in values.items()})
        self.tempo: Tempo = self.session.room.tempo
        self.effects: list[Effect] = []
        self.wakes: dict[str, float] = {}
        self.time = 0.0
        self.hear(0.0, Sync("desk"))

    def hear(self, time: float, *events: object) -> list[Effect]:
        """Handle the events at `time`, and before them the wakes that are due."""
        said = []
        while self.wakes and (due := min(self.wakes.values())) <= time:
            tag = next(tag for tag, at in self.wakes.items() if at == due)
            del self.wakes[tag]
            self._handle(due, Tick(tag))
        for event in events:
            said += self._handle(time, event)
        return said

    def _handle(self, time: float, event: object) -> list[Effect]:
        effects = self.session.handle(Timed(time, event))
        self.wakes |= {effect.tag: effect.time for effect in effects if isinstance(effect, Wake)}
        self.effects += effects
        return effects

    def set(self, time: float, name: str, value: object) -> list[Effect]:
        return self.hear(time, ParameterSet(PREFIX + name, value, "me"))

    def clock(self, start: float, bpm: float, ticks: int) -> float:
        """Another program's clock; returns when its next tick would be."""
        for tick in range(ticks):
            self.hear(start + tick * 60.0 / bpm / TICKS, Transport("clock"))
        return start + ticks * 60.0 / bpm / TICKS

    def said(self, address: str) -> list[Sequence[object]]:
        return [effect.arguments for effect in self.effects if isinstance(effect, Say) and effect.address == address]

    def sent(self, *words: str) -> list[tuple[float, Transport]]:
        passes = [(effect.time, effect.event) for effect in self.effects if isinstance(effect, Pass)]
        return [(time, event) for time, event in passes if isinstance(event, Transport) and (not words or event.word in words)]


def refusals(effects: Sequence[Effect]) -> list[str]:
    return [str(effect.arguments[1]) for effect in effects if isinstance(effect, Say) and effect.address == "/performer/error"]


def test_the_next_beat_and_bar_are_counted_from_the_beginning():
    tempo = Stand(bpm=60.0).tempo
    assert tempo.next("now", 2.3) == 2.3
    assert tempo.next("beat", 2.3) == 3.0
    assert tempo.next("bar", 2.3) == 4.0
    assert tempo.next("2 bars", 2.3) == 8.0
    assert tempo.next("8 bars", 32.1) == 64.0
    assert tempo.next("bar", 4.0) == 4.0


def test_bars_of_another_metre():
    stand = Stand(bpm=60.0, numerator=6, denominator=8)
    assert stand.tempo.metre.beats == 3.0
    assert stand.tempo.next("bar", 3.1) == 6.0


def test_a_new_metre_keeps_the_bar_line_that_it_is_in():
    stand = Stand(bpm=60.0)
    stand.set(17.0, "numerator", 3)  # the bar began at beat 16
    assert stand.tempo.next("bar", 17.0) == 19.0
    assert stand.tempo.next("2 bars", 17.0) == 22.0
    stand.hear(20.0, Transport("start", 0, "osc"))
    assert stand.tempo.next("bar", 20.5) == 23.0


def test_a_new_tempo_keeps_the_beat_and_is_said():
    stand = Stand()
    stand.set(3.0, "bpm", 60.0)
    assert stand.tempo.timeline.beat_at(3.0) == 6.0
    assert stand.tempo.timeline.beat_at(4.0) == 7.0
    assert stand.tempo.jumps == 1
    assert stand.said("/performer/timeline")[-1] == (60.0, 6, 3, 0.0, 0, "internal", 0)


def test_the_timeline_is_said_at_each_beat():
    stand = Stand(bpm=60.0)
    stand.hear(10.5)
    assert [arguments[1] for arguments in stand.said("/performer/timeline")] == list(range(11))
    assert all(arguments[1] == arguments[2] for arguments in stand.said("/performer/timeline"))


def test_who_comes_later_is_told_where_the_music_is():
    stand = Stand(bpm=60.0)
    said = stand.hear(3.4, Sync("127.0.0.1:9000"))
    told = [effect for effect in said if isinstance(effect, Say) and effect.address == "/performer/timeline"]
    assert [(effect.arguments[1], effect.sender) for effect in told] == [(4, "127.0.0.1:9000")]


def test_start_stop_and_continue_by_hand():
    stand = Stand(bpm=60.0)
    stand.hear(10.3, Transport("start", 0, "osc"))
    assert stand.tempo.playing and stand.tempo.timeline.beat_at(10.3) == 0.0
    stand.hear(15.55, Transport("stop", 0, "osc"))
    assert not stand.tempo.playing
    assert stand.tempo.timeline.beat_at(16.3) == 6.0  # it runs on
    stand.hear(20.0, Transport("continue", 0, "osc"))
    assert stand.tempo.playing and stand.tempo.timeline.beat_at(20.0) == 5.25


def test_taps_give_the_tempo_and_the_downbeat():
    stand = Stand()
    for time in (10.1, 10.7, 11.31, 11.9, 12.5):
        stand.hear(time, Tap())
    assert stand.tempo.timeline.bpm == pytest.approx(100.0, rel=0.01)
    assert stand.session.values["/performer/tempo/bpm"] == pytest.approx(100.0, rel=0.01)
    downbeat = stand.tempo.timeline.beat_at(12.5)
    assert downbeat == round(downbeat)
    assert stand.tempo.next("bar", 12.45) == 12.5  # the fifth tap is the next bar's first


def test_one_tap_moves_the_downbeat_and_keeps_the_tempo():
    stand = Stand()
    stand.hear(10.2, Tap())
    assert stand.tempo.timeline.bpm == 120.0
    assert stand.tempo.next("bar", 10.2) == pytest.approx(10.2)
    assert stand.tempo.next("bar", 10.3) == pytest.approx(12.2)


def test_auto_follows_a_midi_clock_while_it_ticks():
    stand = Stand()
    stand.hear(4.99, Transport("start"))
    end = stand.clock(5.0, 97.0, 8 * TICKS)
    assert (stand.tempo.source, stand.tempo.playing) == ("midi", True)
    assert stand.tempo.timeline.beat_at(end) == pytest.approx(8.0, abs=0.01)
    assert stand.session.values["/performer/tempo/bpm"] == pytest.approx(97.0, abs=0.1)
    stand.hear(end + 5.0)
    assert stand.tempo.source == "internal"
    assert stand.tempo.timeline.bpm == pytest.approx(97.0, abs=0.01)
    assert stand.tempo.timeline.beat_at(end + 5.0) == pytest.approx(8.0 + 5.0 * 97.0 / 60.0, abs=0.02)


def test_a_hand_does_not_move_what_a_midi_clock_leads():
    stand = Stand()
    stand.hear(4.99, Transport("start"))
    end = stand.clock(5.0, 97.0, 8 * TICKS)
    assert refusals(stand.set(end, "bpm", 140.0)) and refusals(stand.hear(end, Tap()))
    assert stand.tempo.timeline.bpm == pytest.approx(97.0, abs=0.01)
    stand.set(end, "source", "internal")
    assert not refusals(stand.set(end, "bpm", 140.0))
    assert stand.tempo.timeline.bpm == 140.0
    stand.clock(end, 97.0, 48)
    assert stand.tempo.timeline.bpm == 140.0


def test_midi_stop_continue_and_song_position():
    stand = Stand()
    stand.hear(4.99, Transport("start"))
    end = stand.clock(5.0, 97.0, 8 * TICKS)
    stand.hear(end - 0.01, Transport("stop"))
    assert not stand.tempo.playing
    end = stand.clock(end, 97.0, 5 * TICKS)
    stand.hear(end - 0.01, Transport("songpos", 16), Transport("continue"))
    stand.clock(end, 97.0, 1)
    assert stand.tempo.playing and stand.tempo.timeline.beat_at(end) == pytest.approx(4.0, abs=0.01)


def beats_of(ticks: Sequence[tuple[float, Transport]]) -> list[float]:
    return [time for time, _ in ticks]


def test_clock_out_ticks_24_times_a_beat():
    stand = Stand(clock_out=True)
    stand.hear(10.0)
    times = beats_of(stand.sent("clock"))
    assert times == sorted(times)
    assert [time for time in times if time < 10.0] == pytest.approx([tick * 0.5 / TICKS for tick in range(480)])


def test_a_new_tempo_leaves_no_tick_out():
    stand = Stand(clock_out=True)
    for time, bpm in ((2.0, 180.0), (4.0, 60.0), (6.01, 90.0)):
        stand.set(time, "bpm", bpm)
    stand.hear(20.0)
    times = beats_of(stand.sent("clock"))
    assert times == sorted(times)
    due = stand.tempo.timeline.time_at((len(times) - 1) / TICKS)
    assert times[-1] == pytest.approx(due, abs=1e-6)


def test_a_start_is_told_before_the_tick_that_is_beat_0():
    stand = Stand(clock_out=True)
    stand.hear(3.33, Transport("start", 0, "osc"))
    stand.hear(8.0, Transport("stop", 0, "osc"))
    stand.hear(9.17, Transport("continue", 0, "osc"))
    stand.hear(12.0)
    order = sorted(stand.sent(), key=lambda each: each[0])
    words = [event.word for _, event in order]
    first = order[words.index("start") + 1]
    assert first[1].word == "clock" and 0.0 < first[0] - 3.33 < 0.5 / TICKS + 0.001
    again = order[words.index("continue") + 1]
    position = order[words.index("songpos")][1].position
    assert again[0] == pytest.approx(stand.tempo.timeline.time_at(position / 4.0))
    assert words.index("start") < words.index("stop") < words.index("songpos") < words.index("continue")


def test_with_clock_out_auto_follows_no_clock_lest_it_be_its_own():
    stand = Stand(clock_out=True)
    stand.clock(5.0, 97.0, 8 * TICKS)
    assert stand.tempo.source == "internal" and stand.tempo.timeline.bpm == 120.0


def test_a_clock_that_midi_was_asked_to_follow_is_passed_on():
    stand = Stand(clock_out=True, source="midi")
    stand.hear(4.99, Transport("start"))
    end = stand.clock(5.0, 97.0, 16 * TICKS)
    assert [event.word for _, event in stand.sent("start", "stop")] == ["start"]
    ticks = [time for time in beats_of(stand.sent("clock")) if end - 4.0 < time < end]
    assert (ticks[-1] - ticks[0]) / (len(ticks) - 1) == pytest.approx(60.0 / 97.0 / TICKS, rel=0.001)
    place = stand.tempo.timeline.beat_at(ticks[-1]) * TICKS
    assert place == pytest.approx(round(place), abs=0.1)


def test_no_more_ticks_when_the_clock_is_turned_off():
    stand = Stand(clock_out=True)
    stand.set(5.0, "clock_out", False)
    stand.hear(10.0)
    assert max(beats_of(stand.sent("clock"))) < 5.3
    assert CLOCK not in stand.wakes


def test_joining_link_takes_the_session_s_tempo_and_phase():
    stand = Stand()
    joined = [effect for effect in stand.set(10.0, "link", True) if isinstance(effect, Join)]
    assert [(effect.joined, effect.quantum) for effect in joined] == [(True, 4.0)]
    said = stand.hear(10.1, LinkState(93.0, 3.0, 10.0, False, 1))
    assert not [effect for effect in said if isinstance(effect, Propose)]
    assert (stand.tempo.source, stand.tempo.timeline.bpm) == ("link", 93.0)
    assert stand.tempo.timeline.beat_at(10.0) % 4.0 == pytest.approx(3.0)
    assert abs(stand.tempo.timeline.beat_at(10.0) - 20.0) <= 2.0  # no further than must be from where it was
    assert stand.session.values["/performer/tempo/bpm"] == 93.0
    assert stand.said("/performer/timeline")[-1][-2:] == ("link", 1)


def test_a_hand_s_tempo_is_proposed_to_the_link_session():
    stand = Stand(link=True)
    stand.hear(10.0, LinkState(93.0, 3.0, 10.0, False, 1))
    said = stand.set(11.0, "bpm", 120.0)
    assert [effect.bpm for effect in said if isinstance(effect, Propose)] == [120.0]
    assert stand.tempo.timeline.bpm == 93.0
    stand.hear(11.1, LinkState(120.0, 5.0, 11.1, False, 1))
    assert stand.tempo.timeline.bpm == 120.0 == stand.session.values["/performer/tempo/bpm"]
    for time in (12.0, 12.6, 13.2):
        said = stand.hear(time, Tap())
    assert [effect.bpm for effect in said if isinstance(effect, Propose)] == [pytest.approx(100.0)]


def test_leaving_link_keeps_its_tempo():
    stand = Stand(link=True)
    stand.hear(10.0, LinkState(93.0, 3.0, 10.0, False, 1))
    beat = stand.tempo.timeline.beat_at(12.0)
    said = stand.set(12.0, "link", False)
    assert [effect.joined for effect in said if isinstance(effect, Join)] == [False]
    assert (stand.tempo.source, stand.tempo.timeline.bpm) == ("internal", 93.0)
    assert stand.tempo.timeline.beat_at(12.0) == beat
    stand.hear(12.1, LinkState(50.0, 0.0, 12.0, False, 1))  # a word that was under way
    assert stand.tempo.timeline.bpm == 93.0


def test_link_s_start_begins_the_song_at_its_bar():
    stand = Stand(link=True, start_stop=True)
    stand.hear(10.0, LinkState(60.0, 101.5, 10.0, False, 1))
    said = stand.hear(11.0, Transport("start", 0, "osc"))
    assert [effect.playing for effect in said if isinstance(effect, Propose)] == [True]
    assert not stand.tempo.playing
    stand.hear(11.2, LinkState(60.0, 102.7, 11.2, True, 1))
    assert stand.tempo.playing
    assert stand.tempo.timeline.beat_at(12.5) == pytest.approx(0.0)  # beat 104 of the session
    stand.hear(30.0, LinkState(60.0, 121.5, 30.0, False, 1))
    assert not stand.tempo.playing


def test_in_a_link_session_a_start_of_our_own_waits_for_the_bar():
    stand = Stand(link=True, clock_out=True)
    stand.hear(10.0, LinkState(60.0, 101.5, 10.0, False, 1))
    stand.hear(11.0, Transport("start", 0, "osc"))
    stand.hear(15.0)
    assert stand.tempo.timeline.beat_at(12.5) == pytest.approx(0.0)
    said = stand.sent("start")[0][0]
    after = min(time for time in beats_of(stand.sent("clock")) if time > said)
    assert after == pytest.approx(12.5)
