"""What the API of AWS DMS says of the tasks that fill the lake: their state, and each table's counters.

Asked only where `LAKE_ASSETS_DMS_TASKS` names the tasks. It needs `dms:DescribeReplicationTasks`,
`dms:DescribeTableStatistics` and `dms:DescribeEndpoints`. The names of states and fields are those of the DMS
API reference. What follows for a table-hour is `monitor.testimony`'s to say.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lake_assets.catalog.models import FileOptions

PAGE = 500  # the most that DMS gives in one answer
IN_ORDER = ("Table completed", "Full load", "Before load", "Table is being reloaded")
COUNTED = ("Inserts", "Updates", "Deletes")
Answer = TypeVar("Answer")

RUNNING = frozenset({"running", "starting", "modifying"})


@dataclass(frozen=True)
class TaskState:
    """A task: its name, its status and, where it does not run, why."""

    arn: str
    name: str
    status: str
    why: str
    started: datetime | None

    @property
    def runs(self) -> bool:
        """Whether it runs, or is about to."""
        return self.status in RUNNING


@dataclass(frozen=True)
class TableCount:
    """A table's counters in a task: changes since the task began, and the state DMS has it in."""

    task: str
    schema: str
    table: str
    state: str
    changes: int

    @property
    def in_order(self) -> bool:
        """Whether DMS replicates the table."""
        return self.state in IN_ORDER


@dataclass(frozen=True)
class DmsReport:
    """All that was learned.

    Attributes:
        tasks: the tasks that answered.
        counts: the tables of these tasks.
        endpoints: for each target endpoint its S3 settings.
        troubles: what could not be asked, and why.
    """

    tasks: tuple[TaskState, ...] = ()
    counts: tuple[TableCount, ...] = ()
    endpoints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()


def make_dms_client() -> Any:
    """Return a DMS client; keys and region come from where boto3 reads them.

    `AWS_ENDPOINT_URL` counts for it too, as boto3 has it; `AWS_ENDPOINT_URL_DATABASE_MIGRATION_SERVICE` or
    `AWS_ENDPOINT_URL_S3` tell the two apart.
    """
    import boto3  # noqa: PLC0415 - takes half a second, and few ask DMS

    return boto3.session.Session().client("dms")


def ask_dms(client: Any, arns: Sequence[str]) -> DmsReport:
    """Return what DMS says of tasks; what it refuses is told in the report.

    Args:
        client: a boto3 client of DMS.
        arns: of the replication tasks.
    """
    asked = _Asked(client=client)
    tasks = asked.list_of("describe_replication_tasks", _tasks(client, arns))
    counts: list[TableCount] = []
    for task, _ in tasks:
        counts += asked.list_of(f"describe_table_statistics of {task.name}", _counts(client, task.arn))
    targets = sorted({target for _, target in tasks if target})
    endpoints = asked.list_of("describe_endpoints", _endpoints(client, targets))
    return DmsReport(
        tasks=tuple(task for task, _ in tasks),
        counts=tuple(counts),
        endpoints=dict(endpoints),
        troubles=tuple(asked.troubles),
    )


@dataclass
class _Asked:
    """Asks one thing after the other; what is refused is kept in `troubles`."""

    client: Any
    troubles: list[str] = field(default_factory=list)

    def list_of(self, what: str, answers: Iterable[Answer]) -> list[Answer]:
        """Return all answers; none where DMS refuses."""
        try:
            return list(answers)
        except (BotoCoreError, ClientError) as error:
            self.troubles.append(f"{what}: {error}")
            return []


def _tasks(client: Any, arns: Sequence[str]) -> Iterator[tuple[TaskState, str]]:
    """Yield each task with the ARN of its target endpoint."""
    answer = client.describe_replication_tasks(
        Filters=[{"Name": "replication-task-arn", "Values": list(arns)}], WithoutSettings=True
    )
    for task in answer["ReplicationTasks"]:
        why = task.get("LastFailureMessage") or task.get("StopReason") or ""
        state = TaskState(
            arn=task["ReplicationTaskArn"],
            name=task["ReplicationTaskIdentifier"],
            status=task["Status"],
            why=" ".join(why.split()),
            started=task.get("ReplicationTaskStats", {}).get("StartDate"),
        )
        yield state, task.get("TargetEndpointArn", "")


def _counts(client: Any, arn: str) -> Iterator[TableCount]:
    more: dict[str, str] = {}
    while True:
        answer = client.describe_table_statistics(ReplicationTaskArn=arn, MaxRecords=PAGE, **more)
        for entry in answer["TableStatistics"]:
            yield TableCount(
                task=arn,
                schema=entry["SchemaName"],
                table=entry["TableName"],
                state=entry["TableState"],
                changes=sum(entry.get(name, 0) for name in COUNTED),
            )
        if not answer.get("Marker"):
            return
        more = {"Marker": answer["Marker"]}


def _endpoints(client: Any, targets: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if targets:
        answer = client.describe_endpoints(Filters=[{"Name": "endpoint-arn", "Values": list(targets)}])
        for endpoint in answer["Endpoints"]:
            yield endpoint["EndpointIdentifier"], endpoint.get("S3Settings", {})


def dialect_faults(settings: Mapping[str, Any], files: FileOptions) -> Iterator[str]:
    """Yield where an endpoint writes otherwise than the catalog reads.

    Args:
        settings: the endpoint's `S3Settings`; the defaults of what is absent are those of the DMS guide.
        files: the source's options.
    """
    delimiter = settings.get("CsvDelimiter", ",").replace("\\t", "\t")
    if settings.get("DataFormat", "csv") == "csv" and delimiter != files.delimiter:
        yield f"CsvDelimiter is {delimiter!r}, and `delimiter` in the catalog {files.delimiter!r}"
    rfc = settings.get("Rfc4180", True)
    if rfc is not (files.quoting == "rfc4180"):
        yield f"Rfc4180 is {str(rfc).lower()}, and `quoting` in the catalog {files.quoting}"
    null = settings.get("CsvNullValue", "NULL")
    if settings.get("CsvNullValue") is not None and null != files.null:
        yield f"CsvNullValue is {null!r}, and `null` in the catalog {files.null!r}"
