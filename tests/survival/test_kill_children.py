"""A process dies or stands still while the show plays: the short form of `python -m tests.survival.kill_children`."""

import signal
from pathlib import Path

import pytest

from tests.jack import JackServer
from tests.survival.kill_children import Figures, hurt, playing

pytestmark = pytest.mark.programs
LINES = (
    "[audio]\nenabled = false", "[visuals]\nenabled = false", "[desk]\nenabled = true", '[models]\nnotes = "echo"',
    '[[voice]]\nmode = "harmonise"',
)  # fmt: skip


def test_a_process_that_stands_still_is_found_and_started_again(jack_server: JackServer, tmp_path: Path):
    figures = Figures()
    with playing(tmp_path, *LINES) as (show, player):
        for name in ("desk", "engine"):
            hurt(show, name, signal.SIGSTOP, player, figures)
        assert show.end() == 0
    assert not figures.failures
    assert "did not answer" in "".join(show.words)
