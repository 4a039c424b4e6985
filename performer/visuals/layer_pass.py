"""Layers composed by the graphics card: words, images, and the strobe guard over the whole.

It belongs to the thread whose context is current. A sheet or an image is uploaded once. Each frame costs the
corners of the words that move, and one triangle a layer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from performer.assets import shaders_dir
from performer.visuals.guard import SIDE, WINDOW, Guard
from performer.visuals.layer_upload import LayerUpload, texture_of
from performer.visuals.layers import BLEND_NAMES, Layer, Overlay, Rgba, Words
from performer.visuals.reel import Picture
from performer.words.typeset.coverage import grain

VERSION = "#version 330 core\n"
LINGER = 2 * WINDOW  # seconds that the guard goes on after the last layer
WORDS, IMAGE, COPY = "WORDS", "IMAGE", "COPY"


class LayerPass:
    """The programs and textures of all layers, for a target of one size at a time."""

    def __init__(self, gl: Any) -> None:
        self._gl = gl
        self._triangle = gl.buffer(np.array([-1, -1, 3, -1, -1, 3], np.float32).tobytes())
        kinds = [(kind, alone) for kind in (WORDS, IMAGE, COPY) for alone in (False, True)]
        self._layer = {
            each: self._program("layer", each[0], *(("ALONE",) if each[1] else ())) for each in kinds
        }
        self._cells, self._nearing = self._program("settle", "CELLS"), self._program("settle")
        self._sprites = gl.program(vertex_shader=_source("sprite_corners"), fragment_shader=_source("sprite"))
        self._grain = texture_of(gl, grain()[..., None])
        self._kept: dict[str, LayerUpload] = {}
        self._targets: list[Any] = []
        self._cell_target = gl.framebuffer([gl.texture((SIDE, SIDE), 4)])
        self._alone: Any = None
        self._shown: Any = None
        self._guard = Guard()
        self._seen_until = -np.inf

    @property
    def damped(self) -> int:
        """How many frames the guard only let come near."""
        return self._guard.damped

    def compose(self, picture: Any, overlay: Overlay, size: tuple[int, int], now: float) -> Any | None:
        """The framebuffer that has the picture (a texture) with the layers over it, at the moment `now`.

        Returns None where there are no layers, and have been none for a while: the picture is all."""
        seen = [layer for layer in overlay.layers if layer.is_seen]
        if seen:
            self._seen_until = now + LINGER
        if now >= self._seen_until:
            self._forget()
            return None
        self._sized(size)
        self._drop(overlay.layers)
        below, target = picture, self._free(None)
        self._draw(self._layer[COPY, False], target, {}, below=picture)
        for number, layer in enumerate(seen):
            if number:
                below, source, target = target.color_attachments[0], target, self._free(target)
                self._gl.copy_framebuffer(target, source)
            self._lay(layer, self._upload(layer), target, below)
        self._shown = self._settle(target, now) if overlay.guarded else target
        return self._shown

    def alone(self, layers: Sequence[Layer], size: tuple[int, int]) -> Rgba:
        """The layers without the picture (height, width, 4), premultiplied, top row first.

        It waits for the graphics card."""
        if self._alone is None or self._alone.size != size:
            _release(self._alone)
            self._alone = new_target(self._gl, size)
        self._alone.clear()
        uploads = [(layer, self._upload(layer)) for layer in layers if layer.is_seen]
        self._gl.enable(self._gl.BLEND)
        self._gl.blend_func = self._gl.ONE, self._gl.ONE_MINUS_SRC_ALPHA
        for layer, upload in uploads:
            self._lay(layer, upload, self._alone)
        self._gl.disable(self._gl.BLEND)
        return _read(self._alone, 4)

    def _lay(self, layer: Layer, upload: LayerUpload, target: Any, below: Any = None) -> None:
        """One layer over what is below; without that, by itself."""
        uniforms: dict[str, Any] = {
            "opacity": min(1.0, layer.opacity),
            "blend": BLEND_NAMES.index(layer.blend),
        }
        kind = IMAGE
        if isinstance(layer.content, Words):
            ink, kind = layer.content.ink, WORDS
            strengths = (ink.fill_strength, ink.outline_strength, ink.shade_strength)
            # A layer is drawn only where it may cover something: the rest is there already.
            left, top, right, bottom = layer.content.sheet.pixels(*target.size)
            target.scissor = left, target.size[1] - bottom, right - left, bottom - top
            uniforms |= {
                "fill": ink.fill,
                "outline": ink.outline,
                "shade": ink.shade,
                "ember": ink.ember,
                "strength": strengths,
            }
        self._draw(self._layer[kind, below is None], target, uniforms, below=below, layer=upload.texture)
        target.scissor = None

    def _upload(self, layer: Layer) -> LayerUpload:
        upload = self._kept.setdefault(layer.name, LayerUpload(self._gl))
        if isinstance(layer.content, Words):
            upload.draw(layer.content.sheet, layer.content.sprites, self._sprites, self._grain)
        else:
            upload.write(layer.content)
        return upload

    def _settle(self, target: Any, now: float) -> Any:
        """What the guard lets through: the target, as a rule."""
        self._draw(
            self._cells, self._cell_target, {"cells": (SIDE, SIDE)}, picture=target.color_attachments[0]
        )
        share = self._guard.share(np.ascontiguousarray(_read(self._cell_target, 3)), now)
        if share >= 1.0 or self._shown is None:
            return target
        out = next(each for each in self._targets if each is not target and each is not self._shown)
        before, picture = self._shown.color_attachments[0], target.color_attachments[0]
        self._draw(self._nearing, out, {"share": share}, picture=picture, before=before)
        return out

    def _draw(self, shape: Any, target: Any, uniforms: Mapping[str, Any], **textures: Any) -> None:
        """One triangle over the target."""
        target.use()
        self._gl.viewport = (0, 0, *target.size)
        for place, (name, texture) in enumerate(textures.items()):
            if texture is not None and name in shape.program:
                texture.use(place)
                shape.program[name].value = place
        for name, value in uniforms.items():
            if name in shape.program:
                shape.program[name].value = value
        shape.render()

    def _free(self, busy: Any) -> Any:
        """A target that holds neither what is being composed nor what is shown."""
        return next(each for each in self._targets if each is not busy and each is not self._shown)

    def _sized(self, size: tuple[int, int]) -> None:
        if self._targets and self._targets[0].size == size:
            return
        self._forget()
        self._targets = [new_target(self._gl, size) for _ in range(4)]

    def _forget(self) -> None:
        for target in self._targets:
            _release(target)
        self._targets, self._shown, self._guard = [], None, Guard()
        self._drop(())

    def _drop(self, layers: Sequence[Layer]) -> None:
        """Give back what layers that are gone have uploaded."""
        names = {layer.name for layer in layers}
        for name in [name for name in self._kept if name not in names]:
            self._kept.pop(name).release()

    def _program(self, name: str, *defines: str) -> Any:
        program = self._gl.program(vertex_shader=_source("corners"), fragment_shader=_source(name, *defines))
        return self._gl.vertex_array(program, [(self._triangle, "2f", "corner")])


def new_target(gl: Any, size: tuple[int, int]) -> Any:
    """A cleared framebuffer of this size, in RGBA, whose texture does not repeat."""
    texture = gl.texture(size, 4)
    texture.repeat_x = texture.repeat_y = False
    framebuffer = gl.framebuffer([texture])
    framebuffer.clear()
    return framebuffer


def _source(name: str, *defines: str) -> str:
    body = (shaders_dir() / f"{name}.glsl").read_text(encoding="utf-8")
    return VERSION + "".join(f"#define {each}\n" for each in defines) + body


def _release(framebuffer: Any) -> None:
    if framebuffer is not None:
        framebuffer.color_attachments[0].release()
        framebuffer.release()


def _read(framebuffer: Any, channels: int) -> Picture:
    width, height = framebuffer.size
    read = framebuffer.read(components=channels, alignment=1)
    return np.frombuffer(read, np.uint8).reshape(height, width, channels)[::-1]
