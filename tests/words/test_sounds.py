"""Syllables, stress and rhyme of English words; tones and rhyme groups of Chinese characters."""

import pytest

from performer.words.chinese import EITHER, LEVEL, OBLIQUE, fits_tone, rhyme_groups, tones
from performer.words.english import rhymes, sound_of


@pytest.mark.parametrize(
    ("word", "stresses"),
    [("the", "0"), ("Silence", "10"), ("alone", "01"), ("melody", "100"), ("’tis", "1"), ("river's", "10")],
)
def test_the_dictionary_tells_syllables_and_stress(word: str, stresses: str):
    assert sound_of(word).stresses == stresses
    assert sound_of(word).known


@pytest.mark.parametrize(
    ("word", "count"), [("moonwake", 2), ("glimmerless", 3), ("brothed", 1), ("zzz", 1), ("", 1)]
)
def test_a_word_that_the_dictionary_lacks_is_sounded_by_its_spelling(word: str, count: int):
    assert (sound_of(word).syllables, sound_of(word).known) == (count, False)


@pytest.mark.parametrize(
    ("one", "other"), [("night", "delight"), ("sea", "free"), ("flowing", "growing"), ("Bird", "word")]
)
def test_words_rhyme(one: str, other: str):
    assert rhymes(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("night", "Night"), ("love", "move"), ("sea", "sees"), ("flowing", "sing")]
)
def test_words_do_not_rhyme(one: str, other: str):
    assert not rhymes(one, other)


def test_characters_have_tones_in_simplified_and_traditional_writing():
    assert [tones(character) for character in "东東月a"] == [LEVEL, LEVEL, OBLIQUE, ""]
    assert set(tones("重")) == {LEVEL, OBLIQUE}
    assert fits_tone("月", EITHER) and fits_tone("月", OBLIQUE) and not fits_tone("月", LEVEL)


def test_characters_rhyme_within_a_level_group():
    # 登鹳雀楼: 流 and 楼.
    assert rhyme_groups("流", level_only=True) & rhyme_groups("楼", level_only=True)
    assert not rhyme_groups("流", level_only=True) & rhyme_groups("东", level_only=True)
    assert rhyme_groups("月", level_only=True) == frozenset()
