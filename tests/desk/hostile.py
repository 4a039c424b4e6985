"""A visitor who sends what no browser does, over raw sockets. By hand: python -m tests.desk.hostile PORT."""
# ruff: noqa: E501

import base64
import contextlib
import os
import random
import socket
import struct
import sys
import threading

KEY = base64.b64encode(b"0" * 16).decode()
UPGRADE = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
REQUESTS: tuple[bytes, ...] = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"GET\r\n\r\n", b"\r\n" * 50, b"\x00" * 1000, b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [::\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost:99999999\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost:x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n", b"GET //[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /?token=%ff%fe&token=%ed%a0%80 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /?token=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /%ff%00%2e%2e/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: performer-token=\xff\xed\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X%d: y\r\n" % number for number in range(5000)) + b"\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999\r\n\r\nx",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"GET /parameters.json HTTP/1.1\r\nHost: localhost\r\nRange: bytes=-\r\n\r\n",
    *(f"GET /ws HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}{more}\r\n".encode("latin-1") for more in (
        "Origin: http://[\r\n", "Origin: http://[::1\r\n", "Origin: null\r\n", "Origin: http://localhost:x\r\n", "Origin: \xff\r\n", "Content-Length: 5\r\n",
        "Sec-WebSocket-Protocol: a,,b\r\n", "Sec-WebSocket-Extensions: ;;\r\n", f"Sec-WebSocket-Key: {KEY}\r\n")),
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 99\r\n\r\n",
    b"POST /ws HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE.encode() + b"\r\n", b"GET /none HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE.encode() + b"\r\n",
)  # fmt: skip
GOOD = f"GET /ws HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}\r\n".encode()


def frame(opcode: int, payload: bytes, fin: bool = True, masked: bool = True, length: int | None = None) -> bytes:
    """A WebSocket frame of a client; it may say another length than it has."""
    said = len(payload) if length is None else length
    if said < 126:
        size = struct.pack("!B", said | masked << 7)
    else:
        size = struct.pack("!BH", 126 | masked << 7, said) if said <= 0xFFFF else struct.pack("!BQ", 127 | masked << 7, said)
    return bytes([opcode | fin << 7]) + size + (bytes(4) if masked else b"") + payload


FRAMES: tuple[bytes, ...] = (
    frame(1, b"\xff\xfe"), frame(1, b"x" * 100_000), frame(1, b"x", masked=False), frame(3, b"x"), frame(15, b""), frame(0, b"x"), frame(9, b"x" * 200),
    frame(8, b"\x00"), frame(8, struct.pack("!H", 5) + b"\xff"), frame(8, struct.pack("!H", 1000)), frame(1, b"x", length=1 << 62), frame(2, b"\x00" * 100),
    frame(1, b"[" * 4000), frame(1, b"{" * 4000), frame(1, b'["/performer/note/on", NaN, 1e999]'), frame(1, b'["/performer/note/on", {"a": []}, null]'),
    frame(1, b'["/performer/tempo/bpm", 1' + b"0" * 3000 + b"]"), frame(1, b'["\\ud800"]'), frame(1, b"x", fin=False) * 50, os.urandom(500),
    frame(1, b'"x"'), frame(1, b"7"), frame(1, b"[]"), frame(1, b"[[]]"), frame(1, b'["/performer/note/on"]'), b"\x81",
)  # fmt: skip


def visit(port: int, content: bytes, more: bytes = b"", abrupt: bool = False, wait: float = 0.3) -> bytes:
    """Send it; with `abrupt` go without a good-bye. Returns the beginning of the answer."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=5.0)) as sock:
        if abrupt:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        answer = b""
        with contextlib.suppress(OSError):
            sock.sendall(content)
            sock.settimeout(wait)
            if more:
                answer = sock.recv(4096)
                sock.sendall(more)
            if not abrupt:
                answer += sock.recv(4096)
        return answer


def visit_in_every_way(port: int, rounds: int = 1, seed: int = 7) -> int:
    """Everything once, whole, cut off and abruptly, from several threads. Returns how many visits there were."""
    chance = random.Random(seed)
    visits: list[tuple[bytes, bytes, bool]] = []
    for _ in range(rounds):
        for content in REQUESTS:
            visits += [(content, b"", False), (content, b"", True), (content[: chance.randrange(1, len(content))], b"", True)]
        for more in FRAMES:
            visits += [(GOOD, more, False), (GOOD, more, True), (GOOD[: chance.randrange(20, len(GOOD))], b"", True)]
    chance.shuffle(visits)

    def work(part: list[tuple[bytes, bytes, bool]]) -> None:
        for content, more, abrupt in part:
            visit(port, content, more, abrupt)

    threads = [threading.Thread(target=work, args=(visits[number::8],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(visits)


if __name__ == "__main__":
    print(visit_in_every_way(int(sys.argv[1]), 4), "visits")
