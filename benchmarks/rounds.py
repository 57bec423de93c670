"""Which run follows which, so that a machine that is slower now than a minute ago wrongs no method.

Runs of a method alternate with runs of the floor, and each is divided by the mean of the floor's run just
before it and the one just after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean

from benchmarks.methods import FLOOR, Method
from benchmarks.workbench import Run, Workbench


@dataclass(frozen=True)
class Compared:
    """A run beside the floor.

    Attributes:
        run: the run.
        floor: seconds that the floor took at that time; of a run of the floor itself, its own.
    """

    run: Run
    floor: float

    @property
    def ratio(self) -> float:
        """How many times as long as the floor it took."""
        return self.run.wall / self.floor


def in_turn(
    bench: Workbench, methods: Sequence[Method], rounds: int, heard: Callable[[str, Run], None]
) -> list[Compared]:
    """Run the floor and the methods in turn: each once to warm up, then floor, A, floor, B, floor and so on.

    Args:
        bench: where to run them.
        methods: the methods, the floor left aside.
        rounds: how often each is measured.
        heard: told of each run when it is over, and what it was for.
    """

    def measure(method: Method, purpose: str) -> Run:
        run = bench.run(method)
        heard(purpose, run)
        return run

    for method in (FLOOR, *methods):
        measure(method, "warm-up")
    before = measure(FLOOR, "start")
    compared = [Compared(before, before.wall)]
    for number in range(1, rounds + 1):
        for method in methods:
            run, after = measure(method, f"round {number}"), measure(FLOOR, f"round {number}")
            compared += [Compared(run, mean((before.wall, after.wall))), Compared(after, after.wall)]
            before = after
    return compared
