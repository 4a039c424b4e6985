"""What surfaces send in place of a value."""

import math
import struct

import pytest

from performer.errors import ParameterError
from performer.inputs.conversions import convert_command, convert_parameter
from performer.inputs.osc_decoder import Odd, Untyped
from performer.parameters import COMMANDS, Table

TABLE = Table(1)
SPEED, WALK, SEED, MODE = "/performer/visuals/speed", "/performer/visuals/walk", "/performer/visuals/seed", "/performer/voice/1/mode"
COMMAND = {command.address: command for command in COMMANDS}


@pytest.mark.parametrize(("address", "arguments", "value"), [
    (SPEED, (1,), 1.0), (SPEED, (0.75,), 0.75), (SPEED, ("0.25",), 0.25), (SPEED, (" 1 ",), 1.0), (SPEED, ("1e-1",), 0.1),
    (SPEED, ((0.6,),), 0.6), (SPEED, (((0.6,),),), 0.6), (SPEED, (0.65, True), 0.65), (SPEED, (0.65, False), 0.65),
    (SPEED, (Untyped(struct.pack(">f", 0.5)),), 0.5),
    (SEED, (7.0,), 7), (SEED, ("14",), 14), (SEED, ("14.0",), 14), (SEED, (Untyped(struct.pack(">i", 9)),), 9),
    (WALK, (1,), True), (WALK, (0.0,), False), (WALK, ("false",), False), (WALK, ("True",), True), (WALK, ("off",), False), (WALK, ("1",), True),
    (WALK, (Untyped(struct.pack(">i", 0)),), False),
    (MODE, ("mute",), "mute"), (MODE, ("Call",), "call"), (MODE, ("harmonise ",), "harmonise"), (MODE, (1,), "harmonise"),
    (MODE, (Untyped(b"mute\0\0\0\0"),), "mute"),
    ("/performer/visuals/symmetry", ("6",), "6"), ("/performer/voice/1/key", ("EB",), "Eb"),
])  # fmt: skip
def test_what_can_mean_one_thing_only_is_taken(address: str, arguments: tuple[object, ...], value: object):
    converted = convert_parameter(TABLE, address, arguments)
    assert converted.value == value and type(converted.value) is type(value) and not converted.notice


@pytest.mark.parametrize(("address", "arguments"), [
    (SPEED, (math.nan,)), (SPEED, (math.inf,)), (SPEED, ("nan",)), (SPEED, ("inf",)), (SPEED, ("1_0",)), (SPEED, ("fast",)), (SPEED, ("",)),
    (SPEED, (Odd("nil"),)), (SPEED, (Odd("an impulse"),)), (SPEED, (Odd("a blob"),)), (SPEED, (Odd("a character"),)), (SPEED, (True,)),
    (SPEED, ((),)), (SPEED, ((0.1, 0.2),)), (SPEED, (0.1, 0.2)), (SPEED, (0.1, "soon")), (SPEED, (Untyped(b"12345678"),)),
    (SEED, (7.5,)), (SEED, ("7.5",)), (SEED, ("9" * 5000,)),
    (WALK, (0.5,)), (WALK, (2,)), (WALK, ("maybe",)),
    (MODE, ("sing",)), (MODE, (99,)), (MODE, (-1,)), (MODE, (0.5,)),
    ("/performer/tempo/denominator", (3,)), ("/performer/tempo/denominator", (64,)), ("/performer/nowhere", (1,)),
])  # fmt: skip
def test_what_may_mean_several_things_or_none_is_refused(address: str, arguments: tuple[object, ...]):
    with pytest.raises(ParameterError):
        convert_parameter(TABLE, address, arguments)


@pytest.mark.parametrize(("address", "given", "value"), [
    (SPEED, 99.0, 2.0), (SPEED, -0.5, 0.0), (SPEED, "2.5", 2.0), (SPEED, 1e300, 2.0), (SPEED, "9" * 18, 2.0),
    (SEED, 10000, 9999), (SEED, 9999.5, 9999),
    ("/performer/tempo/bpm", 10, 20.0),
])  # fmt: skip
def test_a_number_out_of_range_is_clamped_and_said_to_be(address: str, given: object, value: object):
    converted = convert_parameter(TABLE, address, (given,))
    assert (converted.value, type(converted.value)) == (value, type(value)) and f"{value:g} is taken" in converted.notice


def test_the_end_of_a_range_as_a_float_of_32_bits_is_that_end():
    """0.98 was refused: as 32 bits it is a little more."""
    (given,) = struct.unpack(">f", struct.pack(">f", 0.98))
    assert given > 0.98
    converted = convert_parameter(TABLE, "/performer/visuals/feedback", (given,))
    assert converted.value == 0.98 and not converted.notice


def test_a_value_may_say_when_it_comes_also_where_it_is_clamped():
    converted = convert_parameter(TABLE, SPEED, (9.0, "bar"))
    assert (converted.value, converted.when) == (2.0, "bar") and converted.notice


@pytest.mark.parametrize(("address", "arguments", "taken"), [
    ("/performer/panic", (), ()), ("/performer/panic", (Odd("an impulse"),), ()), ("/performer/panic", (Odd("nil"), 1), ()),
    ("/performer/note/on", (60, 100), (60, 100)), ("/performer/note/on", ("60", 100.0, (2,)), (60, 100, 2)),
    ("/performer/scene/recall", (("verse",), "bar"), ("verse", "bar")),
])  # fmt: skip
def test_commands_take_the_same(address: str, arguments: tuple[object, ...], taken: tuple[object, ...]):
    assert convert_command(COMMAND[address], arguments) == taken


@pytest.mark.parametrize(("address", "arguments"), [
    ("/performer/note/on", (128, 1)), ("/performer/note/on", (60, 1, 17)), ("/performer/note/on", ((60, 100),)), ("/performer/note/on", (60, True)),
    ("/performer/note/on", (60, 1, 1, 1)), ("/performer/note/on", (Odd("nil"), 1)), ("/performer/scene/recall", (1,)), ("/performer/note/off", ()),
])  # fmt: skip
def test_commands_clamp_nothing(address: str, arguments: tuple[object, ...]):
    with pytest.raises(ParameterError):
        convert_command(COMMAND[address], arguments)
