"""A folder of MIDI files becomes pieces; what cannot be used is named, and the rest is measured."""

import mido
import numpy as np
import pytest

from performer.encoding import GAP, SCALES
from performer.errors import PerformerError
from performer.evaluation.corpus import DRUMS, KEYS, read_corpus
from performer.evaluation.midi_file import read_midi
from tests.evaluation.music import beat, folder_of, melody, write


def test_notes_come_in_the_order_of_onset_then_pitch_with_held_durations(tmp_path):
    chord = [(1.0, 67, 0.5, 90), (1.0, 60, 1.0, 80), (1.5, 64, 0.25, 70)]
    write(tmp_path / "a" / "chord.MID", ("PIANO", 1, chord))
    (piece,) = read_corpus(tmp_path).pieces
    assert piece.name == "a/chord.MID"
    assert piece.pitch.tolist() == [60, 67, 64] and piece.velocity.tolist() == [80, 90, 70]
    assert np.allclose(piece.onset, [0, 0, 0.5], atol=1e-3) and np.allclose(piece.gap, [0, 0, 0.5], atol=1e-3)
    assert np.allclose(piece.duration, [1.0, 0.5, 0.25], atol=2e-3)
    assert piece.voice.tolist() == [KEYS] * 3 and not piece.drums


def test_the_pedal_does_not_lengthen_what_is_measured(tmp_path):
    path = write(tmp_path / "pedal.mid", ("PIANO", 1, [(0.0, 60, 0.5, 90), (2.0, 64, 0.5, 90)]))
    file = mido.MidiFile(path)
    file.tracks[0].insert(1, mido.Message("control_change", control=64, value=127, time=0))
    file.save(path)
    assert read_midi(path)[0].notes["sound"][0] > 2
    assert np.allclose(read_corpus(tmp_path).pieces[0].duration, 0.5, atol=2e-3)


def test_channel_ten_is_the_drums_and_a_track_can_be_chosen_by_its_name(tmp_path):
    write(tmp_path / "band.mid", ("Kit", 10, beat(1, 8)), ("Piano", 1, melody(1, 8)))
    both = read_corpus(tmp_path).pieces[0]
    assert sorted(set(both.voice.tolist())) == [KEYS, DRUMS] and len(both) == 16
    assert not any(read_corpus(tmp_path, track="piano").pieces[0].voice == DRUMS)
    assert read_corpus(tmp_path, track="KIT").pieces[0].drums


def test_bins_are_those_of_the_issue(tmp_path):
    write(tmp_path / "a.mid", ("PIANO", 1, [(0.0, 60, 0.02, 7), (0.0, 64, 0.5, 8), (5.0, 67, 7.0, 127)]))
    bins = read_corpus(tmp_path).pieces[0].bins()
    assert bins[:, 0].tolist() == [0, 0, 31] and bins[:, 1].tolist() == [60, 64, 67] and bins[:, 3].tolist() == [0, 1, 15]
    assert bins[0, 2] == 0 and bins[2, 2] == 31
    edges = np.concatenate([[0.01], np.geomspace(0.02, 4, 30)])
    gaps = np.geomspace(0.001, 8, 500)
    assert np.array_equal(SCALES[GAP].bin_of(SCALES[GAP].encode(gaps)), np.searchsorted(edges, gaps, side="right"))


def test_a_limit_takes_pieces_from_all_over_the_folder(tmp_path):
    folder_of(tmp_path, range(9))
    assert [piece.name for piece in read_corpus(tmp_path, limit=3).pieces] == ["000.mid", "003.mid", "006.mid"]
    assert len(read_corpus(tmp_path, limit=20).pieces) == 9


def test_what_cannot_be_used_is_named_counted_and_left_out(tmp_path):
    folder_of(tmp_path, [1])
    (tmp_path / "broken.mid").write_bytes(b"MThd\x00\x00\x00\x06\x00\x01\xff")
    (tmp_path / "empty.midi").write_bytes(b"")
    (tmp_path / "poem.txt").write_text("no music")
    write(tmp_path / "silent.mid", ("PIANO", 1, []))
    heard = []
    corpus = read_corpus(tmp_path, say=heard.append)
    assert [piece.name for piece in corpus.pieces] == ["001.mid"]
    assert [name for name, _ in corpus.skipped] == ["broken.mid", "empty.midi", "silent.mid"]
    assert "cannot be read as a MIDI file" in heard[0] and "has no notes" in heard[2] and "3 of 4 files" in heard[3]


@pytest.mark.parametrize(("fill", "track", "words"), [
    (lambda path: path.rmdir(), "", "There is no folder"),
    (lambda path: None, "", "has no MIDI files"),
    (lambda path: write(path / "a.mid", ("PIANO", 1, [])), "", "None of the 1 MIDI files .* no notes"),
    (lambda path: write(path / "a.mid", ("Kit", 10, beat(1))), "PIANO", "no track 'PIANO' with notes .tracks: Kit"),
])  # fmt: skip
def test_a_folder_without_music_is_one_sentence(tmp_path, fill, track, words):
    folder = tmp_path / "music"
    folder.mkdir()
    fill(folder)
    with pytest.raises(PerformerError, match=words) as caught:
        read_corpus(folder, track)
    assert "\n" not in str(caught.value) and caught.value.remedy.startswith("Give")


def test_a_mended_file_is_measured_and_told_by_its_place_in_the_folder(tmp_path):
    whole = write(tmp_path / "a" / "one.mid", ("PIANO", 1, [(0.0, 60, 0.5, 90), (1.0, 64, 0.5, 90)]))
    mended = tmp_path / "b" / "one.rmi"
    mended.parent.mkdir()
    mended.write_bytes(whole.read_bytes()[:-9])
    heard = []
    corpus = read_corpus(tmp_path, say=heard.append)
    assert [len(piece) for piece in corpus.pieces] == [2, 2]
    assert heard == ["'b/one.rmi' is mended: it ends in the middle of a track; a note without an end gets one."]
