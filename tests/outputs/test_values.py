"""The value cache and the bundles."""

from performer.loopback import decode, encode
from performer.outputs.bundles import SAFE_BYTES, Packer
from performer.outputs.values import UNKNOWN, Change, ValueCache


def test_of_a_value_the_newest_is_told_and_whether_it_is_another():
    cache = ValueCache(("/a", "/b"))
    assert cache.newest("/a") is UNKNOWN and "/a" in cache and "/c" not in cache and not cache.waiting
    for address, value in (("/a", 1), ("/b", 5), ("/a", 2)):
        cache.put(address, value)
    assert cache.newest("/a") == 2 and cache.waiting
    assert list(cache.take()) == [Change("/a", 2, True), Change("/b", 5, True)]
    cache.put("/a", 2)
    cache.note("/b", 6)
    cache.put("/b", 6)
    assert list(cache.take()) == [Change("/a", 2, False), Change("/b", 6, False)] and not cache.waiting


def test_messages_fill_datagrams_of_a_safe_size_in_their_order():
    packer, datagrams = Packer(), []
    messages = [encode(f"/performer/value/{number}", "x" * (number % 90), number) for number in range(500)]
    for message in messages:
        full = packer.add(message)
        datagrams += [full] if full else []
    datagrams += [packer.take()]
    assert packer.take() is None and max(map(len, datagrams)) <= SAFE_BYTES and min(map(len, datagrams[:-1])) > SAFE_BYTES - 160
    assert [message.arguments[1] for datagram in datagrams for message in decode(datagram)] == list(range(500))


def test_a_message_that_is_alone_or_too_large_travels_as_it_is():
    packer, small, large = Packer(), encode("/a", 1), encode("/b", "x" * 5000)
    assert packer.add(small) is None
    assert packer.add(large) == small
    assert packer.add(small) == large
    assert packer.take() == small
