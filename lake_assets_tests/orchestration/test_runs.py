"""Proves what `runs` makes of a run's errors; that commands show them is proved with each command."""

import dagster as dg

from lake_assets.exceptions import LoadError
from lake_assets.orchestration.runs import root_causes


def test_an_error_of_ours_is_told_with_its_remedy() -> None:
    """Of an error with a remedy neither Dagster's words around it nor what caused it take the place."""

    @dg.op
    def broken() -> None:
        cause = ModuleNotFoundError("No module named 'mine'")
        raise LoadError("shop.orders: mine is not there. Set PYTHONPATH.\nTraceback:\nNo 'mine'") from cause

    @dg.job
    def load() -> None:
        broken()

    result = load.execute_in_process(raise_on_error=False)

    assert root_causes(result)["broken"] == "shop.orders: mine is not there. Set PYTHONPATH. No 'mine'"
