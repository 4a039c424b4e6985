"""One control: its address, kind and range, and what of that a value may be."""

import math
from dataclasses import dataclass
from typing import Any

from performer.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Parameter:
    """One control. `kind` is float, int, bool or choice; `low` and `high` are inclusive; `choices` belong to the kind choice, or are all
    that an int may be."""

    address: str
    kind: str
    default: Any
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    doc: str = ""
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Any:
        """The value in this parameter's own type. Raises ParameterError, and says what would be right, for any other.

        A whole float stands for an int (Pure Data sends nothing else), a choice may be given by its name or its place from 0."""
        if self.kind == "choice":
            return self._check_choice(value)
        if self.kind == "bool":
            if isinstance(value, bool) or (isinstance(value, (int, float)) and value in (0, 1)):
                return bool(value)
            raise ParameterError(f"{self.address} takes true or false, not {value!r}.")
        if isinstance(value, (str, bytes)) or not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
            raise ParameterError(f"{self.address} takes a number {self.range}, not {value!r}.")
        if self.kind == "int" and value != int(value):
            raise ParameterError(f"{self.address} takes a whole number {self.range}, not {value!r}.")
        if not self.low <= value <= self.high:
            raise ParameterError(f"{self.address} takes a number {self.range}; {value:g} is outside.")
        if self.choices and str(int(value)) not in self.choices:
            raise ParameterError(f"{self.address} takes one of {', '.join(self.choices)}, not {value:g}.")
        return int(value) if self.kind == "int" else float(value)

    def _check_choice(self, value: Any) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value in range(len(self.choices)):
            return self.choices[int(value)]
        raise ParameterError(f"{self.address} takes one of {', '.join(self.choices)}, not {value!r}.")

    @property
    def range(self) -> str:
        """The range in words."""
        return f"from {self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}"
