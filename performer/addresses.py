"""Hosts and ports as people write them: 127.0.0.1:9001, [::1]:9001, localhost:9001."""

import socket

EVERYWHERE = ("", "0.0.0.0", "::")  # hosts that stand for every address of this machine
HERE = ("127.0.0.1", "localhost", "::1")  # hosts that only this machine reaches
FIRST_PORT, LAST_PORT = 1, 65535
LONGEST_HOST = 253  # letters, as of a name in the DNS


def parse_client(text: str) -> tuple[str, int]:
    """Host and port of "host:port"; an IPv6 address stands in brackets. Raises ValueError with the reason."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host:
        raise ValueError("is not host:port")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and FIRST_PORT <= int(port) <= LAST_PORT):
        raise ValueError(f"has the port '{port}', which is not a number from {FIRST_PORT} to {LAST_PORT}")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("is no host:port: an IPv6 address stands in brackets, as [::1]:9001, and nothing stands before a host")
    if problem := host_problem(host):
        raise ValueError(f"names a host that {problem}")
    return host, int(port)


def host_problem(host: str) -> str:
    """What is wrong with the name or the address of a host, as the end of a sentence; empty where nothing is."""
    if ":" in host:
        try:
            socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
        except (OSError, ValueError):
            return "is no IPv6 address, and the port has a key of its own"
        return ""
    if len(host) > LONGEST_HOST or any(not part or len(part) > 63 for part in host.removesuffix(".").split(".") if host):
        return "is no name of a host"
    if not all(letter.isalnum() or letter in "-._" for letter in host):
        return "has letters that no name of a host has"
    if host and host.replace(".", "").isdigit():
        try:
            socket.inet_pton(socket.AF_INET, host)
        except (OSError, ValueError):
            return "is no IPv4 address of four numbers from 0 to 255"
    return ""


def family_of(host: str) -> socket.AddressFamily:
    """The family of the sockets that listen at this host."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def in_link(host: str) -> str:
    """The host as it stands before a port or in a link."""
    return f"[{host}]" if ":" in host else host


def reach(host: str, family: socket.AddressFamily, listening: str) -> str:
    """The host as a socket of this family, which listens at `listening`, can send to it. Raises ValueError where it cannot."""
    if family == socket.AF_INET and ":" in host:
        raise ValueError(f"has an IPv6 address, and OSC listens at '{listening}', an IPv4 one")
    if family == socket.AF_INET6 and ":" not in host:
        if listening != "::":
            raise ValueError(f"has no IPv6 address, and OSC listens at '{listening}', an IPv6 one")
        return f"::ffff:{host}" if host.replace(".", "").isdigit() else host
    return host
