"""A voice's style, and a blend with weights, on their way to the model."""

import pytest

from performer.effects import Ask
from performer.encoding import style_number
from performer.events import STYLES, ParameterSet, Sync, Timed
from performer.inference.lstm import load_mind
from tests.inference.conftest import TINY
from tests.stagehands import melody, offline


def asked(**settings):
    graph = offline(mode="harmonise", **({"style_strength": 1.0} | settings))
    graph.play(melody(60), until=2.0)
    return next(effect.styles for effect in graph.said if isinstance(effect, Ask))


@pytest.mark.parametrize(("settings", "styles"), [
    ({}, {}), ({"style": "jazz"}, {"jazz": 1.0}), ({"style": "jazz", "style_2": "rock"}, {"jazz": 1.0}),
    ({"style": "jazz", "style_2": "rock", "style_2_weight": 3.0}, {"jazz": 0.25, "rock": 0.75}),
    ({"style": "jazz", "style_2": "rock", "style_2_weight": 1.0, "style_3": "funk", "style_3_weight": 2.0},
     {"jazz": 0.25, "rock": 0.25, "funk": 0.5}),
    ({"style": "jazz", "style_2": "jazz", "style_2_weight": 1.0}, {"jazz": 1.0}),
    ({"style_2": "rock", "style_2_weight": 1.0}, {"any": 0.5, "rock": 0.5}),
    ({"style": "jazz", "style_strength": 3.0}, {"jazz": 3.0, "any": -2.0}),
    ({"style": "jazz", "style_strength": 0.0}, {}),
    ({"style": "jazz", "style_2": "rock", "style_2_weight": 1.0, "style_strength": 4.0}, {"jazz": 2.0, "rock": 2.0, "any": -3.0}),
])  # fmt: skip
def test_weights_of_styles_sum_to_one(settings, styles):
    assert asked(**settings) == tuple((style_number(name), weight) for name, weight in styles.items())


def test_a_style_that_is_turned_on_in_the_middle_changes_what_is_played_and_off_again():
    def played(*changes):
        graph = offline(mode="autonomous", mind=load_mind(TINY))
        notes = graph.play([Timed(0.0, Sync()), *changes], until=9.0)
        return [(note.pitch, note.start) for note in notes]

    turn = Timed(4.0, ParameterSet("/performer/voice/1/style", "jazz"))
    plain, styled = played(), played(turn)
    assert [note for note in plain if note[1] < 4.0] == [note for note in styled if note[1] < 4.0]
    assert plain != styled and len(styled) > 5
    assert len(set(STYLES)) == len(STYLES) <= 32
