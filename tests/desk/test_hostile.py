"""What a hostile visitor leaves in the log: no traceback, and few lines."""

import pytest

from performer.desk.process import DeskOptions
from tests.desk.hostile import visit_in_every_way
from tests.desk.stand import Stand

MOST_LINES = 20


@pytest.mark.parametrize("token", [None, "a word"])
def test_a_hostile_visitor_leaves_no_traceback_and_few_lines(capfd: pytest.CaptureFixture[str], token: str | None) -> None:
    stand = Stand(DeskOptions(token=token))
    try:
        visits = visit_in_every_way(stand.port)
        assert visits > 150 and stand.process.is_alive()
        cookie = {"Cookie": "performer-token=a%20word"} if token else {}
        assert stand.get("/health", **cookie)[0] in (200, 401, 503)
    finally:
        stand.end()
    words = capfd.readouterr().err
    print(f"{visits} visits: {words.count('Traceback')} tracebacks, {len(words)} letters")
    assert "Traceback" not in words and len(words.splitlines()) <= MOST_LINES, words[-3000:]
