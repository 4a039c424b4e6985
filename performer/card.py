"""A model's card: the facts that travel with the weights, and the proof that the files are the ones they were measured on.

A model is a folder: `card.toml` beside one or more ONNX graphs. The card is data from somebody else: it is checked, and no path in it may
leave the folder.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from performer.errors import ModelError

CARD = "card.toml"
ROLES = ("notes", "pictures", "chords", "words")


@dataclass(frozen=True, slots=True)
class Graph:
    """One ONNX file of a model: its name in the card, where it lies, its hash in hexadecimal, and its inputs and outputs in words, such as
    "float 2 x 1 x 448", by their names."""

    name: str
    path: Path
    sha256: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """What `card.toml` says. `encoding` is the version of the model's inputs and outputs, which the code that runs it must share;
    `shape` holds the numbers of the architecture, `metrics` figures with the command that measures them, `data` the training sets
    with their licences, `files` what lies beside the graphs, by its name in the card."""

    name: str
    role: str
    encoding: str
    sentence: str
    graphs: Mapping[str, Graph]
    shape: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    data: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)

    def require(self, role: str, encoding: str, *graphs: str) -> None:
        """Raise ModelError unless the card has this role and encoding and names these graphs."""
        if self.role != role:
            raise ModelError(f"Model '{self.name}' has the role '{self.role}', not '{role}'.", "Choose another model for this place.")
        if self.encoding != encoding:
            raise ModelError(
                f"Model '{self.name}' speaks encoding '{self.encoding}', this Performer speaks '{encoding}'.",
                "Export it again with this version's training scripts.",
            )
        for graph in graphs:
            if graph not in self.graphs:
                raise ModelError(f"The card of '{self.name}' names no graph '{graph}'.", f"Add [graphs.{graph}] to its {CARD}.")


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_card(folder: Path) -> Card:
    """Read and check `folder/card.toml`: every graph and file it names lies in the folder and has the hash that the card gives.

    Raises ModelError with the name of the file that is missing, altered or malformed."""
    path = folder / CARD
    if not path.is_file():
        raise ModelError(f"'{folder}' has no {CARD}.", "A model is a folder with a card and its ONNX files; `performer doctor` looks at them.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not TOML: {error}.", "Correct it or export the model again.") from None
    try:
        model, graphs = content["model"], content["graphs"]
        card = Card(
            name=str(model["name"]),
            role=str(model["role"]),
            encoding=str(model["encoding"]),
            sentence=str(model.get("sentence", "")),
            graphs={name: _graph(folder, name, entry) for name, entry in graphs.items()},
            shape=dict(content.get("shape", {})),
            metrics=dict(content.get("metrics", {})),
            data=tuple(content.get("data", ())),
            files={name: _graph(folder, name, entry).path for name, entry in content.get("files", {}).items()},
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelError(f"{path} lacks {error} or has it in another form.", "Compare it with the card of a shipped model.") from None
    if card.role not in ROLES:
        raise ModelError(f"{path} gives the role '{card.role}'.", f"Use one of {', '.join(ROLES)}.")
    return card


def _graph(folder: Path, name: str, entry: Mapping[str, Any]) -> Graph:
    path = (folder / str(entry["file"])).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ModelError(f"The card in '{folder}' names a file outside its folder ({entry['file']}).", "Keep a model in one folder.")
    if not path.is_file():
        raise ModelError(f"Model file '{path}' is missing.", "Copy the whole model folder, or export it again.")
    digest = sha256_of(path)
    if digest != entry["sha256"]:
        problem = f"Model file '{path}' is not the one its card describes (sha256 {digest[:12]}…)."
        raise ModelError(problem, "Restore the file, or export the model again.")
    return Graph(name, path, digest, *({port: str(words) for port, words in entry.get(side, {}).items()} for side in ("inputs", "outputs")))
