"""The edges of a real rig: several keyboards, pedals, channel mode messages, changes with a key down, keys that never come up."""

from collections.abc import Iterable

import pytest

from performer.effects import Say
from performer.events import Bend, Control, LearnPanic, NoteOff, NoteOn, Panic, ParameterSet, PortGone, Pressure, Program, Sync, Timed
from tests.stagehands import WrittenOutput, melody, offline

VOICE = "/performer/voice/{}/{}"
PLAYED = ("harmonise", "input")


def sounding(output: WrittenOutput) -> dict[tuple[int, int], int]:
    """How many note-ons have had no note-off, by channel and pitch, as a receiver would count them."""
    open_notes: dict[tuple[int, int], int] = {}
    for line in output.lines:
        if line[0] == "on":
            open_notes[line[1], line[2]] = open_notes.get((line[1], line[2]), 0) + 1
        elif line[0] == "off":
            open_notes[line[1], line[2]] -= 1
    return {slot: count for slot, count in open_notes.items() if count}


def sent(output: WrittenOutput) -> list[object]:
    return [line[1] for line in output.lines if line[0] == "event"]


def at_rest(output: WrittenOutput) -> bool:
    """Whether the last value of each pedal, bend and pressure is its rest."""
    last = {(type(event), getattr(event, "number", 0), event.channel): event.value for event in sent(output) if not isinstance(event, Program)}
    return not any(last.values())


def rig(*voices: dict[str, object], **first: object):
    """A graph with these voices and its output; settings of the first voice may be given by name."""
    output = WrittenOutput()
    settings = [dict(voice) for voice in voices] or [first]
    graph = offline(len(settings), outputs=[output], **settings[0])
    graph.handle(Timed(0.0, Sync()))  # as a show begins: from now on the beats tick
    for number, voice in enumerate(settings[1:], start=2):
        for name, value in voice.items():
            graph.handle(Timed(0.0, ParameterSet(VOICE.format(number, name), value)))
    return graph, output


def change(time: float, name: str, value: object, voice: int = 1) -> Timed:
    return Timed(time, ParameterSet(VOICE.format(voice, name), value))


# A1, A5, m08: gestures


def test_a_gesture_leaves_once_for_each_destination():
    graph, output = rig(*[{"mode": "harmonise", "channel": 1}] * 3, {"mode": "harmonise", "channel": 4})
    graph.play_on([Timed(1.0, Control(64, 127)), Timed(1.1, Bend(900)), Timed(1.2, Pressure(70))], until=2.0)
    assert [event.channel for event in sent(output)] == [1, 4] * 3


def test_gestures_of_a_channel_that_a_voice_does_not_listen_to_stay_away():
    graph, output = rig(mode="harmonise", input=1)
    events = [Control(64, 127, 3), Bend(-900, 3), Program(5, 3), Control(7, 0, 3), Pressure(9, None, 3)]
    graph.play_on([Timed(1.0 + place, event) for place, event in enumerate(events)], until=9.0)
    assert sent(output) == []


def test_a_harmony_keeps_its_sound_where_the_player_changes_his_own():
    graph, output = rig(mode="harmonise")
    graph.play_on([Timed(1.0, Control(0, 1)), Timed(1.1, Control(32, 1)), Timed(1.2, Program(5))], until=2.0)
    assert sent(output) == []


@pytest.mark.parametrize("settings", [{"mode": "input"}, {"mode": "punch-in"}])
def test_who_plays_through_a_voice_has_all_gestures_there(settings: dict[str, object]):
    graph, output = rig(**settings, channel=3)
    events = [Control(64, 127), Bend(900), Control(1, 40), Pressure(50), Pressure(20, 60), Program(5)]
    graph.play_on([Timed(0.9, NoteOn(60, 90)), *(Timed(1.0 + place / 100, event) for place, event in enumerate(events))], until=1.5)
    assert [type(event) for event in sent(output)] == [type(event) for event in events]
    assert {event.channel for event in sent(output)} == {3}


@pytest.mark.parametrize("name, value", [("mode", "call"), ("mode", "mute"), ("channel", 7), ("input", 2), ("output_port", 2)])
def test_what_a_voice_passed_on_comes_to_rest_when_it_no_longer_does(name: str, value: object):
    graph, output = rig(mode="harmonise", channel=3)
    away = [Control(64, 127), Control(66, 127), Control(67, 127), Control(1, 90), Bend(2000), Pressure(80)]
    graph.play_on([*(Timed(1.0, event) for event in away), change(2.0, name, value)], until=3.0)
    on_three = [event for event in sent(output) if event.channel == 3]
    assert len(on_three) == 2 * len(away)
    assert at_rest(WrittenOutputOf(on_three))


class WrittenOutputOf(WrittenOutput):
    """An output that only sent these events."""

    def __init__(self, events: Iterable[object]) -> None:
        super().__init__()
        self.lines = [("event", event) for event in events]


def test_a_pedal_that_another_voice_still_passes_on_stays_down():
    graph, output = rig(*[{"mode": "harmonise", "channel": 1}] * 2)
    graph.play_on([Timed(1.0, Control(64, 127)), change(2.0, "mode", "mute")], until=3.0)
    assert sent(output) == [Control(64, 127, 1)]


def test_of_two_players_pedals_at_one_destination_the_last_that_moved_counts():
    """As where MIDI cables are merged. When the destination changes the one that is still down goes along."""
    graph, output = rig(mode="harmonise", channel=1)
    moves = [Timed(1.0, Control(64, 127, 1)), Timed(1.1, Control(64, 100, 2)), Timed(1.2, Control(64, 0, 1)), Timed(1.3, Control(64, 90, 2))]
    graph.play_on([*moves, change(2.0, "channel", 5)], until=3.0)
    assert [(event.value, event.channel) for event in sent(output)] == [(127, 1), (100, 1), (0, 1), (90, 1), (0, 1), (90, 5)]


def test_a_gesture_that_changes_nothing_at_its_destination_does_not_leave():
    graph, output = rig(mode="harmonise")
    graph.play_on([Timed(1.0 + place, Control(64, value)) for place, value in enumerate((0, 127, 127, 0, 0))], until=7.0)
    assert [event.value for event in sent(output)] == [127, 0]


def test_the_end_of_a_show_leaves_every_gesture_at_rest():
    graph, output = rig(mode="harmonise")
    graph.play([Timed(1.0, Control(64, 127)), Timed(1.1, Bend(900)), Timed(1.2, Pressure(9)), Timed(1.3, Control(1, 9))], until=2.0)
    assert len(sent(output)) == 8 and at_rest(output)


def test_registered_parameters_arrive_whole_and_in_order():
    graph, output = rig(mode="input", channel=2)
    numbers = [(101, 0), (100, 0), (6, 12), (38, 0), (101, 127), (100, 127), (99, 1), (98, 8), (6, 64), (6, 64), (10, 5), (42, 99)]
    graph.play_on([Timed(1.0, Control(number, value)) for number, value in numbers], until=2.0)
    assert [(event.number, event.value) for event in sent(output)] == numbers


def test_bends_of_single_notes_of_an_mpe_zone_do_not_move_the_harmony():
    graph, output = rig(mode="harmonise", channel=1)
    zone = [Timed(0.5, Control(number, value, 1)) for number, value in ((101, 0), (100, 6), (6, 4))]
    bends = [Timed(1.0, Bend(500, 2)), Timed(1.1, Bend(-500, 5)), Timed(1.2, Bend(100, 1)), Timed(1.3, Bend(300, 6))]
    graph.play_on([*zone, *bends], until=2.0)
    assert [event.value for event in sent(output) if isinstance(event, Bend)] == [100, 300]
    assert Control(6, 4, 1) not in sent(output)


# A3, m05: one identity for a key


@pytest.mark.parametrize("mode", PLAYED)
def test_the_same_pitch_on_two_channels_ends_with_each_ones_own_key(mode: str):
    graph, output = rig({"mode": mode, "input": 1}, {"mode": mode, "input": 2})
    graph.play_on([Timed(1.0, NoteOn(60, 90, 1)), Timed(1.5, NoteOn(60, 90, 2)), Timed(2.0, NoteOff(60, 2))], until=2.5)
    assert {channel for channel, _ in sounding(output)} == {1}
    graph.play_on([Timed(3.0, NoteOff(60, 1))], until=3.5)
    assert not sounding(output)


@pytest.mark.parametrize("mode", PLAYED)
def test_the_page_and_a_keyboard_on_one_pitch_do_not_end_each_other(mode: str):
    graph, output = rig(mode=mode)
    graph.play_on([Timed(1.0, NoteOn(60, 90)), Timed(1.5, NoteOn(60, 70, 1, "desk")), Timed(2.0, NoteOff(60, 1, "desk"))], until=2.5)
    assert sounding(output)
    graph.play_on([Timed(3.0, NoteOff(60))], until=3.5)
    assert not sounding(output)


def test_a_page_that_lets_go_does_not_release_a_keyboard_that_is_held():
    graph, _ = rig(mode="call", patience=0.3)
    graph.play_on([Timed(1.0, NoteOn(60, 90)), Timed(1.1, NoteOn(60, 90, 1, "desk")), Timed(1.3, NoteOff(60, 1, "desk"))], until=4.0)
    assert not graph.score.begun


def test_a_key_that_is_struck_twice_without_a_note_off_ends_once():
    graph, output = rig(mode="input")
    graph.play_on([Timed(1.0, NoteOn(60, 90)), Timed(1.5, NoteOn(60, 80)), Timed(2.0, NoteOff(60))], until=3.0)
    assert [line[0] for line in output.lines] == ["on", "off", "on", "off"]


# A4, m06: changes with a key down


@pytest.mark.parametrize("mode", [*PLAYED, "punch-in"])
@pytest.mark.parametrize("name, value", [("input", 2), ("channel", 9), ("mode", "call"), ("output_port", 2), ("input_low", 70), ("input_port", 2)])
def test_a_note_ends_with_its_key_whatever_changed_meanwhile(mode: str, name: str, value: object):
    graph, output = rig(mode=mode, patience=5.0)
    graph.play_on([Timed(1.0, NoteOn(60, 90)), change(1.5, name, value), Timed(2.0, NoteOff(60))], until=2.5)
    assert graph.score.begun and not sounding(output)


def test_a_scene_that_changes_the_input_leaves_no_key_down():
    graph, output = rig({"mode": "harmonise", "input": 1}, {"mode": "input", "input": 1})
    events = [Timed(1.0, NoteOn(60, 90)), change(1.5, "input", 5, 1), change(1.5, "input", 6, 2), Timed(2.0, NoteOff(60))]
    graph.play_on(events, until=2.5)
    assert not sounding(output)


# A2, A6, m01: channel mode messages


@pytest.mark.parametrize("number", [120, 121, 122, 123, 124, 125, 126, 127])
@pytest.mark.parametrize("mode", ["harmonise", "input", "call", "autonomous", "punch-in"])
def test_a_channel_mode_message_is_never_sent_on(number: int, mode: str):
    graph, output = rig(mode=mode)
    graph.play_on([Timed(1.0, NoteOn(60, 90)), *(Timed(1.0 + place / 10, Control(number, 0)) for place in range(1, 5))], until=2.0)
    assert ("silence",) not in output.lines
    assert not [event for event in sent(output) if isinstance(event, Control) and event.number >= 120]


@pytest.mark.parametrize("number", [120, 123, 124, 125, 126, 127])
@pytest.mark.parametrize("mode", PLAYED)
def test_all_notes_off_releases_the_keys_of_its_own_channel_and_source(number: int, mode: str):
    graph, output = rig({"mode": mode, "input": 1}, {"mode": mode, "input": 2})
    keys = [Timed(1.0, NoteOn(60, 90, 1)), Timed(1.0, NoteOn(64, 90, 2)), Timed(1.2, Control(number, 0, 1, "desk"))]
    graph.play_on(keys, until=1.5)
    assert {channel for channel, _ in sounding(output)} == {1, 2}
    graph.play_on([Timed(2.0, Control(number, 0, 1))], until=2.5)
    assert {channel for channel, _ in sounding(output)} == {2}


def test_a_keyboard_that_sends_all_notes_off_with_its_last_key_is_answered():
    graph, _ = rig(mode="call")
    events = [each for timed in melody(60, 62, 64, 65) for each in (timed, *_all_notes_off_after(timed))]
    graph.play_on(events, until=6.0)
    assert graph.score.begun


def _all_notes_off_after(timed: Timed) -> list[Timed]:
    return [Timed(timed.time + 0.001, Control(123, 0))] if isinstance(timed.event, NoteOff) else []


def test_a_voice_by_itself_plays_on_when_a_daw_stops_or_resets_its_ports():
    graph, _ = rig(mode="autonomous")
    resets = [Timed(4.0, Control(number, 0, channel)) for channel in range(1, 17) for number in (120, 121, 123, 64)]
    graph.play_on(resets, until=12.0)
    onsets = [played.sent for played in graph.score.begun]
    assert [onset for onset in onsets if 3.0 < onset < 4.0] and [onset for onset in onsets if 6.0 < onset < 12.0]


def test_all_sound_off_ends_the_answer_under_way():
    graph, output = rig(mode="call")
    graph.play_on(melody(60, 62, 64, 65, 67, 69), until=3.6)
    assert graph.score.begun
    graph.play_on([Timed(3.7, Control(120, 0))], until=3.8)
    begun = len(graph.score.begun)
    graph.play_on([], until=8.0)
    assert len(graph.score.begun) == begun and not sounding(output)


def test_reset_all_controllers_lifts_the_pedal_of_its_own_channel():
    graph, output = rig(mode="harmonise")
    graph.play_on([Timed(1.0, Control(64, 127, 1)), Timed(1.1, Control(121, 0, 2))], until=1.5)
    assert not at_rest(output)
    graph.play_on([Timed(2.0, Control(121, 0, 1))], until=2.5)
    assert at_rest(output)


# B: panic


def test_after_a_panic_a_voice_by_itself_begins_again_at_the_next_bar():
    graph, output = rig(mode="autonomous")
    graph.play_on([Timed(0.1, NoteOn(60, 90)), Timed(0.2, NoteOff(60)), Timed(5.1, Panic())], until=5.2)
    assert not sounding(output)
    begun = len(graph.score.begun)
    graph.play_on([], until=12.0)
    later = [played.sent for played in graph.score.begun[begun:]]
    assert later and later[0] >= 6.0


def test_after_a_panic_gestures_are_at_rest():
    graph, output = rig(mode="harmonise")
    graph.play_on([Timed(1.0, Control(64, 127)), Timed(1.1, Bend(900)), Timed(2.0, Panic())], until=3.0)
    assert at_rest(output)


# m12: keys that never come up


def test_pads_that_send_no_note_off_are_answered_and_end():
    graph, output = rig({"mode": "call"}, {"mode": "harmonise", "channel": 2})
    graph.play_on([Timed(1.0 + 0.25 * place, NoteOn(36 + place, 90, 10)) for place in range(6)], until=9.0)
    assert [played for played in graph.score.begun if played.play.voice == 1]
    assert not sounding(output)


@pytest.mark.parametrize("mode", ["call", "continue"])
def test_a_key_whose_note_off_is_lost_does_not_silence_a_voice_for_ever(mode: str):
    graph, _ = rig(mode=mode)
    events = [Timed(1.0, NoteOn(48, 90)), *melody(60, 62, 64, start=2.0), *melody(60, 62, 64, 65, start=40.0)]
    graph.play_on(events, until=60.0)
    assert [played for played in graph.score.begun if played.sent > 41.0]


def test_an_accompanist_ends_where_a_key_is_stuck():
    graph, _ = rig(mode="accompany")
    graph.play_on([Timed(1.0, NoteOn(48, 90)), *melody(60, 62, 64, start=2.0)], until=90.0)
    assert graph.score.begun and max(played.sent for played in graph.score.begun) < 60.0


# B: several inputs, a split, transposition


def test_a_split_sends_each_half_to_its_own_voice():
    graph, output = rig({"mode": "input", "input_high": 59, "channel": 1}, {"mode": "input", "input_low": 60, "channel": 2, "transpose": -12})
    graph.play_on(melody(48, 72), until=3.0)
    assert [line[:3] for line in output.lines if line[0] == "on"] == [("on", 1, 48), ("on", 2, 60)]
    assert not sounding(output)


def test_voices_listen_to_inputs_of_their_own():
    graph, output = rig({"mode": "input", "input_port": 1, "channel": 1}, {"mode": "input", "input_port": 2, "channel": 2})
    graph.play_on([*melody(60), *melody(60, start=2.0, source="midi:2"), *melody(60, start=3.0, source="desk")], until=4.0)
    assert [line[1] for line in output.lines if line[0] == "on"] == [1, 2, 1]


def test_voices_play_on_outputs_of_their_own():
    outputs = [WrittenOutput(), WrittenOutput()]
    graph = offline(2, outputs=outputs, mode="input")
    graph.play_on([change(0.1, "mode", "input", 2), change(0.2, "output_port", 2, 2), *melody(60), Timed(1.0, Control(64, 127))], until=3.0)
    assert [line[:3] for line in outputs[0].lines if line[0] != "event"] == [("on", 1, 60), ("off", 1, 60)]
    assert [line[:3] for line in outputs[1].lines if line[0] != "event"] == [("on", 2, 60), ("off", 2, 60)]
    assert sent(outputs[0]) == [Control(64, 127, 1)] and sent(outputs[1]) == [Control(64, 127, 2)]


@pytest.mark.parametrize("press", [Control(20, 127, 3), NoteOn(24, 90, 3)])
def test_a_controller_or_a_key_becomes_the_panic_button(press: Control | NoteOn):
    graph, output = rig(mode="input")
    graph.play_on([Timed(1.0, LearnPanic()), Timed(1.5, press), Timed(2.0, NoteOn(60, 90))], until=2.5)
    assert [line for line in output.lines if line[0] == "on"] == [("on", 1, 60, 90)]
    graph.play_on([Timed(3.0, press)], until=3.5)
    assert ("silence",) in output.lines and not sounding(output)
    graph.play_on([Timed(4.0, NoteOff(24, 3)), Timed(4.0, Control(20, 0, 3)), Timed(5.0, NoteOn(62, 90))], until=5.5)
    assert list(sounding(output)) == [(1, 62)] and output.lines.count(("silence",)) == 1


def test_a_fader_that_is_moved_up_is_one_panic():
    graph, output = rig(mode="harmonise")
    sweep = [Timed(1.1 + place * 0.005, Control(20, 60 + place)) for place in range(60)]
    graph.play_on([Timed(1.0, ParameterSet("/performer/midi/panic_control", 20)), *sweep], until=2.0)
    assert output.lines.count(("silence",)) == 1


def test_a_pedal_that_becomes_the_panic_button_while_it_is_down_still_comes_up():
    graph, output = rig(mode="harmonise")
    pedal = [Timed(1.0, Control(64, 127)), Timed(1.2, ParameterSet("/performer/midi/panic_control", 64)), Timed(1.4, Control(64, 0))]
    graph.play_on(pedal, until=2.0)
    assert at_rest(output)


def test_learning_ends_by_itself_and_when_it_is_asked_for_again():
    graph, output = rig(mode="input")
    graph.play_on([Timed(1.0, LearnPanic()), Timed(12.0, NoteOn(60, 90))], until=12.5)
    graph.play_on([Timed(13.0, LearnPanic()), Timed(13.5, LearnPanic()), Timed(14.0, NoteOn(62, 90))], until=14.5)
    assert set(sounding(output)) == {(1, 60), (1, 62)}


def test_mpe_zones_end_with_their_input():
    graph, output = rig(mode="harmonise")
    zone = [Timed(1.0, Control(number, value, 1)) for number, value in ((101, 0), (100, 6), (6, 15))]
    graph.play_on([*zone, Timed(1.1, PortGone()), Timed(1.3, Bend(900, 2))], until=2.0)
    assert Bend(900, 1) in sent(output)


def test_the_panic_button_works_on_an_input_that_is_cut_off():
    """Two Performers in a ring, as it were: each note that leaves comes in again as two others."""
    graph, output = rig(mode="harmonise", notes=4)
    graph.handle(Timed(0.5, ParameterSet("/performer/midi/panic_control", 20)))
    for place in range(3000):
        graph.handle(Timed(1.0 + place / 1000, NoteOn(place * 7 % 128, 1 + place % 127)))
    cut = [effect for effect in graph.said if isinstance(effect, Say) and effect.address == "/performer/midi/cut"]
    assert cut and cut[-1].arguments == ("midi", 1)
    graph.handle(Timed(4.1, Control(20, 127)))
    assert ("silence",) in output.lines and not sounding(output)
