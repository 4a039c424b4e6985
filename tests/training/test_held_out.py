"""The split of a corpus as folders: the pieces that the training holds out, and no other, are in the held-out one."""

from performer.training.held_out import copy_split
from tests.evaluation.music import beat, melody, write


def test_groove_is_split_as_its_table_says(tmp_path):
    rows = [("drummer1/a.mid", "train"), ("drummer1/b.mid", "validation"), ("drummer2/a2.mid", "test"), ("drummer2/c.mid", "train")]
    for seed, (name, _) in enumerate(rows):
        write(tmp_path / "groove" / name, ("Kit", 10, beat(seed, 12)))
    lines = ["style,midi_filename,split", *(f"rock,{name},{split}" for name, split in rows)]
    (tmp_path / "groove" / "info.csv").write_text("\n".join(lines), encoding="utf-8")
    assert copy_split("groove", tmp_path, tmp_path / "out") == (2, 2)
    held = sorted(path.name for path in (tmp_path / "out" / "groove" / "held_out").rglob("*.mid"))
    assert held == ["a2.mid", "b.mid"]


def test_pop909_is_split_by_piece_the_same_way_every_time(tmp_path):
    for number in range(1, 40):
        write(tmp_path / "pop909" / f"{number:03}" / f"{number:03}.mid", ("PIANO", 1, melody(number, 12)))
    train, held = copy_split("pop909", tmp_path, tmp_path / "out")
    assert train + held == 39 and 0 < held < 12
    assert copy_split("pop909", tmp_path, tmp_path / "out") == (train, held)
    assert len(list((tmp_path / "out").rglob("*.mid"))) == 39
