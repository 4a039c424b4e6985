"""Tokens of poems: text comes back, controls cannot be written by a text, and any text has tokens."""

import json
from pathlib import Path

import pytest

from performer.words.form import form_of_characters, form_of_lines
from performer.words.poems import Poem, tidy
from performer.words.tokenizer import BYTES, CONTROLS, LETTERS, Tokenizer

MERGES = [["Ġ", "t"], ["h", "e"], ["Ġt", "he"], ["o", "o"], ["m", "oo"]]
PIECES = [*LETTERS.values(), *("".join(pair) for pair in MERGES)]
BPE = Tokenizer(
    {
        "kind": "bpe",
        "controls": [*CONTROLS, "author:A. Poet", "form:sonnet", "form:short"],
        "pieces": PIECES,
        "merges": MERGES,
    }
)
CHARACTERS = Tokenizer(
    {"kind": "characters", "controls": [*CONTROLS, "form:7-jueju"], "pieces": list("山水月，。")}
)
HOSTILE = [
    "",
    " ",
    "the moon",
    "naïve café",
    "\U0001f319 moon",
    "مرحبا",
    "a\u0301\u0301",
    "end line author:",
    "x" * 5000,
    "a\x00b\x85c",
    "_a_ 1,0",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_comes_back(text: str):
    text = tidy(text)
    assert BPE.decode(BPE.encode(text)) == text
    assert all(
        token >= len(BPE.controls) or BPE.controls[token] in ("line", "stanza") for token in BPE.encode(text)
    )


def test_a_lone_surrogate_becomes_a_question_mark():
    assert BPE.decode(BPE.encode("a\ud800b")) == "a?b"


def test_merges_join_in_the_order_of_training():
    assert [BPE.pieces[token - len(BPE.controls)] for token in BPE.encode("the moon the")] == [
        "t",
        "he",
        "Ġ",
        "moo",
        "n",
        "Ġthe",
    ]


def test_lines_and_stanzas_are_control_tokens():
    tokens = BPE.encode(tidy("  a \n b\n\n\n\nc  "))
    assert [BPE.controls[token] for token in tokens if token < len(BPE.controls)] == ["line", "stanza"]
    assert BPE.decode(tokens) == "a\nb\n\nc"


def test_a_poem_has_author_form_text_and_end():
    names = [
        BPE.controls[token] if token < len(BPE.controls) else "."
        for token in BPE.encode_poem(Poem("a b\nc", "A. Poet"))
    ]
    assert names == ["author:A. Poet", "form:short", ".", ".", ".", "line", ".", "end"]
    assert BPE.encode_header("Nobody", "epic") == [BPE.control("author:"), BPE.control("form:")]


def test_a_character_without_a_token_is_unknown():
    tokens = CHARACTERS.encode("山犬")
    assert tokens[1] == CHARACTERS.control("unknown") and CHARACTERS.decode(tokens) == "山□"
    assert CHARACTERS.encode_poem(Poem("山", "", "7-jueju"))[:2] == [
        CHARACTERS.control("author:"),
        CHARACTERS.control("form:7-jueju"),
    ]


def test_the_vocabulary_travels_as_json():
    again = Tokenizer(json.loads(BPE.to_json()))
    assert again.encode("the moon\n\nagain") == BPE.encode("the moon\n\nagain") and len(again) == len(BPE)


def test_every_byte_has_its_letter():
    assert len(BYTES) == 256 and all(letter.isprintable() and not letter.isspace() for letter in BYTES)


@pytest.mark.parametrize(
    ("lines", "form"),
    [(["a" * 44] * 14, "sonnet"), (["a" * 20] * 14, "short"), (["a" * 40] * 4, "long"), ([], "short")],
)
def test_the_form_of_lines(lines: list[str], form: str):
    assert form_of_lines("\n".join(lines)) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。", "5-jueju"),
        ("英灵何事卧云深，一□曾空万里阴。\n阡陌相望苗就槁，苍生应待作商霖。", "7-jueju"),
        ("独卧秋窗桂未香。\n怕雨点飘凉。", "ci"),
        ("", "ci"),
    ],
)
def test_the_form_of_characters(text: str, form: str):
    assert form_of_characters(text) == form


def test_a_form_without_a_token_is_told_by_the_text():
    assert (
        BPE.form_of(Poem("a b", "", "epic")) == "short" and BPE.form_of(Poem("a b", "", "sonnet")) == "sonnet"
    )


def test_spaces_around_lines_go(tmp_path: Path):
    assert tidy("\n\n one   two \r\n\tthree\n \n\n\nfour\n") == "one two\nthree\n\nfour"


@pytest.mark.parametrize(
    "spoilt",
    [{"controls": ["line"]}, {"pieces": ["a"]}, {"kind": None, "controls": 3}, {"merges": [["a"]]}],
)
def test_a_vocabulary_that_cannot_write_every_text_is_refused(spoilt: dict):
    with pytest.raises((ValueError, TypeError)):
        Tokenizer(json.loads(BPE.to_json()) | spoilt)
