"""The desk's addresses: the page, the projector, the WebSocket, the table and the health. Everything runs on the asyncio loop."""

import time
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Lifespan
from starlette.websockets import WebSocket

from performer.desk.conversation import Conversation, Held
from performer.desk.door import Door, Doorkeeper
from performer.desk.hub import Hub
from performer.desk.shelf import read_shelf
from performer.desk.vocabulary import describe
from performer.loopback import Loopback
from performer.parameters import Table
from performer.process_report import FAILED, judge

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "midi=(self), camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}


class Desk:
    """What the addresses answer."""

    def __init__(self, table: Table, hub: Hub, loopback: Loopback) -> None:
        self._table, self._hub, self._loopback = table, hub, loopback
        self._shelf = read_shelf()
        self._holders: set[Held] = set()

    def app(self, door: Door, lifespan: Lifespan[Starlette]) -> Starlette:
        """The ASGI application, with the door before it."""
        routes = [
            Route("/", self._page("index.html")),
            Route("/projector", self._page("projector.html")),
            Route("/parameters.json", self.parameters),
            Route("/health", self.health),
            Route("/{name}", self.item),
            WebSocketRoute("/ws", self.talk),
        ]
        return Starlette(routes=routes, middleware=[Middleware(Doorkeeper, door)], lifespan=lifespan)

    async def item(self, request: Request) -> Response:
        """A file of the page."""
        return self._serve(request.path_params["name"], request)

    async def parameters(self, request: Request) -> Response:
        """The table of parameters, the commands and what the engine tells."""
        return JSONResponse(describe(self._table), headers=HEADERS)

    async def health(self, request: Request) -> Response:
        """How every process is: status 200 while there is a show, else 503; the reasons stand in it."""
        hub, now = self._hub, time.monotonic()
        silent = {"engine": now - hub.last_word, "supervisor": max(0.0, now - hub.last_report)}
        status, reasons = judge(hub.processes, hub.figures, silent)
        facts: dict[str, Any] = {"ok": status != FAILED, "status": status, "reasons": reasons, "processes": hub.processes}
        facts |= {"pages": len(hub.outboxes), "engine_silent_s": round(silent["engine"], 3), **hub.counts}
        facts |= {key: value for key, value in hub.figures.items() if key not in facts}
        return JSONResponse(facts, 503 if status == FAILED else 200, headers=HEADERS)

    async def talk(self, websocket: WebSocket) -> None:
        """A page's WebSocket."""
        await Conversation(websocket, self._hub, self._table, self._loopback, self._holders).hold()

    def _page(self, name: str) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            return self._serve(name, request)

        return serve

    def _serve(self, name: str, request: Request) -> Response:
        item = self._shelf.get(name)
        if item is None:
            return PlainTextResponse("There is nothing here.", 404, HEADERS)
        headers = {**HEADERS, "ETag": item.etag}
        if request.headers.get("if-none-match") == item.etag:
            return Response(status_code=304, headers=headers)
        return Response(item.content, headers=headers, media_type=item.content_type)
