"""Poems that keep their form, their controls and their guards, whatever they are asked."""

import json
import time

import pytest

from performer.assets import models_dir
from performer.cli import FAILED, main
from performer.errors import PerformerError
from performer.words.controls import Controls
from performer.words.line_search import Effort
from performer.words.verse import VerseModel
from performer.words.verse_forms import FORMS
from performer.words.verse_writer import FILLED, MODEL, REPEATED, VerseLine, VerseWriter
from tests.words.judges import JUDGES, is_quatrain, keeps_tones, longest_copies, measured, rhyme, syllables, words

SEEDS = range(4)
QUICK = Effort(steps=120, drafts=1)
WORDS = {"en": "moon", "zh": "春江花月"}


@pytest.fixture(scope="module", params=["en", "zh"])
def writer(request) -> VerseWriter:
    return VerseWriter(VerseModel(models_dir() / f"verse-{request.param}"))


@pytest.fixture(scope="module")
def english() -> VerseWriter:
    return VerseWriter(VerseModel(models_dir() / "verse-en"))


@pytest.fixture(scope="module")
def chinese() -> VerseWriter:
    return VerseWriter(VerseModel(models_dir() / "verse-zh"))


def poem(writer: VerseWriter, seed: int, effort: Effort = QUICK, **how) -> list[VerseLine]:
    return list(writer.write(Controls(language=writer.language, **how), seed, effort))


def test_every_form_has_a_judge():
    assert {language: set(forms) for language, forms in FORMS.items()} == {
        language: set(forms) for language, forms in JUDGES.items()
    }


@pytest.mark.parametrize("form", JUDGES["en"])
def test_english_poems_keep_their_form(english: VerseWriter, form: str):
    keep_form(english, form, range(2))


@pytest.mark.parametrize("form", JUDGES["zh"])
def test_chinese_poems_keep_their_form(chinese: VerseWriter, form: str):
    keep_form(chinese, form, range(4))


def keep_form(writer: VerseWriter, form: str, seeds: range) -> None:
    word = WORDS[writer.language]
    for seed in seeds:
        lines = poem(writer, seed, form=form, word=word)
        assert JUDGES[writer.language][form]([line.text for line in lines], word), [line.text for line in lines]
        assert {line.source for line in lines} <= {MODEL, REPEATED}


def test_the_judges_refuse_what_breaks_a_form():
    night, light = "The lamp is low, the road is long and night", "And I have lost the silver evening light"
    assert measured(10, [(0, 1)], [night, light]) and not measured(8, [(0, 1)], [night, light])
    assert not measured(10, [(0, 1)], [night, night]) and not rhyme("the sea", "the sees")
    assert not measured(10, [], ["Lamp and a road, and many roads, and the"])
    good = ["白日依山尽，", "黄河入海流。", "欲穷千里目，", "更上一层楼。"]
    assert is_quatrain(5, good)
    assert not is_quatrain(5, [*good[:3], "更上一层山。"]) and not is_quatrain(7, good)
    assert not keeps_tones(["白日依白尽", "黄河入海流"])
    sources = ["one two three four five", "白日依山尽，黄河入海流。"]
    assert longest_copies(["a two three four b", "x"], sources, "en") == [3, 0]
    assert longest_copies(["夜夜依山尽，黄河入海流。"], sources, "zh") == [1]


def test_a_poem_ends_with_a_sentence_and_no_line_on_a_word_that_leans_on_the_next(english: VerseWriter):
    lines = [line.text for form in ("free", "couplets") for seed in SEEDS for line in poem(english, seed, form=form, lines=2)]
    assert all(line[-1] in ".!?" for line in lines[1::2])
    assert not {words(line)[-1] for line in lines} & {"the", "and", "of", "to", "a", "with", "my", "that"}


def test_a_refrain_comes_back(writer: VerseWriter):
    lines = poem(writer, 1, form="refrain")
    assert lines[3].text == lines[7].text and lines[7].source == REPEATED


def test_an_acrostic_spells_its_word(english: VerseWriter, chinese: VerseWriter):
    assert "".join(line.text[0].lower() for line in poem(english, 2, form="acrostic", word="Moon")) == "moon"
    assert "".join(line.text[0] for line in poem(chinese, 2, form="acrostic", word="春江花月")) == "春江花月"


def test_a_seed_writes_the_same_poem_again(writer: VerseWriter):
    one, other = ([line.text for line in poem(writer, seed, lines=3)] for seed in (5, 6))
    assert [line.text for line in poem(writer, 5, lines=3)] == one != other


def test_a_line_that_is_not_found_is_filled_in_its_form(english: VerseWriter, chinese: VerseWriter):
    lines = poem(english, 3, Effort(steps=0), form="couplets")
    assert {line.source for line in lines} == {FILLED}
    assert JUDGES["en"]["couplets"]([line.text for line in lines], "")
    lines = poem(chinese, 3, Effort(steps=0), form="5-jueju")
    assert {line.source for line in lines} == {FILLED} and {len(line.text) for line in lines} == {6}


def test_words_of_the_safe_list_never_come_but_words_that_hold_them_may(english: VerseWriter):
    usual = " ".join(line.text for seed in SEEDS for line in poem(english, seed, lines=4)).lower()
    how = {"lines": 4, "theme": ("heart", "then"), "safe_list": ("the", "and", "art", "he")}
    kept = " ".join(line.text for seed in SEEDS for line in poem(english, seed, **how)).lower()
    assert {"the", "and"} & set(words(usual)) and not set(how["safe_list"]) & set(words(kept))
    assert {"heart", "then"} & set(words(kept))


def test_a_theme_comes_into_the_poem(english: VerseWriter):
    def times(**how) -> int:
        return sum("sea" in words(line.text) for seed in range(6) for line in poem(english, seed, lines=3, **how))

    assert times(theme=("sea", "waves")) > times() + 2


def test_a_deadline_ends_the_search(english: VerseWriter):
    begun = time.monotonic()
    lines = poem(english, 1, Effort(steps=10**6, drafts=10**6, deadline=begun + 0.3), form="couplets")
    assert time.monotonic() - begun < 3 and JUDGES["en"]["couplets"]([line.text for line in lines], "")


def test_a_poet_whom_the_model_does_not_know_is_named(english: VerseWriter):
    poem(english, 1, lines=1, author="William McGonagall")
    assert english.remarks == ["The model does not know the poet 'William McGonagall'; it writes as nobody."]
    poem(english, 1, lines=1, author="John Keats")
    assert english.remarks == []


PROMPTS = {
    "long": "The sea is wide and dark, " * 4000,
    "control": "night\x00\x1b[31m and \x07day",
    "emoji": "\N{GRINNING FACE}" * 50,
    "right to left": "שלום עולם مرحبا",
    "combining": "e\u0301" * 200 + "\u0301" * 2000,
    "empty": "",
    "surrogate": "night \ud800 day",
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_any_prompt_is_read_or_left_out_with_a_sentence(writer: VerseWriter, prompt: str):
    lines = poem(writer, 0, lines=1, prompt=prompt)
    assert lines[0].text.isprintable() and lines[0].source == MODEL
    assert bool(writer.remarks) == bool(prompt)
    assert all(remark.endswith(".") for remark in writer.remarks)


@pytest.mark.parametrize(
    ("how", "name"),
    [({"form": "sonata"}, "sonata"), ({"temperature": float("nan")}, "temperature"), ({"mood": "beige"}, "beige"),
     ({"form": "acrostic", "word": "123"}, "123"), ({"lines": 1000}, "1000")],
)  # fmt: skip
def test_controls_that_cannot_be_are_named(writer: VerseWriter, how: dict, name: str):
    with pytest.raises(PerformerError, match=name):
        poem(writer, 0, **how)


def test_the_command_writes_a_poem(capsys):
    assert main(["verse", "--form", "haiku", "--seed", "2", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [syllables(line["line"]) for line in lines] == [5, 7, 5]
    assert main(["verse", "--form", "sonata"]) == FAILED
    assert "There is no form 'sonata'" in capsys.readouterr().err
