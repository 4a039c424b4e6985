"""Styles: a mind for each that is asked for, and a blend in which all of them have their say."""

import random
from dataclasses import replace

import numpy as np
import pytest

from performer.constraints import Constraints
from performer.encoding import UNKNOWN, style_number
from performer.events import ModelNote
from performer.inference.echo import Echo
from performer.inference.lstm import load_mind
from performer.inference.sampling import weights_of
from performer.inference.styles import Blend
from performer.inference.thinker import FORGOTTEN, MOST_STYLES, REMEMBERED, Thinker
from tests.inference.conftest import TINY
from tests.inference.test_thinker import ask

JAZZ, ROCK, FUNK = map(style_number, ("jazz", "rock", "funk"))
ANY = np.array([UNKNOWN], np.int64)


def phrase(count: int):
    return [ModelNote(0.2, 60 + place % 7, 80, 0.2) for place in range(count)]


def answers(thinker, *styles, **wishes):
    return list(thinker.answer(ask(styles=tuple((style, 1 / len(styles)) for style in styles), **wishes)))


def test_a_style_is_another_memory_of_the_same_notes(mind):
    jazz, rock = mind.in_style(JAZZ), mind.in_style(ROCK)
    for note in phrase(5):
        jazz.feed(note)
        rock.feed(note)
    assert not np.allclose(jazz.logits(ANY), rock.logits(ANY))
    jazz.reset()
    assert np.array_equal(jazz.logits(ANY), mind.in_style(JAZZ).logits(ANY))


def test_a_blend_is_the_product_of_what_each_thinks_to_the_power_of_its_weight(mind):
    minds = [mind.in_style(JAZZ), mind.in_style(ROCK)]
    both = Blend(minds, (0.25, 0.75))
    pieces = [each.logits(ANY)[0, 16:144].tolist() for each in (*minds, both)]
    jazz, rock, blended = (np.array(weights_of(piece)) / sum(weights_of(piece)) for piece in pieces)
    product = jazz**0.25 * rock**0.75
    assert blended == pytest.approx(product / product.sum(), rel=1e-4)


def test_limits_hold_for_a_blend(mind):
    both, rng = Blend([mind.in_style(JAZZ), mind.in_style(ROCK)], (0.5, 0.5)), random.Random(1)
    for _ in range(60):
        note = both.query(Constraints(pitches=(60, 64, 67), velocity=(40, 50), gap=(0.1, 0.2), voice=0), rng)
        assert note.pitch in (60, 64, 67) and 40 <= note.velocity <= 50 and 0.1 <= note.gap <= 0.2
        both.feed(note)


def test_a_voice_with_a_style_is_answered_by_a_mind_that_heard_everything_in_it(mind):
    thinker, alone = Thinker(mind), load_mind(TINY).in_style(JAZZ)
    for note in phrase(10):
        thinker.hear(note)
        alone.feed(note)
    assert answers(thinker, JAZZ) == list(Thinker(alone).answer(ask()))
    thinker.hear(phrase(1)[0])
    alone.feed(phrase(1)[0])
    assert answers(thinker, JAZZ) == list(Thinker(alone).answer(ask()))
    assert answers(thinker, JAZZ) != answers(thinker, ROCK) != answers(thinker)


def test_a_planned_answer_in_two_styles_is_the_live_one_in_smaller_steps(mind, monkeypatch):
    looks, look = [], Blend.logits
    monkeypatch.setattr(Blend, "logits", lambda blend, known: looks.append(known) or look(blend, known))
    first, second = Thinker(mind), Thinker(load_mind(TINY))
    for note in phrase(10):
        first.hear(note)
        second.hear(note)
    wish = ask(styles=((JAZZ, 0.5), (ROCK, 0.5)))
    steps = list(first.plan(wish))
    assert steps.count(None) == 2 * 10 + 1 + len(looks), "one for each note that is heard, one for each look"
    assert len(looks) > len([note for note in steps if note])
    assert [note for note in steps if note is not None] == list(second.answer(wish))


def test_notes_that_come_while_a_new_style_listens_in_are_heard_too(mind):
    first, second = Thinker(mind), Thinker(load_mind(TINY))
    for note in phrase(4):
        first.hear(note)
    composing = first.plan(ask(styles=((FUNK, 1.0),), heard=()))
    next(composing)
    first.hear(phrase(5)[4])
    assert [note for note in composing if note]
    for note in phrase(5):
        second.hear(note)
    assert answers(first, FUNK) == answers(second, FUNK)


def test_few_styles_are_kept_awake_and_none_that_nobody_asks_for(mind):
    thinker = Thinker(mind)
    for style in range(1, MOST_STYLES + 4):
        answers(thinker, style, style + 1, style + 2)
        thinker.hear(phrase(1)[0])
    assert len(thinker._styles) == MOST_STYLES
    for note in phrase(FORGOTTEN + 1):
        thinker.hear(note)
    assert thinker._styles == {} and len(thinker._past) == REMEMBERED


def test_a_mind_that_knows_no_styles_plays_as_ever():
    assert answers(Thinker(Echo()), JAZZ) == answers(Thinker(Echo()))


def test_a_note_after_which_the_memory_is_no_numbers_is_dropped_and_counted(mind):
    thinker = Thinker(mind)
    good = phrase(6)
    for note in good[:3]:
        thinker.hear(note)
    before = answers(thinker)
    healthy = thinker.mind._after
    thinker.mind._after = lambda event, memory: replace_hidden(healthy(event, memory))
    thinker.hear(good[3])
    assert thinker.dropped == 1
    thinker.mind._after = healthy
    assert answers(thinker) == before
    thinker.hear(replace(good[4]))
    assert thinker.dropped == 1 and answers(thinker) != before


def replace_hidden(memory):
    return replace(memory, hidden=np.full_like(memory.hidden, np.nan))
