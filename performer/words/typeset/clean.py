"""What may be typeset of any text: lines of clusters, without control characters, none too long. Pure.

A cluster is what a reader takes for one letter: a base with its combining marks, or a whole emoji.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_LINE = 240
MOST_LINES = 16
LONGEST_WORD = 32  # a longer one is parted, as no row would hold it
MOST_MARKS = 4  # combining marks on one letter: more of them would climb over the whole picture
READ = 4 * LONGEST_LINE * MOST_LINES
CUT = "…"
LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
TYPED = re.compile(r"['\"]|--|\.\.\.|\s-(?:\s|$)")
# Words that begin with an apostrophe, not with a quotation.
ELIDED = (
    "tis|twas|twere|twill|twould|twixt|tween|gainst|neath|mid|midst|mong|mongst|em|er|ere|til|till|cause|scape|bout|"
    "round|s|d|ll|n"
)
JOINER = "\u200d"
SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\U000e0020-\U000e007f]")
SKIN = range(0x1F3FB, 0x1F400)
FLAGS = range(0x1F1E6, 0x1F200)


@dataclass(frozen=True, slots=True)
class CleanText:
    """What is left of a text, and what had to be changed."""

    lines: tuple[str, ...]
    """Without those that are empty."""
    remarks: tuple[str, ...]
    """A sentence or two for each change that the author should know of."""


def clean_text(text: str) -> CleanText:
    """Return the text as it can be drawn: NFC, spaces for tabs, no control and no direction characters."""
    remarks: list[str] = []
    read, dropped = text[:READ], 0
    lines: list[str] = []
    shortened = len(text) > len(read)
    for raw in LINE_ENDS.split(read):
        kept = _printable(raw)
        dropped += len(raw.replace("\t", "")) - len(kept.replace(" ", "")) - raw.count(" ")
        line = curl_quotes(" ".join(unicodedata.normalize("NFC", kept).split()))
        clusters = split_clusters(line[: 8 * LONGEST_LINE])
        if len(clusters) > LONGEST_LINE or len(line) > 8 * LONGEST_LINE:
            line, shortened = _shorten(clusters), True
        else:
            line = "".join(clusters)
        if line:
            lines.append(line)
    shortened |= len(lines) > MOST_LINES
    if shortened:
        limits = f"{MOST_LINES} lines of {LONGEST_LINE} characters"
        remarks.append(f"The text has {len(text):,} characters; only {limits} are shown. Shorten it.")
    if dropped > 0:
        remarks.append(f"The text has {dropped} control characters, which are left out. Remove them.")
    return CleanText(tuple(lines[:MOST_LINES]), tuple(remarks))


def curl_quotes(line: str) -> str:
    """Quotes, apostrophes, dashes and ellipses as a printer sets them. A line in Chinese stays as it is."""
    if not TYPED.search(line) or any(is_ideograph(letter) for letter in line):
        return line
    line = re.sub(r"(?<!-)-{2,3}(?!-)", "—", re.sub(r"(?<=\s)-(?=\s|$)", "–", line)).replace("...", "…")
    line = re.sub(r"(^|[\s(\[{—–‘'])\"(?=\S)", r"\1“", line).replace('"', "”")
    line = re.sub(rf"(^|[\s(\[{{—–“])'(?=(?:{ELIDED})\b)", r"\1’", line, flags=re.IGNORECASE)
    return re.sub(r"(^|[\s(\[{—–“])'(?=\S)", r"\1‘", line).replace("'", "’")


def _printable(line: str) -> str:
    """Spaces for tabs, a box for half a character, nothing for what only steers."""
    out = []
    for letter in line:
        kind = unicodedata.category(letter)
        if letter == "\t" or kind == "Zs":
            out.append(" ")
        elif kind == "Cs":
            out.append("\ufffd")
        elif kind != "Cc" and (kind != "Cf" or letter == JOINER or SELECTORS.match(letter)):
            out.append(letter)
    return "".join(out)


def split_clusters(text: str) -> list[str]:
    """The clusters of a line. No cluster has more than MOST_MARKS combining marks."""
    clusters: list[str] = []
    marks = 0
    for letter in text:
        if clusters and _joins(clusters[-1], letter):
            marks += unicodedata.category(letter) in ("Mn", "Me")
            if marks <= MOST_MARKS:
                clusters[-1] += letter
        else:
            clusters.append(letter)
            marks = 0
    return clusters


def _joins(cluster: str, letter: str) -> bool:
    if cluster == " ":
        return False
    if unicodedata.category(letter) in ("Mn", "Mc", "Me") or letter == JOINER or SELECTORS.match(letter):
        return True
    code = ord(letter)
    if code in FLAGS:
        return len(cluster) == 1 and ord(cluster) in FLAGS
    return code in SKIN or (cluster[-1] == JOINER and code > 0x2000)


def _shorten(clusters: list[str]) -> str:
    """At the last end of a word, if there is one in the last third."""
    kept = clusters[: LONGEST_LINE - 1]
    places = [place for place in range(2 * LONGEST_LINE // 3, len(kept)) if kept[place] == " "]
    return "".join(kept[: places[-1]] if places else kept) + CUT


def is_ideograph(cluster: str) -> bool:
    """Whether a line may break on either side of it: Chinese characters, kana and their punctuation."""
    code = ord(cluster[0])
    return 0x2E80 <= code < 0xA4D0 or 0xF900 <= code < 0xFB00 or 0xFE30 <= code < 0xFE50 or (
        0xFF01 <= code < 0xFFEF or 0x20000 <= code < 0x32000
    )  # fmt: skip


CLOSING = frozenset("、。，．：；！？）」』】》〉〕〗”’…—·︶﹂﹄﹀︾")
AFTER = frozenset("”…—")  # a line may break after these even within English
OPENING = frozenset("（「『【《〈〔〖“‘︵﹁﹃︿︽")


def split_words(line: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the words of a line as clusters, each with whether a space stands before it.

    A Chinese character is a word of its own, together with the punctuation that must not be parted from it.
    """
    word: list[str] = []
    spaced = gap = False
    for cluster in split_clusters(line):
        if cluster == " ":
            if word:
                yield tuple(word), spaced
                word = []
            gap = True
            continue
        if word and (_breaks(word[-1], cluster) or len(word) >= LONGEST_WORD):
            yield tuple(word), spaced
            word = []
        if not word:
            spaced, gap = gap, False
        word.append(cluster)
    if word:
        yield tuple(word), spaced


def _breaks(before: str, after: str) -> bool:
    """Whether a line may break between two neighbours that have no space between them."""
    if after in CLOSING or before in OPENING:
        return False
    return is_ideograph(before) or is_ideograph(after) or before in AFTER


def is_right_to_left(line: str) -> bool:
    """Whether its first letter with a direction runs from right to left."""
    directions = (unicodedata.bidirectional(letter) for letter in line)
    return next((each for each in directions if each in ("L", "R", "AL")), "L") != "L"
