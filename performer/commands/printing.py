"""What happens where nobody reads what is printed any more, as after `| head -1`, and where the system refuses something."""

import errno
import os
import sys

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # why standard output takes nothing more


def refusal(error: OSError) -> str:
    """What the system refused, as a sentence."""
    reason = error.strerror or type(error).__name__
    if error.filename is not None:
        return f"'{error.filename}' cannot be used ({reason}). Give another name or place."
    if error.errno in FULL:
        return f"What was found cannot be printed ({reason}). Make room, or print to another place."
    return f"The system refuses something ({reason})."


def drop_output() -> None:
    """Have what is still to be printed go nowhere: else Python complains of it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
