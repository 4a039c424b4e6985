"""The parser of all commands: argparse, but a mistake is one sentence that names the sub-command and what it takes, not a wall of usage."""

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

WRONG = 2  # the exit status after a mistake on the command line
BEFORE = ("--verbose", "--version")  # options that stand before the sub-command
# What argparse says, and what a person is told instead.
SENTENCES: Sequence[tuple[str, str]] = (
    (r"argument \S+: invalid choice: '?(?P<value>.*?)'? \(choose from .*\)", "there is no '{value}'. {takes}"),
    (r"the following arguments are required: (?P<names>.*)", "{names} is missing. {takes}"),
    (r"argument (?P<name>.+?): expected (at least )?one argument", "{name} needs a value. {takes}"),
    (r"argument (?P<name>.+?): ignored explicit argument .*", "{name} takes no value. Leave away what follows it."),
    (r"ambiguous option: (?P<name>.+?) could match (?P<names>.*)", "{name} is too short: it fits {names}. Write the whole name."),
    (r"unrecognized arguments: (?P<value>.*)", "'{value}' is too much. {takes}"),
    (r"argument (?P<name>.+?): (?P<words>.*)", "{name}: {words}"),
)


class Parser(argparse.ArgumentParser):
    """Ends the program with status 2 and one sentence on standard error where what is asked for cannot be."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._commands: argparse.Action | None = None

    def add_commands(self, metavar: str, required: bool = False) -> Any:
        """The place where sub-commands are added, each with `add_parser`."""
        self._commands = self.add_subparsers(title="commands", metavar=metavar, required=required, parser_class=Parser)
        return self._commands

    def parse_known_args(self, args: Iterable[str] | None = None, namespace: Any = None) -> Any:
        """As argparse's, but what is not known is refused here, by the sub-command that does not know it."""
        words = _joined(sys.argv[1:] if args is None else args)
        for word in self._unknown(words):
            self.refuse(word)
        options, rest = super().parse_known_args(words, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return options, rest

    def refuse(self, option: str) -> NoReturn:
        """End with the sentence that this command has no such option."""
        if option in BEFORE:
            first, *rest = self.prog.split()
            self.say(f"{option} stands before the command. Write `{' '.join((first, option, *rest))}`.")
        near = difflib.get_close_matches(option, self._option_string_actions, 1, 0.75)
        instead = f"Did you mean {near[0]}? " if near else ""
        self.say(f"there is no option {option} here. {instead}{self._takes()}")

    def error(self, message: str) -> NoReturn:
        """End with argparse's complaint as a sentence."""
        show = re.search(r"invalid choice: '(\S+\.toml)'", message)
        if show:
            self.say(f"'{show[1]}' is no command. To run it as a show: {self.prog} run {show[1]}.")
        for pattern, sentence in SENTENCES:
            found = re.fullmatch(pattern, message, re.DOTALL)
            if found:
                self.say(sentence.format(takes=self._takes(), **found.groupdict()))
        self.say(message)

    def say(self, sentence: str) -> NoReturn:
        """End with this sentence."""
        self.exit(WRONG, f"{self.prog}: {' '.join(sentence.split())}\n")

    def _unknown(self, words: Sequence[str]) -> Iterable[str]:
        """The options among the words that are none of this command's."""
        for word in words:
            named = word.startswith("-") and len(word) > 1 and " " not in word and not _is_number(word)
            if word == "--" or (not named and self._commands):
                return
            name = word.split("=", 1)[0] if word.startswith("--") else word[:2]
            if named and not any(known.startswith(name) for known in self._option_string_actions):
                yield word.split("=", 1)[0]

    def _takes(self) -> str:
        """What this command takes, as a sentence."""
        if self._commands and self._commands.choices:
            return f"There are: {', '.join(self._commands.choices)}."
        shown = [action for action in self._actions if action.help != argparse.SUPPRESS and not isinstance(action, argparse._HelpAction)]
        names = [action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest).upper() for action in shown]
        if not names:
            return "It takes no options."
        return f"It takes {', '.join(names)}; `{self.prog} --help` explains {'them' if len(names) > 1 else 'it'}."


def _joined(words: Iterable[str]) -> list[str]:
    """The words, a negative number joined to the option before it: argparse would take `-1e9` for an option."""
    joined: list[str] = []
    for word in words:
        if word.startswith("-") and _is_number(word) and joined and joined[-1].startswith("--") and "=" not in joined[-1] and joined[-1] != "--":
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
