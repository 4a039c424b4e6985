"""The wish that no core dozes, told to the kernel as it wants to be told; what it then holds to can be read from the same device."""

import os
import struct
from pathlib import Path

import pytest

from performer.awake import DEVICE, OWN_US, VIRTUAL_US, Awake, is_virtual

WANTED = VIRTUAL_US if is_virtual() else OWN_US


def told(device: Path) -> int:
    """The microseconds that stand there."""
    with device.open("rb") as file:
        return int(struct.unpack("=i", file.read(4))[0])


@pytest.mark.skipif(not os.access(DEVICE, os.W_OK), reason="this system has no such device, or not for us")
def test_the_kernel_holds_to_it_as_long_as_it_is_wished():
    before, awake = told(DEVICE), Awake()
    awake.hold()
    awake.hold()
    try:
        assert awake.held and told(DEVICE) == min(before, WANTED)
    finally:
        awake.let_go()
    awake.let_go()
    assert not awake.held and told(DEVICE) == before


def test_it_is_one_number_of_four_bytes(tmp_path):
    device = tmp_path / "cpu_dma_latency"
    device.touch()
    awake = Awake(device)
    awake.hold()
    assert told(device) == WANTED and device.stat().st_size == 4
    awake.let_go()


@pytest.mark.parametrize("device", ["there is none", "."])
def test_where_it_is_refused_nothing_is_held(tmp_path, device):
    awake = Awake(tmp_path / device)
    with pytest.raises(OSError, match=r"No such file|Is a directory"):
        awake.hold()
    assert not awake.held
