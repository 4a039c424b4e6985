"""The audio system that a bench is measured through: the JACK server that runs, or one without hardware, started for the bench alone."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

from performer import jack

PERIOD = 128  # frames at 48 kHz: 2.7 ms
LISTENS = "Performer Audio:in_0"  # the port of the show's audio input


@contextlib.contextmanager
def jack_server() -> Iterator[str]:
    """What clicks go through, in a word: "jack", "jack dummy" or "none". While the block runs whoever looks for a server finds this one."""
    observer = jack.Observer.open()
    if observer is not None:
        observer.close()
        yield "jack"
    elif shutil.which("jackd") is None or shutil.which("jack_wait") is None:
        yield "none"
    else:
        name = f"performer-bench-{os.getpid()}"
        before = os.environ.get("JACK_DEFAULT_SERVER")
        os.environ["JACK_DEFAULT_SERVER"] = name
        command = ["jackd", "-n", name, "-r", "-S", "-d", "dummy", "-r", "48000", "-p", str(PERIOD)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            waited = subprocess.run(["jack_wait", "-s", name, "-w", "-t", "10"], check=False, capture_output=True, timeout=20)
            yield "jack dummy" if waited.returncode == 0 else "none"
        finally:
            server.terminate()
            server.wait(20)
            if before is None:
                del os.environ["JACK_DEFAULT_SERVER"]
            else:
                os.environ["JACK_DEFAULT_SERVER"] = before
