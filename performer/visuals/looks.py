"""What the compositor is told of a moment: the uniforms of its two shaders, by their names, from the values of the table. Pure.

The window and the pages of browsers are given the very same numbers, so that neither has to reckon anything of its own.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from performer.parameters import MIRRORS
from performer.visuals.walk import PREFIX

WINDOW = "/performer/window/"
CORNERS = ("bottom_left", "bottom_right", "top_right", "top_left")  # where the picture's (0, 0), (1, 0), (1, 1) and (0, 1) are
EDGES = ("left", "right", "top", "bottom")
DEEPEST = 5.0  # levels of detail that the strongest blur leaves out
MIRRORED = dict(zip(MIRRORS, ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)), strict=True))
FLATTEST = 1e-6  # the smallest determinant of a quad that is one
PLAIN = {"mirror": (0.0, 0.0), "segments": (0.0,), "zoom": (1.0,), "angle": (0.0,), "blur": (0.0,), "feedback": (0.0, 1.0, 0.0)}
Uniforms = dict[str, tuple[float, ...]]
UNIT = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Looks:
    """The uniforms of both passes, what each of them has to be able to do (the names that its shader asks for), and whether the first one
    rests: a picture that is held moves no more, but may still be put into its place."""

    uniforms: Uniforms
    look: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    held: bool = False


LOOK_CAN = ("FOLDED", "BLURRED", "TRAIL")
PLACE_CAN = ("PINNED", "SHADED")


def looks_of(values: Mapping[str, Any]) -> Looks:
    """What the values ask for. `feedback` is per sixtieth of a second. The test card is shown whole and with no look on it, but in its place."""
    uniforms = ({**PLAIN, "whole": (1.0,)} if values[PREFIX + "test_card"] else look(values)) | place(values)
    wanted = {
        "FOLDED": any((*uniforms["mirror"], *uniforms["segments"])),
        "BLURRED": uniforms["blur"] != (0.0,),
        "TRAIL": uniforms["feedback"][0] > 0.0,
        "PINNED": uniforms["pin"] != IDENTITY,
        "SHADED": uniforms["gamma"] != (1.0,) or any(uniforms["edge"]),
    }
    look_can, place_can = (tuple(each for each in names if wanted[each]) for names in (LOOK_CAN, PLACE_CAN))
    return Looks(uniforms, look_can, place_can, bool(values[PREFIX + "freeze"] and not values[PREFIX + "test_card"]))


def look(values: Mapping[str, Any]) -> Uniforms:
    """The first pass."""
    turn = math.radians(values[PREFIX + "feedback_rotation"]) / 60.0
    return {
        "whole": (0.0,),
        "mirror": MIRRORED[values[PREFIX + "mirror"]],
        "segments": (float(values[PREFIX + "kaleidoscope"]),),
        "zoom": (values[PREFIX + "zoom"],),
        "angle": (math.radians(values[PREFIX + "rotation"]),),
        "blur": (DEEPEST * math.sqrt(values[PREFIX + "blur"]),),
        "feedback": (values[PREFIX + "feedback"], values[PREFIX + "feedback_zoom"], turn),
    }


def place(values: Mapping[str, Any]) -> Uniforms:
    """The second pass."""
    corners = tuple((values[f"{WINDOW}{corner}_x"], 1.0 - values[f"{WINDOW}{corner}_y"]) for corner in CORNERS)
    return {
        "pin": pinned(corners),
        "edge": tuple(values[f"{WINDOW}edge_{side}"] for side in EDGES),
        "gamma": (values[WINDOW + "gamma"],),
    }


def lasting(feedback: Sequence[float], passed: float) -> tuple[float, float, float]:
    """The feedback of a frame that comes `passed` seconds after the last, where `feedback` is that of a sixtieth."""
    share, scale, turn = feedback
    steps = 60.0 * min(max(0.0, passed), 0.25)
    return share**steps, scale**steps, turn * steps


@functools.lru_cache(64)
def pinned(corners: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    """The 3 x 3 homography, column by column, that takes a place on the display to the picture, whose corners (0, 0), (1, 0), (1, 1) and (0, 1)
    are at these places (Heckbert 1989, Fundamentals of Texture Mapping and Image Warping, 2.2.3). Four places that make no quad pin nothing."""
    if corners == UNIT:
        return IDENTITY
    rows, right = [], []
    for (u, v), (x, y) in zip(UNIT, corners, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -u * x, -v * x], [0, 0, 0, u, v, 1, -u * y, -v * y]]
        right += [x, y]
    system = np.array(rows, float)
    if abs(np.linalg.det(system)) < FLATTEST:
        return IDENTITY
    forth = np.append(np.linalg.solve(system, np.array(right, float)), 1.0).reshape(3, 3)
    if abs(np.linalg.det(forth)) < FLATTEST:
        return IDENTITY
    back = np.linalg.inv(forth)
    middle = forth @ (0.5, 0.5, 1.0)
    back /= (back @ (middle / middle[2]))[2]  # positive where the picture is, so the other side of the horizon can be told
    return tuple(float(each) for each in back.T.reshape(-1))
