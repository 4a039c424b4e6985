"""The few exceptions of Performer. Each is one plain sentence with a remedy; the command line prints it and nothing else."""


class PerformerError(Exception):
    """Something a person can mend. `str(error)` names the thing and the remedy."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem} {remedy}".strip())


class ShowError(PerformerError):
    """A mistake in a show file: line, key, remedy."""


class ModelError(PerformerError):
    """A model folder that cannot be used: a missing or altered file, a card that disagrees, a graph that does not load."""


class PortError(PerformerError):
    """A MIDI, audio, UDP or TCP port that does not exist or is taken."""


class ParameterError(PerformerError):
    """An unknown address, a wrong type or a value out of range. Nothing was changed."""


class TakeError(PerformerError):
    """A take that cannot be read or played again."""


class MidiFileError(PerformerError):
    """A MIDI file in which nothing can be read. `reason` is the problem without the file's name."""

    def __init__(self, path: object, reason: str) -> None:
        self.reason = f"it cannot be read as a MIDI file ({reason})"
        super().__init__(f"'{path}' cannot be read as a MIDI file ({reason}).", "Give a Standard MIDI File (.mid).")
