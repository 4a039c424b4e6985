"""The picture for the desk's pages: one JPEG a datagram. A page fades from one to the next by itself, so it gets what is aimed at, once."""

import io
import json
import math
from dataclasses import asdict

from performer.loopback import LARGEST, Loopback
from performer.visuals.looks import Looks
from performer.visuals.reel import Picture

QUALITY = 88  # of the JPEG
LOOKS = "/performer/looks"
REPEAT = 1.0  # seconds after which the looks are said again: a page may be new
FORGET = 3.0  # seconds after which the desk's last word of how many look counts no more
LEAST = 1 / 25  # seconds between two pictures that no new frame asked for


def jpeg(picture: Picture, quality: int = QUALITY) -> bytes:
    """The picture (height, width, 3) as a JPEG that fits into one datagram."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality, subsampling=0 if quality > 80 else 2)
    data = out.getvalue()
    return data if len(data) <= LARGEST or quality <= 40 else jpeg(picture, quality - 16)


class Page:
    """Sends to the desk: every new frame, and between them what changed by itself; and the looks that the pages put on it."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback
        self._sent: Picture | None = None
        self._time = self._dressed = 0.0
        self._looks: Looks | None = None
        self._nobody = -math.inf  # until then nobody looks

    def wants(self, fresh: bool, now: float) -> bool:
        """Whether a picture is to be made for it at the moment `now`; `fresh`: the generator has made a new frame."""
        return now >= self._nobody and (fresh or now - self._time >= LEAST)

    def looked_at(self, pages: int, now: float) -> None:
        """The desk says how many pages look: a picture that nobody sees need not be made. Thread-safe."""
        self._nobody = -math.inf if pages else now + FORGET

    def show(self, picture: Picture, fresh: bool, now: float) -> None:
        """Send it, unless it is the very one that was sent last and no frame is behind it."""
        if fresh or picture is not self._sent:
            self._loopback.send_raw("desk", jpeg(picture))
            self._sent, self._time = picture, now

    def dress(self, looks: Looks, now: float) -> None:
        """Tell the pages what to make of the pictures from now on."""
        if looks != self._looks or now - self._dressed >= REPEAT:
            self._loopback.send("desk", LOOKS, json.dumps(asdict(looks)))
            self._looks, self._dressed = looks, now
