"""What no text from outside may have in it: control characters and halves of characters, which no OSC string, file name or log line can hold."""

from collections.abc import Sequence
from typing import Any

LONGEST_TEXT = 4000
LINE_ENDS = str.maketrans("\t\r\n", "   ")
SONG = "/performer/chords"  # its text may have several lines


def text_problem(text: str) -> str:
    """What the text has in it that no name, path or host has, as the end of a sentence; empty where it is fine."""
    if not text.isprintable():
        for letter in text:
            if ord(letter) < 32 or 127 <= ord(letter) < 160:
                return f"has the control character U+{ord(letter):04X} in it"
            if 0xD800 <= ord(letter) < 0xE000:
                return f"has half a character, U+{ord(letter):04X}, in it"
    return f"is longer than {LONGEST_TEXT} letters" if len(text) > LONGEST_TEXT else ""


def message_problem(address: str, arguments: Sequence[Any]) -> str:
    """The same of the address of a message and of its texts."""
    if problem := text_problem(address):
        return f"An address {problem}."
    for argument in arguments:
        if isinstance(argument, str) and (problem := text_problem(argument.translate(LINE_ENDS) if address == SONG else argument)):
            return f"A text of {address} {problem}. Write it in plain letters."
    return ""


def plain(text: str) -> str:
    """The text with escapes in place of what an OSC string cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
