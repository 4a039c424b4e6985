"""Builds frozen dataclasses from JSON that somebody else may have written: the fields' types are the schema, a table gives their ranges.

A value of another type, a number that is none, a field too many or too few raises ValueError with the field, its value and what is right.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

LARGEST = 2**53  # whole numbers up to it are the same in every JSON
LONGEST = 20_000  # letters of a text
LONGEST_SHOWN = 40
Ranges = Mapping[str, tuple[float, float]]  # by "Kind.field", or by "field" of any kind


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def build(kind: type, content: Any, ranges: Ranges) -> Any:
    """The dataclass `kind` with the fields of a JSON object. Raises ValueError."""
    if not isinstance(content, dict):
        raise ValueError(f"{kind.__name__} is {_shown(content)}, not an object")
    fields = {each.name: each for each in dataclasses.fields(kind)}
    for name in content.keys() - fields.keys():
        raise ValueError(f"{kind.__name__} has no '{str(name)[:LONGEST_SHOWN]}'")
    values = {}
    for name, each in fields.items():
        if name in content:
            values[name] = convert(content[name], _hints(kind)[name], f"{kind.__name__}.{name}", ranges)
        elif each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            raise ValueError(f"{kind.__name__} lacks '{name}'")
    return kind(**values)


def convert(value: Any, hint: Any, name: str, ranges: Ranges) -> Any:
    """The value as the type that the hint names. Raises ValueError."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin is types.UnionType:
        if value is None and types.NoneType in inner:
            return None
        return convert(value, next(each for each in inner if each is not types.NoneType), name, ranges)
    if origin is tuple:
        if not isinstance(value, list) or (inner[-1] is not ... and len(value) != len(inner)):
            raise ValueError(f"{name} is {_shown(value)}, not a list{'' if inner[-1] is ... else f' of {len(inner)}'}")
        kinds = [inner[0]] * len(value) if inner[-1] is ... else inner
        return tuple(convert(each, kind, name, ranges) for each, kind in zip(value, kinds, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise ValueError(f"{name} is {_shown(value)}, not an object")
        return {key: convert(each, inner[1], f"{name} of '{key[:LONGEST_SHOWN]}'", ranges) for key, each in value.items()}
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), value, ranges)
    if hint in (int, float):
        return _number(value, hint, name, ranges)
    if not isinstance(value, hint) or (isinstance(value, str) and len(value) > LONGEST):
        raise ValueError(f"{name} is {_shown(value)}, not {'a text' if hint is str else 'true or false'}")
    return value


def _number(value: Any, kind: type, name: str, ranges: Ranges) -> Any:
    low, high = ranges.get(name) or ranges.get(name.rpartition(".")[2]) or (-LARGEST, LARGEST)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or not math.isfinite(value) or (kind is int and value != int(value)):
        words = "a whole number" if kind is int else "a number"
        raise ValueError(f"{name} is {_shown(value)}, not {words} from {low:g} to {high:g}")
    return int(value) if kind is int else value


def _shown(value: Any) -> str:
    if isinstance(value, int) and abs(value) > LARGEST:
        return "a number without end"
    text = "null" if value is None else repr(value) if isinstance(value, (str, int, float, bool)) else type(value).__name__
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
