"""The method `load`: one table-hour through `TableLoader` in a process of its own, without Dagster."""

import sys

from benchmarks.workload import HOUR
from lake_assets.catalog.read import read_catalog
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.s3 import Lake
from lake_assets.lake.s3_client import make_client
from lake_assets.load.loader import TableLoader
from lake_assets.settings import Settings


def main(name: str) -> None:
    """Load the hour of one table of the catalog, and end with status 1 if it failed."""
    settings = Settings.from_env()
    if settings.lake is None or settings.warehouse is None:
        sys.exit("benchmarks.load is run by `python -m benchmarks`, which sets lake and warehouse.")
    table = read_catalog(settings.catalog).table(name)
    lake = Lake(make_client(), settings.lake.bucket, settings.lake.prefix)
    listing = lake.list_table(table.source_folder, table, HOUR, HOUR + ONE_HOUR)
    with TableLoader(settings.warehouse.conninfo, lake, table, "benchmark") as loader:
        report = loader.load(HOUR, listing.by_hour()[HOUR])
    sys.exit(report.error)


if __name__ == "__main__":
    main(sys.argv[1])
