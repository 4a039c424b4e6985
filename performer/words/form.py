"""The form of a poem as its text tells it, where the file does not name one."""

import re

LINE_FORMS = ("sonnet", "short", "medium", "long", "wide")
QUATRAINS = {5: "5-jueju", 7: "7-jueju"}
CHARACTER_FORMS = (*QUATRAINS.values(), "ci")
# The longest middle line of each, in characters.
MIDDLES = (("short", 26), ("medium", 36), ("long", 46))
SONNET_LINES, SONNET_MIDDLE = 14, 36


def form_of_lines(text: str) -> str:
    """One of LINE_FORMS: "sonnet" for 14 long lines, else by the middle line's length."""
    lengths = sorted(len(line) for line in text.split("\n") if line)
    middle = lengths[len(lengths) // 2] if lengths else 0
    if len(lengths) == SONNET_LINES and middle > SONNET_MIDDLE:
        return "sonnet"
    return next((name for name, longest in MIDDLES if middle <= longest), "wide")


def form_of_characters(text: str) -> str:
    """One of CHARACTER_FORMS: a quatrain for four lines of five or seven characters, else "ci"."""
    lengths = [len(line) for line in re.split(r"[^\w□]+", text) if line]
    return QUATRAINS.get(lengths[0], "ci") if len(lengths) == 4 and len(set(lengths)) == 1 else "ci"
