import numpy as np
import pytest

from performer.parameters import Table
from performer.visuals.ink import WANTED, reached
from performer.visuals.layers import Layer, Overlay, Words
from performer.visuals.projection import dressed
from performer.visuals.text_layer import Speech, TextLayer, covered_box
from performer.words.typeset.fonts import FontSet
from performer.words.typeset.transitions import Timing

SIZE = (320, 180)
DARK, LIGHT = np.full((64, 64, 3), 10, np.uint8), np.full((64, 64, 3), 250, np.uint8)


@pytest.fixture()
def layer() -> TextLayer:
    return TextLayer(FontSet())


def test_words_are_there_from_their_time_to_their_end(layer: TextLayer):
    layer.say(Speech("the moon", Timing((1.0,), goes=(5.0,), kind="appear", last="appear", parting=0.0)))
    seen = [layer.layer(now, DARK, SIZE) is not None for now in (0.5, 1.0, 4.9, 5.0, 6.0)]
    assert seen == [False, True, True, False, False]
    layer.say(None)
    assert layer.layer(2.0, DARK, SIZE) is None


def test_a_sheet_that_was_made_ahead_is_the_one_that_is_shown(layer: TextLayer):
    speech = Speech("the moon", Timing((0.0,)))
    sheet = layer.prepare(speech, SIZE)
    layer.say(speech, sheet)
    assert layer.layer(1.0, DARK, SIZE).content.sheet is sheet
    wider = layer.layer(1.1, DARK, (640, 360)).content.sheet
    assert wider is not sheet and wider.size == (640, 360)


def test_the_ink_follows_the_picture_and_keeps_its_colour(layer: TextLayer):
    layer.say(Speech("the moon", Timing((-1.0,))))
    first = layer.layer(0.0, DARK, SIZE).content.ink
    steps = [
        layer.layer(0.1 * number, np.full((64, 64, 3), 215, np.uint8), SIZE).content
        for number in range(1, 40)
    ]
    strengths = [words.ink.shade_strength for words in steps]
    assert strengths == sorted(strengths) and strengths[0] == first.shade_strength < strengths[-1]
    assert max(np.diff(strengths)) < 0.1
    assert reached(steps[-1].ink, np.full((64, 64, 3), 215, np.uint8), (0, 0, 1, 1)) >= WANTED - 0.05


def test_a_new_line_takes_the_ink_that_suits_at_once(layer: TextLayer):
    layer.say(Speech("dark", Timing((0.0,))))
    assert layer.layer(1.0, DARK, SIZE).content.ink.is_light
    layer.say(Speech("light", Timing((0.0,))))
    assert not layer.layer(1.01, LIGHT, SIZE).content.ink.is_light


def test_what_had_to_be_changed_is_told(layer: TextLayer):
    assert layer.remarks == ()
    layer.say(Speech("a 😀\0", Timing((0.0,))))
    layer.layer(0.0, DARK, SIZE)
    assert len(layer.remarks) == 2


def test_the_box_of_a_wide_surface_is_found_in_a_square_picture():
    assert covered_box((0.0, 0.0, 1.0, 1.0), (64, 64, 3), (1280, 720)) == pytest.approx(
        (0.0, 0.21875, 1.0, 0.78125)
    )
    assert covered_box((0.0, 0.0, 1.0, 1.0), (64, 64, 3), (360, 720)) == pytest.approx((0.25, 0.0, 0.75, 1.0))
    assert covered_box((0.5, 0.5, 1.0, 1.0), (90, 160, 3), (1280, 720)) == pytest.approx((0.5, 0.5, 1.0, 1.0))


@pytest.mark.parametrize(
    "changes,opacities",
    [({}, [0.8]), ({"fade": 0.5}, [0.4]), ({"blackout": True}, []), ({"test_card": True}, [])],
)
def test_words_are_as_bright_as_the_picture(layer: TextLayer, changes: dict, opacities: list[float]):
    layer.say(Speech("the moon", Timing((0.0,)), opacity=0.8))
    shown: Layer = layer.layer(1.0, DARK, SIZE)
    assert isinstance(shown.content, Words)
    values = Table().defaults() | {f"/performer/visuals/{name}": value for name, value in changes.items()}
    assert [each.opacity for each in dressed(Overlay((shown,)), values).layers] == pytest.approx(opacities)
