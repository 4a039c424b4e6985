"""The engine dies and the next one goes on with its state: the short form of `python -m tests.survival.resume_state`, and its parts."""

from pathlib import Path

import pytest

from performer.events import ParameterSet, Resume, Store, Timed, Transport
from performer.session.parts import Parts
from performer.session.state import Session
from performer.show import Show, parse_show
from performer.state_keeper import StateKeeper, StateMemory
from tests.survival.resume_state import kill

START = Transport("start", source="osc")


class Stopped:
    """A clock that stands at this moment."""

    def now(self) -> float:
        return 5.0


def session_of(show: Show) -> Session:
    return Session(show.table, Parts.named(("keys",), ("echo",), "", "echo"), 1, show.values, show.scenes)


def resumed(memory: StateMemory, show: Show, origin: float) -> tuple[Show, list[Timed]]:
    """The show and the events of an engine that starts now."""
    keeper, heard = StateKeeper(memory, origin), list[Timed]()
    show = keeper.apply_to(show)
    keeper.resume(2.0, heard.append)
    return show, heard


def test_a_clean_start_restores_nothing() -> None:
    show = parse_show("", "test")
    assert resumed(StateMemory.make(), show, 0.0) == (show, [])


def test_the_song_goes_on_in_time_with_its_values_and_scenes() -> None:
    memory, show = StateMemory.make(), parse_show("", "test")
    session = session_of(show)
    for event in (ParameterSet("/performer/tempo/bpm", 97.3), Store("mine"), START):
        session.handle(Timed(1.0, event))
    StateKeeper(memory, 100.0).save(session, Stopped(), {"model": "other"})
    session.handle(Timed(6.0, Store("too late")))
    after, heard = resumed(memory, show, 110.0)
    assert after.models.notes == "other" and list(after.scenes) == ["mine"]
    assert after.scenes["mine"] == session.scenes["mine"]
    again = session_of(after)
    for timed in heard:
        again.handle(timed)
    assert again.values == session.values
    assert again.room.tempo.playing
    # The first engine's second 20 is the other's second 10.
    assert again.room.timeline.beat_at(10.0) == pytest.approx(session.room.timeline.beat_at(20.0))


def test_a_song_that_a_midi_clock_stopped_stays_stopped_and_continues_from_its_place() -> None:
    memory, show = StateMemory.make(), parse_show("", "test")
    session = session_of(show)
    words = ["start", *["clock"] * 49, "stop"]
    for number, word in enumerate(words):
        session.handle(Timed(number / 48.0, Transport(word)))
    assert session.room.halted
    StateKeeper(memory, 0.0).save(session, Stopped(), {"model": "echo"})
    _, heard = resumed(memory, show, 4.0)
    again = session_of(show)
    for timed in [*heard, *(Timed(2.5 + number / 48.0, Transport("clock")) for number in range(12))]:
        again.handle(timed)
    assert again.room.halted and not again.room.tempo.playing
    again.handle(Timed(2.75, Transport("continue")))
    for number in range(12):
        again.handle(Timed(2.76 + number / 48.0, Transport("clock")))
    assert again.room.timeline.beat_at(2.76) == pytest.approx(49 / 24, abs=0.05)


def test_an_event_that_resumes_is_in_the_take() -> None:
    from performer.events import KINDS, to_json

    event = Resume(4.25, 97.3, True, counted_from=3.0)
    told = to_json(event)
    assert KINDS[told.pop("kind")](**told) == event


@pytest.mark.programs
def test_a_killed_engine_is_followed_by_one_with_its_state(tmp_path: Path) -> None:
    figures = kill(1, 1, tmp_path)
    assert not figures.failures and len(figures.off_ms) == 1
