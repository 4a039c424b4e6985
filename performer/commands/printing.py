"""What happens where nobody reads what is printed any more, as after `| head -1`."""

import os
import sys


def drop_output() -> None:
    """Have what is still to be printed go nowhere: else Python complains of it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
