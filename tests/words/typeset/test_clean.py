import pytest

from performer.words.typeset.clean import (
    LONGEST_LINE,
    MOST_LINES,
    MOST_MARKS,
    clean_text,
    curl_quotes,
    is_right_to_left,
    split_clusters,
    split_words,
)


def words(line: str) -> list[str]:
    return ["".join(clusters) for clusters, _ in split_words(line)]


def test_a_plain_line_stays_as_it_is():
    clean = clean_text("Shall I compare thee\n床前明月光，")
    assert clean.lines == ("Shall I compare thee", "床前明月光，") and clean.remarks == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\v", "\x85", "\n\n\n"])
def test_every_end_of_line_is_one(end: str):
    assert clean_text(f"one{end}two").lines == ("one", "two")
    assert clean_text(f"one{end}two").remarks == ()


def test_control_and_direction_characters_go_with_a_sentence():
    clean = clean_text("a\0b\x1b[31m\u202ec\tand\u200b d")
    assert clean.lines == ("ab[31mc and d",)
    assert "4 control characters" in clean.remarks[0]


def test_half_a_character_is_a_replacement():
    assert clean_text("a\ud800b").lines == ("a\ufffdb",)


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "word " * 20_000, "e\u0301" * 50_000, "😀" * 100_000, "line\n" * 20_000]
)
def test_a_text_that_is_too_long_is_cut_with_a_sentence(text: str):
    clean = clean_text(text)
    assert f"{len(text):,} characters" in clean.remarks[0] and clean.remarks[0].endswith("Shorten it.")
    assert 1 <= len(clean.lines) <= MOST_LINES
    assert max(len(split_clusters(line)) for line in clean.lines) <= LONGEST_LINE


@pytest.mark.parametrize("text", ["", " \t \n ", "\u202e\0"])
def test_nothing_stays_nothing(text: str):
    assert clean_text(text).lines == ()


@pytest.mark.parametrize(
    "typed,printed",
    [
        ("Nor hind's or fisher's need", "Nor hind’s or fisher’s need"),
        ("'Tis \"love,\" she said, 'my love'", "’Tis “love,” she said, ‘my love’"),
        ("Thou spak'st the word, and mad'st it all.\" -", "Thou spak’st the word, and mad’st it all.” –"),
        ('"\'Neath the hill--"', "“’Neath the hill—”"),
        ("wait... well-known -----", "wait… well-known -----"),
        ("他说'好'--", "他说'好'--"),
        ("plain", "plain"),
    ],
)
def test_marks_of_a_typewriter_are_set_as_a_printer_does(typed: str, printed: str):
    assert curl_quotes(typed) == printed


def test_a_cluster_is_what_a_reader_takes_for_one_letter():
    family, flag, thumb = "👨\u200d👩\u200d👧", "🇫🇷", "👍🏽"
    assert split_clusters(f"e\u0301{family}{flag}{flag}{thumb}x") == [
        "e\u0301",
        family,
        flag,
        flag,
        thumb,
        "x",
    ]
    assert split_clusters("z" + "\u0301" * 90) == ["z" + "\u0301" * MOST_MARKS]


def test_words_are_parted_where_a_line_may_break():
    assert words("The wind, the rain") == ["The", "wind,", "the", "rain"]
    assert words("床前明月光，疑是") == ["床", "前", "明", "月", "光，", "疑", "是"]
    assert words("他说：“明月！”moon光") == ["他", "说：", "“明", "月！”", "moon", "光"]
    assert [spaced for _, spaced in split_words("a 明 b明")] == [False, True, True, False]


def test_the_first_letter_with_a_direction_decides():
    assert is_right_to_left("3 שלום abc") and is_right_to_left("مرحبا") and not is_right_to_left("a שלום")
    assert not is_right_to_left("123 — !")
