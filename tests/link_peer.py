"""Another program in the Ableton Link session: every 20 ms it tells, as JSON, its moment (time.perf_counter), beat, tempo and peers.

It ends with its input."""

import asyncio
import json
import sys
import threading
import time

import aalink


async def take_part(bpm: float, over: threading.Event) -> None:
    link = aalink.Link(bpm)
    link.quantum = 4
    link.enabled = True
    while not over.is_set():
        before = time.perf_counter()
        beat = link.beat
        after = time.perf_counter()
        if after - before < 0.0005:
            print(json.dumps([(before + after) / 2, beat, link.tempo, link.num_peers]), flush=True)
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    asyncio.run(take_part(float(sys.argv[1]), ended))
