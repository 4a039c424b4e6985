"""Writes a model's card: what the training knows, and the hashes of the graphs as they lie in the folder."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli_w

from performer.card import CARD, Card, read_card, sha256_of


@contextlib.contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """An empty folder beside `out` that takes its place at the end; where the block raises, `out` stays as it was."""
    new, old = out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")
    for left_over in (new, old):
        shutil.rmtree(left_over, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
        if out.exists():
            out.rename(old)
        new.rename(out)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def write_card(folder: Path, card: dict[str, Any]) -> Card:
    """Write `card` as `folder/card.toml` and return it as Performer reads it.

    `card` has the tables `model` (name, role, encoding, sentence) and `graphs` (each with its `file`; the sha256 is added here), and any of
    `shape`, `metrics`, `data`, `training`. Raises ModelError where the result is no card."""
    graphs = {name: {**entry, "sha256": sha256_of(folder / entry["file"])} for name, entry in card["graphs"].items()}
    (folder / CARD).write_text(tomli_w.dumps({**card, "graphs": graphs}), encoding="utf-8")
    return read_card(folder)
