"""Loads that kill themselves: `python -m lake_assets_tests.load.killed_load BUCKET`.

For each number on stdin a child loads the hour. Each statement, each COPY, each block of bytes and each
commit is a step; before the step of that number the child sends itself SIGKILL. With 0 it lives. The answer
on stdout is the signal that ended the child, or 0, and how many steps it took. The warehouse's address comes
from LAKE_ASSETS_WAREHOUSE, the lake's from AWS_*.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import psycopg

from lake_assets.lake.s3_client import make_client
from lake_assets_tests.fix_bench import Bench
from lake_assets_tests.fix_lake import LakeBucket
from lake_assets_tests.mortal import answer_lines


def load(deadly: int, bucket: str) -> int:
    """Load the hour, dying before step `deadly`; give the number of steps."""
    steps = 0

    def pluralize(method: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(*args, **kwargs)

        return step

    for owner, name in (
        (psycopg.Connection, "execute"),
        (psycopg.Cursor, "copy"),
        (psycopg.Copy, "write"),
        (psycopg.Transaction, "__exit__"),
    ):
        setattr(owner, name, pluralize(getattr(owner, name)))
    Bench(os.environ["LAKE_ASSETS_WAREHOUSE"], LakeBucket(make_client(), bucket)).load()
    return steps


def main(bucket: str) -> None:
    """Answer each number on stdin with what became of a child that loads."""
    answer_lines(lambda number: load(int(number), bucket))


if __name__ == "__main__":
    main(sys.argv[1])
