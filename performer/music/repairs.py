"""What a reader of a file mended or left out, counted and said in plain words."""


class Repairs:
    """Counts repairs by kind. Each kind is a clause about the file, told in the order of its first time."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[str, int]] = {}

    def add(self, one: str, many: str = "", count: int = 1) -> None:
        """Count a repair. `one` is the clause for a single one, `many` for several, with {count} in it."""
        kind = many or one
        first, before = self._kinds.get(kind, (one, 0))
        self._kinds[kind] = first, before + count

    def clauses(self) -> tuple[str, ...]:
        """One clause for each kind, ready to be joined by semicolons."""
        return tuple(
            one if count == 1 else kind.format(count=f"{count:,}") for kind, (one, count) in self._kinds.items()
        )
