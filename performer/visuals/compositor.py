"""The compositor in OpenGL 3.3: `look` into a texture of its own, the layers over that, and `place` onto what is bound.
moderngl is imported late, here only.

It belongs to the thread whose context is current. The shaders are files that the pages of browsers use too.
"""

import sys
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from performer.assets import shaders_dir
from performer.errors import PortError
from performer.packages import extra
from performer.visuals.layer_pass import LayerPass, new_target
from performer.visuals.layers import NO_OVERLAY, Overlay, Rgba
from performer.visuals.looks import LOOK_CAN, PLACE_CAN, Looks, Uniforms, lasting
from performer.visuals.reel import Picture

VERSION = "#version 330 core\n"
SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "basic render")  # of a renderer without a graphics card, in its name
COARSE = 360  # lines of the look where there is no graphics card
LETTERED = 720  # lines of the layers where there is none
SMALL = 96  # lines of a frame that is enlarged softly even there, and so many times:
THRICE = 3
_ALONE: Mapping[str, Mapping[str, Any]] = {"linux": {"backend": "egl"}}  # how a context without a display is made
WIDEST = 8.0  # the most extreme shape of a target


def context(alone: bool = False) -> Any:
    """moderngl's view of the OpenGL context that is current; `alone`: one of its own, without a display.

    Raises PortError with the remedy where it cannot be."""
    try:
        import moderngl
    except ImportError as error:
        raise PortError(f"The window cannot be drawn: {error}.", extra("window")) from None
    try:
        return moderngl.create_standalone_context(require=330, **_ALONE.get(sys.platform, {})) if alone else moderngl.create_context(require=330)
    except Exception as error:  # moderngl's own error is a plain Exception
        raise PortError(f"This machine has no OpenGL 3.3 ({error}).", "Update the driver of its graphics card, or install Mesa's.") from None


class Compositor:
    """The programs, and the textures between them. A target whose size changes makes new textures."""

    def __init__(self, gl: Any, smooth: bool | None = None) -> None:
        """`smooth`: whether every frame is enlarged softly; None: where there is a graphics card, and small frames."""
        self._gl = gl
        self.renderer = str(gl.info["GL_RENDERER"])
        self.software = any(word in self.renderer.casefold() for word in SOFTWARE)
        self._triangle = gl.buffer(np.array([-1, -1, 3, -1, -1, 3], np.float32).tobytes())
        self._smooth = smooth
        both = (("look", ("SMOOTH", *LOOK_CAN)), ("place", PLACE_CAN))
        self._passes = {
            (name, can): self._pass(name, can) for name, most in both for count in range(len(most) + 1) for can in combinations(most, count)
        }
        self._frame: Any = None
        self._picture: Picture | None = None
        self._size = (0, 0)
        self._seen: list[Any] = []  # two framebuffers: what the look pass painted last, and before
        self._layers: LayerPass | None = None
        self._overlay, self._clock = NO_OVERLAY, 0.0
        self._layered: Any = None  # the framebuffer with the layers; None: there are none

    def draw(self, picture: Picture, looks: Looks, size: tuple[int, int], passed: float, overlay: Overlay = NO_OVERLAY) -> None:
        """Draw onto the screen's framebuffer of this size, `passed` seconds after the last."""
        self.paint(picture, looks, size, passed, overlay)
        self._gl.screen.use()
        self._gl.viewport = (0, 0, *size)
        self._target_seen.color_attachments[0].use(0)
        self._run("place", looks.place, {**looks.uniforms, "look": (0,)})

    def seen(self) -> Picture:
        """What was painted last, with its layers (height, width, 3), top row first. It waits for the graphics card."""
        target = self._target_seen
        width, height = target.size
        return np.frombuffer(target.read(components=3, alignment=1), np.uint8).reshape(height, width, 3)[::-1]

    def layers_alone(self) -> Rgba:
        """The layers that were painted last, without the picture (height, width, 4), premultiplied, top row first. It
        waits for the graphics card."""
        self._layers = self._layers or LayerPass(self._gl)
        return self._layers.alone(self._overlay.layers, self._size)

    def paint(self, picture: Picture, looks: Looks, size: tuple[int, int], passed: float, overlay: Overlay = NO_OVERLAY) -> None:
        """The look and the layers, without their place on the screen."""
        self._clock += passed
        self._look(picture, looks, size, passed)
        self._overlay, self._layered = overlay, None
        if overlay.layers or self._layers is not None:
            self._layers = self._layers or LayerPass(self._gl)
            self._layered = self._layers.compose(self._seen[0].color_attachments[0], overlay, self._layered_size(size), self._clock)

    def _layered_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size that layers are composed in: letters need more lines than the look has without a graphics card."""
        lines = min(size[1], LETTERED) if self.software else size[1]
        return max(1, round(lines * min(WIDEST, size[0] / size[1]))), lines

    @property
    def _target_seen(self) -> Any:
        return self._seen[0] if self._layered is None else self._layered

    def _look(self, picture: Picture, looks: Looks, size: tuple[int, int], passed: float) -> None:
        small = picture.shape[0] <= SMALL and self._smooth is None
        smooth = self._smooth if self._smooth is not None else small or not self.software
        fresh = self._sized(size, THRICE * picture.shape[0] if small else COARSE)
        if looks.held and not fresh:
            return
        self._upload(picture)
        blurred = "BLURRED" in looks.look
        if blurred:
            self._frame.build_mipmaps()
        linear = self._gl.LINEAR
        self._frame.filter = (self._gl.LINEAR_MIPMAP_LINEAR if blurred else linear, linear)
        self._seen.reverse()
        target, before = self._seen
        target.use()
        self._gl.viewport = (0, 0, *target.size)
        self._frame.use(0)
        before.color_attachments[0].use(1)
        feedback = lasting(looks.uniforms["feedback"], passed)
        own = {"frame": (0,), "trail": (1,), "aspect": (self._size[0] / self._size[1],), "feedback": (0.0, 1.0, 0.0) if fresh else feedback}
        self._run("look", ("SMOOTH", *looks.look) if smooth else looks.look, {**looks.uniforms, **own})

    def _upload(self, picture: Picture) -> None:
        if picture is self._picture:
            return
        height, width = picture.shape[:2]
        if self._frame is None or self._frame.size != (width, height):
            if self._frame is not None:
                self._frame.release()
            self._frame = self._gl.texture((width, height), 3, alignment=1)
            self._frame.repeat_x = self._frame.repeat_y = False
        self._frame.write(np.ascontiguousarray(picture), alignment=1)
        self._picture = picture

    def _sized(self, size: tuple[int, int], most: int) -> bool:
        """Have textures for a target of this size, of `most` lines where there is no graphics card; whether they are new."""
        lines = min(size[1], most) if self.software else size[1]
        if size == self._size and lines == self._seen[0].size[1]:
            return False
        for old in self._seen:
            old.color_attachments[0].release()
            old.release()
        width = max(1, round(lines * min(WIDEST, size[0] / size[1])))
        self._seen = [new_target(self._gl, (width, lines)) for _ in range(2)]
        self._size = size
        return True

    def _pass(self, name: str, can: tuple[str, ...]) -> Any:
        corners, body = ((shaders_dir() / f"{each}.glsl").read_text(encoding="utf-8") for each in ("corners", name))
        defines = "".join(f"#define {each}\n" for each in can)
        program = self._gl.program(vertex_shader=VERSION + corners, fragment_shader=VERSION + defines + body)
        return self._gl.vertex_array(program, [(self._triangle, "2f", "corner")])

    def _run(self, name: str, can: tuple[str, ...], uniforms: Uniforms) -> None:
        triangle = self._passes[name, can]
        for uniform, value in uniforms.items():
            place = triangle.program.get(uniform, None)
            if place is not None:
                place.value = value[0] if len(value) == 1 else value
        triangle.render()
