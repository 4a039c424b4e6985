"""The band listens: `bench follow` in small, for the key with a tiny model whose limits are the same; and that its figures can be bad."""

import math
from pathlib import Path

import mido
import pytest

from performer.bench.follow import FOLLOWING, follow_key, follow_swells, rank_correlation
from performer.bench.player import BARS_BEFORE, cadences, events, players, swelling
from performer.errors import PerformerError
from performer.inference.lstm import load_mind
from performer.minds import open_mind
from performer.session import tonality
from tests.inference.conftest import TINY


def tiny():
    return load_mind(TINY)


def test_a_modulation_is_followed_within_two_bars_by_what_accompanies_and_by_what_harmonises():
    told = follow_key(cadences(4), tiny)
    for mode in ("accompany", "harmonise"):
        assert told[mode]["judged"] >= 3 and told[mode]["followed"] == 1.0
        assert told[mode]["in_new_key"] > 0.95 and told[mode]["in_old_key"] < 0.7


def test_an_ear_that_keeps_to_its_key_fails(monkeypatch):
    monkeypatch.setattr(tonality, "STAYS", 1.0)
    monkeypatch.setattr(tonality, "LEANED", math.inf)
    assert follow_key(cadences(2), tiny)["accompany"]["followed"] < 0.8


def test_density_and_dynamics_are_followed(monkeypatch):
    mind = open_mind("lstm-first-int8")  # of an untrained one the loudness is all chance
    told = follow_swells(1, mind.fork, "accompany", "keys")
    assert told["density_mean"] >= 0.6 and told["dynamics_mean"] >= 0.6
    monkeypatch.setitem(FOLLOWING, "follow", 0.0)
    monkeypatch.setitem(FOLLOWING, "velocity", 0.0)
    free = follow_swells(1, mind.fork, "accompany", "keys")
    assert free["dynamics_mean"] < told["dynamics_mean"] and free["density_mean"] < told["density_mean"]


def test_the_players_that_are_made_up_modulate_and_swell():
    for take in cadences(6):
        before = [note for note in take.notes if note.onset < take.turn]
        after = [note for note in take.notes if note.onset >= take.turn]
        assert {note.pitch % 12 for note in before} <= take.old and {note.pitch % 12 for note in after} <= take.new
        assert take.turn == BARS_BEFORE * take.bar and len(take.old & take.new) < 6
    assert len({note.velocity // 10 for note in swelling(32)}) > 5
    timed = events(swelling(4))
    assert [each.time for each in timed] == sorted(each.time for each in timed)


@pytest.mark.parametrize(("ours", "theirs", "rank"), [
    ([1, 2, 3, 4], [10, 20, 30, 400], 1.0), ([1, 2, 3], [3, 2, 1], -1.0), ([1, 1, 2, 2], [1, 2, 1, 2], 0.0), ([1, 1, 1], [1, 2, 3], 0.0),
    ([1, 2, 2, 3], [1, 2, 3, 4], 0.9487),
])  # fmt: skip
def test_a_rank_correlation_is_spearmans(ours, theirs, rank):
    assert rank_correlation(ours, theirs) == pytest.approx(rank, abs=1e-4)


def test_players_of_a_folder(tmp_path: Path):
    track = mido.MidiTrack()
    for place in range(240):
        pitch = 60 + (0, 2, 4, 5, 7, 9, 11, 12)[place % 8]
        track.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
        track.append(mido.Message("note_off", note=pitch, time=240))
    mido.MidiFile(tracks=[track], ticks_per_beat=480).save(tmp_path / "scales.mid")
    (take,) = players(tmp_path, 1)
    assert take.old == {0, 2, 4, 5, 7, 9, 11} and take.new != take.old
    with pytest.raises(PerformerError, match="has 1 MIDI files"):
        list(players(tmp_path, 2))
