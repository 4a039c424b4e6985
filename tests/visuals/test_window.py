"""The picture in the window of a real show, on the second output of an X server without hardware."""

import json
import math
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from performer.loopback import LARGEST, decode, encode
from performer.parameters import Table
from performer.visuals.testcard import CORNERS
from tests.show_process import ShowProcess, free_port
from tests.visuals.desktop import HEIGHT, WIDTH, Desktop, available

pytestmark = pytest.mark.programs
QUAD = {"top_left": (0.15, 0.1), "top_right": (0.95, 0.02), "bottom_right": (0.99, 0.8), "bottom_left": (0.05, 0.9)}
PICTURE, PLACE = "/performer/visuals/", "/performer/window/"


class Stage:
    """A show with a window, what it says, and what is seen."""

    def __init__(self, folder: Path, desktop: Desktop) -> None:
        self.desktop = desktop
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port = free_port()
        self._ear.bind(("127.0.0.1", port))
        self._ear.settimeout(0.2)
        lines = (
            "[midi]\nenabled = false", "[audio]\nenabled = false", "[desk]\nenabled = false", f'[osc]\nclients = ["127.0.0.1:{port}"]',
            '[models]\nnotes = "echo"\npictures = "pattern"', '[window]\ndisplay = "dummy1"',
        )  # fmt: skip
        self.show = ShowProcess(folder, *lines)

    def set(self, *pairs: Any) -> None:
        """Addresses and values, one after the other."""
        for address, value in zip(pairs[::2], pairs[1::2], strict=True):
            self._ear.sendto(encode(address, value), ("127.0.0.1", self.show.osc))

    def reset(self) -> None:
        """Everything as in the table."""
        for address, row in Table().rows.items():
            if address.startswith((PICTURE, PLACE)):
                self.set(address, row.default)
        time.sleep(0.001)

    def says(self, right: Callable[[dict[str, Any]], Any], what: str, patience: float = 20.0) -> dict[str, Any]:
        """Wait for a word of the screen's that is right."""
        last = None
        for address, arguments in self.heard(patience):
            facts = json.loads(arguments[0]).get("screen") if address == "/performer/status" else None
            if facts and facts["window"]:
                last = facts
                if right(facts):
                    return facts
        raise AssertionError(f"not said: {what}; last {last}; {self.show.words}")

    def heard(self, patience: float) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """What the show tells from now on."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                datagram = self._ear.recv(LARGEST)
            except TimeoutError:
                continue
            for message in decode(datagram):
                yield message.address, message.arguments

    def sees(self, right: Callable[[np.ndarray], Any], what: str, patience: float = 15.0) -> np.ndarray:
        """Wait for a picture on the display that is right."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            shot = self.desktop.shot()
            if right(shot):
                return shot
        raise AssertionError(f"not seen: {what}; mean {shot.mean():.1f}; {self.show.words}")

    def end(self) -> None:
        self._ear.close()
        assert self.show.end() == 0, self.show.words


@pytest.fixture(scope="module")
def desktop() -> Iterator[Desktop]:
    available()
    desktop = Desktop()
    yield desktop
    desktop.end()


@pytest.fixture(scope="module")
def running(desktop: Desktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    before = {name: os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")}
    os.environ["DISPLAY"] = desktop.name
    os.environ.pop("WAYLAND_DISPLAY", None)
    stage = Stage(tmp_path_factory.mktemp("show"), desktop)
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    try:
        stage.says(lambda screen: screen["window"]["open"] and screen["window"].get("fps"), "an open window", 40.0)
        yield stage
    finally:
        stage.end()


@pytest.fixture
def stage(running: Stage) -> Stage:
    running.reset()
    return running


def pins() -> list[Any]:
    return [each for corner, (x, y) in QUAD.items() for each in (f"{PLACE}{corner}_x", x, f"{PLACE}{corner}_y", y)]


def near(pixel: np.ndarray, colour: tuple[int, ...]) -> bool:
    return bool(np.all(np.abs(pixel.astype(int) - colour) < 24))


def inside(points: np.ndarray, quad: np.ndarray, margin: float) -> np.ndarray:
    """Which points (n, 2) are inside the convex quad (4, 2), clockwise on a display, and so many pixels from its sides; a negative margin: at
    most so far outside."""
    sides = np.roll(quad, -1, axis=0) - quad
    away = points[:, None] - quad
    return ((sides[:, 0] * away[..., 1] - sides[:, 1] * away[..., 0]) / np.hypot(*sides.T) >= margin).all(1)


def test_the_test_card_stands_on_its_four_corners_on_the_named_display(stage: Stage) -> None:
    stage.set(PICTURE + "test_card", True, *pins())
    quad = np.array(list(QUAD.values())) * (WIDTH, HEIGHT)
    middle = quad.mean(0)
    spots = [tuple(np.round(corner + 0.07 * (middle - corner)).astype(int)) for corner in quad]
    shot = stage.sees(lambda shot: all(near(shot[y, x], colour) for (x, y), colour in zip(spots, CORNERS, strict=True)), "the card's corners")
    points = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), -1).reshape(-1, 2)
    assert shot.reshape(-1, 3)[~inside(points, quad, -1.5)].max() == 0
    within = shot.reshape(-1, 3)[inside(points, quad, 3.0)]
    assert np.mean(within.max(1) >= 16) > 0.98
    a, b, c, d = quad  # the lines of the middle cross where the diagonals do
    share = np.linalg.solve(np.stack([c - a, b - d], 1), b - a)[0]
    x, y = np.round(a + share * (c - a)).astype(int)
    assert near(shot[y - 1 : y + 2, x - 1 : x + 2].max((0, 1)), (255, 255, 255))
    assert stage.desktop.shot(0).max() == 0


def test_looks_are_seen_at_once_and_on_the_card_never(stage: Stage) -> None:
    stage.sees(lambda shot: shot.mean() > 10, "the picture")
    stage.set(PICTURE + "mirror", "left")
    shot = stage.sees(lambda shot: np.abs(shot[:, :640].astype(int) - shot[:, :639:-1]).mean() < 1.0, "the left half on both sides")
    assert shot.std() > 5
    stage.set(PICTURE + "mirror", "none", PICTURE + "kaleidoscope", 4)

    def folded(shot: np.ndarray) -> bool:
        middle = shot[:, 280:1000].astype(int)
        return max(np.abs(middle - other).mean() for other in (middle[::-1], middle[:, ::-1], middle.transpose(1, 0, 2))) < 2.0

    stage.sees(folded, "four segments")
    stage.set(PICTURE + "kaleidoscope", 0, PICTURE + "blackout", True)
    stage.sees(lambda shot: shot.max() == 0, "black")
    stage.set(PICTURE + "blackout", False, PICTURE + "test_card", True, PICTURE + "zoom", 4.0, PICTURE + "blur", 1.0)
    stage.sees(lambda shot: near(shot[30, 30], CORNERS[0]) and near(shot[-30, -30], CORNERS[2]), "a plain test card")


def test_fade_gamma_and_edges(stage: Stage) -> None:
    stage.set(PICTURE + "test_card", True)
    before = stage.sees(lambda shot: near(shot[30, 30], CORNERS[0]), "the card")
    grey = int(before[350, 700, 0])
    stage.set(PLACE + "gamma", 2.0)
    stage.sees(lambda shot: abs(int(shot[350, 700, 0]) - 255 * math.sqrt(grey / 255)) < 6, "lifted greys")
    stage.set(PLACE + "gamma", 1.0, PICTURE + "fade", 0.5)
    stage.sees(lambda shot: abs(int(shot[350, 700, 0]) - grey / 2) < 6, "half the brightness")
    stage.set(PICTURE + "fade", 1.0, PLACE + "edge_left", 0.5)
    seen = stage.sees(lambda shot: shot[2, 20].max() < 80, "a dark left edge")
    light = (seen[2, [160, 320, 480]].mean(1) / 255.0) ** 2.2  # the card's white border
    assert light == pytest.approx([0.25, 0.5, 0.75], abs=0.05)


def test_blur_and_feedback_soften_what_moves(stage: Stage) -> None:
    stage.set(PICTURE + "speed", 1.0, PICTURE + "blackout", True)
    stage.sees(lambda shot: shot.mean() < 1, "the end of what the test before showed")
    stage.set(PICTURE + "blackout", False)

    def detail(shot: np.ndarray) -> float:
        return float(np.abs(np.diff(shot.astype(int), axis=1)).mean())

    sharp = detail(stage.sees(lambda shot: shot.mean() > 10, "the picture"))
    stage.set(PICTURE + "blur", 1.0)
    blurred = detail(stage.sees(lambda shot: detail(shot) < 0.5 * sharp and shot.mean() > 5, "a blurred picture"))
    stage.set(PICTURE + "blur", 0.0)
    stage.sees(lambda shot: detail(shot) > 1.5 * blurred, "the picture without it")
    stage.set(PICTURE + "feedback", 0.97)
    before = stage.sees(lambda shot: shot.mean() > 10, "the picture with its trail").mean()
    stage.set(PICTURE + "blackout", True)
    stage.sees(lambda shot: 0.1 * before < shot.mean() < 0.8 * before, "a trail that fades")
    stage.sees(lambda shot: shot.mean() < 1, "the end of the trail")
    stage.set(PICTURE + "blackout", False)
    stage.sees(lambda shot: shot.mean() > 10, "the picture again")
    stage.set(PICTURE + "freeze", True)
    held = stage.sees(lambda shot: np.array_equal(shot, stage.desktop.shot()), "a picture that stands still")
    time.sleep(0.3)
    assert np.array_equal(held, stage.desktop.shot())
    stage.set(PICTURE + "freeze", False)
    stage.sees(lambda shot: np.abs(shot.astype(int) - held).mean() > 0.5, "a picture that moves again")


def test_a_display_that_is_unplugged_and_plugged_again(stage: Stage) -> None:
    stage.set(PICTURE + "test_card", True)
    stage.desktop.unplug()
    try:
        told = stage.says(lambda screen: not screen["window"]["open"], "a window that is gone")
        assert "'dummy1'" in told["window"]["remark"] and "'DUMMY0'" in told["window"]["remark"]
        assert stage.says(lambda screen: screen["pid"] == told["pid"], "the pages' screen goes on")["fps"] > 10
    finally:
        stage.desktop.plug()
    back = stage.says(lambda screen: screen["window"]["open"], "a window that is back")
    assert back["window"]["display"] == "DUMMY1" and back["pid"] == told["pid"]
    stage.sees(lambda shot: near(shot[30, 30], CORNERS[0]), "the card on the display that is back")


def test_a_display_that_does_not_answer_leaves_the_pages_alone(stage: Stage) -> None:
    with stage.desktop.stuck():
        told = stage.says(lambda screen: screen["window"].get("stalled"), "a window that stands still")
        assert told["fps"] > 10
    stage.says(lambda screen: screen["window"]["open"] and not screen["window"]["stalled"], "a window that goes on")
