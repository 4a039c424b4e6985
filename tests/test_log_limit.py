"""What a log may hold: a line a minute of each kind, and never a flood."""

import io
import logging
from collections.abc import Iterator

import pytest

from performer.log_limit import BURST, RATE, LogLimit, NoTraceback


class Log:
    """A logger of its own, on a clock that is set."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.limit = LogLimit(lambda: self.now)
        self.handler.addFilter(self.limit)
        self.logger = logging.Logger("a test")
        self.logger.addHandler(self.handler)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def log() -> Iterator[Log]:
    yield Log()


def test_of_an_error_that_repeats_one_line_a_minute_is_written_with_the_count(log: Log) -> None:
    for second in range(181):
        log.now = float(second)
        log.logger.warning("%s ended (%s); it starts again in %.1f s", "engine", -second, second / 10)
    assert [line.endswith("s (59 more like this since the last)") for line in log.lines] == [False, True, True, True]
    assert log.limit.left_out == 177


def test_lines_of_other_words_levels_and_errors_are_of_other_kinds(log: Log) -> None:
    for error in (ValueError("x"), KeyError("x")):
        try:
            raise error
        except Exception:
            log.logger.exception("it failed")
    log.logger.error("it failed")
    log.logger.warning("it failed")
    log.logger.warning("it works")
    assert sum(line.startswith("it ") for line in log.lines) == 5


def test_a_flood_of_many_kinds_is_bounded(log: Log) -> None:
    for number in range(100_000):
        log.now = number / 1000
        log.logger.warning("a word %s", "".join(chr(97 + int(digit)) for digit in str(number)))
    assert BURST <= len(log.lines) <= BURST + 100 * RATE + 1


def test_a_line_that_cannot_be_formatted_harms_nobody(log: Log) -> None:
    log.logger.handlers[0].handleError = lambda record: None  # type: ignore[method-assign]
    log.logger.warning("%d words", "no")
    log.logger.warning("fine")
    assert "fine" in log.lines[-1]


def test_a_visitor_brings_about_no_traceback(log: Log) -> None:
    log.handler.addFilter(NoTraceback())
    try:
        raise ValueError("a very long story")
    except ValueError:
        log.logger.exception("Exception in %s\n", "ASGI")
    assert log.lines == ["Exception in ASGI: ValueError"]
