"""Checks one value of a show file at a time, and tells what is wrong with its line, its key and a remedy."""

import contextlib
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from performer.addresses import host_problem, parse_client
from performer.assets import is_file_name
from performer.errors import ParameterError, ShowError
from performer.parameter import Parameter
from performer.show_text import line_of
from performer.show_values import as_toml, folder_path, lenient, shown
from performer.text import text_problem


class Checker:
    """Knows the line of each key. `notices` tell what was taken although it was written in another way."""

    def __init__(self, text: str, name: str, base: Path | None = None) -> None:
        self.notices: list[str] = []
        self._lines = text.split("\n")
        self._name, self._base = name, base

    def fail(self, section: str, key: str, problem: str, remedy: str, place: int = 1) -> NoReturn:
        line = line_of(self._lines, section, key, place)
        raise ShowError(f"{self._name}, line {line}, {key.replace('/', '.')}: {problem};", f"{remedy}.")

    def notice(self, section: str, key: str, sentence: str, place: int = 1) -> None:
        line = line_of(self._lines, section, key, place)
        self.notices.append(f"{self._name}, line {line}, {key.replace('/', '.')}: {sentence}.")

    def value(self, title: str, key: str, value: Any, row: Parameter, place: int) -> Any:
        """The value of a row of the table, also where it is written in another type and can only mean one value."""
        if row.kind == "choice" and isinstance(value, int):
            value = lenient(value, "choice", row.choices)
        with contextlib.suppress(ParameterError, OverflowError):
            return row.check(value)
        meant = lenient(value, row.kind, row.choices)
        try:
            checked = row.check(meant)
        except ParameterError as error:
            self.fail(title, key, str(error).rstrip("."), "change the value", place)
        except OverflowError:
            self.fail(title, key, f"{row.address} takes a number {row.range}, not {shown(meant)}", "change the value", place)
        self._say_lenient(title, key, value, checked, place)
        return checked

    def lenient(self, title: str, key: str, value: Any, kind: str, choices: Sequence[str] = (), place: int = 1) -> Any:
        meant = lenient(value, kind, choices)
        if type(meant) is not type(value) or meant != value:
            self._say_lenient(title, key, value, meant, place)
        return meant

    def _say_lenient(self, title: str, key: str, value: Any, meant: Any, place: int = 1) -> None:
        better = as_toml(meant)
        self.notice(title, key, f"{shown(value)} is taken for {better}; write {key.replace('/', '.')} = {better}", place)

    def check(self, title: str, key: str, value: Any, schema: dataclasses.Field[Any], place: int = 1) -> Any:
        default, meta = schema.default, schema.metadata
        if isinstance(default, tuple):
            value = self.lenient(title, key, value, "list", (), place)
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                self.fail(title, key, "a list of texts is wanted", f'write {key} = ["…"]')
            value = [lenient(item, "choice", meta["choices"]) for item in value]
            if meta["choices"] and not set(value) <= set(meta["choices"]):
                self.fail(title, key, f"{shown(value)} names what is not there", f"use {', '.join(meta['choices'])}")
            return tuple(self.text(title, key, item, meta["holds"]) for item in value)
        value = self.lenient(title, key, value, type(default).__name__, (), place)
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not type(default):
            words = {str: 'a text in "quotes"', int: "a whole number", float: "a number", bool: "true or false"}
            self.fail(title, key, f"{shown(value)} is not {words[type(default)]}", f"for example {key} = {as_toml(default)}", place)
        if meta["low"] is not None and not meta["low"] <= value <= meta["high"]:
            self.fail(title, key, f"{shown(value)} is out of range", f"use {meta['low']:g} to {meta['high']:g}", place)
        return self.text(title, key, value, meta["holds"], place) if isinstance(value, str) else value

    def text(self, title: str, key: str, text: str, holds: str, place: int = 1) -> str:
        """The text where it can be what the key holds: words, or a folder, a model, a host, a client."""
        if holds == "folder" and text:
            try:
                return folder_path(text, self._base)
            except ValueError as error:
                self.fail(title, key, f"the folder {shown(text)} {error}", f"write for example {key} = '~/performer'", place)
        words = text.replace("\n", " ") if not holds else text  # words may have several lines
        if problem := text_problem(words):
            self.fail(title, key, f"{shown(text)} {problem}", "write a text of plain letters", place)
        if holds == "model" and text and not is_file_name(text):
            remedy = "write the model's name alone, and the folder that it lies in under [models] folders"
            self.fail(title, key, f"{shown(text)} is not the name of a model", remedy, place)
        if holds == "host" and (problem := host_problem(text)):
            self.fail(title, key, f"{shown(text)} {problem}", f'write for example {key} = "127.0.0.1"', place)
        if holds == "client":
            try:
                parse_client(text)
            except ValueError as error:
                self.fail(title, key, f"the client {shown(text)} {error}", f'write for example {key} = ["127.0.0.1:9001"]', place)
        return text
