"""The tempo goes with the player who pushes or drags, without a jump; held against where drums sound."""

import math
import random
import statistics

import pytest

from performer.effects import Say
from performer.events import NoteOff, NoteOn, ParameterSet, Sync, Timed
from tests.stagehands import offline

BPM, FOLLOW = "/performer/tempo/bpm", "/performer/tempo/follow"
BEGIN = Timed(0.0, Sync())


def keys(times):
    """A key at each time, chords of two on every fourth."""
    for place, time in enumerate(times):
        for pitch in (60 + place % 5, 72)[: 1 + (place % 4 == 0)]:
            yield Timed(time + 0.01 * (pitch == 72), NoteOn(pitch, 80))
            yield Timed(time + 0.1, NoteOff(pitch))


def played(times, follow=1.0, until=None, **settings):
    times = list(times)
    graph = offline(mode="drums", strength=1.0, density=4.0, grid="1/8", **settings)
    graph.session.values[FOLLOW] = follow
    events = sorted([BEGIN, *keys(times)], key=lambda timed: timed.time)
    graph.play(events, until or times[-1])
    return graph


def apart(graph, times, since):
    """Seconds, in the middle, from each note of the drums to the nearest of the player's eighths."""
    starts = [each.play.time for each in graph.score.begun if since < each.play.time < times[-1]]
    assert len(starts) > 8
    return statistics.fmean(min(abs(start - time) for time in times) for start in starts)


def steady(bpm, seconds=24.0, start=0.0):
    return [start + place * 30.0 / bpm for place in range(int(seconds * bpm / 30.0))]


@pytest.mark.parametrize("bpm", [110.0, 127.0])
def test_a_player_who_is_faster_or_slower_is_followed(bpm):
    times = steady(bpm)
    graph = played(times)
    assert graph.session.values[BPM] == pytest.approx(bpm, abs=1.5)
    assert apart(graph, times, 12.0) < 0.03
    free = played(times, follow=0.0)
    assert free.session.values[BPM] == 120.0 and apart(free, times, 12.0) > 0.05


def test_a_player_whose_tempo_breathes_is_followed_closer_than_a_steady_tempo_would():
    times, time = [], 0.0
    while time < 32.0:
        times.append(time)
        time += 0.25 / (1.0 + 0.05 * math.sin(2 * math.pi * time / 16.0))
    assert apart(played(times), times, 8.0) < 0.6 * apart(played(times, follow=0.0), times, 8.0)


def test_unsteady_fingers_do_not_shake_the_tempo_and_it_stays_when_they_rest():
    rng = random.Random(4)
    times = [time + rng.gauss(0.0, 0.012) for time in steady(120.0, start=0.05)]
    graph = played(times, until=40.0)
    said = [effect.arguments[0] for effect in graph.said if isinstance(effect, Say) and effect.address == "/performer/timeline"]
    settled = said[24:]
    assert min(settled) > 108.0 and max(settled) < 132.0 and statistics.pstdev(settled) < 4.0
    assert graph.session.values[BPM] == pytest.approx(120.0, abs=1.5)


def test_the_beat_never_jumps():
    graph = offline(mode="mute")
    graph.session.values[FOLLOW] = 1.0
    beats = []
    for timed in sorted(keys(steady(126.0, 10.0)), key=lambda each: each.time):
        before = graph.session.room.timeline
        graph.play_on([timed], timed.time)
        beats.append(abs(graph.session.room.timeline.beat_at(timed.time) - before.beat_at(timed.time)))
    assert max(beats) < 1e-9 and graph.session.room.timeline.bpm > 123.0


def test_what_is_off_the_beat_says_nothing_and_a_hand_on_the_tempo_counts():
    graph = offline(mode="mute")
    graph.session.values[FOLLOW] = 1.0
    graph.play(sorted(keys([1.17, 1.92, 2.42, 2.66]), key=lambda each: each.time), until=3.0)
    assert graph.session.values[BPM] == pytest.approx(120.0, abs=3.0)
    graph.play([Timed(4.0, ParameterSet(BPM, 90.0))], until=6.0)
    assert graph.session.room.timeline.bpm == 90.0


def test_somebody_else_who_leads_is_not_overruled():
    graph = offline(mode="mute")
    graph.session.values[FOLLOW] = 1.0
    graph.session.room.tempo.source = "link"
    graph.play(keys(steady(126.0, 4.0)), until=5.0)
    assert graph.session.room.timeline.bpm == 120.0
