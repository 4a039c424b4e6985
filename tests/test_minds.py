"""The models of a show: who plays for whom, and one that is loaded while the others play."""

import gc
import queue
import shutil
import threading
import weakref

import pytest

from performer import assets
from performer.chords import Chord
from performer.clock import SystemClock
from performer.effects import Ask, AskChords, Feed, Load, Say
from performer.events import Answer, ChordAnswer, Loaded, ModelNote, Swap, Sync, Timed
from performer.minds import STANDARD, Minds
from performer.parameters import Table
from performer.session.parts import Parts
from performer.session.state import Session
from performer.show import parse_show
from tests.inference.conftest import TINY

FOLDERS = f'folders = ["{TINY.parent.as_posix()}"]'


def minds(text: str):
    said: queue.SimpleQueue[Timed] = queue.SimpleQueue()
    refused: list[tuple[str, str]] = []
    return Minds(parse_show(text, "test"), SystemClock(), said.put, lambda *words: refused.append(words), lambda told: None), said, refused


def test_a_voice_has_the_model_that_it_names_and_drums_have_theirs():
    voices = '[[voice]]\n[[voice]]\ninstrument = "drums"\n[[voice]]\nmodel = "echo"'
    found, _, _ = minds(f'[models]\nnotes = "tiny-lstm"\nsmall = ""\n{FOLDERS}\n{voices}')
    assert (found.main, found.voices, found.remarks) == ("tiny-lstm", ("tiny-lstm", "lstm-drums", "echo"), [])
    assert set(found.hashes) == {"tiny-lstm", "lstm-drums", "echo"} and found.hashes["tiny-lstm"]


def test_models_tell_what_their_steps_cost_the_echo_does_not():
    found, said, _ = minds(f'[models]\nnotes = "tiny-lstm"\nsmall = ""\n{FOLDERS}\n[[voice]]\nmodel = "echo"')
    found.start()
    found.post(Feed(ModelNote(0.2, 60, 80, 0.2)))
    found.post(Ask(1, 1, 5, 1, 1e9, 0, 40, 80, (), 1.0, 1.0, (0.0, 1.0), (0.0, 1.0)))
    said.get(timeout=10.0)
    assert set(found.step_seconds) == {"tiny-lstm"} and all(0.0 < each < 1.0 for each in found.step_seconds["tiny-lstm"])
    found.stop()


def test_where_a_model_cannot_be_had_the_first_plays_and_it_is_told():
    found, _, _ = minds('[models]\nnotes = "echo"\n[[voice]]\nmodel = "nobody"')
    assert found.voices == ("echo",)
    assert len(found.remarks) == 1 and "nobody" in found.remarks[0] and "'echo' plays instead" in found.remarks[0]


def test_a_model_is_loaded_beside_the_others_and_has_heard_what_they_heard():
    found, said, refused = minds(f'[models]\nnotes = "echo"\n{FOLDERS}')
    found.start()
    for pitch in (60, 64, 67):
        found.post(Feed(ModelNote(0.2, pitch, 80, 0.2)))
    found.load(Load("tiny-lstm", "a:1"))
    assert said.get(timeout=20.0).event == Loaded("tiny-lstm")
    ask = Ask(1, 1, 5, 4, 1e9, 0, 40, 80, (), 1.0, 1.0, (0.0, 1.0), (0.0, 1.0), model="tiny-lstm")
    found.post(ask)
    notes = [said.get(timeout=10.0).event for _ in range(4)]
    assert all(isinstance(each, Answer) and each.model == "tiny-lstm" for each in notes)
    assert [each.last for each in notes] == [False, False, False, True]
    fresh, again, _ = minds(f'[models]\nnotes = "tiny-lstm"\nsmall = ""\n{FOLDERS}')
    fresh.start()
    for pitch in (60, 64, 67):
        fresh.post(Feed(ModelNote(0.2, pitch, 80, 0.2)))
    fresh.post(ask)
    assert [each.note for each in notes] == [again.get(timeout=10.0).event.note for _ in range(4)]
    found.stop()
    fresh.stop()
    assert refused == []


def test_a_model_that_is_not_there_is_told_to_who_asked_and_the_old_one_plays_on():
    told = threading.Event()
    refused: list[tuple[str, str]] = []

    def refuse(sender: str, sentence: str) -> None:
        refused.append((sender, sentence))
        told.set()

    found = Minds(parse_show('[models]\nnotes = "echo"', "test"), SystemClock(), lambda timed: None, refuse, lambda told: None)
    found.start()
    found.load(Load("nobody", "a:1"))
    assert told.wait(10.0)
    found.stop()
    assert refused[0][0] == "a:1" and "nobody" in refused[0][1]
    assert set(found.hashes) == {"echo"}


@pytest.mark.parametrize("own", ["", "lstm-drums"])
def test_the_session_changes_over_when_the_new_one_is_there(own: str):
    session = Session(Table(1), Parts.named(("keys",), (own or "first",), "", "first"), 7)
    session.handle(Timed(0.0, Sync()))
    assert session.handle(Timed(1.0, Swap("other", "a:1"))) == [Load("other", "a:1")]
    assert Say("/performer/model/playing", ("other",)) in session.handle(Timed(2.0, Loaded("other")))
    voice = session.voices[0]
    assert voice.model == (own or "other")


class Broken:
    name = "broken"

    def answer(self, ask):
        raise ValueError("numbers that are not finite")


def test_the_chord_model_answers_and_where_it_fails_plain_chords_go_on():
    found, said, refused = minds('[models]\nnotes = "echo"')
    assert found.remarks == []
    found.start()
    found.harmonise(AskChords(7, 3, 0, (), 4, 4.0))
    answer = said.get(timeout=10.0).event
    assert isinstance(answer, ChordAnswer) and answer.ask == 7 and len(answer.chords) == 4
    found._harmonist = Broken()
    found.harmonise(AskChords(8, 3, 0, (), 4, 4.0))
    assert [Chord.numbered(number, 0).name for number, _ in said.get(timeout=10.0).event.chords] == ["C", "G", "Am", "F"]
    assert refused == [("", "broken: numbers that are not finite; plain chords go on instead.")]
    found.stop()


def test_a_chord_model_that_is_not_there_is_told_and_plain_chords_are_played():
    found, _, _ = minds('[models]\nnotes = "echo"\nchords = "nobody"')
    assert len(found.remarks) == 1 and "Plain chords are played instead" in found.remarks[0]


def test_without_the_usual_model_the_echo_plays_and_a_missing_name_is_told_with_those_that_are_there(monkeypatch):
    monkeypatch.setattr(assets, "models_dir", lambda: TINY.parent)
    found, _, _ = minds('[models]\nnotes = "lstm-pino"\nsmall = ""\nchords = "plain"')
    assert found.main == "echo" and len(found.remarks) == 2
    assert "There are:" in found.remarks[0] and TINY.name in found.remarks[0]


@pytest.mark.parametrize("spoil", ["altered", "missing"])
def test_a_model_that_is_altered_or_lacks_a_file_is_told_and_the_usual_one_plays(spoil: str, tmp_path):
    folder = shutil.copytree(TINY, tmp_path / "spoilt")
    card = folder / "card.toml"
    card.write_text(card.read_text(encoding="utf-8").replace("tiny-lstm", "spoilt"), encoding="utf-8")
    if spoil == "altered":
        with (folder / "step.onnx").open("ab") as file:
            file.write(b"\0")
    else:
        (folder / "step.onnx").unlink()
    found, _, refused = minds(f'[models]\nnotes = "spoilt"\nsmall = ""\nfolders = ["{tmp_path.as_posix()}"]')
    assert found.main == STANDARD and f"'{STANDARD}' plays instead" in found.remarks[0] and "step.onnx" in found.remarks[0]
    found.start()
    found.load(Load("spoilt", "a:1"))
    found.stop()  # what was asked for is handled first
    assert refused[0][0] == "a:1" and "step.onnx" in refused[0][1] and set(found.hashes) == {STANDARD}


def test_a_model_that_another_replaced_is_unloaded_and_loaded_again_when_it_is_asked_for(monkeypatch):
    monkeypatch.setattr("performer.minds.UNLOAD_S", 0.0)
    found, said, refused = minds(f'[models]\nnotes = "echo"\nsmall = ""\n{FOLDERS}')
    found.start()
    inference = threading.active_count()
    for name in ("tiny-lstm", "echo", "tiny-lstm", "echo") * 3:
        found.load(Load(name, "a:1"))
        assert said.get(timeout=20.0).event == Loaded(name)
    found._loading.stop()
    assert threading.active_count() < inference and set(found.hashes) == {"echo"}, "unloaded with its thread"
    late = Ask(1, 1, 5, 1, 1e9, 0, 40, 80, (), 1.0, 1.0, (0.0, 1.0), (0.0, 1.0), model="tiny-lstm")
    found.post(late)
    assert said.get(timeout=10.0).event.model == "echo", "what is asked late is answered by the show's first model"
    found.stop()
    assert refused == []


def test_what_a_voice_of_the_show_plays_stays_loaded(monkeypatch):
    monkeypatch.setattr("performer.minds.UNLOAD_S", 0.0)
    found, said, _ = minds(f'[models]\nnotes = "echo"\nsmall = ""\n{FOLDERS}\n[[voice]]\nmodel = "tiny-lstm"')
    found.start()
    found.load(Load("echo", "a:1"))
    assert said.get(timeout=20.0).event == Loaded("echo")
    found._loading.stop()
    assert set(found.hashes) == {"echo", "tiny-lstm"}
    found.stop()


def test_the_memory_of_an_unloaded_model_is_free_before_the_collector_comes(monkeypatch):
    monkeypatch.setattr("performer.minds.UNLOAD_S", 0.0)
    found, said, _ = minds(f'[models]\nnotes = "echo"\nsmall = ""\n{FOLDERS}')
    found.start()
    gc.disable()
    try:
        found.load(Load("tiny-lstm", "a:1"))
        assert said.get(timeout=20.0).event == Loaded("tiny-lstm")
        model = weakref.ref(found._thinking["tiny-lstm"].thinker.mind)
        found.load(Load("echo", "a:1"))
        assert said.get(timeout=20.0).event == Loaded("echo")
        found._loading.stop()
        assert model() is None
    finally:
        gc.enable()
        found.stop()
