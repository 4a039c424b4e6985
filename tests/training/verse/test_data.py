"""The split of the poems: the same in any order, near-duplicates kept apart, and the vocabulary and rows made
of it."""

import json
import lzma
from pathlib import Path

import numpy as np

from performer.training.verse.batches import IGNORED, Rows, padded
from performer.training.verse.data import TEST, TRAIN, VALID, part_of, read_split, without_copies, write_split
from performer.training.verse.vocabulary import make_tokenizer
from performer.words.poems import Poem, read_poems
from performer.words.tokenizer import AUTHOR, FORM
from tests.training.verse.conftest import POEMS, QUATRAINS

LETTERS = "abcdefghijklmnopqrst"


def poem(number: int) -> Poem:
    return Poem("\n".join(f"line {number} {letter * 3}" for letter in LETTERS[:6]), f"author {number % 3}")


def test_the_split_does_not_depend_on_order_case_or_punctuation():
    poems = [poem(number) for number in range(2000)]
    parts = [part_of(each) for each in poems]
    assert parts == [part_of(Poem(each.text.upper().replace("\n", ",\n") + "!")) for each in poems]
    shares = {part: parts.count(part) / len(parts) for part in (TRAIN, VALID, TEST)}
    assert shares[TRAIN] > 0.94 and 0.01 < shares[VALID] < 0.03 and 0.01 < shares[TEST] < 0.03


def test_a_near_duplicate_of_a_held_out_poem_is_not_learned():
    held = [poem(1)]
    longer = Poem(poem(1).text.replace("\n", " —\n") + "\n" + poem(2).text)
    excerpt = Poem("\n".join(poem(1).text.split("\n")[:2]))
    one_line = Poem(poem(1).text.split("\n")[0] + "\n" + poem(3).text)
    assert without_copies([poem(1), longer, excerpt, one_line, poem(4)], held) == [one_line, poem(4)]


def test_the_split_is_written_as_files_of_poems(tmp_path: Path):
    path = tmp_path / "poems.jsonl.xz"
    with lzma.open(path, "wt") as file:
        file.writelines(
            json.dumps({"text": poem(number).text, "author": poem(number).author}) + "\n"
            for number in range(300)
        )
    counts = write_split(path, tmp_path / "split")
    parts = read_split(path)
    for part, count in counts.items():
        assert (
            list(read_poems(tmp_path / "split" / f"{part}.jsonl.xz")) == parts[part]
            and len(parts[part]) == count
        )
    assert sum(counts.values()) == 300


def test_byte_pairs_come_from_the_poems_and_give_them_back():
    tokenizer = make_tokenizer("en", POEMS * 3)
    assert len(tokenizer) <= 4096 and "Ġwater" in tokenizer.pieces
    for each in POEMS:
        assert tokenizer.decode(tokenizer.encode(each.text)) == each.text
    assert tokenizer.to_json() == make_tokenizer("en", POEMS * 3).to_json()


def test_characters_that_come_often_enough_have_tokens():
    tokenizer = make_tokenizer("zh", [*QUATRAINS, Poem("孤", "某", "ci")])
    assert "山" in tokenizer.pieces and "孤" not in tokenizer.pieces and "author:某" in tokenizer.controls


def test_rows_are_the_poems_one_after_another_and_the_same_again():
    tokenizer = make_tokenizer("zh", QUATRAINS)
    rows = Rows(QUATRAINS, tokenizer, 16, seed=3)
    first, again, other = (list(rows.batches(number, 2)) for number in (0, 0, 1))
    assert len(first) == (rows.size - 1) // 32
    for (tokens, targets), (same, _) in zip(first, again, strict=True):
        assert tokens.shape == targets.shape == (2, 16) and tokens.equal(same)
        flat, wanted = tokens.flatten()[1:], targets.flatten()[:-1]
        assert (wanted[wanted != IGNORED] == flat[wanted != IGNORED]).all()
        assert all(tokenizer.controls[token].startswith((AUTHOR, FORM)) for token in flat[wanted == IGNORED])
    everyone = np.concatenate([tokens.flatten() for tokens, _ in first + other])
    assert {tokenizer.control("author:"), tokenizer.control("author:某")} & set(everyone.tolist())


def test_padding_and_header_have_no_loss():
    tokenizer = make_tokenizer("zh", QUATRAINS)
    tokens, targets = padded([QUATRAINS[0], Poem("山月", "某", "ci")], tokenizer, 40)
    assert targets[1].tolist()[:6] == [
        IGNORED,
        *tokenizer.encode("山月"),
        tokenizer.control("end"),
        IGNORED,
        IGNORED,
    ]
    assert tokens[1].tolist()[:4] == tokenizer.encode_poem(Poem("山月", "某", "ci"))[:4]
