import json

import pytest

from performer.desk.vocabulary import address_of, describe, understand
from performer.errors import ParameterError
from performer.parameters import COMMANDS, Table

TABLE = Table(2)


@pytest.mark.parametrize(("said", "meant"), [
    (["/performer/note/on", 60, 100], ("/performer/note/on", (60, 100))),
    (["/performer/note/on", 60.0, 100, 3], ("/performer/note/on", (60, 100, 3))),
    (["/performer/panic"], ("/performer/panic", ())),
    (["/performer/voice/2/temperature", 1], ("/performer/voice/2/temperature", (1.0,))),
    (["/performer/voice/1/mode", "harmonise"], ("/performer/voice/1/mode", ("harmonise",))),
    (["/performer/voice/1/notes", 3.0], ("/performer/voice/1/notes", (3,))),
])  # fmt: skip
def test_what_a_page_may_say(said, meant):
    address, arguments = understand(TABLE, json.dumps(said))
    assert (address, arguments) == meant
    assert list(map(type, arguments)) == list(map(type, meant[1]))


@pytest.mark.parametrize("text", [
    "", "x", "{}", "[]", "[1]", "null", '"a"', "[[]]", "[" * 3000, '{"0": 1}', "NaN",
    '["/performer/nothing", 1]', '["/performer/voice/3/mode", "call"]', '["/performer/voice/1/mode", "x"]', '["/performer/voice/1/mode"]',
    '["/performer/voice/1/temperature", NaN]', '["/performer/voice/1/temperature", 1e999]', '["/performer/voice/1/temperature", [1]]',
    '["/performer/voice/1/temperature", ' + "9" * 3000 + "]", '["/performer/voice/1/temperature", "1"]',
    '["/performer/note/on", 60]', '["/performer/note/on", 128, 1]', '["/performer/note/on", 60, 1, 17]', '["/performer/note/on", 60, 1, 0]',
    '["/performer/note/on", true, 1]', '["/performer/note/on", "60", 1]', '["/performer/note/on", 60.5, 1]', '["/performer/panic", 1]',
    '["/performer/scene/store", "\\ud800"]', '["/performer/scene/store", "a\\u0000b"]', '["/performer/scene/recall", "a\\nb"]',
    '["/performer/model", "\\udfff\\ud800"]', '["\\ud800", 1]', '["/performer/\\u0000", 1]', '["/performer/chords", "Am\\u001b F"]',
    '["/performer/voice/1/mode", "call\\ud83d"]',
    '["/performer/listening/features", 1, 1, 1, 1, 1, 1]', '["/performer/played", 1, 60, 100, 0.0, 0.0]',
])  # fmt: skip
def test_what_a_page_may_not_say(text):
    with pytest.raises(ParameterError):
        understand(TABLE, text)
    assert isinstance(address_of(text), str)


def test_the_table_as_the_page_gets_it():
    described = json.loads(json.dumps(describe(TABLE), allow_nan=False))
    rows = {row["address"]: row for row in described["parameters"]}
    assert list(rows) == list(TABLE.rows)
    modes = ["call", "harmonise", "accompany", "drums", "continue", "autonomous", "punch-in", "input", "mute"]
    assert rows["/performer/voice/1/mode"]["choices"] == modes
    assert {"kind", "low", "high", "default", "unit", "doc"} <= rows["/performer/visuals/react"].keys()
    assert [command["address"] for command in described["commands"]] == [command.address for command in COMMANDS]
    assert described["voices"] == 2
