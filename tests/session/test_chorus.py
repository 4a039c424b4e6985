"""Many voices on one key: who asks when, and that it makes no difference to what they are told."""

from dataclasses import replace

import pytest

from performer.effects import Ask, Effect, Expect, Feed, Play, Soon
from performer.events import Answer, Event, ModelFailed, ModelNote, NoteOff, NoteOn, Panic, ParameterSet, Tick, Timed
from performer.parameters import Table
from performer.session.chorus import TAG
from performer.session.parts import Parts
from performer.session.state import Session

NOTE = ModelNote(0.0, 72, 70, None, own=True)


def choir(voices: int = 4, models: tuple[str, ...] = (), mode: str = "harmonise") -> Session:
    parts = Parts.named(("keys",) * voices, models) if models else Parts.named(("keys",) * voices)
    return Session(Table(voices), parts, 7, {f"/performer/voice/{number}/mode": mode for number in range(1, voices + 1)})


def asks(effects: list[Effect]) -> list[Ask]:
    return [effect for effect in effects if isinstance(effect, Ask)]


def voices(effects: list[Effect]) -> list[int]:
    return [ask.voice for ask in asks(effects)]


def test_the_first_asks_with_the_key_and_the_others_once_its_answer_has_left():
    session = choir()
    first = session.handle(Timed(1.0, NoteOn(60, 80)))
    assert voices(first) == [1]
    answered = session.handle(Timed(1.001, Answer(asks(first)[0].id, 0, NOTE, last=True)))
    assert [effect.pitch for effect in answered if isinstance(effect, Play)] == [72] and voices(answered) == []
    assert [effect.tag for effect in answered if isinstance(effect, Soon)] == [TAG]
    assert not any(isinstance(effect, Expect) for effect in answered), "three have still to ask"
    others = session.handle(Timed(1.001, Tick(TAG)))
    assert voices(others) == [2, 3, 4]
    assert voices(session.handle(Timed(1.002, Tick(TAG)))) == []
    last = [session.handle(Timed(1.002, Answer(ask.id, 0, NOTE, last=True))) for ask in asks(others)]
    assert [any(isinstance(effect, Expect) for effect in each) for each in last] == [False, False, True]


def test_each_model_has_a_first():
    session = choir(4, ("one", "two", "two", "one"))
    first = session.handle(Timed(1.0, NoteOn(60, 80)))
    assert [(ask.voice, ask.model) for ask in asks(first)] == [(1, "one"), (2, "two")]
    assert voices(session.handle(Timed(1.001, Tick(TAG)))) == [3, 4]


def test_an_answer_from_before_the_key_is_not_waited_for():
    session = choir()
    (before,) = asks(session.handle(Timed(1.0, NoteOn(60, 80))))
    session.handle(Timed(1.1, NoteOff(60)))
    session.handle(Timed(1.2, NoteOn(62, 80)))
    assert not any(isinstance(effect, Soon) for effect in session.handle(Timed(1.201, Answer(before.id, 0, NOTE, last=True))))
    assert voices(session.handle(Timed(1.202, Tick(TAG)))) == [2, 3, 4]


def test_a_take_of_a_version_in_which_all_asked_at_once_sounds_as_it_did():
    session = choir(3)
    sounding = [effect for effect in session.handle(Timed(1.0, NoteOn(60, 80))) if isinstance(effect, Play)]
    for ask in (1, 2, 3):
        for event in (Answer(ask, 0, replace(NOTE, pitch=70 + ask)), Answer(ask, 1, None)):
            sounding += [effect for effect in session.handle(Timed(1.001, event)) if isinstance(effect, Play)]
    assert [(play.voice, play.pitch) for play in sounding] == [(1, 71), (2, 72), (3, 73)]


@pytest.mark.parametrize(
    "event", [NoteOff(60), NoteOn(64, 70), ParameterSet("/performer/voice/1/mode", "mute"), Panic(), ModelFailed(1, "out of breath")]
)
def test_whatever_comes_before_the_answer_lets_the_others_ask_first(event: Event):
    session = choir()
    (first,) = asks(session.handle(Timed(1.0, NoteOn(60, 80))))
    came = session.handle(Timed(1.001, event))
    assert voices(came)[:3] == [2, 3, 4]
    for ask in asks(came)[:3]:
        assert ask.heard == first.heard and ask.expires == first.expires
    places = [place for place, effect in enumerate(came) if isinstance(effect, Ask)]
    assert not any(isinstance(effect, Feed) for effect in came[: places[2]]), "what the model hears now it was not told with the key"


def test_the_others_are_told_what_the_first_was_told_though_that_sounds_by_now():
    """Also where no time passes, as when a performance is played offline."""
    session = choir(2)
    (first,) = asks(session.handle(Timed(1.0, NoteOn(60, 80))))
    session.handle(Timed(1.0, Answer(first.id, 0, NOTE, last=True)))
    (second,) = asks(session.handle(Timed(1.0, Tick(TAG))))
    assert second._replace(id=first.id, voice=1, seed=first.seed) == first


def test_who_asks_later_has_the_seed_that_it_would_have_had():
    together = choir(4, ("one", "two", "three", "four"))
    seeds = [ask.seed for ask in asks(together.handle(Timed(1.0, NoteOn(60, 80))))]
    session = choir()
    found = asks(session.handle(Timed(1.0, NoteOn(60, 80)))) + asks(session.handle(Timed(1.0, Tick(TAG))))
    assert [ask.seed for ask in found] == seeds


def test_voices_of_another_mode_hear_the_key_with_all_others():
    session = choir(3)
    session.handle(Timed(0.5, ParameterSet("/performer/voice/2/mode", "input")))
    effects = session.handle(Timed(1.0, NoteOn(60, 80)))
    assert [(effect.voice, effect.pitch) for effect in effects if isinstance(effect, Play)] == [(2, 60)]
    assert voices(effects) == [1] and voices(session.handle(Timed(1.001, Tick(TAG)))) == [3]
