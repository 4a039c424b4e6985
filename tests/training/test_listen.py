"""What a phrase is asked about, and the answer to it."""

from performer.outputs.take import Sounded
from performer.training.data import DRUMS
from performer.training.listen import BREATH, HUMAN, OWN, ask_after, exchange
from tests.stagehands import StepMind

PHRASE = tuple(Sounded(HUMAN, 1, pitch, 80, 0.25 * place, 0.25 * place + 0.2) for place, pitch in enumerate((60, 62, 64, 65, 67)))


def test_a_phrase_is_answered_in_its_range_after_a_breath():
    ask = ask_after(PHRASE, 0, seed=3, temperature=1.0, top_p=0.9)
    assert (ask.low, ask.high, ask.part, ask.seed) == (53, 74, 0, 3) and set(ask.classes) >= {0, 2, 5, 7}
    found = exchange(StepMind(), "scale", PHRASE, ask, 4.0)
    assert found.phrase == PHRASE and found.answer
    assert all(note.voice == OWN and 53 <= note.pitch <= 74 for note in found.answer)
    assert PHRASE[-1].start + BREATH <= found.answer[0].start <= PHRASE[-1].start + BREATH + 4.0


def test_drums_are_asked_about_drums():
    ask = ask_after(PHRASE, DRUMS, seed=3, temperature=1.0, top_p=0.9)
    assert (ask.low, ask.high, ask.classes) == (35, 59, ())
