"""What goes first: beside a JACK server without real time nothing of ours has it either."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys, threading
from performer.priority import NICE, NICEST, PUNCTUAL, REALTIME, lower_priority, punctual, raise_priority
release, there = threading.Event(), threading.Event()
def wait():
    with punctual():
        there.set()
        release.wait()
threading.Thread(target=release.wait, daemon=True).start()
waiting = threading.Thread(target=wait, daemon=True)
waiting.start()
there.wait()
granted = raise_priority(sys.argv[1] == "jack")
threads = [int(each) for each in os.listdir("/proc/self/task")]
policies = {os.sched_getscheduler(each) for each in threads}
if granted == "nice":
    first = {each for each in threads if os.getpriority(os.PRIO_PROCESS, each) == NICEST}
    others = {os.getpriority(os.PRIO_PROCESS, each) for each in threads if each not in first} == {NICE}
else:
    first = {each for each in threads if os.sched_getparam(each).sched_priority == PUNCTUAL}
    others = {os.sched_getparam(each).sched_priority for each in threads if each not in first} == {REALTIME}
goes_first = first == {waiting.native_id} and others
lower_priority()
after = {os.sched_getscheduler(int(each)) for each in os.listdir("/proc/self/task")}
print(granted, policies == {os.SCHED_RR}, after == {os.SCHED_OTHER}, goes_first)
"""


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler") or not os.path.isdir("/proc/self/task"), reason="this system has no such threads")
def test_every_thread_is_raised_and_lowered_again_but_not_above_a_jack_that_has_no_real_time():
    def granted(beside: str) -> list[str]:
        done = subprocess.run([sys.executable, "-c", PROGRAM, beside], capture_output=True, text=True, timeout=30, check=True)
        return done.stdout.split()

    alone, beside_jack = granted("alone"), granted("jack")
    assert alone[0] in ("real-time", "nice", "normal") and (alone[0] != "real-time" or alone[1:] == ["True", "True", "True"])
    assert beside_jack[0] in ("nice", "normal") and beside_jack[1] == "False" and (beside_jack[0] != "nice" or beside_jack[3] == "True")
