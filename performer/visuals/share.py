"""The picture for other programs: an NDI source on the network; Syphon (macOS), Spout (Windows) and a virtual camera on this machine. Their
libraries are imported late, here only.

The thread `share` opens and sends; a sender that cannot be opened is a sentence, and the others go on.
"""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from performer.errors import PortError
from performer.packages import extra
from performer.visuals.film import resized
from performer.visuals.reel import Picture
from performer.worker import Worker

log = logging.getLogger("performer")
RATE = 30  # pictures a second
MOST_WAITING = 2  # pictures: one that is late is left out
NAME = "Performer"
DEVICES = {
    "linux": "Load the module of virtual cameras: sudo modprobe v4l2loopback exclusive_caps=1 (Debian: apt install v4l2loopback-dkms).",
    "darwin": "Install OBS, start its virtual camera once, and stop it.",
    "win32": "Install OBS, which brings a virtual camera.",
}


class Sender(Protocol):
    """What takes pictures of one size (height, width, 3)."""

    def send(self, picture: Picture) -> None: ...

    def close(self) -> None: ...


class _Opaque:
    """Pictures as RGBA, in one array that is used again."""

    def __init__(self, width: int, height: int) -> None:
        self._pixels = np.full((height, width, 4), 255, np.uint8)

    def __call__(self, picture: Picture) -> Picture:
        self._pixels[..., :3] = picture
        return self._pixels


class Ndi:
    """A source in NDI's network, called after this machine and Performer. On Linux it is found where avahi-daemon runs."""

    def __init__(self, width: int, height: int) -> None:
        try:
            from cyndilib.sender import Sender as Source
            from cyndilib.video_frame import VideoSendFrame
            from cyndilib.wrapper.ndi_structs import FourCC
        except (ImportError, OSError) as error:
            raise PortError(f"The picture cannot be sent by NDI: {error}.", extra("ndi")) from None
        frame = VideoSendFrame()
        frame.set_resolution(width, height)
        frame.set_frame_rate(Fraction(RATE))
        frame.set_fourcc(FourCC.RGBX)
        self._opaque = _Opaque(width, height)
        self._source: Any = Source(NAME, clock_video=False)
        self._source.set_video_frame(frame)
        self._source.open()

    def send(self, picture: Picture) -> None:
        self._source.write_video(self._opaque(picture).reshape(-1))

    def close(self) -> None:
        self._source.close()


class VirtualCamera:
    """A camera that other programs of this machine can choose."""

    def __init__(self, width: int, height: int) -> None:
        try:
            import pyvirtualcam
        except (ImportError, OSError) as error:
            raise PortError(f"There is no virtual camera: {error}.", extra("camera")) from None
        try:
            self._camera: Any = pyvirtualcam.Camera(width, height, RATE)
        except RuntimeError as error:
            raise PortError(f"There is no virtual camera ({str(error).splitlines()[0]}).", DEVICES.get(sys.platform, "")) from None

    def send(self, picture: Picture) -> None:
        self._camera.send(np.ascontiguousarray(picture))

    def close(self) -> None:
        self._camera.close()


class Syphon:
    """A Syphon server: a texture of this Mac's GPU that other programs on it show."""

    def __init__(self, width: int, height: int) -> None:
        _only_on("darwin", "Syphon", "macOS")
        try:
            from syphon import SyphonMetalServer
            from syphon.utils.numpy import copy_image_to_mtl_texture
            from syphon.utils.raw import create_mtl_texture
        except (ImportError, OSError) as error:
            raise PortError(f"The picture cannot be given to Syphon: {error}.", extra("syphon")) from None
        self._opaque = _Opaque(width, height)
        self._copy = copy_image_to_mtl_texture
        self._server: Any = SyphonMetalServer(NAME)
        self._texture = create_mtl_texture(self._server.device, width, height)

    def send(self, picture: Picture) -> None:
        self._copy(self._opaque(picture), self._texture)
        self._server.publish_frame_texture(self._texture, is_flipped=True)  # our first row is the top one, a texture's the bottom one

    def close(self) -> None:
        self._server.stop()


class Spout:
    """A Spout sender: a texture of this machine's GPU that other programs on it show. Its GPU context belongs to the thread that opens it."""

    def __init__(self, width: int, height: int) -> None:
        _only_on("win32", "Spout", "Windows")
        try:
            import SpoutGL
        except (ImportError, OSError) as error:
            raise PortError(f"The picture cannot be given to Spout: {error}.", extra("spout")) from None
        self._opaque = _Opaque(width, height)
        self._format = SpoutGL.enums.GL_RGBA
        self._sender: Any = SpoutGL.SpoutSender()
        self._sender.setSenderName(NAME)

    def send(self, picture: Picture) -> None:
        height, width = picture.shape[:2]
        if not self._sender.sendImage(self._opaque(picture), width, height, self._format, False, 0):
            raise OSError("Spout did not take the picture")
        self._sender.setFrameSync(NAME)

    def close(self) -> None:
        self._sender.releaseSender()


SENDERS: Mapping[str, Callable[[int, int], Sender]] = {"ndi": Ndi, "syphon": Syphon, "spout": Spout, "camera": VirtualCamera}


def _only_on(platform: str, title: str, system: str) -> None:
    if sys.platform != platform:
        raise PortError(f"{title} is there on {system} only.", 'Take it out of share under [window]; "ndi" reaches other programs on any system.')


class Share:
    """Gives what is seen to the senders of these names."""

    def __init__(self, names: Sequence[str]) -> None:
        self.told: Mapping[str, str] = dict.fromkeys(names, "")  # of each sender: the sentence why it is not there, "on" where it is
        self._names, self._due = tuple(names), 0.0
        self._size, self._closing = (0, 0), False
        self._open: dict[str, Sender] = {}
        self._worker = Worker("share", self._send, limit=MOST_WAITING)
        self._worker.start()

    def attend(self, values: Mapping[str, Any]) -> bool:
        """Whether a picture is wanted soon: always, where anybody is to get it."""
        return any(words in ("", "on") for words in self.told.values())

    def wants(self, now: float) -> bool:
        """Whether the picture that is seen now is to be sent."""
        return now >= self._due and self.attend({})

    def take(self, picture: Picture, now: float) -> None:
        """The picture that is seen now, which nobody changes any more."""
        self._due = max(self._due + 1.0 / RATE, now + 0.5 / RATE)
        self._worker.post(picture)

    def close(self) -> None:
        """Send no more."""
        self._closing = True
        self._worker.post(None)  # an inbox that is full has something that is seen to be the last
        self._worker.stop()

    def _send(self, picture: Picture | None) -> None:
        """On the thread `share` alone, which opened the senders: those on a GPU have a context that is its own."""
        if picture is None or self._closing:
            while self._open:
                self._open.popitem()[1].close()
            return
        if not any(self._size):
            self._size = (picture.shape[1], picture.shape[0])
            self.told = {name: self._opened(name) for name in self._names}
        if picture.shape[1::-1] != self._size:
            picture = resized(picture, self._size[1], self._size[0])
        for name, sender in tuple(self._open.items()):
            try:
                sender.send(picture)
            except Exception as error:  # the others still get theirs
                del self._open[name]
                self.told = {**self.told, name: f"{name}: {error}"}
                log.exception("the picture could not be sent by %s", name)

    def _opened(self, name: str) -> str:
        try:
            self._open[name] = SENDERS[name](*self._size)
        except PortError as error:
            log.warning(str(error))
            return str(error)
        except Exception as error:  # whatever a library does, the picture goes on
            log.exception("the sender %s could not be opened", name)
            return f"{name}: {error}"
        return "on"
