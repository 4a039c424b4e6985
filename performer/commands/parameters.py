"""`performer parameters`: every control with its OSC address, range, default and meaning."""

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from performer.errors import PerformerError

TEXT = "Lists every control with its OSC address, range, default and meaning, then the commands and what Performer says."
NUMBERED = {"{voice}": "N", "{slot}": "N", "{number}": "N"}  # in the reference one line stands for all of them
PARTS = {"song": "tempo", "suggest": "voice", "window": "visuals", "modulation": "visuals", "source": "visuals"}  # listed together
TITLES = {"voice": "Voices", "tempo": "Tempo and song", "visuals": "Picture", "midi": "MIDI"}


def add_parser(commands: Any) -> None:
    command = commands.add_parser("parameters", help="list every control with its OSC address", description=TEXT)
    command.add_argument("part", nargs="?", default="", metavar="PART", help="only those with this in their address, as `scene` or `visuals/bend`")
    command.add_argument("--markdown", action="store_true", help="the whole list as the page docs/osc.md")
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    if options.markdown:
        print("\n".join(reference()))
        return 0
    from performer.parameters import COMMANDS, FEEDBACK, Table

    known = [*Table().rows, *(command.address for command in (*COMMANDS, *FEEDBACK))]
    if not any(options.part in address for address in known):
        parts = ", ".join(dict.fromkeys(address.split("/")[2] for address in known))
        raise PerformerError(f"No address has '{options.part}' in it.", f"There are: {parts}.")
    for row in Table().rows.values():
        if options.part in row.address:
            print(f"{row.address}\n    {values_of(row)}; default {row.default}. {row.doc}")
    for title, commands in (("Commands", COMMANDS), ("What Performer says", FEEDBACK)):
        told = [command for command in commands if options.part in command.address]
        print(f"\n{title}" if told else "", end="\n" if told else "")
        for command in told:
            print(f"{command.address} {command.arguments}\n    {command.doc}")
    return 0


def values_of(row: Any) -> str:
    """What a parameter may be, in words."""
    if row.choices:
        return "one of " + ", ".join(row.choices)
    return "true or false" if row.kind == "bool" else f"{row.kind} {row.range}"


def reference() -> Iterator[str]:
    """The lines of docs/osc.md, made from the table alone."""
    from performer.parameters import COMMANDS, FEEDBACK, ROWS

    yield "# OSC reference\n"
    yield "Generated: `performer parameters --markdown > docs/osc.md`. A test compares this page with the table.\n"
    yield "Performer listens on UDP port 9000. An address without a value is a query: its value comes back to the sender."
    yield "`/performer/sync` sends every value. `N` stands for a number from 1: of a voice, of a slot of the modulation"
    yield "matrix, of a source. A choice may be sent by its name or by its place from 0. Type tags: `i` whole number,"
    yield "`f` number, `s` text; those in brackets may be left out.\n"
    grouped: dict[str, list[Any]] = {}
    for row in ROWS:
        part = row.address.split("/")[2]
        grouped.setdefault(PARTS.get(part, part), []).append(row)
    for part, rows in grouped.items():
        yield f"## {TITLES.get(part, part.capitalize())}\n"
        yield from ("| address | values | default | meaning |", "|---|---|---|---|")
        for row in rows:
            yield f"| `{_plain(row.address)}` | {_cell(values_of(row))} | {_cell(str(row.default))} | {_cell(row.doc)} |"
        yield ""
    for title, commands in (("Commands", COMMANDS), ("Feedback", FEEDBACK)):
        yield f"## {title}\n"
        yield from ("| address | arguments | meaning |", "|---|---|---|")
        for command in commands:
            yield f"| `{command.address}` | {_cell(f'`{command.arguments}`' if command.arguments else '')} | {_cell(command.doc)} |"
        yield ""


def _plain(address: str) -> str:
    for name, stands_for in NUMBERED.items():
        address = address.replace(name, stands_for)
    return address


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
