"""The engine dies while notes sound: the short form of `python -m tests.survival.kill_engine`."""

from pathlib import Path

import pytest

from tests.jack import JackServer
from tests.survival.kill_engine import ANSWERED_S, kill

pytestmark = pytest.mark.programs


def test_what_a_dead_engine_left_sounding_ends_at_once_and_the_connections_stay(jack_server: JackServer, tmp_path: Path):
    figures = kill(2, 1, tmp_path, between=(1.0, 2.0))
    assert not figures.failures and len(figures.silent_ms) == 2
    assert max(figures.answered_s) < 2 * ANSWERED_S  # beside other tests; alone it is about 1.5 s
