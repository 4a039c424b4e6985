"""The picture of last resort: interfering waves in two colours, drawn with numpy, so that nothing is ever black for want of a model."""

import numpy as np
import numpy.typing as npt

from performer.visuals.walk import Pose

SIDE = 128  # pixels
TURN = 2 * np.pi


class Pattern:
    """A painter without weights. Standing waves whose places drift along the path; the bands bend them, a flash brightens them."""

    name, provider = "pattern", "cpu"

    def __init__(self) -> None:
        axis = np.linspace(-1.0, 1.0, SIDE, dtype=np.float32)
        self._x, self._y = np.meshgrid(axis, axis)
        self._radius = np.sqrt(self._x**2 + self._y**2)
        self._vignette = np.clip(1.25 - self._radius, 0.0, 1.0)

    def paint(self, pose: Pose) -> npt.NDArray[np.uint8]:
        """The frame (SIDE, SIDE, 3) of this pose."""
        low, mid, high = pose.bands
        t = np.float32(pose.path)
        bend = self._radius * (2.0 + 5.0 * low) + 0.35 * np.sin(3.0 * self._x + t)
        waves = np.sin(4.0 * self._x + 2.0 * np.sin(t * 0.7 + bend)) + np.sin(4.0 * self._y + 2.0 * np.cos(t * 0.9 - bend))
        ripples = np.sin((9.0 + 9.0 * high) * self._radius - 3.0 * t) * (0.25 + 0.6 * mid)
        light = np.clip(0.5 + 0.22 * waves + 0.3 * ripples, 0.0, 1.0) ** 2 * (0.75 + 0.6 * pose.flash) * self._vignette
        hue = 0.08 * t + 0.12 * waves
        phases = np.array([0.0, 0.33, 0.6], np.float32) + np.float32(0.3 * pose.mix)
        colour = 0.5 + 0.5 * np.cos(TURN * (hue[..., None] + phases))
        return np.asarray(np.clip(colour * light[..., None] * 255.0, 0, 255), np.uint8)
