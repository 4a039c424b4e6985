"""A program, `python -m performer.bench.flood PORT RATE SECONDS`: so many parameter messages a second to a show on this machine, then one line
of JSON: how many were sent, and the last value of each address. What it sends changes neither notes nor their timing."""

import json
import socket
import sys
import time

from performer.loopback import encode

ADDRESSES = (*(f"/performer/visuals/{name}" for name in ("react", "speed", "truncation", "mix", "fade")), "/performer/voice/1/length")
TICK = 0.002  # seconds between two handfuls of messages


def main(port: int, rate: float, seconds: float) -> None:
    last: dict[str, float] = {}
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        begun = time.perf_counter()
        while (passed := time.perf_counter() - begun) < seconds:
            while sent < passed * rate:
                address = ADDRESSES[sent % len(ADDRESSES)]
                last[address] = 0.3 + 0.7 * (sent % 997) / 997
                sock.sendto(encode(address, last[address]), ("127.0.0.1", port))
                sent += 1
            time.sleep(TICK)
    print(json.dumps({"sent": sent, "last": last}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
