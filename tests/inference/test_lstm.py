"""The instant model through the real runtime: constraints hold, forks are apart, and a wrong folder is one sentence."""

import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from performer.card import read_card, sha256_of
from performer.constraints import CANONICAL, Constraints
from performer.encoding import DURATION_LIMIT, GAP_LIMIT, VOICES
from performer.errors import ModelError
from performer.events import ModelNote
from performer.inference import onnx
from performer.inference.lstm import LstmMind, load_mind
from tests.inference.conftest import TINY

STATE = ("state_hidden", "state_cell", "new_state_hidden", "new_state_cell")
NOTES = tuple(ModelNote(0.1 * k, 50 + 3 * k, 20 * k + 20, None if k == 2 else 0.1 + k, k, k % 2 == 0) for k in range(5))


def some(rng: np.random.Generator) -> Constraints:
    """Any constraints; each attribute is free a third of the time."""

    def span(low: float, high: float) -> tuple[float, float]:
        first, last = sorted(rng.uniform(low, high, 2).tolist())
        return first, last

    free = rng.random(5) < 0.33
    velocities = sorted(rng.integers(1, 128, 2).tolist())
    return Constraints(
        None if free[0] else int(rng.integers(len(VOICES))),
        None if free[1] else span(0.0, float(rng.choice([0.01, 0.5, 4.0, 30.0]))),
        None if free[2] else tuple(rng.choice(128, rng.integers(1, 20), replace=False).tolist()),
        None if free[3] else span(0.0, float(rng.choice([0.05, 1.0, 20.0]))),
        None if free[4] else (velocities[0], velocities[1]),
        *rng.uniform(0.05, 2.0, 3).tolist(),
        float(rng.uniform(0.05, 1.0)),
        tuple(rng.permutation(CANONICAL).tolist()),
    )


def test_constraints_hold_over_many_questions(mind):
    rng = np.random.default_rng(5)
    for _ in range(500):
        wanted = some(rng)
        note = mind.query(wanted, rng)
        assert note.voice == wanted.voice if wanted.voice is not None else 0 <= note.voice < len(VOICES)
        assert note.pitch in (wanted.pitches or range(128))
        for value, span, most in ((note.gap, wanted.gap, GAP_LIMIT), (note.duration, wanted.duration, DURATION_LIMIT)):
            assert (span or (0, most))[0] <= value <= (span or (0, most))[1]
        assert (wanted.velocity or (1, 127))[0] <= note.velocity <= (wanted.velocity or (1, 127))[1]
        assert note.own
        assert isinstance(note.velocity, int)
        mind.feed(note)


def phrase(mind: LstmMind, seed: int, count: int = 12) -> list[ModelNote]:
    """Notes composed on a fork."""
    fork, rng, out = mind.fork(), np.random.default_rng(seed), []
    for _ in range(count):
        out.append(fork.query(Constraints(top_p=0.95), rng))
        fork.feed(out[-1])
    return out


def test_the_same_history_and_seed_say_the_same(mind):
    other = load_mind(TINY)
    for note in NOTES:
        mind.feed(note)
        other.feed(note)
    assert phrase(mind, 3) == phrase(other, 3)
    assert phrase(mind, 3) != phrase(mind, 4)


def test_a_fork_does_not_disturb_the_original(mind):
    for note in NOTES:
        mind.feed(note)
    before = phrase(mind, 8)
    fork = mind.fork()
    for note in NOTES:
        fork.feed(note)
    assert phrase(fork, 8) != before
    fork.reset()
    assert phrase(mind, 8) == before


def test_reset_is_where_it_began(mind):
    fresh = phrase(mind, 1)
    for note in NOTES:
        mind.feed(note)
    assert phrase(mind, 1) != fresh
    mind.reset()
    assert phrase(mind, 1) == fresh


def test_warming_up_changes_nothing(mind):
    mind.feed(NOTES[0])
    before = phrase(mind, 1)
    mind.warm()
    assert phrase(mind, 1) == before


def test_name_and_hashes_are_those_of_the_card(mind):
    assert mind.name == "tiny-lstm"
    assert mind.hashes == {name: sha256_of(TINY / f"{name}.onnx") for name in ("step", "heads")}


def test_no_pitch_at_all_is_refused(mind):
    with pytest.raises(ValueError, match="nothing is allowed"):
        mind.query(Constraints(pitches=()), np.random.default_rng(0))


def test_the_runtime_imports_no_torch_and_prints_nothing():
    script = (
        "import sys\nfrom pathlib import Path\nfrom performer.inference.lstm import load_mind\n"
        f"load_mind(Path({str(TINY)!r})).warm()\nassert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("driver", ["no-such-library", "libc.so.6"])
def test_cuda_is_a_wish_and_the_lack_of_it_is_silent(monkeypatch, capfd, driver):
    """The second driver can be loaded but is none, so that ONNX Runtime itself has to find out."""
    monkeypatch.setitem(onnx.DRIVER, sys.platform, driver)
    event, state = onnx.Port("event", "int64", (1, 7)), [onnx.Port(name, "float", (2, 1, 8)) for name in STATE]
    outputs = (onnx.Port("hidden", "float", (1, 8)), *state[2:])
    opened = onnx.open_graph(read_card(TINY).graphs["step"], (event, *state[:2]), outputs, "cuda")
    assert opened.device in ("cpu", "cuda")
    assert capfd.readouterr() == ("", "")


def recard(folder: Path, old: str = "", new: str = "") -> None:
    """Write `new` for `old` in the card, and hashes that are right again."""
    path = folder / "card.toml"
    text = path.read_text(encoding="utf-8").replace(old, new)

    def entry(found: re.Match[str]) -> str:
        return f'file = "{found[1]}"\nsha256 = "{sha256_of(folder / found[1])}"'

    path.write_text(re.sub(r'file = "(.*)"\nsha256 = ".*"', entry, text), encoding="utf-8")


def corrupt(folder: Path) -> None:
    (folder / "step.onnx").write_bytes(b"\x00 this is no graph")
    recard(folder)


def cut_short(folder: Path) -> None:
    content = (folder / "heads.onnx").read_bytes()
    (folder / "heads.onnx").write_bytes(content[: len(content) // 2])
    recard(folder)


def without_a_file(folder: Path) -> None:
    (folder / "heads.onnx").unlink()


def altered(folder: Path) -> None:
    with (folder / "heads.onnx").open("ab") as file:
        file.write(b"\x00")


SPOILT = {
    "corrupt": (corrupt, "is not an ONNX graph that can be loaded"),
    "cut short": (cut_short, "heads.onnx"),
    "without a file": (without_a_file, "is missing"),
    "altered": (altered, "is not the one its card describes"),
    "another graph": (lambda folder: recard(folder, "step.onnx", "heads.onnx"), "has the inputs hidden, known where event"),
    "another shape": (lambda folder: recard(folder, "2 x 1 x 8", "2 x 1 x 16"), "is float [2, 1, 8] where float [2, 1, 16] is expected"),
    "no shapes": (lambda folder: recard(folder, "[graphs.step.inputs]", "[graphs.step.ports]"), "does not tell the inputs of graph 'step'"),
    "a shape that is none": (lambda folder: recard(folder, "2 x 1 x 8", "2 x N x 8"), "tells 'float 2 x N x 8' of 'state_hidden'"),
    "no hidden vector": (lambda folder: recard(folder, 'hidden = "float 1 x 8"', 'h = "float 1 x 8"'), "tells of no output 'hidden'"),
    "another encoding": (lambda folder: recard(folder, "notes-1", "notes-0"), "speaks encoding 'notes-0'"),
    "another role": (lambda folder: recard(folder, 'role = "notes"', 'role = "pictures"'), "has the role 'pictures'"),
    "a file elsewhere": (lambda folder: recard(folder, "step.onnx", "../x.onnx"), "outside its folder"),
    "no card": (lambda folder: (folder / "card.toml").unlink(), "has no card.toml"),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_folder_is_one_sentence_with_a_remedy(folder, how, capfd):
    spoil, words = SPOILT[how]
    (folder.parent / "x.onnx").write_bytes(b"")
    spoil(folder)
    with pytest.raises(ModelError) as caught:
        load_mind(folder)
    assert words in str(caught.value)
    assert caught.value.remedy.endswith(".")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def deaf_to_keys(tmp_path: Path, hears: str) -> Path:
    folder = tmp_path / TINY.name
    folder.mkdir()
    for path in TINY.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    card = folder / "card.toml"
    card.write_text(card.read_text().replace("[shape]\n", f"[shape]\nhears = {hears}\n"))
    return folder


def test_a_model_of_drums_hears_drums_alone_and_reckons_gaps_between_them(tmp_path):
    drums = VOICES.index("drums")
    mind, plain = load_mind(deaf_to_keys(tmp_path, '["drums"]')), load_mind(TINY)
    for gap, voice in ((0.0, drums), (0.2, 0), (0.3, 0), (0.1, drums), (0.15, 0)):
        mind.feed(ModelNote(gap, 40, 80, 0.1, voice))
    for gap in (0.0, 0.6):
        plain.feed(ModelNote(gap, 40, 80, 0.1, drums))
    known = np.full((1, 5), 16)
    assert np.array_equal(mind.logits(known), plain.logits(known)) and mind.passed == pytest.approx(0.15)
    note = mind.fork().query(Constraints(voice=drums, gap=(0.05, 0.5)), np.random.default_rng(2))
    same = plain.fork().query(Constraints(voice=drums, gap=(0.2, 0.65)), np.random.default_rng(2))
    assert note.gap == pytest.approx(same.gap - 0.15) and note.pitch == same.pitch
    mind.reset()
    assert mind.passed == 0.0


def test_what_was_reckoned_is_of_the_note_before_and_not_of_the_next():
    """Asked alike after every note it draws as one that was asked nothing before."""
    limits, asked = Constraints(voice=0, gap=(0.0, 0.0), held=True, at_once=True), load_mind(TINY)
    for count, note in enumerate(NOTES, start=1):
        asked.feed(note)
        unasked = load_mind(TINY)
        for each in NOTES[:count]:
            unasked.feed(each)
        drawn = [asked.query(limits, random.Random(seed)) for seed in (*range(30), *range(30))]
        assert drawn == [unasked.query(limits, random.Random(seed)) for seed in range(30)] * 2


def test_ears_that_there_are_not_are_told(tmp_path):
    with pytest.raises(ModelError, match="hears"):
        load_mind(deaf_to_keys(tmp_path, '["spoons"]'))


def test_bound_buffers_give_the_same_numbers_and_are_never_seen_outside(mind):
    """A fork keeps what it remembers while another one thinks in the same buffers."""
    rng = np.random.default_rng(3)
    for graph in (*mind._step._graphs, mind._graph):
        run = graph.bound()
        assert run is not graph
        asked = [
            [rng.normal(size=port.shape).astype(np.float32) if port.kind == "float" else rng.integers(0, 2, port.shape) for port in graph._ports]
            for _ in range(3)
        ]
        first = [run(*arrays) for arrays in asked]
        for arrays, found in zip(asked, first, strict=True):
            for one, other in zip(graph(*arrays), found, strict=True):
                np.testing.assert_array_equal(one, other)
    other = mind.fork()
    mind.feed(NOTES[0])
    kept = [array.copy() for array in (mind._memory.hidden, *mind._memory.state)]
    for note in NOTES:
        other.feed(note)
    for before, after in zip(kept, (mind._memory.hidden, *mind._memory.state), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_graph_that_carries_much_is_not_bound(mind, monkeypatch):
    monkeypatch.setattr(onnx, "BINDABLE", 64)
    assert mind._graph.bound() is mind._graph
