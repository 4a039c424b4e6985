import numpy as np
import pytest

from performer.parameters import PALETTES, Table
from performer.visuals.hand import GROUPS, PREFIX, Ask, Hand
from performer.visuals.labels import Labels

pytest.importorskip("torch")  # the maker's names of the labels stand beside the making

from performer.training.pictures.labels import LABEL_DIM, NAMES

VALUES = Table().defaults()
WALKED = np.random.default_rng(1).uniform(-0.5, 0.5, (1, LABEL_DIM)).astype(np.float32)


def held(seconds: float, **choices: str) -> Ask:
    hand = Hand()
    for _ in range(round(seconds * 50)):
        ask = hand.ask(VALUES | {PREFIX + name: choice for name, choice in choices.items()}, 0.02, 0.5)
    return ask


def test_a_hand_that_asks_nothing_changes_nothing():
    label = Labels(NAMES).asked(WALKED, held(1.0))
    assert np.array_equal(label, WALKED)


def test_a_choice_takes_hold_by_and_by_and_lets_go():
    labels, place = Labels(NAMES), NAMES.index("family crystal")
    soon, late = (labels.asked(WALKED, held(seconds, family="crystal"))[0, place] for seconds in (0.1, 6.0))
    assert WALKED[0, place] < soon < 0.9 < late <= 1.0
    hand = Hand()
    for _ in range(100):
        hand.ask(VALUES | {PREFIX + "family": "crystal"}, 0.05, 0.5)
    for _ in range(200):
        ask = hand.ask(VALUES, 0.05, 0.5)
    assert not ask.held


@pytest.mark.parametrize("symmetry", ["2", "5", "8"])
def test_the_symmetry_is_the_order_of_the_fold(symmetry: str):
    labels = Labels(NAMES)
    orders = labels.orders(labels.asked(WALKED, held(8.0, symmetry=symmetry)))
    assert orders.pop(float(symmetry)) > 0.95 and sum(orders.values()) < 0.05


def test_hue_turns_the_palette_and_a_whole_turn_is_none():
    labels = Labels(NAMES)
    places = [NAMES.index(name) for name in GROUPS["palette"]]
    base = labels.asked(WALKED, held(8.0, palette="neon"))
    phases = np.arctan2(base[0, places[3:]], base[0, places[:3]]) / (2 * np.pi) % 1.0
    assert np.allclose(phases, PALETTES["neon"], atol=0.02)
    turned = labels.asked(base, Ask(hue=0.25))
    assert np.allclose(np.arctan2(turned[0, places[3:]], turned[0, places[:3]]) / (2 * np.pi) % 1.0, (phases + 0.25) % 1.0, atol=1e-4)
    assert np.allclose(labels.asked(turned, Ask(hue=-0.25)), base, atol=1e-5)


def test_an_amount_is_pushed_and_stays_in_its_range():
    labels, place = Labels(NAMES), NAMES.index("density")
    assert abs(labels.asked(WALKED, Ask(pushed={"density": 0.4}))[0, place] - WALKED[0, place] - 0.4) < 1e-6
    assert labels.asked(WALKED, Ask(pushed={"density": 9.0, "nobody knows": 1.0}))[0, place] == 1.5


def test_a_model_with_other_labels_is_left_alone():
    assert np.array_equal(Labels(["mood"]).asked(WALKED[:, :1], held(5.0, family="flame", palette="sea")), WALKED[:, :1])
