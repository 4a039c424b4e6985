"""Who may come in. A page of another site may not speak to the desk through its visitor's browser, and a network needs the token.

* Host: one of this machine's own names or the address that the desk is bound to, so that no foreign name can be pointed at it.
* Origin: a WebSocket that a page opens comes from this very host.
* Token: where the show names one, everybody brings it, once, as ?token=...; a cookie keeps it. Where it names none, only this machine
  is let in.
"""

import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import URL
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
EVERYWHERE = frozenset({"", "0.0.0.0", "::"})
COOKIE = "performer-token"
MONTH = 30 * 24 * 3600  # seconds
PAGES = frozenset({"/", "/projector"})
REFUSED_ORIGIN = "A page of another site may not speak to the desk."
REFUSED_PEER = "The desk has no token, so it serves this machine only. Write one under [desk] token in the show file."
ASK = """<!doctype html><meta charset=utf-8><meta name=viewport content="width=device-width"><meta name=color-scheme content=dark>
<title>Performer</title>
<form><p><label>This desk wants its token. <input name=token type=password autofocus></label> <button>Open</button></form>"""


@dataclass(frozen=True, slots=True)
class Door:
    """The rules: the host that the desk is bound to, and the token, if any."""

    host: str
    token: str | None

    def refusal(self, visitor: HTTPConnection) -> Response | None:
        """What to answer to a visitor who may not come in; None lets him in."""
        if not self._knows(visitor.headers.get("host", "")):
            return PlainTextResponse("This is not a name of this desk. Use the address that Performer printed.", 403)
        if visitor.scope["type"] == "websocket" and not _same_origin(visitor):
            return PlainTextResponse(REFUSED_ORIGIN, 403)
        if self.token is None:
            return None if _is_local(visitor) else PlainTextResponse(REFUSED_PEER, 403)
        if self._matches(visitor.cookies.get(COOKIE)) or self._matches(visitor.query_params.get("token")):
            return None
        return HTMLResponse(ASK, 401)

    def stamp(self, visitor: HTTPConnection) -> Response | None:
        """For a visitor who brought the token in a page's address: the way to the page without it, and the cookie that keeps it."""
        if self.token is None or visitor.url.path not in PAGES or "token" not in visitor.query_params:
            return None
        url = URL(str(visitor.url)).remove_query_params("token")
        response = RedirectResponse(url.path + (f"?{url.query}" if url.query else ""), 303)
        response.set_cookie(COOKIE, self.token, max_age=MONTH, httponly=True, samesite="lax")
        return response

    def _knows(self, host: str) -> bool:
        name = _name(host)
        return name in OWN_NAMES or name == self.host or (bool(name) and self.host in EVERYWHERE and self.token is not None)

    def _matches(self, offered: str | None) -> bool:
        return self.token is not None and offered is not None and hmac.compare_digest(offered.encode(), self.token.encode())


class Doorkeeper:
    """The rules as ASGI middleware."""

    def __init__(self, inner: ASGIApp, door: Door) -> None:
        self._inner, self._door = inner, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._inner(scope, receive, send)
            return
        visitor = HTTPConnection(scope)
        try:
            answer = self._door.refusal(visitor)
            if answer is None and scope["type"] == "http":
                answer = self._door.stamp(visitor)
        except ValueError:  # an address, a host or a word that nobody can read
            answer = PlainTextResponse("This request makes no sense.", 400)
        await (answer or self._inner)(scope, receive, send)


def _name(host: str) -> str:
    """The host's name without port and brackets; empty where it makes no sense."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _same_origin(visitor: HTTPConnection) -> bool:
    """Whether the Origin, which programs that are no browsers leave out, is the Host."""
    origin = visitor.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == visitor.headers.get("host", "").lower()


def _is_local(visitor: HTTPConnection) -> bool:
    try:
        address = ipaddress.ip_address(visitor.client.host if visitor.client else "")
        mapped = getattr(address, "ipv4_mapped", None)  # an IPv4 visitor at an IPv6 socket
        return bool((mapped or address).is_loopback)
    except ValueError:
        return False
