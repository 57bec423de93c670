"""Children that may kill themselves, one for each line that is asked, in a process of its own.

What a child does, and at which step it dies, belongs to the module that runs it.
"""

import os
import sys
from collections.abc import Callable


def answer_lines(act: Callable[[str], int]) -> None:
    """Answer each line on stdin with the signal that ended a child, or 0, and what `act` gave in it."""
    for line in sys.stdin:
        read_end, write_end = os.pipe()
        child = os.fork()
        if not child:
            os.write(write_end, str(act(line)).encode())
            os._exit(0)
        os.close(write_end)
        _, status = os.waitpid(child, 0)
        with os.fdopen(read_end) as steps:
            sys.stdout.write(f"{os.WTERMSIG(status)} {steps.read() or 0}\n")
        sys.stdout.flush()
