"""What one layer has on the graphics card: its image, or its sheet and the words of the moment."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.visuals.layers import Rgba
from performer.words.typeset.coverage import EMBER, SOFT
from performer.words.typeset.sheet import Sheet
from performer.words.typeset.transitions import Sprite

FLOATS = 8  # of a corner


class LayerUpload:
    """What one layer has on the graphics card."""

    def __init__(self, gl: Any) -> None:
        self._gl = gl
        self.texture: Any = None
        self._image: Rgba | None = None
        self._sheet: Sheet | None = None
        self._planes: Any = None
        self._target: Any = None
        self._drawn: tuple[Sprite, ...] | None = None
        self._corners: Any = None
        self._shape: Any = None

    def write(self, image: Rgba) -> None:
        """Have this image; nothing where it is there."""
        if image is not self._image:
            self.release()
            self.texture, self._image = texture_of(self._gl, image), image

    def draw(self, sheet: Sheet, sprites: tuple[Sprite, ...], program: Any, noise: Any) -> None:
        """Have the coverage of this moment; nothing where it is there."""
        if sheet is not self._sheet:
            self.release()
            self._planes, self._sheet = texture_of(self._gl, sheet.planes), sheet
            self.texture = self._gl.texture(sheet.size, 4)
            self.texture.repeat_x = self.texture.repeat_y = False
            self._target = self._gl.framebuffer([self.texture])
            self._corners = self._gl.buffer(
                reserve=max(1, 2 * len(sheet.words)) * 6 * FLOATS * 4, dynamic=True
            )
            self._shape = self._gl.vertex_array(
                program, [(self._corners, "2f 2f 4f", "place", "spot", "shares")]
            )
        if sprites == self._drawn:
            return
        gl = self._gl
        self._target.use()
        gl.viewport = (0, 0, *sheet.size)
        self._target.clear()
        self._corners.write(corners_of(sprites).tobytes())
        self._planes.use(0)
        noise.use(1)
        for name, value in {"sheet": 0, "grain": 1, "size": sheet.size, "soft": SOFT, "ember": EMBER}.items():
            program[name].value = value
        # Where two words overlap, the stronger counts.
        gl.enable(gl.BLEND)
        gl.blend_equation, gl.blend_func = gl.MAX, (gl.ONE, gl.ONE)
        self._shape.render(gl.TRIANGLES, 6 * len(sprites))
        gl.blend_equation = gl.FUNC_ADD
        gl.disable(gl.BLEND)
        self._drawn = sprites

    def release(self) -> None:
        """Give everything back."""
        for each in (self._target, self.texture, self._planes, self._shape, self._corners):
            if each is not None:
                each.release()
        self.texture = self._image = self._sheet = self._planes = self._target = self._drawn = None
        self._corners = self._shape = None


def corners_of(sprites: Sequence[Sprite]) -> npt.NDArray[np.float32]:
    """(6 a sprite, FLOATS): two triangles each, with a row more for what is between two rows."""
    rows = []
    for sprite in sprites:
        left, top, width, height = sprite.source
        x, y = sprite.place
        low = int(y // 1)
        high = low + height + (y > low)
        near, far = top + low - y, top + high - y
        box = (
            (x, low, left, near),
            (x + width, low, left + width, near),
            (x, high, left, far),
            (x + width, high, left + width, far),
        )
        shares = (sprite.opacity, sprite.grains, sprite.burnt, sprite.shade)
        rows += [(*box[corner], *shares) for corner in (0, 1, 2, 2, 1, 3)]
    return np.array(rows, np.float32).reshape(-1, FLOATS)


def texture_of(gl: Any, texels: npt.NDArray[np.uint8]) -> Any:
    """A texture with these texels (height, width, channels)."""
    height, width, channels = texels.shape
    texture = gl.texture((width, height), channels, np.ascontiguousarray(texels), alignment=1)
    texture.repeat_x = texture.repeat_y = False
    return texture
