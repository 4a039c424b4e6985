"""One page's WebSocket. What the page says is checked and goes to the engine; what it holds down is let go when it leaves, in any way.

Runs on the asyncio loop.
"""

import asyncio
import contextlib
import json
import time
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from performer.desk.hub import MOST_PAGES, REFRESH, Hub, Outbox
from performer.desk.vocabulary import Said, address_of, understand
from performer.errors import ParameterError
from performer.loopback import Loopback, encode
from performer.parameters import Table

TRY_AGAIN = 1013  # the WebSocket close code of a server that is too busy
SUSTAIN = 64


class Held:
    """The keys and pedals that a page holds down, each with the message that lets it go."""

    def __init__(self) -> None:
        self.endings: dict[tuple[Any, ...], Said] = {}

    def follow(self, said: Said) -> tuple[Any, ...] | None:
        """Take note of what the page said. Returns the key or pedal that it lets go, if it does."""
        address, arguments = said
        match address.removeprefix("/performer/"), arguments:
            case "note/on", (pitch, velocity, *rest):
                return self._turn(("key", pitch, *rest), velocity > 0, ("/performer/note/off", (pitch, *rest)))
            case "note/off", (pitch, *rest):
                return self._turn(("key", pitch, *rest), False, said)
            case "control", (number, value, *rest) if number == SUSTAIN:
                return self._turn(("pedal", *rest), value > 0, ("/performer/control", (SUSTAIN, 0, *rest)))
            case "panic", ():
                self.endings.clear()
        return None

    def _turn(self, key: tuple[Any, ...], down: bool, ending: Said) -> tuple[Any, ...] | None:
        if down:
            self.endings[key] = ending
            return None
        self.endings.pop(key, None)
        return key


class Conversation:
    """From the handshake to the good-bye of one page."""

    def __init__(self, websocket: WebSocket, hub: Hub, table: Table, loopback: Loopback, holders: set[Held]) -> None:
        self._websocket, self._hub, self._table, self._loopback = websocket, hub, table, loopback
        self._outbox = Outbox(pictures=websocket.query_params.get("pictures") == "1")
        self._held, self._holders = Held(), holders

    async def hold(self) -> None:
        """Talk until either side ends it. The page is sent every value first."""
        if len(self._hub.outboxes) >= MOST_PAGES:
            await self._websocket.close(TRY_AGAIN)
            return
        try:
            await self._websocket.accept()
        except (RuntimeError, WebSocketDisconnect):  # gone in the midst of the handshake
            return
        self._hub.outboxes.add(self._outbox)
        self._holders.add(self._held)
        self._loopback.send("engine", "/performer/sync")
        sender = asyncio.create_task(self._send())
        try:
            await self._listen()
        finally:
            self._hub.outboxes.discard(self._outbox)
            self._holders.discard(self._held)
            self._let_go()
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await sender

    async def _listen(self) -> None:
        while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
            self._heard(message.get("text") or "")

    def _heard(self, text: str) -> None:
        try:
            said = understand(self._table, text)
        except ParameterError as error:
            self._outbox.put(_error(address_of(text), str(error)))
            return
        let_go = self._held.follow(said)
        if let_go is not None and self._is_held(let_go):
            return  # by another page: to the engine all pages are one player
        self._loopback.send_raw("engine", encode(said[0], *said[1]))

    def _let_go(self) -> None:
        """End what this page holds, except what another page holds too."""
        for key, (address, arguments) in self._held.endings.items():
            if not self._is_held(key):
                self._loopback.send("engine", address, *arguments)

    def _is_held(self, key: tuple[Any, ...]) -> bool:
        """Whether any page holds this key or pedal down."""
        return any(key in each.endings for each in self._holders)

    async def _send(self) -> None:
        """Empty the outbox whenever something is in it: notes at once, then the picture, values once in a REFRESH. The socket's own
        back-pressure makes a slow page wait here, and nobody else."""
        outbox, told = self._outbox, 0.0
        while not outbox.overrun:
            await outbox.wake.wait()
            outbox.wake.clear()
            while outbox.notes and not outbox.overrun:
                await self._websocket.send_text(outbox.notes.popleft())
            if outbox.picture is not None:
                picture, outbox.picture = outbox.picture, None
                await self._websocket.send_bytes(picture)
            if not outbox.values:
                continue
            wait = told + REFRESH - time.monotonic()
            if wait > 0:
                asyncio.get_running_loop().call_later(wait, outbox.wake.set)
                continue
            values, outbox.values = outbox.values, {}
            for text in values.values():
                await self._websocket.send_text(text)
            told = time.monotonic()
        await self._websocket.close(TRY_AGAIN)


def _error(address: str, reason: str) -> str:
    return json.dumps(["/performer/error", address, reason])
