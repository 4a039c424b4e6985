"""The folders that a show names, looked at before the doors open: what cannot be used is told, and something else is used."""

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from performer.assets import takes_dir
from performer.show import Show, Takes


def prepare_folders(show: Show) -> Show:
    """The show with a folder that takes can be written to, and notices about the folders that it names and that cannot be used."""
    notices = list(_missing(show))
    takes = show.takes
    if takes.record:
        folder = Path(takes.folder) if takes.folder else takes_dir()
        problem = write_problem(folder)
        takes = dataclasses.replace(takes, folder=str(folder))
        if problem:
            takes, sentence = _instead(show, folder, problem)
            notices.append(sentence)
    return dataclasses.replace(show, takes=takes, notices=(*show.notices, *notices))


def write_problem(folder: Path) -> str:
    """Why no file can be written to the folder, which is made where it is not there; empty where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\n")
    except OSError as error:
        return error.strerror or str(error)
    except ValueError as error:  # half a character, a NUL
        return str(error)
    return ""


def _instead(show: Show, folder: Path, problem: str) -> tuple[Takes, str]:
    """Another place for the takes, or none, and the sentence about it."""
    remedy = "Name a folder that can be written under [takes]."
    try:
        other = tempfile.mkdtemp(prefix="performer-takes-")
    except OSError:
        words = f"No take can be written to '{folder}' ({problem}), nor to a folder for temporary files: nothing is recorded. {remedy}"
        return dataclasses.replace(show.takes, record=False), words
    words = f"No take can be written to '{folder}' ({problem}): this one goes to '{other}'. {remedy}"
    return dataclasses.replace(show.takes, folder=other), words


def _missing(show: Show) -> Iterator[str]:
    """A sentence for each folder that the show names to read from and that is not there."""
    named = [("[models] folders", folder) for folder in show.models.folders]
    named += [("[pictures] folder", show.pictures.folder)] if show.pictures.folder else []
    for key, folder in named:
        if not os.path.isdir(folder):
            state = "is a file" if os.path.exists(folder) else "is not there"
            yield f"The folder '{folder}', which {key} names, {state}. Make it, or name another one."
