"""What is shown of the runs: a table for people, figures for machines."""

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks.rounds import Compared
from benchmarks.workload import DataSet

MB = 10**6
GB = 10**9
COLUMNS: dict[str, Callable[[Sequence[Compared]], str]] = {
    "method": lambda runs: runs[0].run.method,
    "runs": lambda runs: str(len(runs)),
    "vs F3": lambda runs: _spread([each.ratio for each in runs], ".2f"),
    "wall s": lambda runs: _spread([each.run.wall for each in runs], ".1f"),
    "rows/s": lambda runs: f"{median(each.run.rows / each.run.wall for each in runs):,.0f}",
    "client CPU s": lambda runs: f"{median(each.run.client_cpu for each in runs):.1f}",
    "server CPU s": lambda runs: f"{median(each.run.server_cpu for each in runs):.1f}",
    "S3 CPU s": lambda runs: f"{median(each.run.s3_cpu for each in runs):.1f}",
    "peak MB": lambda runs: f"{max(each.run.peak for each in runs) / MB:.0f}",
    "result": lambda runs: "right" if all(each.run.right for each in runs) else "**wrong**",
}


def describe_data(data: DataSet) -> str:
    """Say what is loaded."""
    bad = f", {len(data.refused):,} of them bad" if data.refused else ""
    return f"{data.table}: {data.rows:,} rows{bad}; {data.bytes / MB:.0f} MB in {len(data.files)} file(s)"


def describe_machine() -> str:
    """Say on what machine."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.processor()
    memory = psutil.virtual_memory().total / GB
    return (
        f"{os.cpu_count()} x {processor}, {memory:.0f} GB; {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def table_of(compared: Iterable[Compared]) -> str:
    """Lay the runs out as a Markdown table, one line for each method."""
    methods: dict[str, list[Compared]] = {}
    for each in compared:
        methods.setdefault(each.run.method, []).append(each)
    lines = [list(COLUMNS), *([show(runs) for show in COLUMNS.values()] for runs in methods.values())]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def figures_of(data: DataSet, compared: Iterable[Compared]) -> dict[str, Any]:
    """Give every run's figures, in the order they were made; sizes are in bytes, times in seconds."""
    return {
        "table": data.table,
        "rows": data.rows,
        "bad": len(data.refused),
        "bytes": data.bytes,
        "files": len(data.files),
        "runs": [asdict(each.run) | {"vs_floor": each.ratio} for each in compared],
    }


def _spread(values: Sequence[float], form: str) -> str:
    """Give the median, with the least and the most where they differ."""
    middle, least, most = (f"{value:{form}}" for value in (median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least}-{most})"
