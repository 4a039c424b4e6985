"""Files of poems: packed or not, and each mistake with its line and a remedy."""

import gzip
import json
import lzma
from pathlib import Path

import pytest

from performer.errors import PerformerError
from performer.words.poems import Poem, is_poem_file, read_poems

LINES = [
    json.dumps({"text": " a \nb", "author": "X", "form": None}),
    "",
    json.dumps({"text": " "}),
    json.dumps({"text": "c", "title": "t"}),
]


@pytest.mark.parametrize(
    ("ending", "opener"), [(".jsonl", open), (".jsonl.xz", lzma.open), (".jsonl.gz", gzip.open)]
)
def test_poems_are_read_packed_or_not(tmp_path: Path, ending: str, opener):
    path = tmp_path / f"poems{ending}"
    with opener(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(LINES))
    assert list(read_poems(path)) == [Poem("a\nb", "X"), Poem("c")] and is_poem_file(path)


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"title": "x"}', '{"text": 3}', '{"text": null}'])
def test_a_line_that_is_no_poem_is_named(tmp_path: Path, line: str):
    path = tmp_path / "poems.jsonl"
    path.write_text(f"{LINES[0]}\n{line}\n")
    with pytest.raises(PerformerError, match=r"Line 2 of .* is no poem"):
        list(read_poems(path))


@pytest.mark.parametrize("content", [None, b"\xfd7zXZ\x00 broken", b"plain"])
def test_a_file_that_cannot_be_unpacked_is_named(tmp_path: Path, content: bytes | None):
    path = tmp_path / "poems.jsonl.xz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PerformerError, match=r"cannot be read"):
        list(read_poems(path))


def test_bytes_that_are_no_text_are_named(tmp_path: Path):
    path = tmp_path / "poems.jsonl"
    path.write_bytes(b'{"text": "a"}\n\xff\n')
    with pytest.raises(PerformerError, match=r"cannot be read"):
        list(read_poems(path))
