"""The filter of copies, and the files beside the graphs in a model's card."""

import json
import lzma
import shutil
from pathlib import Path

import pytest

from performer.assets import models_dir
from performer.card import read_card
from performer.check import check
from performer.errors import ModelError
from performer.words.copies import CopyFilter, lines_of, runs_of, words_of

TEXTS = [f"line number {number} of a poem that nobody wrote" for number in range(2000)]


def test_a_filter_never_misses_and_seldom_errs(tmp_path: Path):
    CopyFilter.of(TEXTS, 4000).save(tmp_path / "copies.npz")
    filter_ = CopyFilter.load(tmp_path / "copies.npz")
    assert all(text in filter_ for text in TEXTS)
    wrong = sum(f"other {number}" in filter_ for number in range(5000)) / 5000
    assert wrong < 0.01 and filter_.false_positives < 0.01


def test_marks_and_case_do_not_hide_a_copy():
    assert words_of("O, Rose! thou’rt Sick—\nThe") == ["o", "rose", "thou'rt", "sick", "the"]
    assert list(runs_of(["a", "b", "c", "d", "e", "f", "g", "h"])) == ["a b c d e f g", "b c d e f g h"]
    assert lines_of("床前明月光，疑是地上霜。\n举头，") == ["床前明月光", "疑是地上霜"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
def test_a_broken_filter_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "copies.npz").write_bytes(content)
    with pytest.raises(ModelError, match=r"copies\.npz"):
        CopyFilter.load(tmp_path / "copies.npz")


@pytest.mark.parametrize("name", ["verse-en", "verse-zh"])
def test_the_card_vouches_for_the_guards(name: str, tmp_path: Path):
    folder = shutil.copytree(models_dir() / name, tmp_path / name)
    assert all(remark.fits for remark in check(folder))
    copies = read_card(folder).files["copies"]
    assert copies.stat().st_size <= 2 * 1024 * 1024
    copies.write_bytes(b"altered")
    with pytest.raises(ModelError, match=r"copies\.npz.*not the one"):
        read_card(folder)


def test_the_guards_are_made_from_poems(tmp_path: Path):
    pytest.importorskip("tomli_w")
    from performer.training.verse.guard import add_guards

    folder = shutil.copytree(models_dir() / "verse-en", tmp_path / "verse-en")
    poems = tmp_path / "poems.jsonl"
    poems.write_text(json.dumps({"text": "The moon is a lamp that nobody\nlit, the moon zorb"}) + "\n")
    add_guards(poems, folder)
    copies = CopyFilter.load(read_card(folder).files["copies"])
    assert "moon is a lamp that nobody lit" in copies
    words = lzma.decompress(read_card(folder).files["words"].read_bytes()).decode().split()
    assert words[:2] == ["moon", "the"] and "zorb" not in words and "lamp" in words
