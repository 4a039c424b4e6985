"""The desk's process: serves the page on the socket that the supervisor bound, until the lifeline ends."""

import asyncio
import contextlib
import math
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

import uvicorn
from starlette.applications import Starlette

from performer.desk.door import Door
from performer.desk.hub import Hub
from performer.desk.server import Desk
from performer.heartbeat import LOOPS
from performer.log_limit import spare_tracebacks
from performer.loopback import Loopback, watch_lifeline
from performer.parameters import Table

LOOK_UP = 0.25  # seconds after which the receiving thread looks whether it is over
SEND_BUFFER = 1 << 16  # bytes: a slow page has a few old pictures on the way, not seconds of them


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """The number of voices, the token that opens the page (None: only this machine is served, without one), the host it is bound to."""

    voices: int = 1
    token: str | None = None
    host: str = "127.0.0.1"


class Server(uvicorn.Server):
    """uvicorn that leaves the signals alone: they are this process's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(loopback: Loopback, http_socket: socket.socket, options: DeskOptions, lifeline: Connection) -> None:
    """Serve until the lifeline or SIGTERM ends it. The sockets are open again for the next start: the supervisor keeps them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spare_tracebacks()
    over = threading.Event()
    table = Table(options.voices)
    hub = Hub(table)
    http_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        hub.attach(asyncio.get_running_loop())
        yield
        hub.attach(None)

    app = Desk(table, hub, loopback).app(Door(options.host, options.token), lifespan)
    LOOPS.has_begun = True
    server = Server(
        uvicorn.Config(
            app, loop="asyncio", http="h11", ws="websockets-sansio", log_config=None, log_level="warning", access_log=False,
            proxy_headers=False, server_header=False, ws_max_size=4096, ws_per_message_deflate=False, ws_ping_interval=5.0,
            ws_ping_timeout=10.0, limit_concurrency=256, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip

    def stop(*_: object) -> None:
        over.set()
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)
    watch_lifeline(lifeline, stop)
    receiver = threading.Thread(target=_receive, args=(loopback, hub, over), name="desk loopback", daemon=True)
    receiver.start()
    asyncio.run(server.serve(sockets=[http_socket]))
    over.set()
    receiver.join(1.0)


def _receive(loopback: Loopback, hub: Hub, over: threading.Event) -> None:
    """Hand every datagram to the hub until it is over, and tell the screen how many pages look."""
    loopback.sock.settimeout(LOOK_UP)
    told = -math.inf
    while not over.is_set():
        if time.monotonic() - told >= LOOK_UP:
            told = time.monotonic()
            loopback.send("screen", "/performer/desk/pages", len(hub.outboxes))
        try:
            hub.arrived(loopback.receive())
        except OSError:  # the time-out, or on Windows a place that is not there yet
            continue
