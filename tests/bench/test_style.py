"""`bench style` on a Groove set in small: two styles of which one rides and one does not, and a model that was never trained."""

import csv

import mido
import numpy as np
import pytest

from performer.bench.recognise import HEARD, Recogniser
from performer.bench.style import bench_style
from performer.errors import PerformerError
from performer.evaluation.corpus import read_corpus
from tests.inference.conftest import TINY


@pytest.fixture
def groove(tmp_path):
    rng, rows = np.random.default_rng(4), []
    for style, cymbal in (("jazz", 51), ("rock", 42)):
        for number in range(10):
            track = mido.MidiTrack()
            for place in range(2 * HEARD):
                drum = (cymbal, 36, cymbal, 38)[place % 4] if rng.random() < 0.9 else 45
                track.append(mido.Message("note_on", channel=9, note=drum, velocity=60 + int(rng.integers(40)), time=60))
                track.append(mido.Message("note_off", channel=9, note=drum, time=60))
            name = f"{style}_{number}.mid"
            mido.MidiFile(tracks=[track], ticks_per_beat=480).save(tmp_path / name)
            rows.append({"style": f"{style}/swing", "split": "train" if number < 4 else "test", "beat_type": "beat", "midi_filename": name})
    with (tmp_path / "info.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def test_styles_are_recognised_in_what_is_played_and_not_in_what_an_untrained_model_makes_up(groove):
    told = bench_style(groove, str(TINY))
    assert told["recognised"]["held_out"] == {"jazz": 1.0, "rock": 1.0, "mean": 1.0}
    assert set(told["nats"]) == {"jazz", "rock"} and told["by_chance"] == 0.5
    assert told["recognised"]["made_at_strength_1"]["mean"] < 1.0


def test_a_recogniser_tells_by_what_it_learned(groove):
    pieces = {style: [piece for piece in read_corpus(groove).pieces if piece.name.startswith(style)] for style in ("jazz", "rock")}
    recogniser = Recogniser(pieces)
    assert recogniser.recognised({"jazz": pieces["rock"], "rock": pieces["jazz"]})["mean"] == 0.0


def test_another_folder_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(PerformerError, match="--takes DIR"):
        bench_style(tmp_path)
