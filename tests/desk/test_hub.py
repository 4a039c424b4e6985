import asyncio
import json

import pytest

from performer.desk.hub import MOST_COMING, MOST_WAITING, Hub, Outbox
from performer.loopback import encode
from performer.parameters import Table

REACT = "/performer/visuals/react"


@pytest.fixture
def hub():
    return Hub(Table(1))


def tell(hub, *datagrams):
    """Let the datagrams arrive while a page with pictures and one without listen."""

    async def listen():
        hub.outboxes = {Outbox(pictures=True), Outbox(pictures=False)}
        hub.attach(asyncio.get_running_loop())
        for datagram in datagrams:
            hub.arrived(datagram)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(listen())
    return sorted(hub.outboxes, key=lambda outbox: outbox.pictures)


def test_notes_keep_their_order_and_of_a_value_only_the_newest_counts(hub):
    notes = [encode("/performer/played", 1, 60 + step, 90, 0.5, 0.0) for step in range(5)]
    for outbox in tell(hub, encode(REACT, 0.5), *notes, encode(REACT, 1.5)):
        assert [json.loads(text)[2] for text in outbox.notes] == [60, 61, 62, 63, 64]
        assert list(map(json.loads, outbox.values.values())) == [[REACT, 1.5]]


def test_of_pictures_only_the_newest_counts_and_only_for_those_who_asked(hub):
    without, with_pictures = tell(hub, b"\xff\xd8 old", b"\xff\xd8 new")
    assert without.picture is None
    assert with_pictures.picture == b"\xff\xd8 new"


@pytest.mark.parametrize("datagram", [b"", b"/", b"nonsense", b"#bundle\0", encode("/a", float("nan")), encode("/a", b"blob")])
def test_what_makes_no_sense_is_counted(hub, datagram):
    for outbox in tell(hub, datagram, encode("/performer/panic")):
        assert list(map(json.loads, outbox.notes)) == [["/performer/panic"]]
    assert hub.counts["malformed"] == 1


def test_nothing_grows(hub):
    flood = [encode("/performer/released", 1, 60)] * (MOST_COMING + 100)
    for outbox in tell(hub, *flood):
        assert outbox.overrun
        assert len(outbox.notes) == MOST_WAITING
    assert hub.counts["lost"] == 100
