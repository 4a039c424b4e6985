import pytest

from performer.errors import ParameterError
from performer.parameters import COMMANDS, FEEDBACK, Table

TABLE = Table(2)


def test_every_default_is_inside_its_own_range():
    for address, row in TABLE.rows.items():
        assert TABLE.check(address, [row.default]) == row.default
        assert row.doc.endswith(".")
        assert address.startswith("/performer/")


def test_voices_have_rows_of_their_own():
    assert TABLE.rows["/performer/voice/2/channel"].default == 2
    assert "/performer/voice/3/mode" not in TABLE.rows


def test_addresses_of_parameters_commands_and_feedback_do_not_meet():
    addresses = [*TABLE.rows, *(command.address for command in COMMANDS), *(command.address for command in FEEDBACK)]
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize(("address", "given", "value"), [
    ("/performer/voice/1/mode", "harmonise", "harmonise"),
    ("/performer/voice/1/mode", 1, "harmonise"),
    ("/performer/voice/1/mode", 1.0, "harmonise"),
    ("/performer/voice/1/low", 40.0, 40),
    ("/performer/visuals/react", 1, 1.0),
    ("/performer/visuals/react", 0.123456, 0.123456),
])  # fmt: skip
def test_values_come_out_in_the_type_of_the_row(address, given, value):
    out = TABLE.check(address, [given])
    assert out == value
    assert type(out) is type(value)


@pytest.mark.parametrize(("address", "arguments", "word"), [
    ("/performer/voice/1/mood", [1], "mode"),
    ("/performer/visuals/react", [2.5], "from 0 to 2"),
    ("/performer/visuals/react", [float("nan")], "number"),
    ("/performer/visuals/react", [float("inf")], "number"),
    ("/performer/visuals/react", ["loud"], "number"),
    ("/performer/visuals/react", [], "one value"),
    ("/performer/visuals/react", [1.0, 2.0], "one value"),
    ("/performer/visuals/fps", [24.5], "whole"),
    ("/performer/visuals/fps", [True], "number"),
    ("/performer/voice/1/mode", ["sing"], "call"),
    ("/performer/voice/1/mode", [17], "call"),
    ("/performer/voice/1/mode", [b"call"], "call"),
    ("/elsewhere", [1], "no parameter"),
])  # fmt: skip
def test_what_is_wrong_is_said(address, arguments, word):
    with pytest.raises(ParameterError, match=word):
        TABLE.check(address, arguments)
