"""Every address in patches/ is one that Performer knows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from performer.parameters import COMMANDS, FEEDBACK, KEYS, MODES, SCALES, VOICES, Table
from tests.patches.pd_file import heard, joined, read_canvases, sent

PATCHES = Path(__file__).parents[2] / "patches"
FILES = sorted(path for path in PATCHES.rglob("*") if path.is_file())
KNOWN = {*Table(VOICES).rows, *(command.address for command in (*COMMANDS, *FEEDBACK))}
ADDRESS = re.compile(r"(?<![\w.~/-])/performer(?:/[^\s\"'`,;:()\[\]|\\]*)?(?!\w)")


def addresses(name: str, text: str) -> Iterator[str]:
    """Every address that the text of a patch (or of what is written about it) holds."""
    if not name.endswith(".pd"):
        yield from (found.rstrip(".") for found in ADDRESS.findall(text))
        return
    for canvas in read_canvases(text):
        yield from sent(canvas)
        yield from heard(canvas)
        for box in canvas.boxes:
            if box.words[:1] not in (("oscformat",), ("set",)):
                yield from (found.rstrip(".") for found in ADDRESS.findall(box.text))


def wrong(name: str, text: str) -> list[str]:
    """A line for each address that nobody knows."""
    return [f"{name}: {address}" for address in addresses(name, text) if address not in KNOWN]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PATCHES)))
def test_performer_knows_every_address(path):
    assert wrong(str(path.relative_to(PATCHES)), path.read_text(encoding="utf-8")) == []


def _all_of(folder: str) -> set[str]:
    return {address for path in (PATCHES / folder).iterdir() for address in addresses(path.name, path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("folder", ["puredata", "supercollider"])
def test_a_patch_plays_steers_and_hears(folder):
    assert _all_of(folder) >= {
        "/performer/note/on", "/performer/note/off", "/performer/control",
        "/performer/voice/1/mode", "/performer/voice/1/scale", "/performer/voice/1/key", "/performer/voice/1/temperature",
        "/performer/voice/1/patience", "/performer/visuals/react", "/performer/visuals/speed", "/performer/panic", "/performer/sync",
        "/performer/played", "/performer/released", "/performer/features", "/performer/error",
    }  # fmt: skip


def test_the_names_in_the_pd_patch_are_the_choices_of_the_table():
    boxes = [box for canvas in read_canvases((PATCHES / "puredata/performer.pd").read_text()) for box in canvas.boxes]
    texts = {box.words[-1]: box.content for box in boxes if box.words[:2] == ("text", "define")}
    assert texts == {"performer-modes": MODES, "performer-scales": tuple(SCALES), "performer-tonics": KEYS}


@pytest.mark.parametrize(("name", "text", "address"), [
    ("a.scd", "~performer.sendMsg('/performer/voice/1/tempo', 1);", "/performer/voice/1/tempo"),
    ("a.scd", "~performer.sendMsg(\"/performer/voice/1/\" ++ x, 1);", "/performer/voice/1/"),
    ("a.scd", "OSCdef(\\a, { }, '/performer/playd');", "/performer/playd"),
    ("a.scd", "~performer.sendMsg('/performer/voice/17/mode', 1);", "/performer/voice/17/mode"),
    ("README.md", "Send `/performer/panics` to stop.", "/performer/panics"),
    ("a.pd", "#X obj 1 1 oscformat -f i /performer/voice/1/mod;", "/performer/voice/1/mod"),
    ("a.pd", "#X obj 1 1 oscformat performer voice 1 mod;", "/performer/voice/1/mod"),
    ("a.pd", "#X obj 1 1 oscformat;\n#X msg 1 1 set performer panik;\n#X connect 1 0 0 0;", "/performer/panik"),
    ("a.pd", "#X msg 1 1 send /performer/panik;", "/performer/panik"),
    ("a.pd", "#X obj 1 1 oscparse;\n#X obj 1 1 list trim;\n#X obj 1 1 route performer;\n#X obj 1 1 route released playd;\n"
     "#X obj 1 1 print;\n#X connect 0 0 1 0;\n#X connect 1 0 2 0;\n#X connect 2 0 3 0;\n#X connect 3 0 4 0;\n#X connect 3 1 4 0;",
     "/performer/playd"),
    ("a.pd", "#N canvas 0 0 9 9 inner 0;\n#X obj 1 1 oscformat /performer/panik;\n#X restore 1 1 pd inner;", "/performer/panik"),
])  # fmt: skip
def test_a_wrong_address_is_found(name, text, address):
    text = f"#N canvas 0 0 9 9 12;\n{text}\n" if name.endswith(".pd") else text
    assert wrong(name, text) == [f"{name}: {address}"]


def test_an_address_may_be_written_in_words_as_pd_allows():
    assert joined(["performer", "voice", "1", "mode"]) == joined(["/performer", "/voice/1", "mode"]) == "/performer/voice/1/mode"
    assert wrong("a.pd", "#N canvas 0 0 9 9 12;\n#X obj 1 1 oscformat -f i performer voice 1 mode;\n") == []
