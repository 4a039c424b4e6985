"""How far long work is, as it is told on a terminal and in a log; the clock is turned by hand."""

import io

import pytest

from performer.progress import Progress, duration_in_words, watched


class Screen(io.StringIO):
    """Standard error on a terminal, or not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def shown(terminal: bool, every: float = 0.1, seconds: int = 60) -> str:
    """What stands on standard error after work of so many seconds, of which is told every so often."""
    now, screen = [100.0], Screen(terminal)
    with Progress("bench", screen, lambda: now[0]) as progress:
        for step in range(round(seconds / every) + 1):
            now[0] = 100.0 + step * every
            progress("notes", step, round(seconds / every))
    return screen.getvalue()


def test_a_terminal_has_one_line_that_changes_and_is_gone_at_the_end():
    text = shown(terminal=True)
    assert "\n" not in text and text.endswith("\r\x1b[K")
    lines = text.split("\r\x1b[K")[1:-1]
    assert 200 < len(lines) <= 5 * 60
    assert "bench: notes, 50 %, 30 s left" in lines


def test_a_log_has_a_line_every_ten_seconds_with_the_time_that_is_left():
    assert shown(terminal=False).splitlines() == [
        "performer: bench: notes, 17 %, 50 s left",
        "performer: bench: notes, 33 %, 40 s left",
        "performer: bench: notes, 50 %, 30 s left",
        "performer: bench: notes, 67 %, 20 s left",
        "performer: bench: notes, 83 %, 10 s left",
        "performer: bench: notes, 100 %, 0 s left",
    ]


def test_what_is_over_at_once_says_nothing():
    assert shown(terminal=False, seconds=9) == ""
    assert shown(terminal=True, every=0.3, seconds=1) == ""


def test_a_new_kind_of_work_is_told_when_its_pace_is_known():
    now, screen = [0.0], Screen(False)
    progress = Progress("all", screen, lambda: now[0])
    for now[0] in (20.0, 21.0, 22.5):
        progress("notes", now[0] - 20.0, 10.0)
    assert screen.getvalue() == "performer: all: notes, 25 %, 8 s left\n"


def test_the_time_that_is_left_is_that_of_what_is_done_now():
    now, screen = [0.0], Screen(False)
    progress = Progress("all", screen, lambda: now[0])
    for now[0] in (0.0, 100.0):
        progress("slow", now[0], 100.0)
    for now[0] in (100.0, 111.0):
        progress("quick", now[0] - 100.0, 22.0)
    assert screen.getvalue().splitlines()[-1] == "performer: all: quick, 50 %, 11 s left"


def test_a_sentence_between_does_not_stand_in_the_line():
    now, screen = [0.0], Screen(True)
    with Progress("eval", screen, lambda: now[0]) as progress:
        now[0] = 5.0
        progress("pieces", 1, 2)
        progress.say("torn.mid is left out.")
    assert screen.getvalue() == "\r\x1b[Keval: pieces, 50 %\r\x1b[Kperformer: torn.mid is left out.\n"


def test_nobody_reads_it():
    class Broken(Screen):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with Progress("bench", Broken(True), lambda: 0.0) as progress:
        progress.say("Nobody hears this.")


def test_each_thing_is_told_before_it_is_done():
    told: list[tuple[object, ...]] = []
    assert list(watched("ab", lambda *words: told.append(words), "letters")) == ["a", "b"]
    assert told == [("letters", 0, 2), ("letters", 1, 2)]


@pytest.mark.parametrize(("seconds", "words"), [
    (0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (125.0, "2 min 5 s"), (3600.0, "1 h"), (12_000.0, "3 h 20 min"), (62_500_000.0, "723 days"),
])  # fmt: skip
def test_a_duration_in_words(seconds: float, words: str):
    assert duration_in_words(seconds) == words
