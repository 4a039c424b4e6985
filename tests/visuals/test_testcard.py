from performer.visuals.testcard import CORNERS, SIDE
from performer.visuals.testcard import testcard as make


def test_corners_border_and_middle_are_where_a_person_looks_for_them():
    card = make()
    assert card.shape == (SIDE, SIDE, 3) and make() is card
    assert card[0].min() == card[-1].min() == card[:, 0].min() == card[:, -1].min() == 255
    seen = [tuple(int(part) for part in card[y, x]) for y, x in ((20, 20), (20, -20), (-20, -20), (-20, 20))]
    assert tuple(seen) == CORNERS
    steps = [int(card[250, x, 0]) for x in range(16, SIDE, 32)]
    assert steps == sorted(steps) and steps[0] == 0 and steps[-1] == 255
