"""`python -m benchmarks`: make the data, start the servers, let the methods take turns, print the table."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from benchmarks.devices import make_devices
from benchmarks.methods import METHODS
from benchmarks.orders import make_orders
from benchmarks.report import MB, describe_data, describe_machine, figures_of, table_of
from benchmarks.rounds import Compared, in_turn
from benchmarks.servers import running_stack
from benchmarks.workbench import Run, Workbench
from benchmarks.workload import DataSet

FILES = 8
DOCUMENT_FILES = 4
WRONG = 1


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rows", type=click.IntRange(FILES), default=2_000_000, show_default=True, help="Rows of W1.")
@click.option(
    "--rounds", type=click.IntRange(1), default=3, show_default=True, help="How often each is measured."
)
@click.option(
    "--method",
    "names",
    type=click.Choice(list(METHODS)),
    multiple=True,
    default=["load", "command"],
    show_default=True,
    help="What is measured beside the floor; may be given again.",
)
@click.option(
    "--documents",
    type=click.IntRange(DOCUMENT_FILES),
    help="Measure W2 instead, with so many documents of a Mongo collection; 300000 is its size.",
)
@click.option("--bad", is_flag=True, help="Measure W1b as well: a bad amount in every thousandth row.")
@click.option(
    "--memory", is_flag=True, help="Measure one file of an eighth and one of twice as many rows, too."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".lake_assets/bench"),
    show_default=True,
    help="Where data sets are kept, and servers run.",
)
@click.option("--json", "as_json", is_flag=True, help="Write every run's figures as JSON to stdout.")
def main(
    rows: int,
    rounds: int,
    names: Sequence[str],
    documents: int | None,
    *,
    bad: bool,
    memory: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Measure our load beside F3: psql copies into a text table that is not logged, then one INSERT casts.

    Servers of its own are started and ended. Exit status 1: a result was wrong.
    """
    folder = folder.absolute()
    measured: list[tuple[DataSet, list[Compared]]] = []
    data_sets = (
        _documents(folder / "data", documents, rounds, memory=memory)
        if documents
        else _comparisons(folder / "data", rows, rounds, bad=bad, memory=memory)
    )
    for clean, data, times in data_sets:
        click.echo(describe_data(data), err=True)
        with running_stack(folder) as stack:
            bench = Workbench(stack, clean, data)
            measured.append((data, in_turn(bench, [METHODS[name] for name in names], times, _tell)))
    if as_json:
        _write_json(measured)
    else:
        _write_tables(measured)
    if not all(each.run.right for _, compared in measured for each in compared):
        raise SystemExit(WRONG)


def _comparisons(
    folder: Path, rows: int, rounds: int, *, bad: bool, memory: bool
) -> Iterator[tuple[DataSet, DataSet, int]]:
    """Give what the floor loads, what we load, and how often."""
    orders = make_orders(folder, "orders", rows, FILES)
    yield orders, orders, rounds
    if bad:
        yield orders, make_orders(folder, "orders_bad", rows, FILES, bad=True), rounds
    for size in (rows // 8, rows * 2) if memory else ():
        large = make_orders(folder, "orders_in_one_file", size, 1)
        yield large, large, 1


def _documents(
    folder: Path, rows: int, rounds: int, *, memory: bool
) -> Iterator[tuple[DataSet, DataSet, int]]:
    """Give the same for documents."""
    devices = make_devices(folder, "devices", rows, DOCUMENT_FILES)
    yield devices, devices, rounds
    for size in (rows // 8, rows * 2) if memory else ():
        large = make_devices(folder, "devices_in_one_file", size, 1)
        yield large, large, 1


def _tell(purpose: str, run: Run) -> None:
    result = "" if run.right else ", WRONG"
    click.echo(f"  {purpose}: {run.method} {run.wall:.1f} s, {run.peak / MB:.0f} MB{result}", err=True)


def _write_tables(measured: Sequence[tuple[DataSet, Sequence[Compared]]]) -> None:
    click.echo(describe_machine())
    for data, compared in measured:
        click.echo(f"\n{describe_data(data)}\n\n{table_of(compared)}")


def _write_json(measured: Sequence[tuple[DataSet, Sequence[Compared]]]) -> None:
    data_sets = [figures_of(data, compared) for data, compared in measured]
    click.echo(json.dumps({"machine": describe_machine(), "data_sets": data_sets}, indent=2))


if __name__ == "__main__":
    main()
