import pytest

from performer.movers import CURVES, MOVES, SLOTS
from performer.parameters import Table
from performer.show import parse_show
from performer.visuals.modulation import CURVES as BENT
from performer.visuals.modulation import PREFIX, Matrix
from performer.visuals.sources import Sources

DEFAULTS = Table().defaults() | {f"{PREFIX}{number}/source": "none" for number in range(1, SLOTS + 1)}
SPEED = "/performer/visuals/speed"


def slot(number: int = 1, **rows: object) -> dict[str, object]:
    return {f"{PREFIX}{number}/{name}": value for name, value in rows.items()}


def with_number(value: float) -> Sources:
    sources = Sources()
    sources.take("/performer/source/1", (value,), 0.0)
    return sources


def test_nothing_is_changed_while_no_slot_is_in_use():
    assert Matrix(with_number(1.0)).moved(DEFAULTS, 1.0) is DEFAULTS
    half = DEFAULTS | slot(SLOTS, source="number")
    assert Matrix(with_number(1.0)).moved(half, 1.0) is half


def test_the_curves_are_the_tables_and_keep_the_ends():
    assert tuple(BENT) == CURVES
    for name, curve in BENT.items():
        assert {curve(0.0), curve(1.0)} == {0.0, 1.0}, name
        assert all(0.0 <= curve(step / 20) <= 1.0 for step in range(21))


@pytest.mark.parametrize(("rows", "speed"), [
    ({"depth": 0.25}, 0.3 + 0.25 * 0.5 * 2.0),
    ({"depth": -0.1}, 0.3 - 0.1 * 0.5 * 2.0),
    ({"depth": 1.0}, 1.3),
    ({"depth": 1.0, "curve": "gate"}, 2.0),
    ({"depth": -1.0, "curve": "gate"}, 0.0),
    ({"depth": 0.25, "curve": "slow start"}, 0.3 + 0.25 * 0.25 * 2.0),
])  # fmt: skip
def test_depth_is_a_share_of_the_range_and_the_range_is_kept(rows, speed):
    values = DEFAULTS | slot(source="number", target="speed", smoothing=0.0, **rows)
    moved = Matrix(with_number(0.5)).moved(values, 1.0)
    assert moved[SPEED] == pytest.approx(speed) and values[SPEED] == 0.3
    assert {address: value for address, value in moved.items() if address != SPEED} == {
        address: value for address, value in values.items() if address != SPEED
    }


def test_slots_on_the_same_target_add_up():
    values = DEFAULTS | slot(1, source="number", target="speed", depth=0.2) | slot(SLOTS, source="number", target="speed", depth=0.1)
    assert Matrix(with_number(1.0)).moved(values, 1.0)[SPEED] == pytest.approx(0.3 + 0.3 * 2.0)


def test_smoothing_follows_in_its_time_whatever_the_frame_rate():
    values = DEFAULTS | slot(source="number", target="speed", depth=0.5, smoothing=0.5)
    ends = []
    for rate in (24, 60):
        sources = with_number(0.0)
        matrix = Matrix(sources)
        matrix.moved(values, 0.0)
        sources.take("/performer/source/1", (1.0,), 0.0)
        for number in range(1, rate // 2 + 1):
            moved = matrix.moved(values, number / rate)
        ends.append(moved[SPEED])
    assert ends[0] == pytest.approx(ends[1]) == pytest.approx(0.3 + 1.0 * (1 - 2.718281828**-1))


def test_a_slot_is_edited_live():
    matrix, sources = Matrix(with_number(1.0)), slot(source="number", target="speed", depth=0.1)
    assert matrix.moved(DEFAULTS | sources, 1.0)[SPEED] == pytest.approx(0.5)
    other = matrix.moved(DEFAULTS | sources | slot(target="mix", depth=-1.0), 1.1)
    assert other[SPEED] == 0.3 and other["/performer/visuals/mix"] == 0.0


def test_the_show_file_writes_the_matrix():
    show = parse_show('[[modulation]]\nsource = "sine"\ntarget = "mix"\nbeats = 8\n[[modulation]]\nsource = "tension"\ntarget = "truncation"', "x")
    assert show.values[PREFIX + "1/source"] == "sine" and show.values[PREFIX + "1/beats"] == 8.0
    assert show.values[PREFIX + "2/target"] == "truncation"
    assert show.values[PREFIX + "3/source"] == "none" == show.values[f"{PREFIX}{SLOTS}/source"]
    assert PREFIX + "1/source" not in parse_show("", "x").values


def test_a_fresh_shows_own_moves_rest_in_silence_and_move_with_the_music():
    fresh = Table().defaults()
    assert {fresh[f"{PREFIX}{number}/source"] for number in range(1, len(MOVES) + 1)}.isdisjoint({"none"})
    sources = Sources()
    matrix = Matrix(sources)
    assert all(matrix.moved(fresh, 0.1 * tick)[address] == fresh[address] for tick in range(20) for address in fresh)
    sources.take("/performer/features", (0.8, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0), 3.0)
    sources.take("/performer/tone", (0.5, *[1.0] * 12), 3.0)
    sources.take("/performer/surprise", (0.9, 8.0, 60), 3.0)
    for pitch in (60, 61, 62):
        sources.take("/performer/heard", (pitch, 100, 1), 3.0)
    moved = [matrix.moved(fresh, 3.0 + 0.1 * tick) for tick in range(5)][-1]
    assert {address.removeprefix("/performer/visuals/") for address in fresh if moved[address] != fresh[address]} == {
        move["target"] for move in MOVES if move["source"] != "plan"
    }
    rested = [matrix.moved(fresh, 90.0 + 0.1 * tick) for tick in range(100)][-1]
    assert {address: rested[address] for address in fresh} == fresh
