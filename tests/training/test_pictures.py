"""The made pictures: the same from the same seed, worth looking at, with true labels."""

import pytest

torch = pytest.importorskip("torch")

from performer.training.pictures.gallery import contact_sheet, make_gallery, measure, paint, worth_keeping  # noqa: E402
from performer.training.pictures.labels import AMOUNTS, FAMILIES, LABEL_DIM, LAYOUT, MEASURES, NAMES, ORDERS, Recipe  # noqa: E402

PX = 32


@pytest.fixture(scope="module")
def gallery():
    torch.set_num_threads(1)
    return make_gallery(21, PX, seed=3, batch=4)


def test_the_same_seed_makes_the_same_pictures(gallery):
    again = make_gallery(8, PX, seed=3, batch=4)
    assert torch.equal(again.pictures, gallery.pictures[:8])
    assert torch.equal(again.labels, gallery.labels[:8])
    assert not torch.equal(make_gallery(8, PX, seed=4, batch=4).pictures, again.pictures)


def test_every_picture_is_kept_or_counted_as_rejected(gallery):
    assert gallery.pictures.shape == (21, 3, PX, PX) and gallery.pictures.dtype == torch.uint8
    assert sum(gallery.kept.values()) == 21 == len(gallery.labels)
    assert all(gallery.drawn[name] >= gallery.kept[name] > 0 for name in FAMILIES)
    assert bool(worth_keeping(gallery.pictures.float() / 255).float().mean() > 0.9)  # rounding may tip one


def test_black_flat_and_white_pictures_are_rejected_and_colourful_ones_kept():
    x = torch.linspace(-1, 1, 64)
    blob = torch.exp(-4 * (x[:, None] ** 2 + x**2)) * (0.6 + 0.4 * torch.cos(20 * x))
    colourful = torch.stack([0.9 * blob, 0.5 * blob, 0.2 * blob])
    pictures = torch.stack([torch.zeros(3, 64, 64), torch.full((3, 64, 64), 0.3), torch.ones(3, 64, 64), torch.rand(3, 64, 64), colourful])
    assert worth_keeping(pictures).tolist() == [False, False, False, False, True]
    assert not bool(worth_keeping(torch.full((1, 3, 64, 64), float("nan"))))


def test_labels_lie_in_their_ranges(gallery):
    labels = gallery.labels
    assert labels.shape[1] == LABEL_DIM == len(NAMES)
    for name, count in (("family", len(FAMILIES)), ("symmetry", len(ORDERS))):
        one_hot = labels[:, slice(*LAYOUT[name])]
        assert one_hot.shape[1] == count and bool((one_hot.sum(1) == 1).all()) and bool((one_hot.amax(1) == 1).all())
    cosine, sine = labels[:, slice(*LAYOUT["palette"])].chunk(2, 1)
    torch.testing.assert_close(cosine**2 + sine**2, torch.ones_like(cosine))
    for name in AMOUNTS:
        assert bool((labels[:, LAYOUT[name][0]].abs() <= 1).all())
    assert bool((labels[:, LAYOUT[MEASURES[0]][0] :].abs() <= 1.5).all())


def test_the_measured_labels_are_those_of_the_picture(gallery):
    brightness = measure(gallery.pictures.float() / 255)[:, 0]
    order = gallery.labels[:, LAYOUT["brightness"][0]].argsort()
    assert bool((brightness[order].diff() > -0.005).all())


@pytest.mark.parametrize("family", range(len(FAMILIES)), ids=FAMILIES)
def test_each_family_paints_finite_pictures(family):
    generator = torch.Generator().manual_seed(family)
    with torch.no_grad():
        made = paint(Recipe.draw(family, 3, generator), PX, generator)
    assert made.shape == (3, 3, PX, PX)
    assert bool(torch.isfinite(made).all()) and float(made.min()) >= 0 and float(made.max()) <= 1
    assert float(made.std()) > 0.01


def test_no_time_still_leaves_a_first_batch():
    assert 0 < len(make_gallery(1000, 16, seed=1, batch=4, seconds=0).pictures) <= 8


def test_a_contact_sheet_has_a_place_for_every_picture(tmp_path, gallery):
    from PIL import Image

    contact_sheet(gallery.pictures, 8, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (8 * (PX + 2), 3 * (PX + 2))
