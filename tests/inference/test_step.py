"""A step in two halves is the same step, and the half that was thought of before is not thought of again."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from performer.assets import models_dir
from performer.encoding import ATTRIBUTES, OFFSETS
from performer.errors import ModelError
from performer.events import ModelNote
from performer.inference import step
from performer.inference.ear import Ear
from performer.inference.lstm import LstmMind, load_mind
from performer.inference.step import KEPT
from tests.inference.test_lstm import recard

PITCHES = slice(*OFFSETS[ATTRIBUTES.index("pitch") :][:2])  # of the logits
HALVED = models_dir() / "lstm-first-int8"
NOTES = tuple(ModelNote(0.1 * k, 50 + 3 * k, 20 * k + 20, None if k == 2 else 0.1 + k, k, k % 2 == 0) for k in range(5))


@pytest.fixture
def halved() -> LstmMind:
    return load_mind(HALVED)


def arrays(mind: LstmMind) -> Iterator[np.ndarray]:
    yield from (mind._memory.hidden, *mind._memory.state)


def test_prepared_or_not_it_hears_the_same(halved):
    other = load_mind(HALVED)
    for note in NOTES:
        halved.prepare()
        halved.feed(note)
        other.feed(note)
        for one, two in zip(arrays(halved), arrays(other), strict=True):
            np.testing.assert_array_equal(one, two)


def test_each_step_of_a_mind_and_of_its_forks_tells_its_time_and_no_more_than_so_many(halved, monkeypatch):
    now = itertools.count(1.0, 0.25)
    monkeypatch.setattr(step.time, "perf_counter", lambda: next(now))
    already = len(halved.step_seconds)
    halved.prepare()
    halved.feed(NOTES[0])
    halved.fork().feed(NOTES[1])
    assert halved.step_seconds[already:] == (0.25, 0.25)
    for _ in range(KEPT):
        halved.feed(NOTES[0])
    assert len(halved.step_seconds) == KEPT


def test_what_is_ready_is_shared_by_forks_and_thought_of_once(halved):
    hear, prepare = halved._step._runs
    ran: list[int] = []

    def counted(*given: np.ndarray) -> list[np.ndarray]:
        ran.append(1)
        return prepare(*given)

    halved._step._runs = (hear, counted)
    halved.feed(NOTES[0])
    early = halved.fork()
    ran.clear()
    halved.prepare()
    for fork in (halved, early, halved.fork()):
        fork.feed(NOTES[1])
    assert len(ran) == 1


def test_an_ear_is_ready_for_the_next_note_when_it_has_heard_one(halved):
    ear = Ear(halved)
    ear.hear(NOTES[0])
    assert ear.mind._memory.ready is not None


def test_it_is_the_model_that_it_comes_from():
    """Both were made from the same weights, and 8 bits leave little of a difference between them."""
    halved, whole = load_mind(HALVED), load_mind(models_dir() / "lstm-first")
    known = np.array([[0, 0, 128, 96, 32]], np.int64)
    for _ in range(4):
        for note in NOTES:
            halved.feed(note)
            whole.feed(note)
            chances = [np.exp(each - np.logaddexp.reduce(each)) for each in (mind.logits(known)[0, PITCHES] for mind in (halved, whole))]
            assert np.abs(chances[0] - chances[1]).max() < 0.02


def test_a_state_of_two_sizes_is_one_sentence(tmp_path):
    folder = tmp_path / HALVED.name
    folder.mkdir()
    for path in HALVED.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    recard(folder, 'ready_gates = "float 2 x 1 x 1792"\nstate_cell', 'ready_gates = "float 2 x 1 x 1792"\nstate_hidden = "float 1 x 8"\nstate_cell')
    with pytest.raises(ModelError, match="the same state in two sizes"):
        load_mind(folder)


def test_a_question_that_was_asked_is_not_thought_of_again_until_something_is_heard(halved):
    """Sixteen voices ask the same of forks of the same memory."""
    heads, ran = halved._heads, []

    def counted(*given: np.ndarray) -> list[np.ndarray]:
        ran.append(1)
        return heads(*given)

    halved._heads = counted
    halved.feed(NOTES[0])
    known = np.array([[0, 0, 128, 96, 32]], np.int64)
    first = halved.fork().logits(known)
    assert halved.fork().logits(known.copy()) is first and len(ran) == 1
    known[0, 2] = 60
    other = halved.logits(known)
    halved.feed(NOTES[1])
    assert len(ran) == 2 and not np.array_equal(other, halved.logits(known)) and len(ran) == 3
