import io

import numpy as np
from PIL import Image

from performer.loopback import LARGEST, Loopback, bind_loopback
from performer.visuals.page import LEAST, Page, jpeg

PICTURE = np.full((64, 64, 3), 130, np.uint8)


def test_even_noise_fits_into_a_datagram():
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    data = jpeg(noise)
    assert len(data) <= LARGEST and Image.open(io.BytesIO(data)).size == (256, 256)


def test_a_page_gets_every_frame_and_what_changed_between_them():
    desk, own = bind_loopback(), bind_loopback()
    desk.settimeout(5)
    page = Page(Loopback(own, {"desk": desk.getsockname()[1]}))
    assert page.wants(True, 10.0)
    page.show(PICTURE, True, 10.0)
    page.show(PICTURE, True, 10.01)
    assert not page.wants(False, 10.02) and page.wants(False, 10.02 + LEAST)
    page.show(PICTURE, False, 10.1)
    page.show(PICTURE + 60, False, 10.15)
    levels = [round(float(np.asarray(Image.open(io.BytesIO(desk.recv(LARGEST)))).mean())) for _ in range(3)]
    desk.setblocking(False)
    try:
        assert levels == [130, 130, 190]
        desk.recv(LARGEST)
        raise AssertionError("one more picture came")
    except BlockingIOError:
        pass
    finally:
        desk.close()
        own.close()
