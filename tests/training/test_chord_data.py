"""Chord progressions out of the three corpora's own formats, and the network over them: learned, exported, asked."""

import zipfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from performer.card import read_card  # noqa: E402
from performer.chords import BEATS, Chord  # noqa: E402
from performer.effects import AskChords  # noqa: E402
from performer.errors import ModelError  # noqa: E402
from performer.inference.chords import Plain, load_harmonist  # noqa: E402
from performer.training import chords  # noqa: E402
from performer.training.chord_data import Song, chord_of, load, main, songs_of  # noqa: E402

SALAMI = """# title: Nothing
# metre: 4/4
# tonic: G

0.0	silence
1.0	A, verse, | G:maj | G:maj C:7 | D:sus4(b7) . B:min7/5 N | (2/4) G:maj | x2
9.0	B, | E:min | E:min | &pause | D:hdim7 |
# tonic: A
12.0	C, | A:maj | E:7 | A:maj | E:7 | A:maj | E:7 |
"""
SHEET = """<score-partwise><part id="P1">
<measure><attributes><divisions>2</divisions><key><fifths>-1</fifths><mode>minor</mode></key></attributes>
<harmony><root><root-step>D</root-step></root><kind>minor</kind></harmony><note><duration>4</duration></note>
<harmony><root><root-step>B</root-step><root-alter>-1</root-alter></root><kind>major-sixth</kind></harmony><note><duration>4</duration></note>
</measure>{rest}</part></score-partwise>"""
BAR = """<measure><harmony><root><root-step>{step}</root-step></root><kind>dominant</kind></harmony><note><duration>8</duration></note></measure>"""


def corpora(folder: Path) -> Path:
    (folder / "billboard" / "0001").mkdir(parents=True)
    (folder / "billboard" / "0001" / "salami_chords.txt").write_text(SALAMI)
    (folder / "openewld").mkdir()
    with zipfile.ZipFile(folder / "openewld" / "A & B.mxl", "w") as archive:
        archive.writestr("META-INF/container.xml", "<container>A & B</container>")
        archive.writestr("score.xml", SHEET.format(rest="".join(BAR.format(step=step) for step in "AGFEDCBA")))
    song = folder / "pop909" / "001"
    song.mkdir(parents=True)
    (song / "chord_midi.txt").write_text("".join(f"{2.0 * k} {2.0 * k + 2} {name}\n" for k, name in enumerate(["N", *["C:maj", "A:min/b3"] * 6])))
    (song / "beat_midi.txt").write_text("".join(f"{0.5 * k} 1.0 0.0\n" for k in range(60)))
    (song / "key_audio.txt").write_text("0.5\t13.0\tC:maj\n13.0\t40.0\tA:min\n")
    return folder


def told(song: Song, tonic: int) -> list[tuple[str, int]]:
    return [(Chord.numbered(number, tonic).name, BEATS[length]) for number, length, _ in song.rows]


def test_each_corpus_is_read_as_chords_in_its_keys(tmp_path):
    billboard, openewld, pop = songs_of(corpora(tmp_path))
    assert told(billboard, 7)[:5] == [("G", 6), ("C7", 2), ("Dsus4", 2), ("Bm7", 1), ("G", 8)]
    assert ("Em", 8) in told(billboard, 7) and told(billboard, 9)[-2:] == [("A", 4), ("E7", 4)]
    assert told(openewld, 2)[:3] == [("Dm", 2), ("Bb6", 2), ("A7", 4)] and {mode for _, _, mode in openewld.rows} == {1}
    assert [row[2] for row in pop.rows] == [0] * 5 + [1] * 7 or {row[2] for row in pop.rows} == {0, 1}
    assert told(pop, 0)[:2] == [("C", 4), ("Am", 4)]


@pytest.mark.parametrize("word", ["N", "X", "&pause", "*", "", "H:maj", "C:what"])
def test_what_is_no_chord_is_none(word):
    assert chord_of(word) is None


def test_a_chord_model_is_learned_exported_and_asked(tmp_path, capsys):
    main(["--from", str(corpora(tmp_path)), "--out", str(tmp_path / "chords.json")])
    known = load(tmp_path / "chords.json")
    songs = [Song(f"{song.name}-{k}", song.corpus, k % 3 == 0, song.rows) for song in known for k in range(12)]
    net, training = chords.train([song for song in songs if not song.held_out], 600.0, 1, batches=40)
    assert chords.measured(net, songs)["total"] < 5.5 and training["steps"] == 40
    assert chords.export(net, tmp_path / "sung", {}, training) < 1e-4
    mind = load_harmonist(tmp_path / "sung")
    ask = AskChords(1, 5, 0, tuple(row[:2] for row in known[0].rows), 6, 4.0)
    answer = mind.answer(ask)
    assert len(answer) == 6 and answer == load_harmonist(tmp_path / "sung").answer(ask) and all(beats in BEATS for _, beats in answer)
    assert read_card(tmp_path / "sung").role == "chords"
    (tmp_path / "sung" / "heads.onnx").write_bytes(b"")
    with pytest.raises(ModelError):
        load_harmonist(tmp_path / "sung")


def test_plain_chords_go_on_where_they_were():
    said = Plain().answer(AskChords(1, 1, 0, ((0, 3),), 4, 3.0))
    assert [Chord.numbered(number, 0).name for number, _ in said] == ["G", "Am", "F", "C"] and {beats for _, beats in said} == {3.0}
    minor = Plain().answer(AskChords(1, 1, 1, (), 4, 4.0))
    assert [Chord.numbered(number, 9).name for number, _ in minor] == ["Am", "F", "C", "G"]
