import json
import struct
from pathlib import Path

import onnx
import pytest

from performer.assets import models_dir
from performer.errors import PerformerError
from performer.words.typeset.fonts import FAMILIES, FOLDER, FontSet, describe_missing, open_face


@pytest.fixture(scope="module")
def fonts() -> FontSet:
    return FontSet()


def pieces_of(model: str) -> list[str]:
    graph = onnx.load(str(models_dir() / model / "step.onnx"), load_external_data=False)
    return json.loads({entry.key: entry.value for entry in graph.metadata_props}["vocabulary"])["pieces"]


def test_all_fonts_together_are_small_and_have_their_licence_beside_them():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 4_000_000
    licences = [path.read_text(encoding="utf-8") for path in FOLDER.glob("OFL-*.txt")]
    assert len(licences) == 3
    assert all(
        "SIL OPEN FONT LICENSE Version 1.1" in text and text.startswith(("Copyright", "(c)"))
        for text in licences
    )
    assert {path.name for path in FOLDER.glob("*.ttf")} == set(FAMILIES.values())


def test_what_the_chinese_model_writes_can_be_drawn(fonts: FontSet):
    pieces = pieces_of("verse-zh")
    assert len(fonts.missing("".join(pieces))) < 0.03 * len(pieces)


def test_what_people_write_in_latin_greek_and_cyrillic_can_be_drawn(fonts: FontSet):
    assert fonts.missing("“Où est l’œuvre?” — naïve façade, Łódź, Dvořák … ñ ß ﬁ €5 æther") == ""
    assert fonts.missing("μῆνιν ἄειδε θεὰ Мороз и солнце") == ""


def test_the_reader_finds_the_characters_that_fonttools_finds():
    from fontTools.ttLib import TTFont

    for name in FAMILIES.values():
        assert open_face(FOLDER / name).codes == set(TTFont(FOLDER / name).getBestCmap()), name


def test_a_character_comes_from_the_asked_font_if_it_has_it(fonts: FontSet):
    names = [
        Path(face.path).name
        for face in (fonts.find("a", "garamond"), fonts.find("a"), fonts.find("明", "spectral"))
        if face
    ]
    assert names == ["EBGaramond-SemiBold.ttf", "Spectral-SemiBold.ttf", "NotoSerifSC-SemiBold.ttf"]
    assert fonts.find("😀") is None and fonts.find("a", "no such family") is not None


def test_what_no_font_has_is_named():
    assert describe_missing("") == ""
    assert (
        describe_missing("😀")
        == "No font here has U+1F600: each is drawn as a box. Add a font file that has it."
    )
    assert "and 2 more" in describe_missing("אבגדה")


@pytest.mark.parametrize("data", [b"", b"\0", b"wOF2" + bytes(99), b"\0\1\0\0\xff\xff" + bytes(40), b"OTTO\0\0" + bytes(20),
                                  b"ttcf" + b"\xff" * 60, b"\0\1\0\0\0\1" + bytes(6) + b"cmap" + struct.pack(">III", 0, 2**31, 9)])  # fmt: skip
def test_what_is_no_font_is_named_with_a_remedy(tmp_path: Path, data: bytes):
    path = tmp_path / "a.ttf"
    path.write_bytes(data)
    with pytest.raises(PerformerError) as caught:
        FontSet([path])
    assert str(path) in str(caught.value) and ".ttf" in str(caught.value)


def test_a_font_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(PerformerError, match=r"none\.ttf"):
        FontSet([tmp_path / "none.ttf"])
