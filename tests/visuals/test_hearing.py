import pytest

from performer.loopback import encode
from performer.visuals.hearing import QUIET_S, SILENCE, Hearing
from performer.visuals.walk import PREFIX


def features(onset: float) -> bytes:
    return encode("/performer/features", 0.5, 0.1, 0.2, 0.3, 0.4, onset, 1.0)


def test_features_go_stale_and_parameters_stay():
    hearing = Hearing({PREFIX + "speed": 1.5})
    hearing.take(features(0.5), 10.0)
    hearing.take(encode(PREFIX + "fade", 0.25), 10.0)
    assert hearing.features(10.5)[0] == 0.5 and hearing.features(11.5) == SILENCE
    assert hearing.values[PREFIX + "fade"] == 0.25 and hearing.values[PREFIX + "speed"] == 1.5


def test_an_onset_strikes_once():
    hearing = Hearing({})
    hearing.take(features(0.1), 1.0)
    assert not hearing.struck.is_set()
    hearing.take(features(0.9), 1.02)
    assert hearing.struck.is_set()
    hearing.struck.clear()
    hearing.take(features(0.8), 1.04)
    assert not hearing.struck.is_set()


def test_what_is_no_osc_or_no_business_of_the_picture_changes_nothing():
    hearing = Hearing({})
    before = dict(hearing.values)
    for datagram in (b"", b"\x00" * 7, b"/performer", encode("/performer/voice/1/low", 3), encode("/performer/features", 1.0)):
        hearing.take(datagram, 1.0)
    assert hearing.values == before and hearing.features(1.0) == SILENCE


@pytest.mark.parametrize("sign", [
    features(0.0), encode("/performer/features", 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0), encode(PREFIX + "speed", 1.5),
    encode(PREFIX + "keyframe/recall", "a", "b:1"),
], ids=["level", "onset", "value", "wish"])  # fmt: skip
def test_it_is_quiet_until_the_first_sound_or_new_value_which_is_worth_a_frame_at_once(sign: bytes):
    hearing = Hearing({PREFIX + "fade": 0.5})
    hearing.take(features(0.0), 10.0)
    later = 10.1 + QUIET_S
    for nothing in (encode("/performer/features", *SILENCE), encode(PREFIX + "fade", 0.5), encode("/performer/beat", 3, 1, 1.0)):
        hearing.take(nothing, later)
    assert not hearing.is_quiet(10.0 + 0.9 * QUIET_S) and hearing.is_quiet(later) and not hearing.struck.is_set()
    hearing.take(sign, later)
    assert not hearing.is_quiet(later) and hearing.struck.is_set()


def test_it_is_not_quiet_where_the_beat_modulates_the_picture():
    hearing = Hearing({"/performer/modulation/1/source": "sine"})
    hearing.take(features(0.0), 10.0)
    assert not hearing.is_quiet(1000.0)
    hearing.take(encode("/performer/modulation/1/source", "onset"), 1000.0)
    assert hearing.is_quiet(1001.0 + QUIET_S)
