"""Reads a Pure Data patch far enough to know which OSC addresses it sends and hears."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

BOXES = ("obj", "msg", "text", "floatatom", "symbolatom", "listbox", "restore")
THROUGH = ("list trim", "list", "list append")  # boxes that hand an address on as it is
ANY_VOICE = "1"  # stands for a component of [route] that is set at run time


@dataclass(slots=True)
class Box:
    """One box of a canvas: obj, msg, text and so on, its words, and the lines of a [text define]."""

    kind: str
    words: tuple[str, ...]
    content: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(self.words)


@dataclass(slots=True)
class Canvas:
    """A window: boxes in their order, and cords from (box, outlet) to (box, inlet)."""

    boxes: list[Box] = field(default_factory=list)
    cords: list[tuple[int, int, int, int]] = field(default_factory=list)

    def after(self, box: int, outlet: int) -> Iterator[tuple[int, int]]:
        """The (box, inlet) that an outlet leads to."""
        return ((to, inlet) for one, out, to, inlet in self.cords if (one, out) == (box, outlet))


def read_canvases(source: str) -> list[Canvas]:
    """Every canvas of a patch, subpatches too."""
    canvases: list[Canvas] = []
    open_ones: list[Canvas] = []
    for statement in re.split(r"(?<!\\);\s*(?:\n|$)", source):
        words = tuple(_words(statement))
        match words[:2]:
            case ("#N", "canvas"):
                open_ones.append(Canvas())
                canvases.append(open_ones[-1])
            case ("#X", "connect"):
                one, out, to, inlet = map(int, words[2:6])
                open_ones[-1].cords.append((one, out, to, inlet))
            case ("#A", "set"):
                open_ones[-1].boxes[-1].content = tuple(line.strip() for line in " ".join(words[2:]).split(";") if line.strip())
            case ("#X", kind) if kind in BOXES:
                if kind == "restore":
                    open_ones.pop()
                open_ones[-1].boxes.append(Box(kind, words[4:]))
    return canvases


def _words(statement: str) -> Iterator[str]:
    return (re.sub(r"\\(.)", r"\1", word) for word in re.findall(r"(?:\\.|[^\s\\])+", statement))


def sent(canvas: Canvas) -> Iterator[str]:
    """The addresses of every [oscformat], and of the `set` messages that lead to one."""
    for place, box in enumerate(canvas.boxes):
        if box.kind == "obj" and box.words[:1] == ("oscformat",):
            words = list(box.words[1:])
            while words and words[0].startswith("-"):
                del words[: 2 if words[0] == "-f" else 1]
            if words:
                yield joined(words)
        leads = (canvas.boxes[to].words[:1] for to, _ in canvas.after(place, 0))
        if box.kind == "msg" and box.words[:1] == ("set",) and ("oscformat",) in leads:
            yield joined(box.words[1:])


def joined(words: Sequence[str]) -> str:
    """The address that [oscformat] makes of its words: each gets a slash before it unless it has one."""
    return "".join(word if word.startswith("/") else f"/{word}" for word in words)


def heard(canvas: Canvas) -> Iterator[str]:
    """The addresses that chains of [route] after an [oscparse] take apart."""
    for place, box in enumerate(canvas.boxes):
        if box.kind == "obj" and box.words[:1] == ("oscparse",):
            yield from _routed(canvas, place, 0, "")


def _routed(canvas: Canvas, place: int, outlet: int, address: str) -> Iterator[str]:
    ends = False
    for to, _ in canvas.after(place, outlet):
        box = canvas.boxes[to]
        if box.kind == "obj" and box.text in THROUGH:
            yield from _routed(canvas, to, 0, address)
        elif box.kind == "obj" and box.words[:1] == ("route",):
            set_later = any(cord[2:] == (to, 1) for cord in canvas.cords)
            for number, name in enumerate(box.words[1:]):
                yield from _routed(canvas, to, number, f"{address}/{ANY_VOICE if set_later else name}")
        else:
            ends = True
    if ends and address:
        yield address
