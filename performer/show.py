"""A show file: one TOML file that sets everything up. It is checked once, becomes frozen values, and is never changed while it runs.

The dataclasses below are the schema: `performer init` writes them out with their sentences, and a mistake in a file is told with line,
key and remedy. Most keys of [[voice]], [tempo], [song], [visuals], [[modulation]] and [window] are rows of the table of parameters.
"""

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from performer.addresses import HERE, parse_client
from performer.chords import progression
from performer.movers import MOVES, SLOTS
from performer.parameters import VOICES, Table
from performer.show_check import Checker
from performer.show_names import no_key, no_section
from performer.show_ports import EXAMPLE, VOICES_EXAMPLE, InputPort, OutputPort, check_scene, on_ports, read_ports
from performer.show_text import BYTE_ORDER_MARK, parse_toml, read_text
from performer.show_values import as_toml, shown

INSTRUMENTS = ("keys", "melody", "drums", "bass")
SHARES = ("ndi", "syphon", "spout", "camera")
Items = tuple[Any, ...]


def _key(default: Any, doc: str, low: float | None = None, high: float | None = None, choices: Items = (), holds: str = "") -> Any:
    """A key; `holds` says what its texts are where they are more than words: folder, model, host or client."""
    return field(default=default, metadata={"doc": doc, "low": low, "high": high, "choices": choices, "holds": holds})


@dataclass(frozen=True, slots=True)
class General:
    """[show]"""

    name: str = _key("untitled", "The show's name: takes are called after it.")
    seed: int = _key(0, "The seed of all chance; 0 draws a new one each time (it is written into the take).", 0, 2**31 - 1)
    awake: bool = _key(True, "Whether no core may doze while somebody plays (Linux); on a virtual machine that takes all power.")


@dataclass(frozen=True, slots=True)
class Midi:
    """[midi]"""

    input: str = _key("", "Part of the name of the port to listen to; empty: make a virtual port 'Performer In'.")
    output: str = _key("", "Part of the name of the port to play to; empty: make a virtual port 'Performer Out'.")
    enabled: bool = _key(True, "Whether to use MIDI ports at all.")
    inputs: tuple[InputPort, ...] = field(default=(), metadata={"table": InputPort})
    outputs: tuple[OutputPort, ...] = field(default=(), metadata={"table": OutputPort})

    @property
    def input_ports(self) -> tuple[InputPort, ...]:
        """The ports to listen to: those of [[midi.inputs]], or else the one of `input`."""
        return self.inputs or (InputPort(self.input, not self.input),)

    @property
    def output_ports(self) -> tuple[OutputPort, ...]:
        """The ports to play to: those of [[midi.outputs]], or else the one of `output`."""
        return self.outputs or (OutputPort(self.output, not self.output),)

    @property
    def port_delays(self) -> tuple[float, ...]:
        """Seconds that planned notes leave later, by output."""
        return tuple(port.delay / 1000.0 for port in self.output_ports)


@dataclass(frozen=True, slots=True)
class Audio:
    """[audio]"""

    input: str = _key("", "Part of the name of the audio input that moves the picture; empty: the system's own.")
    enabled: bool = _key(True, "Whether to listen to an audio input.")


@dataclass(frozen=True, slots=True)
class Osc:
    """[osc]"""

    host: str = _key("127.0.0.1", "The address to listen on; 0.0.0.0 lets the whole network speak: choose it knowingly.", holds="host")
    port: int = _key(9000, "The UDP port to listen on.", 1, 65535)
    reply_port: int = _key(9001, "The UDP port that answers go to, at every host that spoke in the last five minutes.", 1, 65535)
    clients: Items = _key((), 'Clients that are always told, as "host:port".', holds="client")


@dataclass(frozen=True, slots=True)
class Desk:
    """[desk]"""

    enabled: bool = _key(True, "Whether to serve the desk page.")
    host: str = _key("127.0.0.1", "The address of the page; another one than this machine's own needs a token.", holds="host")
    port: int = _key(8765, "The TCP port of the page.", 1, 65535)
    token: str = _key("", "The word that opens the page from the network.")


@dataclass(frozen=True, slots=True)
class Models:
    """[models]"""

    notes: str = _key("lstm-first-int8", "The model that answers with notes; 'echo' needs no weights.", holds="model")
    drums: str = _key("lstm-drums", "The model of the voices whose instrument is drums; where it is not there, the first.", holds="model")
    small: str = _key("lstm-first-int8", "The smaller model that plans where the first one is too slow or fails; empty: none.", holds="model")
    chords: str = _key("chords-first", "The model that goes on with the song's chords; 'plain' needs no weights.", holds="model")
    pictures: str = _key("light-256", "The model that paints.", holds="model")
    folders: Items = _key((), "Further folders to look for models in, as seen from this file; ~ is your own.", holds="folder")


@dataclass(frozen=True, slots=True)
class Takes:
    """[takes]"""

    record: bool = _key(True, "Whether every performance is recorded, each in a file of its own.")
    folder: str = _key("", "Where takes are written, as seen from this file (~ is your own folder); empty: the user's data folder.", holds="folder")
    keep_gb: float = _key(10.0, "Gigabytes of this show's takes that are kept: the oldest are deleted, never one that you renamed.", 0.001, 1e6)
    keep_days: float = _key(0.0, "Days after which a take is deleted, unless you renamed it; 0: of any age.", 0.0, 36_500.0)
    pause_minutes: float = _key(10.0, "Minutes without a note or a change that end a performance, and its file.", 0.05, 1440.0)


@dataclass(frozen=True, slots=True)
class Pictures:
    """[pictures]"""

    folder: str = _key(
        "", "Where the pictures lie that /performer/visuals/picture may name, as seen from this file; empty: the user's data folder.",
        holds="folder",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """[window]"""

    display: str = _key("", "Part of the name of the display that the picture fills, as `performer devices` lists them; empty: no window.")
    windowed: bool = _key(False, "A window with a frame instead, on that display or, without a name, on any: to try things.")
    share: Items = _key(
        (),
        'Other programs that get the picture: "ndi" (on the network), "syphon" (macOS), "spout" (Windows), "camera" (a virtual one).',
        choices=SHARES,
    )


@dataclass(frozen=True, slots=True)
class Show:
    """All that a show file says. `values` are the parameters that it sets, by address, `scenes` those of each scene; `instruments` and
    `named_models` (empty: the show's own) are one for each voice; `progression` is what [song] writes as its chords. `notices` are the
    sentences about what was taken although it was written in another way."""

    general: General = General()
    midi: Midi = Midi()
    audio: Audio = Audio()
    osc: Osc = Osc()
    desk: Desk = Desk()
    models: Models = Models()
    takes: Takes = Takes()
    pictures: Pictures = Pictures()
    window: Window = Window()
    visuals: bool = True
    instruments: tuple[str, ...] = ("keys",)
    named_models: tuple[str, ...] = ("",)
    values: Mapping[str, Any] = field(default_factory=dict)
    scenes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    progression: str = ""
    notices: tuple[str, ...] = field(default=(), compare=False)

    @property
    def voice_models(self) -> tuple[str, ...]:
        """The model that is wanted for each voice; empty: the first."""
        own = {"drums": self.models.drums}
        return tuple(named or own.get(instrument, "") for named, instrument in zip(self.named_models, self.instruments, strict=True))

    def band(self, models: Sequence[str]) -> str:
        """The voices in a line: their numbers, modes and models, the names of which are given."""
        values = self.table.defaults() | dict(self.values)
        return ", ".join(f"{number} {values[f'/performer/voice/{number}/mode']} ({model})" for number, model in enumerate(models, start=1))

    @property
    def table(self) -> Table:
        """The parameters of this show."""
        return Table(len(self.instruments))


SECTIONS: Mapping[str, tuple[str, type]] = {
    "show": ("general", General), "midi": ("midi", Midi), "audio": ("audio", Audio), "osc": ("osc", Osc),
    "desk": ("desk", Desk), "models": ("models", Models), "takes": ("takes", Takes), "pictures": ("pictures", Pictures),
    "window": ("window", Window),
}  # fmt: skip
OF_ROWS = ("voice", "tempo", "song", "suggest", "visuals", "modulation", "scene")  # sections whose keys are rows of the table of parameters


def read_show(path: Path) -> Show:
    """The show that the file describes; its relative folders are seen from the file. Raises ShowError: one sentence with line, key, remedy."""
    text = read_text(path)
    show = parse_show(text, str(path), Path(os.path.abspath(path)).parent)
    if not text.strip(BYTE_ORDER_MARK).strip():
        return dataclasses.replace(show, notices=(f"The show file '{path}' is empty: everything is at its default.",))
    return show


def parse_show(text: str, name: str, base: Path | None = None) -> Show:
    """The show that the text describes; `name` stands in the errors, relative folders are below `base`."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    if "\n" not in text:
        text = text.replace("\r", "\n")  # the line ends of old Macs
    content = parse_toml(text, name)
    reader = _Reader(text, name, base)
    parts = {}
    values: dict[str, Any] = {}
    for key, section in content.items():
        if key in SECTIONS:
            place, kind = SECTIONS[key]
            parts[place] = reader.section(key, section, kind, values)
        elif key not in OF_ROWS:
            reader.fail("", key, *no_section(key, section, _written_keys()))
    desk = parts.get("desk", Desk())
    if not desk.token and desk.host not in HERE:
        reader.fail("desk", "host", f"{desk.host!r} opens the page to the network, for anybody", 'write token = "a word of your own" below it')
    voices, instruments, models = reader.voices(content.get("voice", [{}]), parts.get("midi", Midi()))
    reader.ports(parts.get("osc", Osc()), desk)
    visuals, visuals_on = reader.visuals(content.get("visuals", {}))
    values |= voices | visuals | reader.rows("tempo", content) | reader.rows("suggest", content)
    values |= reader.rows("song", content, ("progression",))
    values |= reader.modulation(content.get("modulation", []))
    scenes = reader.scenes(content.get("scene", []), Table(len(instruments)), parts.get("midi", Midi()))
    written = reader.progression(content.get("song", {}))
    return Show(**parts, instruments=instruments, named_models=models, values=values, visuals=visuals_on, scenes=scenes, progression=written,
                notices=tuple(reader.notices))  # fmt: skip


def _keys(section: str) -> tuple[str, ...]:
    """The keys of a section as they are written; none of a scene's, which are all there are."""
    prefix = {"voice": "/performer/voice/1/", "modulation": "/performer/modulation/1/"}.get(section, f"/performer/{section}/")
    own = {"voice": ("instrument", "model"), "song": ("progression",), "visuals": ("enabled",)}.get(section, ())
    if section in SECTIONS:
        own = tuple(each.name for each in dataclasses.fields(SECTIONS[section][1]))
    return (*own, *(address.removeprefix(prefix).replace("/", ".") for address in Table().rows if address.startswith(prefix)))


def _written_keys() -> dict[str, tuple[str, ...]]:
    """The keys of every section, as they are written."""
    return {section: _keys(section) for section in (*SECTIONS, *OF_ROWS)}


class _Reader(Checker):
    """Checks sections, one after another."""

    def ports(self, osc: Osc, desk: Desk) -> None:
        """Ports that would have Performer talk to itself."""
        if osc.reply_port == osc.port:
            self.fail("osc", "reply_port", f"{osc.port} is the port that Performer itself listens on", "write another number than port's")
        for client in osc.clients:
            host, port = parse_client(client)
            if port == osc.port and (host in HERE or host == osc.host):
                self.fail("osc", "clients", f"'{client}' is where Performer itself listens", "name the port that the other program listens on")
        if desk.enabled and desk.port == osc.port:
            self.notice("desk", "port", f"{desk.port} is the number of OSC's port too; it works, as one is TCP and the other UDP")

    def section(self, title: str, content: Any, kind: type, parameters: dict[str, Any]) -> Any:
        """The section as its dataclass; keys that are rows of the table go into `parameters`."""
        if not isinstance(content, dict):
            self.fail("", title, f"{title} is a section", f"write [{title}] and its keys below it")
        known = {each.name: each for each in dataclasses.fields(kind)}
        values: dict[str, Any] = {}
        parameters |= self._parameters(title, f"/performer/{title}/", content, Table(), tuple(known))
        for key, value in content.items():
            if key in known and "table" in known[key].metadata:
                values[key] = read_ports(self, key, value, known[key].metadata["table"])
            elif key in known:
                values[key] = self.check(title, key, value, known[key])
        return kind(**values)

    def voices(self, content: Any, midi: Midi) -> tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]:
        if not isinstance(content, list) or not 1 <= len(content) <= VOICES or not all(isinstance(voice, dict) for voice in content):
            self.fail("voice", "voice", "voices are written as [[voice]]", f"write 1 to {VOICES} of them")
        table, values, instruments, models = Table(len(content)), dict[str, Any](), list[str](), list[str]()
        for number, voice in enumerate(content, start=1):
            instrument = self.lenient("voice", "instrument", voice.get("instrument", "keys"), "choice", INSTRUMENTS, number)
            if instrument not in INSTRUMENTS:
                self.fail("voice", "instrument", f"{shown(instrument)} is no instrument", f"use one of {', '.join(INSTRUMENTS)}", number)
            model = self.lenient("voice", "model", voice.get("model", ""), "str", (), number)
            if not isinstance(model, str):
                self.fail("voice", "model", "a model is named", 'write model = "…"', number)
            instruments.append(instrument)
            models.append(self.text("voice", "model", model, "model", number))
            keys = on_ports(self, voice, midi.outputs, midi.inputs, number)
            values |= self._parameters("voice", f"/performer/voice/{number}/", keys, table, ("instrument", "model"), number)
        return values, tuple(instruments), tuple(models)

    def visuals(self, content: Any) -> tuple[dict[str, Any], bool]:
        if not isinstance(content, dict):
            self.fail("", "visuals", "[visuals] is a section", "write [visuals] and its keys below it")
        enabled = self.lenient("visuals", "enabled", content.get("enabled", True), "bool")
        if not isinstance(enabled, bool):
            self.fail("visuals", "enabled", f"{shown(enabled)} is not true or false", "write enabled = true")
        return self._parameters("visuals", "/performer/visuals/", content, Table(), ("enabled",)), enabled

    def scenes(self, content: Any, table: Table, midi: Midi) -> dict[str, dict[str, Any]]:
        if not isinstance(content, list) or not all(isinstance(scene, dict) and isinstance(scene.get("name"), str) for scene in content):
            self.fail("scene", "scene", "scenes are written as [[scene]] with a name", 'write [[scene]] and name = "…" below it')
        scenes: dict[str, dict[str, Any]] = {}
        for number, scene in enumerate(content, start=1):
            self.text("scene", "name", scene["name"], "scene", number)
            if (name := scene["name"]) in scenes:
                self.notice("scene", "name", f"'{name}' is the name of a scene above, which this one replaces", number)
            scenes[name] = self._parameters("scene", "/performer/", scene, table, ("name",), number)
            check_scene(self, scenes[name], midi.outputs, midi.inputs, number)
        return scenes

    def progression(self, song: Mapping[str, Any]) -> str:
        """The chords of the song, as text that can be read."""
        text = song.get("progression", "")
        try:
            if text:
                progression(text, 4.0)
        except (ValueError, AttributeError) as error:
            problem = str(error).rstrip(".") if isinstance(text, str) else f"{shown(text)} is not a text of chords"
            self.fail("song", "progression", problem, 'write for example progression = "Am F C G"')
        return str(text)

    def rows(self, title: str, content: Mapping[str, Any], also: Items = ()) -> dict[str, Any]:
        section = content.get(title, {})
        if not isinstance(section, dict):
            self.fail(title, title, f"[{title}] is a section", f"write [{title}] and its keys below it")
        return self._parameters(title, f"/performer/{title}/", section, Table(), also)

    def modulation(self, content: Any) -> dict[str, Any]:
        if not isinstance(content, list) or len(content) > SLOTS or not all(isinstance(slot, dict) for slot in content):
            self.fail("modulation", "modulation", "modulation is written as [[modulation]]", f"write up to {SLOTS} of them")
        values: dict[str, Any] = {f"/performer/modulation/{slot + 1}/source": "none" for slot in range(SLOTS) if content}
        for number, slot in enumerate(content, start=1):
            values |= self._parameters("modulation", f"/performer/modulation/{number}/", slot, Table(), (), number)
        return values

    def _parameters(self, title: str, prefix: str, content: Mapping[str, Any], table: Table, also: Items, place: int = 1) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in _flat(content):
            if key in also:
                continue
            if prefix + key not in table.rows:
                voice = re.match(r"voice/(\d+)/", key)
                if voice and f"{prefix}voice/{voice[1]}/mode" not in table.rows:
                    self.fail(title, key, f"there is no voice {voice[1]}", "write another number, or one more [[voice]]", place)
                names = [address.removeprefix(prefix) for address in table.rows if address.startswith(prefix)]
                self.fail(title, key, *no_key(title, key, [*also, *(name.replace("/", ".") for name in names)], _written_keys()), place)
            values[prefix + key] = self.value(title, key, value, table.rows[prefix + key], place)
        return values


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of nested tables, their keys joined as in an address."""
    for key, value in content.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}/")
        else:
            yield prefix + key, value


def write_show() -> str:
    """A commented show file with every key at its default."""
    return "\n".join(_written()) + "\n"


def _written() -> Iterator[str]:
    yield "# A show: all that Performer needs to know before the doors open. Every key may be left out; here are the defaults."
    for title, (_, kind) in SECTIONS.items():
        yield f"\n[{title}]"
        for each in dataclasses.fields(kind):
            if "doc" in each.metadata:
                yield f"{each.name} = {as_toml(each.default)}  # {each.metadata['doc']}"
        yield from _parameter_lines(f"/performer/{title}/")
        if title == "midi":
            yield EXAMPLE.rstrip()
    for title in ("tempo", "suggest", "song"):
        yield f"\n[{title}]"
        yield from _parameter_lines(f"/performer/{title}/")
    yield '# progression = "Am F C G"  # The chords where chords = "text": a bar each, or with beats, as Dm7:2 G7:2 C.'
    yield "\n[visuals]\nenabled = true  # Whether there is a picture."
    yield from _parameter_lines("/performer/visuals/")
    yield f"\n# One [[modulation]] for each thing that moves a parameter of the picture, up to {SLOTS}; without any there are these."
    for slot in range(len(MOVES)):
        yield "\n[[modulation]]"
        yield from _parameter_lines(f"/performer/modulation/{slot + 1}/")
    yield f"\n# One [[voice]] for each player inside Performer, up to {VOICES}.\n[[voice]]"
    yield f'instrument = "keys"  # {", ".join(INSTRUMENTS)}.'
    yield 'model = ""  # The model that plays this voice; empty: that of [models].'
    yield from _parameter_lines("/performer/voice/1/")
    yield f"\n{VOICES_EXAMPLE.rstrip()}"
    yield "\n# Another one beside it:"
    yield '# [[voice]]\n# instrument = "drums"\n# mode = "drums"\n# channel = 10'
    yield "\n# Scenes are parameters that are set together, by /performer/scene/recall and their name:"
    yield '# [[scene]]\n# name = "break"\n# voice.1.mode = "mute"\n# visuals.speed = 0.05'


def _parameter_lines(prefix: str) -> Iterator[str]:
    for address, row in Table().rows.items():
        if address.startswith(prefix):
            choices = f" One of {', '.join(row.choices)}." if row.choices else ""
            key = address.removeprefix(prefix).replace("/", ".")
            yield f"{key} = {as_toml(row.default)}  # {row.doc}{choices}"
