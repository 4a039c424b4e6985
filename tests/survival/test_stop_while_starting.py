"""A show is ended while it starts: the short form of `python -m tests.survival.stop_while_starting`."""

from pathlib import Path

import pytest

from tests.jack import JackServer
from tests.survival.stop_while_starting import stop

pytestmark = pytest.mark.programs


def test_it_ends_within_two_seconds(jack_server: JackServer, tmp_path: Path):
    _, failures = stop(4, 7, tmp_path)
    assert not failures


def test_it_does_so_beside_a_jack_server_that_stands_still(jack_server: JackServer, tmp_path: Path):
    with jack_server.stuck():
        _, failures = stop(4, 8, tmp_path)
    assert not failures
